package drift

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

// memory is a tree of a test.
type memory map[string]string

func (m memory) List(_ context.Context, folder string) (out []string, _ error) {
	for p := range m {
		if folder == "" || strings.HasPrefix(p, folder+"/") {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (m memory) Read(_ context.Context, path string) ([]byte, error) {
	text, ok := m[path]
	if !ok {
		return nil, os.ErrNotExist
	}
	return []byte(text), nil
}

// toy is a driver and two kernels, of which the second differs by what the fixture says.
func toy(t *testing.T) (driver, from, to memory, want []string) {
	t.Helper()
	data, err := os.ReadFile("../../../fixtures/drift/toy.txtar")
	if err != nil {
		t.Fatal(err)
	}
	driver, from, to = memory{}, memory{}, memory{}
	for _, f := range txtar.Parse(data).Files {
		top, name, _ := strings.Cut(f.Name, "/")
		switch text := string(f.Data); top {
		case "driver":
			driver[name] = text
		case "kernel":
			from[name], to[name] = text, text
		case "from":
			from[name] = text
			if _, ok := to[name]; !ok {
				delete(to, name)
			}
		case "to":
			to[name] = text
		case "want":
			want = strings.Split(strings.TrimSpace(text), "\n")
		}
	}
	return driver, from, to, want
}

func compare(t *testing.T, driver, from, to Tree) *Report {
	t.Helper()
	r, err := Compare(t.Context(), Question{Driver: driver, From: from, To: to, Arch: "x86", FromSay: "a", Say: "b"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestToy(t *testing.T) {
	driver, from, to, want := toy(t)
	r := compare(t, driver, from, to)
	var got []string
	for _, x := range r.Rows {
		line := fmt.Sprintf("%s | %s | %s | %s | %s", x.Covered, x.Kind, x.Name, x.Change, x.Uses[0])
		got = append(got, line)
		if x.From.Line == 0 || x.From.File == "" {
			t.Errorf("%s: where the first kernel has it is not told", line)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if r.From != "6.1.0" || r.To != "6.2.0" || len(r.Notes) > 0 {
		t.Errorf("%s to %s, %v", r.From, r.To, r.Notes)
	}
	var text bytes.Buffer
	if err := r.Text(&text); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"include/linux/toy.h:", "covered by", "LINUX_VERSION_CODE", "6.1.0 to 6.2.0: "} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("the report lacks %q:\n%s", line, text.String())
		}
	}
}

// TestSame: one kernel differs not from itself, whatever the driver uses.
func TestSame(t *testing.T) {
	driver, from, _, _ := toy(t)
	if r := compare(t, driver, from, from); len(r.Rows) > 0 {
		t.Errorf("%+v", r.Rows)
	}
	headers := memory{}
	for p, text := range from {
		if strings.HasPrefix(p, "include/") {
			headers[p] = text
		}
	}
	if r := compare(t, driver, headers, headers); len(r.Rows) > 0 || len(r.Notes) != 4 {
		t.Errorf("headers alone: %+v", r)
	}
	if _, err := Compare(t.Context(), Question{Driver: driver, From: memory{"x.c": ""}, To: from, Arch: "x86", FromSay: "nothing"}); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("no kernel: %v", err)
	}
	split := memory{"include/generated/autoconf.h": "#define CONFIG_X 1\n"}
	if _, err := Compare(t.Context(), Question{Driver: driver, From: split, To: from, Arch: "x86", FromSay: "build"}); err == nil || !strings.Contains(err.Error(), "build has none of") {
		t.Errorf("a folder of generated headers alone: %v", err)
	}
	if _, err := Compare(t.Context(), Question{Driver: memory{"README": ""}, From: from, To: from, Arch: "x86"}); err == nil {
		t.Error("no driver, and no error")
	}
}

func TestConditions(t *testing.T) {
	for text, want := range map[string]answer{
		"LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)":               no,
		"LINUX_VERSION_CODE < KERNEL_VERSION(6,2,0)":                  yes,
		"!(LINUX_VERSION_CODE < KERNEL_VERSION(6,2,0))":               no,
		"LINUX_VERSION_CODE < KERNEL_VERSION(6,2,0) && defined(FOO)":  perhaps,
		"LINUX_VERSION_CODE >= KERNEL_VERSION(6,2,0) && defined(FOO)": no,
		"defined FOO || LINUX_VERSION_CODE > KERNEL_VERSION(5, 1, 0)": yes,
		"RHEL_RELEASE_CODE >= RHEL_RELEASE_VERSION(9, 1)":             perhaps,
		"0":                              no,
		"1":                              yes,
		"IS_ENABLED(CONFIG_PM) && 0":     no,
		"LINUX_VERSION_CODE == 0x060100": yes,
		"(((":                            perhaps,
		"":                               perhaps,
		"KERNEL_VERSION(6":               perhaps,
		"LINUX_VERSION_CODE >= KERNEL_VERSION(X,1)": perhaps,
	} {
		if got := evaluate(phrase(text), Version(6, 1, 0)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestRevisions: the same of two revisions of a repository, with the commits that did it.
func TestRevisions(t *testing.T) {
	driver, from, to, want := toy(t)
	r := gittest.New(t)
	for p, text := range from {
		r.Write(p, text)
	}
	a := r.Commit("Linux 6.1")
	for p := range from {
		if _, ok := to[p]; !ok {
			r.Git("rm", "-q", p)
		}
	}
	r.Write("include/linux/toy.h", to["include/linux/toy.h"])
	toys := r.Commit("toys: rework all")
	for p, text := range to {
		r.Write(p, text)
	}
	b := r.Commit("the rest")
	g, err := git.Open(t.Context(), r.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	out := compare(t, driver, Revision{g, a}, Revision{g, b})
	if err := out.Blame(t.Context(), g, a, b); err != nil {
		t.Fatal(err)
	}
	if len(out.Rows) != len(want) {
		t.Errorf("%d rows, want %d", len(out.Rows), len(want))
	}
	for _, x := range out.Rows {
		commit := b
		if x.From.File == "include/linux/toy.h" || x.Kind == "header" || x.From.File == "include/linux/gone.h" {
			commit = toys
		}
		if x.Commit != commit {
			t.Errorf("%s %s: by %.12s %q, want %.12s", x.Kind, x.Name, x.Commit, x.Title, commit)
		}
	}
}
