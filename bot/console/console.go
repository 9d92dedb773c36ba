// Package console is what the commands print with: tables and lines that fit the terminal
// of the reader, counts with their nouns, and strangers' text that cannot drive it.
package console

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/rules/change"
)

// Printable is a stranger's text as a terminal may have it; change.Plain says what that is.
func Printable(s string) string { return change.Plain(s) }

// Lines is Printable for a text of several lines, as errors are that a server or git wrote.
func Lines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = change.Plain(l)
	}
	return strings.Join(lines, "\n")
}

// Clip cuts a text to so many characters.
func Clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// Printer keeps the first error, so that a page of output is checked once.
type Printer struct {
	W   io.Writer
	Err error // the first
}

// F prints, unless an earlier line could not be written.
func (p *Printer) F(format string, a ...any) {
	if p.Err == nil {
		_, p.Err = fmt.Fprintf(p.W, format, a...)
	}
}

// Stamp is a moment in the time of the reader, to the minute.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

// Times says how often.
func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return change.Count(n, "time")
}

// Dash stands for what is not known.
func Dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Several is a number with its noun.
func Several(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// Joined lists words.
func Joined[T ~string](all []T) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = string(s)
	}
	return strings.Join(out, ", ")
}

// Columns are those of the terminal, or the usual ones: what goes into a pipe does not
// depend on the window that it was started in.
func Columns() int {
	if n := Width(os.Stdout); n >= 40 {
		return n
	}
	return 80
}

// Indent sets a text off by four columns.
func Indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n"), "\n", "\n    ") + "\n"
}

// IsTerminal reports whether somebody reads along.
func IsTerminal(w io.Writer) bool { return progress.IsTerminal(w) }
