package signs

import (
	"regexp"
	"slices"
	"strings"
)

// aims are how a cover letter names where its series is to go: to a release that is still
// to come out, with its number, or to the one after it.
var aims = regexp.MustCompile(`\b(?:for|in|into|to|at|target|targets|targeting)\s+(?:the\s+)?(?:current\s+|upcoming\s+|ongoing\s+)?` +
	`(?:linux\s+)?v?(\d{1,2}\.\d{1,2})(?:-rc|\s+(?:release\s+)?cycle\b|\s+release\b|\s+merge\s+window\b)` +
	`|\b(?:for|target|targets|targeting)\s+(?:the\s+)?(?:[a-z]*-next|next\s+(?:merge\s+window|cycle|release))\b`)

// wishes tell what is wished from what was: "fixed in 6.18-rc1".
var wishes = []string{"material", "candidate", "meant", "intended", "target", "aim", "would like", "i'd like", "please", "should go", "could go", "can go", "suitable", "consider", "hope"}

// Aim is the release that the author of a series means it for, "next" for one that has no
// number yet, and the line that says so; "" without. Text is a cover letter, or what stands
// between message and diff.
func Aim(text string) (release string, ev Evidence) {
	low := strings.ToLower(text)
	if len(low) != len(text) {
		return "", Evidence{}
	}
	for _, m := range aims.FindAllStringSubmatchIndex(low, maxAims) {
		said := oneLine(lastSentence(low[max(0, m[0]-whoseReach):m[0]]) + low[m[0]:m[1]])
		wished := slices.ContainsFunc(wishes, func(w string) bool { return strings.Contains(said, w) })
		if !wished || strings.HasSuffix(said, "linux-next") || strings.Contains(said, " not ") || strings.Contains(said, "n't ") || quotedLine(low, m[0]) || inChangelog(low, m[0]) {
			continue
		}
		ev = lineAt(text, m[0])
		if m[2] < 0 {
			return "next", ev
		}
		return low[m[2]:m[3]], ev
	}
	return "", Evidence{}
}

// maxAims bounds how many are asked about.
const maxAims = 50
