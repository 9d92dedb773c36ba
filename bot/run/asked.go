package run

import (
	"regexp"

	"github.com/stablebot/stablebot/bot/mail"
)

// stableTag are the words by which somebody in a thread speaks of the stable tag.
var stableTag = regexp.MustCompile(`(?i)\bstable@(?:vger\.)?kernel\.org|\bcc:? ?(?:to )?(?:the )?stable\b|\bstable tag\b`)

// asksStable is who speaks of the stable tag in a reply, in words of their own; "" where
// nobody does.
func asksStable(m *mail.Message) string {
	for l := range mail.Lines(m.Text()) {
		if l.Own && stableTag.MatchString(l.Text) {
			return m.From.Address
		}
	}
	return ""
}
