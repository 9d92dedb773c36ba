package change

import (
	"path"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// reach is how far a hunk may stand from the lines of another patch of its posting, and
// tell the length from which a line tells where it is: "return ret;" stands everywhere.
const reach, tell = 100, 16

// BuildsOn reports whether a patch cannot go in without an earlier one of its posting:
// it shows or takes away lines that the earlier one adds, or uses a function, macro, member,
// constant or header that the earlier one defines. It reads the two patches alone, so it may miss one that
// is needed for another reason, such as an offset of lines.
func (c *Change) BuildsOn(earlier *Change) bool {
	names := map[string]bool{}
	for _, f := range earlier.Files {
		lines := addedLines(f, names)
		for _, g := range c.Files {
			if g.OldName == f.NewName && !f.IsDelete && (f.IsNew || shows(g, lines)) {
				return true
			}
		}
	}
	return len(names) > 0 && c.Names(true).Need(&Names{Defines: names}) != ""
}

// addedLines are the lines that a patch brings into a file, with where they stand then;
// the names that they define are noted.
func addedLines(f *gitdiff.File, names map[string]bool) map[string][]int64 {
	out, had, known := map[string][]int64{}, map[string]bool{}, map[string]bool{}
	if f.IsNew && strings.HasSuffix(f.NewName, ".h") {
		names[path.Base(f.NewName)] = true
	}
	for _, h := range f.TextFragments {
		for _, l := range h.Lines {
			if l.Op != gitdiff.OpAdd {
				had[strings.TrimSpace(l.Line)] = true
				eachWord(l.Line, func(w string) { known[w] = true })
			}
		}
	}
	for _, h := range f.TextFragments {
		at := h.NewPosition
		inside := opens(h.Comment)
		for _, l := range h.Lines {
			s := strings.TrimSpace(l.Line)
			inside = opens(l.Line) || inside && !strings.HasPrefix(l.Line, "}")
			if l.Op == gitdiff.OpAdd && !had[s] {
				if len(s) >= tell && len(out[s]) < 8 {
					out[s] = append(out[s], at)
				}
				if n := defined(l.Line, inside); n != "" && !known[n] {
					names[n] = true
				}
			}
			if l.Op != gitdiff.OpDelete {
				at++
			}
		}
	}
	return out
}

// defined is what a line defines; inside a structure it may be a member.
func defined(line string, inside bool) string {
	if n := defines(line); n != "" || !inside {
		return n
	}
	return memberName(line)
}

// shows reports whether a patch of the file has one of the lines among those that it
// finds there.
func shows(g *gitdiff.File, lines map[string][]int64) bool {
	for _, h := range g.TextFragments {
		at := h.OldPosition
		for _, l := range h.Lines {
			if l.Op == gitdiff.OpAdd {
				continue
			}
			for _, there := range lines[strings.TrimSpace(l.Line)] {
				if at-there <= reach && there-at <= reach {
					return true
				}
			}
			at++
		}
	}
	return false
}

// defines names the function or macro that a line begins to define, "" without one.
func defines(line string) string {
	line = strings.TrimRight(line, " \t\r\n")
	if rest, ok := strings.CutPrefix(line, "#define "); ok {
		return word(rest, 0)
	}
	open := strings.IndexByte(line, '(')
	if line == "" || open <= 0 || strings.HasSuffix(line, ";") || !identByte(line[0]) || strings.ContainsAny(line[:open], "=:") {
		return ""
	}
	start := open
	for start > 0 && identByte(line[start-1]) {
		start--
	}
	if start == 0 {
		return "" // a macro that is called, or a name without a type
	}
	return line[start:open]
}

// eachWord hands out the identifiers of a line.
func eachWord(line string, do func(string)) {
	for i := 0; i < len(line); i++ {
		if identByte(line[i]) {
			w := word(line, i)
			do(w)
			i += len(w)
		}
	}
}

// word is the identifier that begins at i.
func word(s string, i int) string {
	end := i
	for end < len(s) && identByte(s[end]) {
		end++
	}
	return s[i:end]
}

func identByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// SameCulprit reports whether the two name a commit in common that they fix.
func (c *Change) SameCulprit(o *Change) bool {
	for _, f := range c.Fixes {
		for _, g := range o.Fixes {
			short := min(len(f.SHA), len(g.SHA))
			switch {
			case short >= 8 && strings.EqualFold(f.SHA[:short], g.SHA[:short]):
				return true
			case short == 0 && f.Subject != "" && TitleKey(f.Subject) == TitleKey(g.Subject):
				return true
			}
		}
	}
	return false
}
