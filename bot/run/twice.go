package run

import (
	"context"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
)

// copied reports whether each patch of a series stands in another one of its sender and
// version that is answered instead: one whose sender is proven where this one's is not,
// else the one that came first. Few sign the Message-ID, so anybody can post a signed
// mail again under any number of them. It looks as far back as an answer may be under
// way; what was told before that is for heard.
func (jg *judging) copied(ctx context.Context, s flow.Series, mails []flow.Mail) (bool, error) {
	prints := map[string]string{}
	for _, m := range mails {
		if m.Kind == flow.KindPatch {
			prints[m.ID] = m.Print
		}
	}
	found := false
	for _, m := range s.Members {
		print := prints[m.ID]
		if print == "" {
			continue // its cover letter
		}
		same, err := jg.Journal.Posted(ctx, flow.Postings{Sender: s.Sender, Titles: []string{m.Title}, Since: s.First.Add(-plan.DefaultMaxAge),
			Again: &s, Print: print})
		if err != nil || len(same) == 0 || !original(same[0], s) {
			return false, err
		}
		found = true
	}
	return found, nil
}

// original reports whether the first of two postings of the same is the one to answer.
func original(o, s flow.Series) bool {
	proven := o.Signed == flow.SenderProven
	if proven != (s.Signed == flow.SenderProven) {
		return proven
	}
	return o.First.Before(s.First) || o.First.Equal(s.First) && o.Key < s.Key
}
