package signs

import (
	"regexp"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// topBit are the ways to write bit 31 of a word that is signed, and those that mean the
// same bit without a sign.
var topBit = regexp.MustCompile(`\b1U?L? *<< *31\b|\bBIT\(31\)|\b0x80000000U?L?\b`)

// wide are types of more than 32 bits on some machine: a word with the sign in bit 31 that
// is put into one takes the bits above along.
var wide = regexp.MustCompile(`\b(?:u64|s64|__u64|__le64|__be64|uint64_t|int64_t|long|size_t|ssize_t|dma_addr_t|phys_addr_t|resource_size_t|loff_t|uintptr_t|[0-9]+ULL|netdev_features_t)\b`)

// SignedShift reports whether each line that changes does so by how it writes the topmost
// bit of a word alone, and nothing wider is in sight: "1 << 31" is undefined by the letter
// of C.
func SignedShift(files []*gitdiff.File) bool {
	if !dropsTopBit(files) {
		return false
	}
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
				if l.Op != gitdiff.OpAdd {
					old.WriteString(l.Line)
				}
				if l.Op != gitdiff.OpDelete {
					new.WriteString(l.Line)
				}
			}
			if sameBits(old.String()) != sameBits(new.String()) || wide.MatchString(old.String()) {
				return false
			}
		}
	}
	return true
}

// dropsTopBit reports whether a line that goes writes the topmost bit: few diffs do, and
// the rest need not be read for it.
func dropsTopBit(files []*gitdiff.File) bool {
	left := maxCodeLines
	for _, f := range files {
		for _, h := range f.TextFragments {
			if left -= len(h.Lines); left < 0 {
				return false
			}
			for _, l := range h.Lines {
				if l.Op == gitdiff.OpDelete && (strings.Contains(l.Line, "31") || strings.Contains(l.Line, "0x80000000")) && topBit.MatchString(l.Line) {
					return true
				}
			}
		}
	}
	return false
}

// sameBits is C with one way to write the topmost bit, and without blanks and brackets
// around it.
func sameBits(text string) string {
	text = topBit.ReplaceAllString(text, "BIT31")
	text = strings.ReplaceAll(text, "(BIT31)", "BIT31")
	return strings.Join(strings.Fields(text), "")
}
