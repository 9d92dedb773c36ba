package signs

import (
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// maxDeclared bounds the lines that are looked at for the end of a declaration.
const maxDeclared = 16

// declares reports whether what begins on the first line only declares a function, over as
// many lines as its arguments take: the line that closes them ends it.
func declares(lines []gitdiff.Line) bool {
	depth := 0
	for _, l := range lines[:min(len(lines), maxDeclared)] {
		if l.Op != lines[0].Op && l.Op != gitdiff.OpContext {
			continue
		}
		depth += strings.Count(l.Line, "(") - strings.Count(l.Line, ")")
		if depth <= 0 {
			return strings.Contains(l.Line, ";") && !strings.Contains(l.Line, "{")
		}
	}
	return false
}
