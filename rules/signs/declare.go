package signs

import (
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// maxDeclared bounds the lines that are looked at for the end of a declaration.
const maxDeclared = 16

// declares reports whether what begins on the first line only declares a function, over as
// many lines as its arguments and the attributes behind them take.
func declares(lines []gitdiff.Line) bool {
	depth, closed := 0, false
	for _, l := range lines[:min(len(lines), maxDeclared)] {
		if l.Op != lines[0].Op && l.Op != gitdiff.OpContext {
			continue
		}
		if closed && !strings.HasPrefix(strings.TrimLeft(l.Line, " \t"), "__") {
			return false // neither "__must_check;" nor "__printf(1, 2);"
		}
		depth += strings.Count(l.Line, "(") - strings.Count(l.Line, ")")
		if closed = depth <= 0; closed && strings.ContainsAny(l.Line, ";{") {
			return !strings.Contains(l.Line, "{")
		}
	}
	return false
}
