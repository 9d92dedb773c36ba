package cve_test

import (
	"bytes"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stablebot/stablebot/bot/kernel/cve"
)

func TestList(t *testing.T) {
	const id = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
	c, err := cve.Read(t.Context(), fstest.MapFS{
		"cve/published/2024/CVE-2024-10001.sha1": {Data: []byte(id + "\n")},
		"cve/published/2024/CVE-2024-10001.mbox": {Data: []byte("x")},
		"cve/published/2023/CVE-2023-20002.sha1": {Data: []byte("ffffffffffff\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Of(id); len(got) != 1 || got[0] != "CVE-2024-10001" {
		t.Errorf("%v", got)
	}
	if got := c.Of("2" + id[1:]); got != nil {
		t.Errorf("another commit: %v", got)
	}
	if got := c.Fixes("cve-2023-20002"); !slices.Equal(got, []string{"ffffffffffff"}) {
		t.Errorf("%v", got)
	}
	for what, dir := range map[string]fstest.MapFS{
		"another layout":        {},
		"no number":             {"cve/published/2024/README": {Data: []byte("x")}},
		"an endless line":       {"cve/published/2024/CVE-2024-10001.sha1": {Data: bytes.Repeat([]byte("a"), 1<<17)}},
		"one that is not whole": {"cve/published/2024/CVE-2024-10001.sha1": {Data: append([]byte(id+"\n"), bytes.Repeat([]byte("a"), 1<<17)...)}},
	} {
		if _, err := cve.Read(t.Context(), dir); err == nil {
			t.Errorf("%s: it is read as one without numbers", what)
		}
	}
}

// TestNamed: lines that have nothing but numbers, and a tag, say what a commit mends.
func TestNamed(t *testing.T) {
	for body, want := range map[string][]string{
		"CVE-2024-10001\n": {"CVE-2024-10001"},
		"x\n\ncve: CVE-2024-10001, CVE-2023-20002\nSigned-off": {"CVE-2024-10001", "CVE-2023-20002"},
		"CVE: cve-2024-10001\nCVE-2024-10001":                  {"CVE-2024-10001"},
		"This is not CVE-2024-10001, which is another one.":    nil,
		"cve-pre CVE-2024-10001\ncve-bf CVE-2024-10001":        nil,
		"CVE-2024-1": nil,
	} {
		if got := cve.Named(body); !slices.Equal(got, want) {
			t.Errorf("%q: %v, not %v", body, got, want)
		}
	}
}
