package mail

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
)

// NoticeKind is what a notice of the stable team says of a change.
type NoticeKind string

// The kinds of notices.
const (
	NoticeQueued   NoticeKind = "queued"   // added to a stable tree
	NoticeFailed   NoticeKind = "failed"   // it did not apply there
	NoticeDropped  NoticeKind = "dropped"  // taken out of the queue again
	NoticeProposed NoticeKind = "proposed" // AUTOSEL: it goes in unless somebody objects
	NoticeReview   NoticeKind = "review"   // in a batch that is about to be released
)

// Notice is what a mail of the stable team, or of its scripts, says of a change. Who wrote
// it is another question.
type Notice struct {
	Kind     NoticeKind
	Title    string
	Commit   string   // of mainline, "" where it does not say
	Branches []string // "6.1"
}

// Notice reads the notices of the stable team; ok is false for all other mails.
func (m *Message) Notice() (n Notice, ok bool) {
	n.Title = m.Title
	switch {
	case m.answers():
		if n.Kind = NoticeDropped; !dropped(m.Text()) {
			return Notice{}, false
		}
		if title, tree, ok := cutQueued(m.Title); ok {
			n.Title, n.Branches = title, []string{tree}
		} else {
			n.Branches = m.Prefix.Trees
		}
		return n, len(n.Branches) > 0
	case m.Prefix.AutoSel && m.IsPatch:
		n.Kind, n.Branches = NoticeProposed, through(m.Prefix)
	case m.IsPatch && len(m.reviewed()) > 0:
		n.Kind, n.Branches = NoticeReview, m.reviewed()
	default:
		return m.scriptNotice()
	}
	n.Commit = upstreamIn(m.Text())
	return n, len(n.Branches) > 0
}

// answers reports whether the subject says that it is a reply.
func (m *Message) answers() bool { return m.Prefix.Reply }

// reviewed are the branches whose next release a patch is in review for. The words of the
// text say so as well as a field of the header, and are what signatures cover.
func (m *Message) reviewed() []string {
	if found := inReview.FindStringSubmatch(m.Text()); found != nil {
		if tree, ok := stableTree(found[1] + "-stable tree"); ok {
			return []string{tree}
		}
	}
	if m.StableReview {
		return m.Prefix.Trees
	}
	return nil
}

// scriptNotice reads what the scripts of the queue write.
func (m *Message) scriptNotice() (Notice, bool) {
	if title, tree, ok := cutQueued(m.Title); ok {
		return Notice{Kind: NoticeQueued, Title: title, Branches: []string{tree}, Commit: upstreamIn(m.Text())}, true
	}
	if rest, cut := cutFailed(m.Title); cut {
		title, tail, cut := cutLast(rest, `" failed to apply to `)
		if tree, stable := stableTree(tail); cut && stable {
			_, title = change.ParseSubject(title)
			return Notice{Kind: NoticeFailed, Title: title, Branches: []string{tree}, Commit: pickedIn(m.Text())}, true
		}
	}
	return Notice{}, false
}

// cutQueued reads `Patch "title" has been added to the 6.1-stable tree`.
func cutQueued(s string) (title, tree string, ok bool) {
	rest, ok := cutFold(s, `Patch "`)
	if !ok {
		return "", "", false
	}
	i := strings.LastIndex(strings.ToLower(rest), queuedWords)
	if i < 0 {
		return "", "", false
	}
	tree, ok = stableTree(rest[i+len(queuedWords):])
	return rest[:i], tree, ok
}

const queuedWords = `" has been added to the `

func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// through are the branches of a proposal; of a range, "6.19-5.15", the longterm ones
// between are meant as well.
func through(p change.Prefix) []string {
	if !p.AndUp || len(p.Trees) != 2 {
		return p.Trees
	}
	newest, oldest := p.Trees[0], p.Trees[1]
	out := []string{newest}
	for _, r := range slices.Backward(release.All()) {
		if name := r.String(); release.Newer(newest, name) && release.Newer(name, oldest) && release.Longterm(name) {
			out = append(out, name)
		}
	}
	return append(out, oldest)
}

var (
	carries   = regexp.MustCompile(`(?im)^[ \t]*(?:\[[ \t]*upstream commit ([0-9a-f]{12,40})[ \t]*\]|commit ([0-9a-f]{12,40}) upstream\.?)[ \t]*$`)
	inLinus   = regexp.MustCompile(`(?m)^From ([0-9a-f]{40}) `)
	cherry    = regexp.MustCompile(`(?m)\bgit cherry-pick -x ([0-9a-f]{12,40})\b`)
	inReview  = regexp.MustCompile(`(?im)^[ \t]*(\d+\.\d+)-stable review patch\b`)
	isDropped = regexp.MustCompile(`(?i)\bdropp(?:ed|ing)\b|\bi(?:'ll| will) (?:go )?drop\b`)
	notSo     = regexp.MustCompile(`(?i)\b(?:not|never|nothing|should|could|can|please|if|why|was|were|packets?|frames?)\b|n't\b|\?`)
)

// upstreamIn is the commit of mainline that the text says a patch carries.
func upstreamIn(text string) string {
	if m := carries.FindStringSubmatch(text); m != nil {
		return strings.ToLower(m[1] + m[2])
	}
	return ""
}

// pickedIn is the commit that a notice of failure names, in the recipe for a person or as
// the first line of the patch.
func pickedIn(text string) string {
	for _, re := range []*regexp.Regexp{cherry, inLinus} {
		if m := re.FindStringSubmatch(text); m != nil {
			return strings.ToLower(m[1])
		}
	}
	return ""
}

// maxDropWords bounds the own text of an answer that says no more than that: what is
// longer discusses something.
const maxDropWords = 60

// dropped reports whether an answer says that a patch was taken out of the queue.
func dropped(text string) bool {
	words, found := 0, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n ")
		if line == "--" {
			break
		}
		if strings.HasPrefix(line, ">") {
			continue
		}
		words += len(strings.Fields(line))
		for sentence := range strings.SplitSeq(line, ". ") {
			found = found || isDropped.MatchString(sentence) && !notSo.MatchString(sentence)
		}
	}
	return found && words <= maxDropWords
}
