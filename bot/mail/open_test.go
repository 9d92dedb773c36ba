package mail

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readAll collects what a reader hands out, one line for each mail or error.
func readAll(t *testing.T, r *Reader) []string {
	t.Helper()
	var out []string
	for {
		raw, origin, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		var large *TooLargeError
		var cut *TruncatedError
		switch {
		case errors.As(err, &large):
			out = append(out, fmt.Sprintf("large %d", large.Size))
		case errors.As(err, &cut):
			out = append(out, "truncated "+cut.Origin)
		case err != nil:
			out = append(out, "error "+err.Error())
		default:
			out = append(out, origin+" "+string(raw))
		}
		if len(out) > 100 {
			t.Fatal("no end")
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
	return out
}

func check(t *testing.T, got, want []string) {
	t.Helper()
	if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

const (
	env1 = "From ada@example.org Tue Jan 20 10:15:00 2026\n"
	env2 = "From ben@example.com  Tue Jan 20 10:16:00 2026 +0100\n"
	envG = "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n"
)

// at is the origin of a mail that stands below text.
func at(text string) string { return fmt.Sprintf("f:%d ", len(text)) }

func TestMbox(t *testing.T) {
	big := strings.Repeat("x", 1000) + "\n"
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"two", env1 + "Subject: a\n\none\n\n" + env2 + "Subject: b\n\ntwo\n", []string{"f:0 Subject: a\n\none\n\n", at(env1+"Subject: a\n\none\n\n") + "Subject: b\n\ntwo\n"}},
		{"mboxrd unquoted", env1 + "Subject: a\n\n>From here\n>>From there\n>Frob\n", []string{"f:0 Subject: a\n\nFrom here\n>From there\n>Frob\n"}},
		{"text that begins with From", env1 + "Subject: a\n\nintro\n\nFrom the beginning it was wrong\n\nFrom Monday 10:15 2026 on\nno header here\n",
			[]string{"f:0 Subject: a\n\nintro\n\nFrom the beginning it was wrong\n\nFrom Monday 10:15 2026 on\nno header here\n"}},
		{"envelope line in the text, no header below", env1 + "Subject: a\n\nlog:\n\n" + env2 + "and so on\n", []string{"f:0 Subject: a\n\nlog:\n\n" + env2 + "and so on\n"}},
		{"envelope line without an empty line above", env1 + "Subject: a\n\nlog:\n" + env2 + "Subject: b\n", []string{"f:0 Subject: a\n\nlog:\n" + env2 + "Subject: b\n"}},
		{"format-patch", envG + "From: a@example.org\nSubject: a\n\none\n\n" + envG + "From: a@example.org\nSubject: b\n\ntwo\n",
			[]string{"f:0 From: a@example.org\nSubject: a\n\none\n\n", at(envG+"From: a@example.org\nSubject: a\n\none\n\n") + "From: a@example.org\nSubject: b\n\ntwo\n"}},
		{"crlf", strings.ReplaceAll(env1+"Subject: a\n\none\n\n"+env2+"Subject: b\n\ntwo\n", "\n", "\r\n"),
			[]string{"f:0 Subject: a\r\n\r\none\r\n\r\n", at(strings.ReplaceAll(env1+"Subject: a\n\none\n\n", "\n", "\r\n")) + "Subject: b\r\n\r\ntwo\r\n"}},
		{"truncated", env1 + "Subject: a\n\none\n\n" + env2 + "Subject: b\n\ntw", []string{"f:0 Subject: a\n\none\n\n", at(env1+"Subject: a\n\none\n\n") + "Subject: b\n\ntw", "truncated f:" + fmt.Sprint(len(env1+"Subject: a\n\none\n\n"))}},
		{"cut after the envelope line", env1 + "Subject: a\n\none\n\n" + env2, []string{"f:0 Subject: a\n\none\n\n"}},
		{"empty lines first", "\n\n" + env1 + "Subject: a\n\none\n", []string{"f:2 Subject: a\n\none\n"}},
		{"long lines", env1 + "Subject: a\n\n" + strings.Repeat(big[:1000], 300) + "\n\n" + env2 + "Subject: b\n", []string{"f:0 Subject: a\n\n" + strings.Repeat(big[:1000], 300) + "\n\n", at(env1+"Subject: a\n\n"+strings.Repeat(big[:1000], 300)+"\n\n") + "Subject: b\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := NewReader(strings.NewReader(tt.in), "f")
			if err != nil {
				t.Fatal(err)
			}
			check(t, readAll(t, r), tt.want)
		})
	}
}

// A mail above the cap is told and passed over; the next one is read. Nothing
// of it is kept.
func TestMboxTooLarge(t *testing.T) {
	line := strings.Repeat("x", 1<<16-1) + "\n"
	n := MaxSize/len(line) + 2
	in := io.MultiReader(strings.NewReader(env1+"Subject: a\n\n"), &repeat{line: line, n: n}, strings.NewReader("\n"+env2+"Subject: b\n\ntwo\n"))
	r, err := NewReader(in, "f")
	if err != nil {
		t.Fatal(err)
	}
	got := readAll(t, r)
	size := len("Subject: a\n\n") + n*len(line) + 1
	check(t, got, []string{fmt.Sprintf("large %d", size), fmt.Sprintf("f:%d Subject: b\n\ntwo\n", len(env1)+size)})
}

// repeat is a reader of one line many times.
type repeat struct {
	line string
	n    int
	rest string
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.rest == "" {
		if r.n == 0 {
			return 0, io.EOF
		}
		r.n--
		r.rest = r.line
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func TestSingle(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"mail", "Subject: a\n\ntext\n\n" + env1 + "Subject: b\n", []string{"f Subject: a\n\ntext\n\n" + env1 + "Subject: b\n"}},
		{"diff", "diff --git a/x b/x\n", []string{"f diff --git a/x b/x\n"}},
		{"empty", "", nil},
		{"blank", "\n \n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := NewReader(strings.NewReader(tt.in), "f")
			if err != nil {
				t.Fatal(err)
			}
			check(t, readAll(t, r), tt.want)
		})
	}
	r, err := NewReader(&repeat{line: "Subject: " + strings.Repeat("x", 1<<16) + "\n", n: 1 << 10}, "f")
	if err != nil {
		t.Fatal(err)
	}
	check(t, readAll(t, r), []string{"large 0"})
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	open := func(name string) []string {
		t.Helper()
		r, err := Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out := readAll(t, r)
		for i := range out {
			out[i] = strings.ReplaceAll(out[i], dir+string(filepath.Separator), "")
		}
		return out
	}
	write("box/cur/3.host:2,S", "Subject: three\n")
	write("box/cur/1.host:2,S", "Subject: one\n")
	write("box/new/2.host", "Subject: two\n")
	write("box/cur/.hidden", "Subject: no\n")
	write("box/tmp/4.host", "Subject: not yet\n")
	check(t, open("box"), []string{"box/cur/1.host:2,S Subject: one\n", "box/new/2.host Subject: two\n", "box/cur/3.host:2,S Subject: three\n"})

	write("patches/0002-b.patch", envG+"Subject: b\n\ntwo\n")
	write("patches/0001-a.patch", envG+"Subject: a\n\none\n")
	write("patches/more.mbox", env1+"Subject: c\n\n"+env2+"Subject: d\n")
	check(t, open("patches"), []string{"patches/0001-a.patch:0 Subject: a\n\none\n", "patches/0002-b.patch:0 Subject: b\n\ntwo\n", "patches/more.mbox:0 Subject: c\n\n", "patches/more.mbox:58 Subject: d\n"})

	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write([]byte(env1 + "Subject: a\n\none\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write("t.mbox.gz", z.String())
	check(t, open("t.mbox.gz"), []string{"t.mbox.gz:0 Subject: a\n\none\n"})
	write("cut.mbox.gz", z.String()[:z.Len()-9])
	if _, err := Open(filepath.Join(dir, "cut.mbox.gz")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a cut gzip file: %v", err)
	}

	if err := os.MkdirAll(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(dir, "empty")); err == nil || !strings.Contains(err.Error(), "maildir") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an absent file: %v", err)
	}
}
