package run

import (
	"context"
	"strings"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/series"
)

// What a reply must share with a posting where its subject is another one: the letters and
// digits of a title, or of a line, that is nobody else's by chance.
const (
	ownTitle = 12
	ownLine  = 20
)

// about reports whether a reply is about a series, by what its signature covers: its
// subject is that of a patch or of the cover letter, or it cites a line of one of them. A
// Message-ID alone does not say so: what it names may have gone to another list, and
// anybody can post something else under it here.
func (pv *prover) about(ctx context.Context, s *flow.Series, signed *mail.Message) (bool, error) {
	if titled(signed, s.Title) {
		return true, nil
	}
	for _, m := range s.Members {
		if titled(signed, m.Title) {
			return true, nil
		}
	}
	lines := map[string]bool{}
	for line := range strings.Lines(signed.Text()) {
		if l := folded(line); len(l) >= ownLine && strings.HasPrefix(strings.TrimSpace(line), ">") && !anybodys(line) {
			lines[l] = true
		}
	}
	for _, m := range s.Members {
		if len(lines) == 0 {
			break
		}
		raw, err := pv.Journal.Raw(ctx, m.ID)
		if err != nil {
			return false, err
		}
		msg, err := mail.Scan(raw)
		if err != nil {
			continue // filed as bad
		}
		for line := range strings.Lines(msg.Text()) {
			if lines[folded(line)] {
				return true, nil
			}
		}
	}
	return false, nil
}

// anybodys reports whether a line may stand in any mail: a trailer or another line with an
// address, or a licence.
func anybodys(line string) bool {
	return strings.ContainsRune(line, '@') || strings.Contains(line, "SPDX-")
}

// titled reports whether a reply has a title in its subject, whatever stands around it.
func titled(m *mail.Message, title string) bool {
	own, _ := series.Versioned(m.Title)
	t := folded(title)
	return t == folded(own) || len(t) >= ownTitle && strings.Contains(folded(m.Subject), t)
}
