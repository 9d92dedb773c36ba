package rules

import (
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// onlyQualifiers reports whether both sides of each hunk are the same but for const,
// static, inline and extern: what the code does is the same, and who may name it or
// write to it is another matter.
func (f *Facts) onlyQualifiers() bool {
	some := false
	left := maxCodeLines
	for _, file := range f.Change.Files {
		if file.IsBinary || file.IsNew || file.IsDelete || file.IsRename {
			return false
		}
		for _, h := range file.TextFragments {
			if left -= len(h.Lines); left < 0 {
				return false
			}
			var old, new strings.Builder
			for _, l := range h.Lines {
				switch l.Op {
				case gitdiff.OpDelete:
					old.WriteString(l.Line)
				case gitdiff.OpAdd:
					new.WriteString(l.Line)
				}
			}
			if old.Len() == 0 || unqualified(old.String()) != unqualified(new.String()) {
				return false
			}
			some = true
		}
	}
	return some
}

// unqualified is C without those words and without blanks.
func unqualified(text string) string {
	words := strings.Fields(strings.NewReplacer("*", " * ", "(", " ( ", ")", " ) ", ",", " , ").Replace(text))
	words = slices.DeleteFunc(words, func(w string) bool {
		return w == "const" || w == "static" || w == "inline" || w == "extern"
	})
	return strings.Join(words, "")
}
