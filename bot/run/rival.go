package run

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/rules/change"
)

// rivalSpan is how long before a patch another one for the same may have been posted,
// maxRivals how many mails are read of one series to find such patches: anybody can post
// many that name a report.
const (
	rivalSpan = 30 * 24 * time.Hour
	maxRivals = 24
)

// rivals are patches of other postings that mend what one of a series mends. They are told
// and change nothing else.
type rivals struct {
	*judging
	to    flow.Series
	read  int
	named bool // one is enough for a reply
}

// of is the first patch that was posted before for what a patch mends, nil for none; one
// whose sender is proven goes before others. A version and a copy of the patch itself is none.
func (r *rivals) of(ctx context.Context, m *mail.Message) (*report.Rival, error) {
	if m.Change == nil || r.to.Private || r.named || r.read >= maxRivals || plan.StableSubmission(m) {
		return nil, nil
	}
	mine := m.Change.Reports()
	if len(mine.All()) == 0 {
		return nil, nil
	}
	found, err := r.Journal.Posted(ctx, flow.Postings{Reports: mine.All(), Since: r.to.First.Add(-rivalSpan)})
	if err != nil {
		return nil, err
	}
	later := m.Prefix.Version > 1 || r.to.Version > 1
	for _, o := range found {
		if o.Key == r.to.Key || o.Private || o.Next != "" || !o.First.Before(r.to.First) || o.Sender == r.to.Sender && later {
			continue
		}
		for _, p := range o.Members {
			if p.N == 0 || folded(p.Title) == folded(series.NoteOf(m).Title) || r.read >= maxRivals {
				continue
			}
			r.read++
			raw, err := r.Journal.Raw(ctx, p.ID)
			if err != nil {
				return nil, err
			}
			other, err := parse(flow.Mail{ID: p.ID, Raw: raw})
			if err != nil || other.Change == nil || plan.StableSubmission(other) || other.Prefix.RFC {
				continue //nolint:nilerr // what cannot be read is no patch to choose
			}
			one := o.Sender == r.to.Sender || onePerson(m, other)
			if one && later {
				continue // who goes on from there may write from elsewhere
			}
			if same, lines := rival(m.Change, other.Change, one); same && (!lines || !later) {
				r.named = true
				return &report.Rival{ID: flow.MessageID(p.ID), Title: p.Title, From: o.Sender, At: o.First, Lines: lines}, nil
			}
		}
	}
	return nil, nil
}

// onePerson reports whether two mails name the same sender, by a word of the name; none is
// nobody's.
func onePerson(a, b *mail.Message) bool {
	words := func(m *mail.Message) []string { return strings.Fields(strings.ToLower(m.From.Name)) }
	return slices.ContainsFunc(words(a), func(w string) bool { return slices.Contains(words(b), w) })
}

// rival reports whether two patches mend the same: they answer one report and change one
// file, or they have one culprit and change the same line. What one person posts for one
// report may be two halves of a fix, so there the lines decide. The same code from two people
// under two titles is two patches all the same.
func rival(a, b *change.Change, oneSender bool) (same, lines bool) {
	ra, rb := a.Reports(), b.Reports()
	if oneSender && change.PatchID(a.Files) == change.PatchID(b.Files) {
		return false, false // sent again under another title
	}
	files := func(c *change.Change) (out []string) {
		for _, f := range c.Files {
			out = append(out, f.OldName)
		}
		return out
	}
	share := func(x, y []string) bool {
		return slices.ContainsFunc(x, func(s string) bool { return slices.Contains(y, s) })
	}
	answers, culprit := share(ra.Answers, rb.Answers) && share(files(a), files(b)), share(ra.Culprits, rb.Culprits)
	if answers && !oneSender {
		return true, false
	}
	if !answers && !culprit {
		return false, false
	}
	gone := map[string]bool{}
	for _, l := range linesOf(a.Files...) {
		if strings.HasPrefix(l, "-") && len(l) > telling {
			gone[l] = true
		}
	}
	for _, l := range linesOf(b.Files...) {
		if gone[l] {
			return true, !answers
		}
	}
	return false, false
}

// telling is the length of a line from which on it tells where it is.
const telling = 12
