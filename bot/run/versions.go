package run

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/series"
)

// How far apart two postings of one series may be: a higher version, and the
// same version posted again. Sooner than repostMin it is another patch of the
// same run, later than repostMax another one under a usual title. The same
// distances as in bot/series.
const (
	versionSpan = 400 * 24 * time.Hour
	repostMin   = 10 * time.Minute
	repostMax   = 90 * 24 * time.Hour
)

// before is a version before, by the key of its series.
type before struct {
	key string
	// guarded: there is one whose sender is proven, or may be. Only who is proven to
	// be the same may go on from it; anybody else who names the sender may not.
	guarded bool
}

// previous finds the version before: the same sender and a shared title, or
// the lower version that this one was sent in reply to. The title of a cover
// letter alone connects versions only: "misc fixes" is a usual one.
func (fl *filer) previous(ctx context.Context, s *flow.Series, note series.Note) (before, error) {
	older := func(o flow.Series) bool {
		// Nobody who is not in an embargo goes on from it; and what is public stays so.
		if o.Key == s.Key || o.Sender != s.Sender || o.Private != s.Private {
			return false
		}
		gap := s.First.Sub(o.First)
		return o.Version < s.Version ||
			o.Version == s.Version && note.Kind == series.Patch && gap >= repostMin && gap <= repostMax
	}
	titled, err := fl.Journal.Posted(ctx, flow.Postings{Sender: s.Sender, Titles: []string{note.Title}, Since: s.First.Add(-versionSpan)})
	if err != nil {
		return before{}, err
	}
	if v := pick(s, titled, older); v != (before{}) {
		return v, nil
	}
	if v, err := fl.numbered(ctx, s, note, older); v != (before{}) || err != nil {
		return v, err
	}
	thread, err := fl.Journal.Threads(ctx, note.Ancestors)
	if err != nil {
		return before{}, err
	}
	return pick(s, thread, func(o flow.Series) bool { return older(o) && o.Version < s.Version }), nil
}

// pick is the first of the candidates, which are newest first. Where one is from a
// sender who is proven, or may be, the others are somebody's who takes the name.
func pick(s *flow.Series, from []flow.Series, older func(flow.Series) bool) before {
	first, guarded := "", ""
	for _, o := range from {
		if !older(o) {
			continue
		}
		if first == "" {
			first = o.Key
		}
		if guarded == "" && o.Signed != flow.Unsigned {
			guarded = o.Key
		}
	}
	switch {
	case guarded == "":
		return before{key: first}
	case s.Signed == flow.SenderProven:
		return before{key: guarded, guarded: true}
	}
	return before{guarded: true}
}

// numbered finds the version before a title that ends in a bare version: the
// newest of those that its sender posted, when one without any is among them.
func (fl *filer) numbered(ctx context.Context, s *flow.Series, note series.Note, older func(flow.Series) bool) (before, error) {
	titles := series.Earlier(note.Title)
	if titles == nil || note.Kind != series.Patch {
		return before{}, nil
	}
	found, err := fl.Journal.Posted(ctx, flow.Postings{Sender: s.Sender, Titles: titles, Since: s.First.Add(-versionSpan)})
	if err != nil {
		return before{}, err
	}
	has := func(o flow.Series, title string) bool {
		return slices.ContainsFunc(o.Members, func(m flow.Member) bool { return m.Title == title })
	}
	if !slices.ContainsFunc(found, func(o flow.Series) bool { return has(o, titles[0]) }) {
		return before{}, nil
	}
	return pick(s, found, older), nil
}

// signature decides whether it is to be found out who sent a patch. It is filed and
// judged without waiting for that.
func (fl *filer) signature(f *flow.Filing, s *flow.Series, m flow.Mail, msg *mail.Message) {
	switch fl.rank(m) {
	case flow.SenderProven:
		f.Proven, s.Signed = strings.ToLower(msg.From.Address), flow.SenderProven
	case flow.Signs:
		f.Prove, s.Signed = fl.Clock.Now(), max(s.Signed, flow.Signs)
	}
}

// rank is how far it is known of a mail who sent it, before anything is looked up.
func (fl *filer) rank(m flow.Mail) flow.Signed {
	switch {
	case m.Proven != "" || fl.Policy.Trusts(m.Source):
		return flow.SenderProven
	case fl.Lookup != nil && !flow.Backfilled(m.Source) && command.Signs(m.Raw) == nil:
		return flow.Signs
	}
	return flow.Unsigned
}

// provedPatch is what follows from an attempt to prove who sent a patch: it may go
// on from a version whose sender is proven.
func (pv *prover) provedPatch(ctx context.Context, m flow.Mail, full *mail.Message, proof command.Proof, unproven error) (flow.Proving,
	error) {
	switch {
	case errors.Is(unproven, command.ErrLookup) && m.Tries+1 < proveTries && !pv.once:
		return flow.Proving{Again: pv.Clock.Now().Add(proveFirst << m.Tries)}, nil
	case unproven != nil:
		return flow.Proving{}, nil //nolint:nilerr // it stays claimed
	}
	signed, err := parse(flow.Mail{ID: m.ID, List: m.List, Raw: proof.Signed})
	if err != nil || signed.Print() != full.Print() {
		return flow.Proving{}, nil //nolint:nilerr // what is signed reads otherwise
	}
	s, err := pv.Journal.Series(ctx, m.SeriesKey)
	if err != nil || s == nil || !strings.EqualFold(proof.From, s.Sender) {
		return flow.Proving{}, err
	}
	p := flow.Proving{Proven: proof.From, Uses: proof.Uses, Once: true}
	if m.Tries > 0 {
		p.Due = pv.Clock.Now() // it was judged as one that nothing proves
	}
	if s, err = pv.belongs(ctx, &p, m, full, s); err != nil {
		return flow.Proving{}, err
	}
	if s.Signed = flow.SenderProven; s.Previous == "" {
		v, err := pv.filer.previous(ctx, s, series.NoteOf(full))
		if err != nil {
			return flow.Proving{}, err
		}
		if p.Previous = v.key; v.key != "" {
			p.Due = pv.Clock.Now()
		}
	}
	return p, nil
}

// belongs is the series of a patch that is proven: that of the others of its posting,
// where it was put apart as long as nothing proved who sent it.
func (pv *prover) belongs(ctx context.Context, p *flow.Proving, m flow.Mail, full *mail.Message, s *flow.Series) (*flow.Series, error) {
	note := series.NoteOf(full)
	if note.Of == 0 || !strings.HasPrefix(s.Key, note.Key+" ") {
		return s, nil
	}
	m.Proven = p.Proven
	to, err := pv.filer.seriesFor(ctx, m, full, note)
	if err != nil || to.Key == s.Key || to.Revision == 0 {
		return s, err
	}
	to.Due = pv.Clock.Now()
	p.Joins, p.Place = to, flow.Member{ID: m.ID, N: place(note), Title: note.Title}
	return to, nil
}

// undecided reports whether a series of several mails has to wait until it is known who
// sent each: what is not theirs does not count. Nobody waits for long for a stranger's
// name server.
func (jg *judging) undecided(s flow.Series) bool {
	return len(s.Members) > 1 && jg.unsure(s) &&
		slices.ContainsFunc(s.Members, func(m flow.Member) bool { return m.Signed == flow.Signs })
}

// unsure reports whether it may still be found out in time who sent a series.
func (jg *judging) unsure(s flow.Series) bool {
	return !jg.once && jg.Clock.Now().Sub(s.First) < jg.Settle+4*proveTime
}

// besides reports whether a posting only names the sender of one that is proven, of
// which it says to be.
func (jg *judging) besides(ctx context.Context, s flow.Series, note series.Note) (bool, error) {
	for _, key := range []string{note.Key, note.Key + " " + s.Sender} {
		if key == s.Key {
			continue
		}
		o, err := jg.Journal.Series(ctx, key)
		if err != nil {
			return false, err
		}
		if o != nil && o.Sender == s.Sender && o.Signed == flow.SenderProven && o.Private == s.Private {
			return true, nil
		}
	}
	return false, nil
}

// unprovenVersion reports whether a series is the next version of one whose sender
// is proven, or says to be a part of it, and nothing proves who sent it.
func (jg *judging) unprovenVersion(ctx context.Context, s flow.Series, posts []plan.Posted) (bool, error) {
	if s.Signed == flow.SenderProven || s.Previous != "" {
		return false, nil
	}
	for _, p := range posts {
		note := series.NoteOf(p.Message)
		v, err := jg.filer.previous(ctx, &s, note)
		if v.guarded || err != nil {
			return v.guarded, err
		}
		if note.Of > 0 {
			if beside, err := jg.besides(ctx, s, note); beside || err != nil {
				return beside, err
			}
		}
	}
	return false, nil
}
