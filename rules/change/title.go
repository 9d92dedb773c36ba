package change

import (
	"hash/fnv"
	"strings"
)

// titleMarks are the words that distributions and vendors put before the title of
// a commit that they take over or make. They are no part of the title: a change
// has the same key with and without them. Case counts: a subsystem "android:" is
// one of the title's own.
var titleMarks = []struct {
	mark string
	says standing
}{
	{"UPSTREAM:", nothing}, {"BACKPORT:", nothing}, // the note below names the commit
	{"FROMGIT:", onItsWay}, {"FROMLIST:", onItsWay}, {"FROMGIT(BACKPORT):", onItsWay}, {"FROMLIST(BACKPORT):", onItsWay}, {"FROMEXTERNAL:", onItsWay},
	{"SAUCE:", notUpstream}, {"UBUNTU:", notUpstream}, {"NVIDIA:", notUpstream},
	{"ANDROID:", notUpstream}, {"CHROMIUM:", notUpstream}, {"anolis:", notUpstream}, {"deepin:", notUpstream},
	{"RHEL-only:", notUpstream}, {"RHEL only:", notUpstream}, {"RHEL:", notUpstream},
}

// standing is what a mark says of mainline.
type standing int8

const (
	nothing     standing = iota // mainline has it, or it does not say
	onItsWay                    // not yet
	notUpstream                 // no
)

// cutMarks splits the marks off a title and tells what the strongest says.
func cutMarks(title string) (marks, rest string, strongest standing) {
	rest = title
next:
	for rest != "" {
		if c := rest[0]; (c < 'A' || c > 'Z') && c != 'a' && c != 'd' {
			break
		}
		for _, m := range titleMarks {
			tail, ok := strings.CutPrefix(rest, m.mark)
			if !ok || trimSpace(tail) == "" {
				continue
			}
			strongest = max(strongest, m.says)
			rest = trimSpace(tail)
			if tail, ok := strings.CutPrefix(rest, "(no-up)"); ok { // Ubuntu: not to go upstream
				rest = trimSpace(tail)
			}
			continue next
		}
		break
	}
	return strings.TrimSuffix(trimSpace(title[:len(title)-len(rest)]), ":"), rest, strongest
}

// readTitle takes the marks off the title and notes what they say.
func (c *Change) readTitle() {
	marks, title, says := cutMarks(c.Subject)
	if marks == "" {
		return
	}
	c.Prefix.Marks, c.Subject = marks, title
	if says != nothing {
		c.absent(marks, says == onItsWay)
	}
}

// FoldTitle is the form in which titles are compared: without the marks of
// distributions and what nobody sees; case, blanks and a final dot folded.
func FoldTitle(title string) string {
	_, title, _ = cutMarks(trimSpace(Plain(title)))
	return strings.TrimRight(strings.ToLower(strings.Join(strings.Fields(title), " ")), ". ")
}

// TitleKey is FoldTitle as a number, never 0, for indexes of millions of commits.
func TitleKey(title string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(FoldTitle(title)))
	return max(h.Sum64(), 1)
}
