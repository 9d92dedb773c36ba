package signs

import (
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Renames reports whether the change gives a name another spelling and does nothing
// else: each removed line comes back with one word changed, the same word in all, in two
// lines or more. In a single line both names exist already, and the code does something
// else than before. Defined says that the line which makes the name is among them: what
// had it before can't have been another thing.
func Renames(files []*gitdiff.File) (renames, defined bool) {
	var was, is string
	lines, left := 0, maxCodeLines
	for _, f := range files {
		for _, h := range f.TextFragments {
			if left -= len(h.Lines); left < 0 {
				return false, false
			}
			var old, new []string
			for _, l := range h.Lines {
				switch l.Op {
				case gitdiff.OpDelete:
					old = append(old, l.Line)
				case gitdiff.OpAdd:
					new = append(new, l.Line)
				}
			}
			if len(old) != len(new) {
				return false, false
			}
			for i := range old {
				a, b, ok := oneWord(old[i], new[i])
				if !ok || lines > 0 && (a != was || b != is) {
					return false, false
				}
				was, is = a, b
				defined = defined || defines(old[i], a)
				lines++
			}
		}
	}
	return lines > 1, defined && lines > 1
}

// defines reports whether a line makes a name: its #define, its value in an enum. A name
// and a comma may as well be an argument.
func defines(line, name string) bool {
	line = strings.TrimSpace(line)
	if rest, ok := strings.CutPrefix(line, "#define"); ok {
		rest, ok = strings.CutPrefix(strings.TrimSpace(rest), name)
		return ok && (rest == "" || !identByte[rest[0]])
	}
	rest, ok := strings.CutPrefix(line, name)
	rest = strings.TrimSpace(rest)
	return ok && strings.HasPrefix(rest, "=") && strings.HasSuffix(rest, ",")
}

// Reorders reports whether the lines that go are the lines that come, at another place of
// their file, and none is a statement, whose order may matter.
func Reorders(files []*gitdiff.File) bool {
	some, lines := false, 0
	for _, f := range files {
		count := map[string]int{}
		for _, h := range f.TextFragments {
			if lines += len(h.Lines); lines > maxCodeLines {
				return false
			}
			for _, l := range h.Lines {
				if l.Op != gitdiff.OpContext && strings.HasSuffix(strings.TrimSpace(l.Line), ";") {
					return false
				}
				switch l.Op {
				case gitdiff.OpDelete:
					count[l.Line]--
				case gitdiff.OpAdd:
					count[l.Line]++
				}
			}
		}
		for _, n := range count {
			if n != 0 {
				return false
			}
			some = true
		}
	}
	return some
}

// oneWord returns the word in which two lines differ, which may stand there more than once.
func oneWord(old, new string) (was, is string, ok bool) {
	split := func(r rune) bool { return r >= 0x80 || !identByte[r] }
	a, b := strings.FieldsFunc(old, split), strings.FieldsFunc(new, split)
	if len(a) != len(b) {
		return "", "", false
	}
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		if was != "" && (was != a[i] || is != b[i]) {
			return "", "", false
		}
		was, is = a[i], b[i]
	}
	// What it would be is told by its length first: a word that is a letter of all others,
	// and becomes a long one, makes gigabytes of a line.
	if was == "" || len(old)+strings.Count(old, was)*(len(is)-len(was)) != len(new) {
		return "", "", false
	}
	return was, is, strings.ReplaceAll(old, was, is) == new
}

// Mends reports what a diff adds of the things by which code is mended: a check, a lock, an
// initial value, something given back. Only such a line makes "check the ring before its
// use" a repair.
func (c *Code) Mends(signs ...Sign) (Sign, bool) {
	i := slices.IndexFunc(signs, func(s Sign) bool { return c.Net(s) > 0 })
	if i < 0 {
		return 0, false
	}
	return signs[i], true
}
