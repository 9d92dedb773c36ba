package run

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/series"
)

// one finds the place of one mail. Whatever the mail is, it is filed: one
// that cannot be read or breaks something is filed as bad, with the error.
func (fl *filer) one(ctx context.Context, m flow.Mail) error {
	ctx, done := inHand(ctx)
	defer done()
	var f flow.Filing
	var lookup error
	err := guarded(func() error {
		msg, err := parse(m)
		if err != nil {
			return err
		}
		if f, lookup = fl.place(ctx, m, msg); lookup == nil {
			lookup = fl.listen(ctx, &f, m, msg)
		}
		return nil
	})
	if lookup != nil {
		return lookup
	}
	if err != nil {
		f = flow.Filing{Kind: flow.KindBad, Note: err.Error()}
	}
	f.ID = m.ID
	if err := fl.Journal.File(ctx, f); err != nil {
		return err
	}
	log := fl.log.With(aboutMail(m.ID), zap.String(flow.KeyKind, string(f.Kind)), zap.String(flow.KeyList, m.List))
	switch {
	case f.Kind == flow.KindBad:
		log.Warn("a mail could not be judged; it is kept with this error", zap.String(flow.KeyWhy, f.Note))
	case f.Series != nil:
		log.Debug("a mail was filed", zap.String(flow.KeySeries, f.Series.Key))
	default:
		log.Debug("a mail goes no further", zap.String(flow.KeyWhy, f.Note))
	}
	return nil
}

// place decides what a mail is and which series it belongs to.
func (fl *filer) place(ctx context.Context, m flow.Mail, msg *mail.Message) (flow.Filing, error) {
	f := flow.Filing{Kind: flow.KindOther, Note: msg.NoPatch}
	note := series.NoteOf(msg)
	switch {
	case msg.From.Address != "" && strings.EqualFold(fl.Bot.Address, msg.From.Address):
		return fl.placeOwn(ctx, f, note)
	case msg.IsPatch && msg.Change == nil:
		f.Kind, f.Note = flow.KindBad, "the patch cannot be read"
		if msg.Damaged != nil {
			f.Note = msg.Damaged.Error()
		}
		return f, nil
	case note.Kind == series.Patch:
		f.Kind, f.Note = flow.KindPatch, ""
	case note.Kind == series.Cover:
		f.Kind, f.Note = flow.KindCover, ""
	default:
		return fl.placeReply(ctx, f, m, msg, note)
	}
	if note.Of == 0 {
		note.Key = m.ID // of another mail than the first of its Message-ID, another
	}
	s, err := fl.seriesFor(ctx, m, msg, note)
	if err != nil {
		return f, err
	}
	add := flow.Member{ID: m.ID, N: place(note), Title: note.Title}
	if !slices.ContainsFunc(s.Members, func(o flow.Member) bool { return o.ID == m.ID }) {
		s.Members = append(s.Members, add)
	}
	// What is less proven than what is there decides nothing of it.
	decides := fl.rank(m) >= s.Signed
	if f.Kind == flow.KindCover && decides || s.Title == "" {
		s.Title = note.Title
	}
	if f.Kind == flow.KindPatch && !s.Private {
		f.Reports = msg.Change.Reports().All()
	}
	fl.signature(&f, s, m, msg)
	s.Due = m.Received.Add(fl.Settle)
	if s.Have() >= s.Of {
		s.Due = m.Received // complete: at once
	}
	if f.Kind == flow.KindCover && s.Have() == 0 {
		// A cover letter alone: its patches are on their way.
		s.Due = m.Received.Add(fl.Settle)
	}
	if s.Previous == "" && decides {
		before, err := fl.previous(ctx, s, note)
		if err != nil {
			return f, err
		}
		if s.Previous = before.key; before.guarded && s.Signed == flow.Signs {
			s.Due = m.Received.Add(max(fl.Settle, 4*proveTime)) // or when it is known who sent it
		}
	}
	f.Series, f.Adds = s, &add
	return f, nil
}

// place is the number of a patch in its series; a single patch is the first.
func place(n series.Note) int {
	if n.Of == 0 {
		return 1
	}
	return n.N
}

// seriesFor returns the series of a patch or cover letter, a new one if it is
// the first to come. Whoever guesses the key of a series is no member of it: a
// member has its sender, a number that is free, and what is embargoed and what is
// what came over a list are never in one. What nothing proves to be from a sender is in
// none that is proven to be theirs, and keeps no number from what may be. What does not
// fit is a series of its own.
func (fl *filer) seriesFor(ctx context.Context, m flow.Mail, msg *mail.Message, note series.Note) (*flow.Series, error) {
	private, rank := fl.Policy.Embargoed(msg), fl.rank(m)
	fits := func(o *flow.Series) bool {
		hides := o.Private != private && (!o.Private || m.List != "")
		if o.Sender != m.Sender || hides || rank == flow.Unsigned && o.Signed == flow.SenderProven {
			return false
		}
		return !slices.ContainsFunc(o.Members, func(have flow.Member) bool {
			return have.N == place(note) && have.ID != m.ID && (have.Signed == flow.SenderProven || rank <= have.Signed)
		})
	}
	key := note.Key
	// Of those that do not fit there may be one for each sender, embargoed or not,
	// and then one for each mail.
	for _, more := range []string{"", " " + m.Sender, " " + m.ID} {
		if key = note.Key + more; more != "" && private {
			key += " private"
		}
		s, err := fl.Journal.Series(ctx, key)
		if err != nil {
			return nil, err
		}
		if s != nil && fits(s) {
			return s, nil
		}
		if s == nil {
			break
		}
	}
	if key == note.Key && note.Of > 0 && !note.Run {
		if o, err := fl.gap(ctx, m, note, fits); o != nil || err != nil {
			return o, err
		}
	}
	return &flow.Series{Key: key, Sender: m.Sender, Version: note.Version, Of: max(note.Of, 1), List: m.List, First: m.Received,
		Private: private}, nil
}

// placeReply files what is no patch: with the series it answers, if any. Only
// what says something that counts makes the series be judged anew.
func (fl *filer) placeReply(ctx context.Context, f flow.Filing, m flow.Mail, msg *mail.Message, note series.Note) (flow.Filing, error) {
	if len(note.Ancestors) == 0 || msg.Program != "" {
		if msg.Program != "" {
			f.Note = "written by a program: " + msg.Program
		}
		return f, nil
	}
	f.Kind = flow.KindReply
	counts := fl.hear(&f, m, msg, note)
	thread, err := fl.Journal.Threads(ctx, note.Ancestors)
	if err != nil || len(thread) == 0 {
		return f, err
	}
	s := nearest(shownFirst(thread, m.List == "" || fl.Policy.Embargoed(msg)), note.Ancestors)
	if fl.Policy.Embargoed(msg) && !s.Private {
		// What it says would be shown, and answered, with what is public.
		return flow.Filing{Kind: flow.KindOther, Note: "a security contact is among its recipients, and the thread is public"}, nil
	}
	f.Series = s
	now := fl.Clock.Now()
	switch {
	case f.Proven != "":
		s.Due = now
		f.Also = refused(s, note)
	case counts && f.Prove.IsZero() && s.Due.IsZero():
		s.Due = now.Add(fl.Settle) // what is only claimed is shown; many of them make one judgement
	}
	return f, nil
}

// hear decides what is to be found out about the sender of a reply before what it
// says counts, and reports whether it says anything.
func (fl *filer) hear(f *flow.Filing, m flow.Mail, msg *mail.Message, note series.Note) bool {
	var orders []command.Command
	if strings.Contains(msg.Text(), "#stablebot") {
		orders, _ = command.Parse(msg.Text())
	}
	if fl.NoCommands && len(orders) > 0 {
		f.Note, orders = "a command, and commands are switched off", nil
	}
	says := note.Says() || asksStable(msg)
	if !says && len(orders) == 0 {
		return false
	}
	unproven := errors.New("nothing proves senders here")
	if fl.Lookup != nil {
		unproven = command.Signs(m.Raw)
	}
	if unproven == nil {
		f.Prove = fl.Clock.Now() // the series is due when it is known who speaks
		return note.Says()
	}
	if says && fl.Policy.Trusts(m.Source) {
		f.Proven = strings.ToLower(msg.From.Address)
	}
	if len(orders) > 0 {
		f.Note = "a command is not obeyed: " + unproven.Error()
		fl.log.Warn("a command is not obeyed", aboutMail(m.ID), zap.Error(unproven))
	}
	return note.Says()
}

// placeOwn keeps the bot's own mail with its series, so that who answers it is
// heard, also by a mail program that names no other ancestor.
func (fl *filer) placeOwn(ctx context.Context, f flow.Filing, note series.Note) (flow.Filing, error) {
	f.Note = "own mail"
	thread, err := fl.Journal.Threads(ctx, note.Ancestors)
	if err == nil && len(thread) > 0 {
		f.Series = nearest(shownFirst(thread, false), note.Ancestors) // the bot answers what is public alone
	}
	return f, err
}

// shownFirst leaves out of a thread what is embargoed where a public mail has the same
// Message-ID and is from the same sender, unless the reply itself is private: a copy to
// a security contact takes no answers from the mail that everybody reads.
func shownFirst(thread []flow.Series, private bool) []flow.Series {
	if private {
		return thread
	}
	return slices.DeleteFunc(slices.Clone(thread), func(s flow.Series) bool {
		return s.Private && slices.ContainsFunc(thread, func(o flow.Series) bool {
			return !o.Private && o.Sender == s.Sender && slices.ContainsFunc(o.Members, func(m flow.Member) bool {
				return slices.ContainsFunc(s.Members, func(n flow.Member) bool { return flow.MessageID(m.ID) == flow.MessageID(n.ID) })
			})
		})
	})
}

// nearest is the series that holds the closest ancestor. Whoever posts a second mail
// under a Message-ID takes no answers from the first: of several series with one
// ancestor the one counts that is proven to be from its sender, then the one that has
// the first mail of that Message-ID.
func nearest(thread []flow.Series, ancestors []string) *flow.Series {
	for _, id := range ancestors {
		var best, first *flow.Series
		rank := 0
		for i := range thread {
			if slices.ContainsFunc(thread[i].Members, func(m flow.Member) bool { return m.ID == id }) {
				first = &thread[i]
			}
		}
		for i := range thread {
			if first != nil && thread[i].Sender != first.Sender {
				continue // proven to be somebody else is nothing
			}
			if r := claim(&thread[i], id); r > rank {
				best, rank = &thread[i], r
			}
		}
		if best != nil {
			return best
		}
	}
	return &thread[0]
}

// claim is how good a claim of a series is to be what a Message-ID means, 0 for none.
func claim(s *flow.Series, id string) (rank int) {
	for _, m := range s.Members {
		switch {
		case m.ID == id:
			rank = max(rank, 2)
		case flow.MessageID(m.ID) == id:
			rank = max(rank, 1)
		}
	}
	if rank > 0 && s.Signed == flow.SenderProven {
		rank += 2
	}
	return rank
}
