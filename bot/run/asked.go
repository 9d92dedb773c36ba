package run

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/mail"
)

// stableTag are the words by which somebody in a thread speaks of the stable tag.
var stableTag = regexp.MustCompile(`(?i)\bstable@(?:vger\.)?kernel\.org|\bcc:? ?(?:to )?(?:the )?stable\b|\bstable tag\b`)

// asksStable reports whether a reply speaks of the stable tag in words of its own.
func asksStable(m *mail.Message) bool {
	for l := range mail.Lines(m.Text()) {
		if l.Own && stableTag.MatchString(l.Text) {
			return true
		}
	}
	return false
}

// asker is the sender of a reply that speaks of the stable tag: as proven, "" where it is
// not, and as it says.
type asker struct{ proven, says string }

// asked is the first of them who keeps the bot quiet, "" for none: one to whom the posting
// went, its author among them, or who may decide about any patch, when that is proven.
// Whoever else has a domain could silence the bot by one line. Without name servers what
// a mail says has to do.
func (jg *judging) asked(asking []asker, addressed []string) string {
	for _, a := range asking {
		if jg.Lookup == nil {
			return a.says
		}
		to := func(address string) bool { return strings.EqualFold(address, a.proven) }
		if a.proven != "" && (slices.ContainsFunc(addressed, to) || jg.may(a.proven, nil)) {
			return a.proven
		}
	}
	return ""
}
