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
	// Line is where git am refuses the patch, counted as git does: from 1 at the line
	// that ends the message ("---"). 0: not known.
	Line int
	Err  error
}

func (e *DamagedError) Error() string {
	if e.Line == 0 {
		return "git am will refuse it: " + e.Err.Error()
	}
	return fmt.Sprintf("git am will refuse it at line %d: %v", e.Line, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// unreadable keeps what is known of a patch that could not be read: why, and the
// files that it names. lead is how many lines git am counts above the diff.
func (c *Change) unreadable(err error, diff string, lead int) error {
	var d *DamagedError
	if errors.As(err, &d) {
		if line, why := refused(diff); line > 0 && ofHunk(d.Err) {
			d.Line, d.Err = line, errors.New(why)
		}
		if strings.HasSuffix(d.Err.Error(), " contents") {
			d.Line = 0 // a new file with old lines, a deleted one with new: git names none
		}
		if d.Line > 0 {
			d.Line += lead
		}
		if line := wrappedHeader(c.Notes); line > 0 {
			d.Line, d.Err = line+1, errors.New("a file header that a mail program has wrapped")
		}
	}
	c.Damage, c.Paths = err, pathsOf(diff)
	return err
}

// wrappedHeader is the line, counted from 0 at the top of the notes, below a file
// header that does not name both files: what mail programs make of a long one. The
// diff then begins at the names below it. 0: there is none.
func wrappedHeader(notes string) int {
	if !lineWith(notes, "diff --git ") {
		return 0
	}
	for line, rest := 1, notes; rest != ""; line++ {
		var s string
		s, rest = nextLine(rest)
		if strings.HasPrefix(s, "diff --git ") {
			return line + 1
		}
	}
	return 0
}

// ofHunk reports whether the parser's complaint is about the lines of a hunk.
func ofHunk(err error) bool {
	msg := err.Error()
	return strings.Contains(msg, "line operation") || strings.Contains(msg, "miscounts lines") || strings.Contains(msg, "fragment")
}

// refused is where git apply gives up on a hunk, as a line of the diff, and why;
// 0 where it is not a hunk that is wrong.
func refused(diff string) (line int, why string) {
	before, after := 0, 0 // lines of the hunk that are still to come
	inHunk := false
	for rest := diff; rest != ""; {
		var s string
		s, rest = nextLine(rest)
		line++
		if !inHunk {
			if before, after, inHunk = hunkHead(s); inHunk && before == 0 && after == 0 {
				inHunk = false
			}
			continue
		}
		switch {
		case s == "" || s[0] == ' ':
			before--
			after--
		case s[0] == '-':
			before--
		case s[0] == '+':
			after--
		case s[0] == '\\':
		default:
			return line, "a line of a hunk that is neither context nor a change; a mail program has wrapped or cut it, or the hunk's header is wrong"
		}
		if before < 0 || after < 0 {
			continue // git reads on, up to a line that it cannot take
		}
		inHunk = before != 0 || after != 0
	}
	if inHunk && (before < 0 || after < 0) {
		return line + 1, "the last hunk has not as many lines as its header says"
	}
	if inHunk {
		return line + 1, "the last hunk is shorter than its header says"
	}
	return 0, ""
}

// hunkHead reads "@@ -1,2 +3,4 @@".
func hunkHead(s string) (before, after int, ok bool) {
	rest, ok := strings.CutPrefix(s, "@@ -")
	if !ok {
		return 0, 0, false
	}
	old, rest, ok := strings.Cut(rest, " +")
	if !ok {
		return 0, 0, false
	}
	fresh, _, ok := strings.Cut(rest, " @@")
	return hunkLines(old), hunkLines(fresh), ok
}

// hunkLines reads the length of "start,length", 1 where it is left out.
func hunkLines(s string) int {
	_, length, ok := strings.Cut(s, ",")
	if !ok {
		return 1
	}
	n, err := strconv.Atoi(length)
	if err != nil {
		return 0
	}
	return n
}

// maxPaths bounds the files that are kept of a patch that could not be read.
const maxPaths = 1000

// pathsOf are the files that a diff names, whatever its hunks are.
func pathsOf(diff string) []string {
	var out []string
	seen := map[string]bool{"": true}
	add := func(name string) {
		name, _, _ = strings.Cut(name, "\t")
		_, path, ok := strings.Cut(trimRight(name), "/")
		if name != "/dev/null" && len(name) <= maxName && ok && !seen[path] && len(out) < maxPaths {
			seen[path] = true
			out = append(out, path)
		}
	}
	for rest := diff[:min(len(diff), MaxPatchBytes)]; rest != "" && len(out) < maxPaths; {
		var s string
		s, rest = nextLine(rest)
		switch {
		case strings.HasPrefix(s, "diff --git "):
			if i := strings.LastIndex(s, " b/"); i > 0 {
				add(s[i+1:])
			}
		case strings.HasPrefix(s, "+++ "):
			add(s[len("+++ "):])
		case strings.HasPrefix(s, "--- ") && strings.HasPrefix(rest, "+++ "):
			add(s[len("--- "):])
		}
	}
	return out
}

// readDiff parses the diff into Files and counts it. lead is how many lines git am
// counts above it.
func (c *Change) readDiff(diff string, lead int) error {
	err := c.parseDiff(diff)
	if err != nil && !errors.Is(err, ErrNoPatch) {
		return c.unreadable(err, diff, lead)
	}
	return err
}

func (c *Change) parseDiff(diff string) error {
	if len(diff) > MaxPatchBytes {
		return fmt.Errorf("%w: %d bytes, at most %d are read", ErrTooLarge, len(diff), MaxPatchBytes)
	}
	if n := strings.Count(diff, "\n"); n > MaxPatchLines {
		return fmt.Errorf("%w: %d lines, at most %d are read", ErrTooLarge, n, MaxPatchLines)
	}
	files, _, err := gitdiff.Parse(&lines{s: diff})
	if errors.Is(err, ErrTooLarge) {
		return err
	}
	if err != nil {
		return damaged(err)
	}
	if len(files) == 0 {
		if err := noPatch(Mail, diff); err != nil {
			return err
		}
		return fmt.Errorf("%w: the diff names no file", ErrNoPatch)
	}
	for _, f := range files {
		if n := max(len(f.OldName), len(f.NewName)); n > maxName {
			return &DamagedError{Err: fmt.Errorf("a file name of %d bytes: no file system takes more than %d", n, maxName)}
		}
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
// does: "a/" and "b/", "linux-6.1.orig/" and "linux-6.1/", or whatever else
// stands before a folder of the kernel. Without a git header the parser cannot
// know that it is none of the tree's, and the kernel has no folder of such a
// name.
func stripPlain(f *gitdiff.File) {
	for _, name := range []*string{&f.OldName, &f.NewName} {
		top, rest, ok := strings.Cut(*name, "/")
		if ok && (top == "a" || top == "b" || strings.HasPrefix(top, "linux") || !KernelFolder(*name) && KernelFolder(rest)) {
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

// maxName is PATH_MAX of Linux: git can make no file with a longer name.
const maxName = 4096

// MaxLine is the longest line of a diff that is read. The kernel's sources have none
// of a tenth of it; one line of a megabyte may hold half a million tokens.
const MaxLine = 64 << 10

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
	if len(line) > MaxLine {
		return "", fmt.Errorf("%w: line %d has %d bytes, at most %d are read", ErrTooLarge, l.n, len(line), MaxLine)
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
