package run

import (
	"context"
	"slices"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/series"
)

// oneRun is how long the sending of one series may take.
const oneRun = time.Hour

// gap is the series that a mail belongs to whose key names none, nil for none: a mail
// system that rewrites Message-IDs breaks the key, and the rest of the series stands
// under another one, sent within the hour. Where the thread is known it decides, as
// sender, version and number are alike in any two series of one author.
func (fl *filer) gap(ctx context.Context, m flow.Mail, note series.Note, fits func(*flow.Series) bool) (*flow.Series, error) {
	lacks := func(o *flow.Series) bool {
		return o.Version == note.Version && o.Of == note.Of && o.Have() < o.Of && fits(o) &&
			!slices.ContainsFunc(o.Members, func(have flow.Member) bool { return have.N == place(note) })
	}
	first := func(from []flow.Series, ok func(*flow.Series) bool) *flow.Series {
		for i := range from {
			if ok(&from[i]) {
				return &from[i]
			}
		}
		return nil
	}
	thread, err := fl.Journal.Threads(ctx, note.Ancestors)
	if err != nil || len(thread) > 0 {
		return first(thread, lacks), err
	}
	recent, err := fl.Journal.Posted(ctx, flow.Postings{Sender: m.Sender, Since: m.Received.Add(-oneRun)})
	if err != nil {
		return nil, err
	}
	o := first(recent, func(o *flow.Series) bool {
		if err != nil || !lacks(o) {
			return false
		}
		var one bool
		one, err = fl.oneThread(ctx, o, note)
		return one
	})
	return o, err
}

// oneThread reports whether a mail may be of the thread of a series: only one mail of a
// thread answers nothing, and the others answer that one, whose Message-ID is no longer
// what it was, so that nobody knows it. Those that are sent without any thread go by
// their numbers.
func (fl *filer) oneThread(ctx context.Context, o *flow.Series, note series.Note) (bool, error) {
	mails, err := fl.Journal.Mails(ctx, o.Key, maxThread)
	if err != nil {
		return false, err
	}
	roots, parents := 0, []string(nil)
	if len(note.Ancestors) == 0 {
		roots++
	}
	for _, m := range mails {
		switch {
		case m.Kind != flow.KindPatch && m.Kind != flow.KindCover:
		case m.InReplyTo == "":
			roots++
		case len(note.Ancestors) > 0 && !slices.Contains(note.Ancestors, m.InReplyTo):
			return false, nil
		default:
			parents = append(parents, m.InReplyTo)
		}
	}
	if roots > 1 && (len(parents) > 0 || len(note.Ancestors) > 0) {
		return false, nil
	}
	known, err := fl.Journal.Threads(ctx, parents)
	return len(known) == 0, err
}
