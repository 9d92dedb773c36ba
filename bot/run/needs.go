package run

import (
	"context"
	"slices"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/rules/change"
)

// needs is what a patch says that it needs first, with the titles of what stands in the
// store in other threads: a patch, or all those of a series that its cover letter
// stands for. What is embargoed is not spoken of.
func (jg *judging) needs(ctx context.Context, idx *series.Index, m *mail.Message) ([]change.Need, error) {
	var out []change.Need
	for _, n := range idx.Needs(m) {
		if n.Title != "" || n.MessageID == "" {
			out = append(out, n)
			continue
		}
		found, err := jg.Journal.Threads(ctx, []string{n.MessageID})
		if err != nil {
			return nil, err
		}
		named := stored(n, found)
		out = append(out, named...)
	}
	return out, nil
}

// stored are the patches that a Message-ID names among series, else n as it is.
func stored(n change.Need, found []flow.Series) []change.Need {
	for i := range found {
		s := &found[i]
		at := slices.IndexFunc(s.Members, func(m flow.Member) bool { return m.ID == n.MessageID })
		if at < 0 || s.Private {
			continue
		}
		members := s.Members[at : at+1]
		if s.Members[at].N == 0 {
			members = s.Members
		}
		var out []change.Need
		for _, m := range members {
			if m.N > 0 {
				one := n
				one.Title, one.Fresh = m.Title, time.Since(s.First) < change.FreshFor
				out = append(out, one)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return []change.Need{n}
}
