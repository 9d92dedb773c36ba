package signs

import (
	"regexp"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// topBit are the ways to write bit 31 of a word that is signed, and those that mean the
// same bit without a sign.
var topBit = regexp.MustCompile(`\b1U?L? *<< *31\b|\bBIT\(31\)|\b0x80000000U?L?\b`)

// SignedShift reports whether each line that changes does so by how it writes the topmost
// bit of a word alone: "1 << 31" is undefined by the letter of C.
func SignedShift(files []*gitdiff.File) bool {
	some := false
	left := maxCodeLines
	for _, f := range files {
		if f.IsBinary || f.IsNew || f.IsDelete || f.IsRename {
			return false
		}
		for _, h := range f.TextFragments {
			if left -= len(h.Lines); left < 0 {
				return false
			}
			var old, new strings.Builder
			for _, l := range h.Lines {
				if l.Op == gitdiff.OpDelete {
					some = some || topBit.MatchString(l.Line)
				}
				if l.Op != gitdiff.OpAdd {
					old.WriteString(l.Line)
				}
				if l.Op != gitdiff.OpDelete {
					new.WriteString(l.Line)
				}
			}
			if sameBits(old.String()) != sameBits(new.String()) {
				return false
			}
		}
	}
	return some
}

// sameBits is C with one way to write the topmost bit, and without blanks and brackets
// around it.
func sameBits(text string) string {
	text = topBit.ReplaceAllString(text, "BIT31")
	text = strings.ReplaceAll(text, "(BIT31)", "BIT31")
	return strings.Join(strings.Fields(text), "")
}
