package run

import (
	"context"
	"slices"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// copies are other postings of the patches of a series: posted again, proposed for stable,
// in a batch under review. What those who decide about a patch said there counts here.
type copies struct {
	*judging
	of    flow.Series
	noted map[string][]series.Note // by the key of a posting that was declined in part
}

func (jg *judging) newCopies(s flow.Series) *copies {
	return &copies{judging: jg, of: s, noted: map[string][]series.Note{}}
}

// refuse adds what declines a patch elsewhere to what is known of it.
func (c *copies) refuse(ctx context.Context, m *mail.Message, f *rules.Series) error {
	if m.Change == nil || len(m.Change.Files) == 0 || f == nil {
		return nil
	}
	title, id := series.NoteOf(m).Title, change.PatchID(m.Change.Files)
	same, err := c.Journal.Posted(ctx, flow.Postings{Titles: []string{title}, Since: c.of.First.Add(-series.Revision)})
	if err != nil {
		return err
	}
	for _, o := range same {
		if o.Key == c.of.Key || o.Private {
			continue
		}
		notes, err := c.notes(ctx, o)
		if err != nil || len(notes) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		x := series.Index{May: c.may}
		x.Add(m)
		x.Copy(id, m.ID)
		for _, n := range notes {
			x.AddNote(n)
		}
		for _, p := range o.Members {
			if p.Title != title {
				continue
			}
			raw, err := c.Journal.Raw(ctx, p.ID)
			if err != nil {
				return err
			}
			if posted, err := mail.Parse(raw); err == nil && posted.Change != nil {
				x.Copy(change.PatchID(posted.Change.Files), posted.ID)
			}
		}
		said := x.Facts(m)
		if said == nil {
			continue
		}
		for _, d := range said.Declined {
			if !slices.Contains(f.Declined, d) {
				f.Declined = append(f.Declined, d)
			}
		}
		f.Rejected = f.Rejected || said.Rejected
		for _, no := range said.NotFor {
			f.KeepOut(no)
		}
	}
	return nil
}

// notes are those of a posting of which something was declined, none of another one.
func (c *copies) notes(ctx context.Context, o flow.Series) ([]series.Note, error) {
	if notes, ok := c.noted[o.Key]; ok {
		return notes, nil
	}
	c.noted[o.Key] = nil
	mails, err := c.Journal.Mails(ctx, o.Key, maxThread)
	if err != nil {
		return nil, err
	}
	declined := false
	var notes []series.Note
	thread := newThread()
	read := func(reply bool) error {
		for _, m := range mails {
			if m.Kind == flow.KindOther || (m.Kind == flow.KindReply) != reply || reply && m.Proven == "" || !thread.take(m) {
				continue
			}
			raw, err := c.Journal.Raw(ctx, m.ID)
			if err != nil {
				return err
			}
			if msg, err := mail.Scan(raw); err == nil {
				asSent(msg, m.List)
				n := noteOf(m, msg)
				declined = declined || len(n.Declined) > 0
				notes = append(notes, n)
			}
		}
		return nil
	}
	if err := read(true); err != nil || !declined {
		return nil, err
	}
	if err := read(false); err != nil {
		return nil, err
	}
	c.noted[o.Key] = notes
	return notes, nil
}

// refused are the titles of what a reply to a series declines: what it says of one posting
// counts for the others. Nobody reads of them what is said in private.
func refused(s *flow.Series, n series.Note) (titles []string) {
	if len(n.Declined) == 0 || s.Private {
		return nil
	}
	for _, m := range s.Members {
		switch {
		case m.N == 0: // the cover letter
		case slices.Contains(n.Ancestors[:min(1, len(n.Ancestors))], m.ID):
			return []string{m.Title}
		default:
			titles = append(titles, m.Title)
		}
	}
	return titles
}
