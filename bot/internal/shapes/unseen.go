package shapes

import (
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// Unseen is a title with what drives a terminal or rearranges a line: an escape, one of
// eight bits, a line's end, direction marks and characters of no width.
const Unseen = "drm/a: \x1b[31mfix\u009b2J a\u202e gnah \u2066of\u200b the\u2028 ring\ufeff\u00ad"

// Drives returns what in a text a reader does not see, "" for none; the ends of lines and
// the tabs of text that is indented are what a writer puts there.
func Drives(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && change.Unseen(r) {
			return r
		}
		return -1
	}, text)
}
