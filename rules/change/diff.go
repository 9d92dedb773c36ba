package change

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// MaxPatchBytes is the largest diff that is read. The largest hand-written
// patches of the lists measured are below 1 MiB; beyond this are register
// dumps, and 20 MiB of one-byte lines cost the diff parser 957 MiB of memory.
const MaxPatchBytes = 5 << 20

// MaxPatchLines bounds the memory of a diff whose lines are a byte long: each
// line costs 24 bytes however short it is.
const MaxPatchLines = 250_000

// ErrTooLarge: the diff exceeds MaxPatchBytes or MaxPatchLines. Files is empty.
var ErrTooLarge = errors.New("patch too large")

// ErrNoPatch: what looks like a diff is none that can be applied; the message
// says why. A text without anything like a diff is no error.
var ErrNoPatch = errors.New("no patch")

// noPatch says why a text without a diff has one to the eye, nil if it has not.
func noPatch(k Kind, text string) error {
	if k != Mail {
		return nil
	}
	switch {
	case lineWith(text, "diff --cc ") || lineWith(text, "diff --combined "):
		return fmt.Errorf("%w: the diff is a combined one, of a merge", ErrNoPatch)
	case strings.Contains(text, "\n> diff --git ") || strings.Contains(text, "\n>diff --git ") || strings.Contains(text, "\n> @@ -") || strings.Contains(text, "\n>> @@ -"):
		return fmt.Errorf("%w: the diff is quoted", ErrNoPatch)
	case lineWith(text, "@@ -"):
		return fmt.Errorf("%w: hunks without the name of a file", ErrNoPatch)
	}
	return nil
}

// lineWith reports whether a line of s begins with head.
func lineWith(s, head string) bool {
	return strings.HasPrefix(s, head) || strings.Contains(s, "\n"+head)
}

// DamagedError: the diff does not parse, usually because a mail program has
// wrapped its lines. git am refuses the same patches.
type DamagedError struct {
	Line int // 1-based, in the diff
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("damaged patch, line %d of the diff: %v", e.Line, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// readDiff parses the diff into Files and counts it.
func (c *Change) readDiff(diff string) error {
	if len(diff) > MaxPatchBytes {
		return fmt.Errorf("%w: %d bytes, at most %d are read", ErrTooLarge, len(diff), MaxPatchBytes)
	}
	if n := strings.Count(diff, "\n"); n > MaxPatchLines {
		return fmt.Errorf("%w: %d lines, at most %d are read", ErrTooLarge, n, MaxPatchLines)
	}
	files, _, err := gitdiff.Parse(&lines{s: diff})
	if err != nil {
		return damaged(err)
	}
	if len(files) == 0 {
		if err := noPatch(Mail, diff); err != nil {
			return err
		}
		return fmt.Errorf("%w: the diff names no file", ErrNoPatch)
	}
	if !lineWith(diff, "diff --git ") {
		for _, f := range files {
			stripPlain(f)
		}
	}
	c.Files = files
	c.Size = Measure(files)
	return nil
}

// stripPlain takes the first folder off the names of a plain diff, as git am
// does: "a/" and "b/", or "linux-6.1.orig/" and "linux-6.1/". Without a git
// header the parser cannot know that it is none of the tree's, and the kernel
// has no folder of such a name.
func stripPlain(f *gitdiff.File) {
	for _, name := range []*string{&f.OldName, &f.NewName} {
		top, rest, ok := strings.Cut(*name, "/")
		if ok && (top == "a" || top == "b" || strings.HasPrefix(top, "linux")) {
			*name = rest
		}
	}
}

// damaged takes the position out of the parser's message.
func damaged(err error) error {
	var d *DamagedError
	if errors.As(err, &d) {
		return d
	}
	msg := strings.TrimPrefix(err.Error(), "gitdiff: ")
	if rest, ok := strings.CutPrefix(msg, "line "); ok {
		if n, text, ok := strings.Cut(rest, ": "); ok {
			if line, e := strconv.Atoi(n); e == nil {
				return &DamagedError{Line: line, Err: errors.New(text)}
			}
		}
	}
	return &DamagedError{Err: errors.New(msg)}
}

// maxHeader bounds a "diff --git" line, which has two paths of at most 4096
// bytes, quoted in the worst case. The parser looks for equal halves of that
// line in quadratic time.
const maxHeader = 40 << 10

// lines hands the diff parser its lines as parts of the one string, uncopied:
// the parser prefers ReadString where a reader has it.
type lines struct {
	s string
	n int
}

func (l *lines) ReadString(delim byte) (string, error) {
	l.n++
	i := strings.IndexByte(l.s, delim)
	if i < 0 {
		i = len(l.s) - 1
	}
	line := l.s[:i+1]
	l.s = l.s[i+1:]
	if len(line) > maxHeader && strings.HasPrefix(line, "diff --git ") {
		return "", &DamagedError{Line: l.n, Err: fmt.Errorf("a file header of %d bytes", len(line))}
	}
	if line == "" || line[len(line)-1] != delim {
		return line, io.EOF
	}
	return line, nil
}

// Read completes io.Reader; the parser does not call it.
func (l *lines) Read(p []byte) (int, error) {
	if l.s == "" {
		return 0, io.EOF
	}
	n := copy(p, l.s)
	l.s = l.s[n:]
	return n, nil
}
