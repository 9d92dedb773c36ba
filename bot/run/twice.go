package run

import (
	"context"
	"slices"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
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
		if err != nil {
			return false, err
		}
		if found, err = jg.anyAnswered(ctx, same, s); err != nil || !found {
			return false, err
		}
	}
	return found, nil
}

// anyAnswered reports whether one of these postings is the original of a series and is
// answered, or is as sure to be as this one.
func (jg *judging) anyAnswered(ctx context.Context, same []flow.Series, s flow.Series) (bool, error) {
	for _, o := range same {
		if !original(o, s) {
			continue
		}
		if told, err := jg.Journal.Told(ctx, o.Key); err != nil || len(told) > 0 {
			return err == nil, err
		}
		switch {
		case o.Next != "": // it is answered no more
		case !o.Judged.IsZero():
			if o.Quiet == "" { // its reply waits
				return true, nil
			}
		case o.List == s.List:
			if alike, err := jg.sameWish(ctx, o, s); err != nil || alike {
				return alike, err
			}
		}
	}
	return false, nil
}

// sameWish reports whether two postings of the same are meant for the same: a draft for
// comments, or a patch for a stable branch, gets no answer that the patch itself may get.
func (jg *judging) sameWish(ctx context.Context, o, s flow.Series) (bool, error) {
	var meant [2]*mail.Message
	for i, x := range []flow.Series{o, s} {
		if len(x.Members) == 0 {
			return false, nil
		}
		raw, err := jg.Journal.Raw(ctx, x.Members[0].ID)
		if err != nil {
			return false, err
		}
		if meant[i], err = mail.Scan(raw); err != nil {
			return false, nil //nolint:nilerr // what cannot be read is answered by itself
		}
	}
	a, b := &meant[0].Prefix, &meant[1].Prefix
	return a.RFC == b.RFC && a.AutoSel == b.AutoSel && slices.Equal(a.Trees, b.Trees), nil
}

// original reports whether the first of two postings of the same is the one to answer.
func original(o, s flow.Series) bool {
	proven := o.Signed == flow.SenderProven
	if proven != (s.Signed == flow.SenderProven) {
		return proven
	}
	return o.First.Before(s.First) || o.First.Equal(s.First) && o.Key < s.Key
}
