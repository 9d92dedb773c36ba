package trees

import (
	"time"

	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// needs says which of the changes that c says it needs first mainline has: by the
// commit that is named, or by the title of the mail that is. What has neither is not
// known.
func (s *Set) needs(c *change.Change, asOf time.Time) []rules.Presence {
	var out []rules.Presence
	m := s.main
	for i := range c.Needs {
		n := &c.Needs[i]
		var p rules.Presence
		take := func(at history.Position, how string) {
			if at != 0 && !p.Has && m.seen(at, asOf) {
				p = rules.Presence{Known: true, Has: true, SHA: m.ID(at), How: how}
			}
		}
		take(s.mainlineOf(n.SHA), "sha")
		for _, title := range []string{n.Title, n.Subject} {
			if title == "" {
				continue
			}
			p.Known = true
			for _, at := range m.Titled(change.TitleKey(title)) {
				take(at, "subject")
			}
		}
		out = append(out, p)
	}
	return out
}
