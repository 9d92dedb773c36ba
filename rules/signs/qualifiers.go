package signs

import (
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// OnlyQualifiers reports whether both sides of each hunk are the same but for const,
// inline, extern and static in the first column: what the code does is the same, and
// who may name it or write to it is another matter. Within a function static says how
// long a variable lives.
func OnlyQualifiers(files []*gitdiff.File) bool {
	if !qualifies(files) {
		return false
	}
	some := false
	left := maxCodeLines
	for _, file := range files {
		if file.IsBinary || file.IsNew || file.IsDelete || file.IsRename {
			return false
		}
		for _, h := range file.TextFragments {
			if left -= len(h.Lines); left < 0 || h.LinesDeleted == 0 {
				return false
			}
			var old, new strings.Builder // whole, or a line that moved would be the same
			for _, l := range h.Lines {
				if l.Op != gitdiff.OpAdd {
					old.WriteString(l.Line)
				}
				if l.Op != gitdiff.OpDelete {
					new.WriteString(l.Line)
				}
			}
			if unqualified(old.String()) != unqualified(new.String()) {
				return false
			}
			some = true
		}
	}
	return some
}

// qualifies reports whether a line that changes has one of the words.
func qualifies(files []*gitdiff.File) bool {
	for _, f := range files {
		for _, h := range f.TextFragments {
			for _, l := range h.Lines {
				if l.Op != gitdiff.OpContext && qualifier(l.Line) {
					return true
				}
			}
		}
	}
	return false
}

func qualifier(line string) bool {
	for _, w := range [...]string{"const", "inline", "extern", "static"} {
		if strings.Contains(line, w) {
			return true
		}
	}
	return false
}

// unqualified is C without those words and without blanks.
func unqualified(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		inside := line[0] == ' ' || line[0] == '\t'
		for _, w := range strings.Fields(apart.Replace(line)) {
			switch {
			case w == "const", w == "inline", w == "extern", w == "static" && !inside:
			default:
				out.WriteString(w)
			}
		}
	}
	return out.String()
}

// apart sets off what may touch a word.
var apart = strings.NewReplacer("*", " * ", "(", " ( ", ")", " ) ", ",", " , ")
