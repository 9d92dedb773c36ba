package report

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/stablebot/stablebot/rules/change"
)

// Columns is the width of a reply, as mail on kernel lists is wrapped.
const Columns = 72

// bar stands before a line that tools would take for a trailer or a diff. b4
// (0.12, find_trailers) skips white space before it looks for "Key: value", so
// indenting alone does not hide a tag from it.
const bar = "| "

var (
	trailerLike = regexp.MustCompile(`^\s*\w\S*:\s`)
	diffLike    = regexp.MustCompile(`^\s*(diff |index [0-9a-f]|Index: |=== |@@ |\+\+\+ |--- |---$|[-+]\S|rename |copy |(new|old|deleted) (file )?mode|GIT binary patch|Binary files)`)
	commandLike = regexp.MustCompile(`^\s*(#stablebot|/stablebot|#syz|#regzbot|From |>From |-- ?$|-----BEGIN)`)
)

// harmless reports whether no tool takes the line for anything but prose.
func harmless(line string) bool {
	return !trailerLike.MatchString(line+" ") && !diffLike.MatchString(line) && !commandLike.MatchString(line)
}

// guard puts the bar before every line that is not harmless.
func guard(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if l != "" && !harmless(l) {
			body := strings.TrimLeft(l, " \t")
			lines[i] = l[:len(l)-len(body)] + bar + body
		}
	}
	return strings.Join(lines, "\n")
}

// clean makes a stranger's text one line of printable characters: no control
// characters, no line separators, no direction marks that would let a name
// rearrange the line it stands in.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "?")
	}
	return strings.Join(strings.Fields(change.Plain(s)), " ")
}

// cut shortens s to n columns.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return strings.TrimRight(string(r[:n-3]), " ") + "..."
}

// wrap breaks text into lines of at most Columns, each after indent. A word
// that is longer stands alone.
func wrap(text, first, indent string) string {
	var b strings.Builder
	line, n := first, 0
	for _, w := range together(strings.Fields(text)) {
		if n > 0 && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > Columns {
			b.WriteString(strings.TrimRight(line, " "))
			b.WriteByte('\n')
			line, n = indent, 0
		}
		if n > 0 {
			line += " "
		}
		line += w
		n++
	}
	b.WriteString(strings.TrimRight(line, " "))
	return b.String()
}

// together joins a word that ends in a colon with the one before it, as at the
// start of a line it would look like a tag, and a percent sign with its number.
func together(words []string) []string {
	out := words[:0:0]
	for _, w := range words {
		if n := len(out); n > 0 && (!harmless(w) || strings.HasPrefix(w, "%")) &&
			utf8.RuneCountInString(out[n-1])+utf8.RuneCountInString(w) < Columns/2 {
			out[n-1] += " " + w
			continue
		}
		out = append(out, w)
	}
	return out
}
