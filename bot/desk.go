package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/budget"
	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// fileOne finds the place of one mail. Whatever the mail is, it is filed: one
// that cannot be read or breaks something is filed as bad, with the error.
func (b *Bot) fileOne(ctx context.Context, m flow.Mail) error {
	ctx, done := inHand(ctx)
	defer done()
	var f flow.Filing
	var lookup error
	err := guarded(func() error {
		msg, err := parse(m)
		if err != nil {
			return err
		}
		f, lookup = b.place(ctx, m, msg)
		return nil
	})
	if lookup != nil {
		return lookup
	}
	if err != nil {
		f = flow.Filing{Kind: flow.KindBad, Note: err.Error()}
	}
	f.ID = m.ID
	if err := b.Journal.File(ctx, f); err != nil {
		return err
	}
	log := b.log.With(aboutMail(m.ID), zap.String(flow.KeyKind, string(f.Kind)), zap.String(flow.KeyList, m.List))
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
func (b *Bot) place(ctx context.Context, m flow.Mail, msg *mail.Message) (flow.Filing, error) {
	f := flow.Filing{Kind: flow.KindOther, Note: msg.NoPatch}
	note := series.NoteOf(msg)
	switch {
	case msg.From.Address != "" && strings.EqualFold(b.Bot.Address, msg.From.Address):
		return b.placeOwn(ctx, f, note)
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
		return b.placeReply(ctx, f, m, msg, note)
	}
	if note.Of == 0 {
		note.Key = m.ID // of another mail than the first of its Message-ID, another
	}
	s, err := b.seriesFor(ctx, m, msg, note)
	if err != nil {
		return f, err
	}
	add := flow.Member{ID: m.ID, N: place(note), Title: note.Title}
	if !slices.ContainsFunc(s.Members, func(o flow.Member) bool { return o.ID == m.ID }) {
		s.Members = append(s.Members, add)
	}
	if f.Kind == flow.KindCover || s.Title == "" {
		s.Title = note.Title
	}
	b.signature(&f, s, m, msg)
	s.Due = m.Received.Add(b.Settle)
	if s.Have() >= s.Of {
		s.Due = m.Received // complete: at once
	}
	if f.Kind == flow.KindCover && s.Have() == 0 {
		// A cover letter alone: its patches are on their way.
		s.Due = m.Received.Add(b.Settle)
	}
	if s.Previous == "" {
		before, err := b.previous(ctx, s, note)
		if err != nil {
			return f, err
		}
		if s.Previous = before.key; before.guarded && s.Signed == flow.Signs {
			s.Due = m.Received.Add(max(b.Settle, 4*proveTime)) // or when it is known who sent it
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
// not are never in one. What does not fit is a series of its own.
func (b *Bot) seriesFor(ctx context.Context, m flow.Mail, msg *mail.Message, note series.Note) (*flow.Series, error) {
	private := b.Policy.Embargoed(msg)
	fits := func(o *flow.Series) bool {
		return o.Sender == m.Sender && (o.Private || !private) && !slices.ContainsFunc(o.Members, func(have flow.Member) bool { return have.N == place(note) && have.ID != m.ID })
	}
	key := note.Key
	// Of those that do not fit there may be one for each sender, embargoed or not,
	// and then one for each mail.
	for _, more := range []string{"", " " + m.Sender, " " + m.ID} {
		if key = note.Key + more; more != "" && private {
			key += " private"
		}
		s, err := b.Journal.Series(ctx, key)
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
		// A mail system that rewrites Message-IDs breaks the key: the rest of
		// the series stands under another one, sent within the hour.
		recent, err := b.Journal.BySender(ctx, m.Sender, nil, m.Received.Add(-time.Hour))
		if err != nil {
			return nil, err
		}
		for _, o := range recent {
			if o.Version == note.Version && o.Of == note.Of && o.Have() < o.Of && fits(&o) {
				return &o, nil
			}
		}
	}
	return &flow.Series{Key: key, Sender: m.Sender, Version: note.Version, Of: max(note.Of, 1), List: m.List, First: m.Received, Private: private}, nil
}

// placeReply files what is no patch: with the series it answers, if any. Only
// what says something that counts makes the series be judged anew.
func (b *Bot) placeReply(ctx context.Context, f flow.Filing, m flow.Mail, msg *mail.Message, note series.Note) (flow.Filing, error) {
	if len(note.Ancestors) == 0 || msg.Program != "" {
		if msg.Program != "" {
			f.Note = "written by a program: " + msg.Program
		}
		return f, nil
	}
	f.Kind = flow.KindReply
	counts := b.hear(&f, m, msg, note)
	thread, err := b.Journal.Threads(ctx, note.Ancestors)
	if err != nil || len(thread) == 0 {
		return f, err
	}
	s := nearest(thread, note.Ancestors)
	if b.Policy.Embargoed(msg) && !s.Private {
		// What it says would be shown, and answered, with what is public.
		return flow.Filing{Kind: flow.KindOther, Note: "a security contact is among its recipients, and the thread is public"}, nil
	}
	f.Series = s
	now := b.Clock.Now()
	switch {
	case f.Proven != "":
		s.Due = now
	case counts && f.Prove.IsZero() && s.Due.IsZero():
		s.Due = now.Add(b.Settle) // what is only claimed is shown; many of them make one judgement
	}
	return f, nil
}

// hear decides what is to be found out about the sender of a reply before what it
// says counts, and reports whether it says anything.
func (b *Bot) hear(f *flow.Filing, m flow.Mail, msg *mail.Message, note series.Note) bool {
	var orders []command.Command
	if strings.Contains(msg.Text(), "#stablebot") {
		orders, _ = command.Parse(msg.Text())
	}
	if b.NoCommands && len(orders) > 0 {
		f.Note, orders = "a command, and commands are switched off", nil
	}
	if !note.Says() && len(orders) == 0 {
		return false
	}
	unproven := errors.New("nothing proves senders here")
	if b.Lookup != nil {
		unproven = command.Signs(m.Raw)
	}
	if unproven == nil {
		f.Prove = b.Clock.Now() // the series is due when it is known who speaks
		return note.Says()
	}
	if note.Says() && b.Policy.Trusts(m.Source) {
		f.Proven = strings.ToLower(msg.From.Address)
	}
	if len(orders) > 0 {
		f.Note = "a command is not obeyed: " + unproven.Error()
		b.log.Warn("a command is not obeyed", aboutMail(m.ID), zap.Error(unproven))
	}
	return note.Says()
}

// placeOwn keeps the bot's own mail with its series, so that who answers it is
// heard, also by a mail program that names no other ancestor.
func (b *Bot) placeOwn(ctx context.Context, f flow.Filing, note series.Note) (flow.Filing, error) {
	f.Note = "own mail"
	thread, err := b.Journal.Threads(ctx, note.Ancestors)
	if err == nil && len(thread) > 0 {
		f.Series = nearest(thread, note.Ancestors)
	}
	return f, err
}

// nearest is the series that holds the closest ancestor.
func nearest(thread []flow.Series, ancestors []string) *flow.Series {
	for _, id := range ancestors {
		for i := range thread {
			if slices.ContainsFunc(thread[i].Members, func(m flow.Member) bool { return m.ID == id || flow.MessageID(m.ID) == id }) {
				return &thread[i]
			}
		}
	}
	return &thread[0]
}

// settle judges a series and plans what is said of it.
func (b *Bot) settle(ctx context.Context, s flow.Series) error {
	ctx, done := inHand(ctx)
	defer done()
	brief, judged, err := b.judgeSeries(ctx, s)
	if err != nil {
		return err
	}
	if brief.Blind && !b.once && b.Clock.Now().Sub(s.First) < blindFor {
		// A reply without its branches says half: a little later they may be known.
		_, err := b.Journal.Settle(ctx, flow.Settlement{Series: s, Judged: judged, At: brief.Now, Again: brief.Now.Add(blindAgain)})
		return err
	}
	var (
		actions []flow.Action
		quiet   string
	)
	if problem := guarded(func() (err error) { actions, quiet, err = plan.Replies(brief); return err }); problem != nil {
		b.log.Error("planning failed; the judgement is kept", zap.String(flow.KeySeries, s.Key), aboutMail(firstID(brief)), zap.Error(problem))
		quiet = "planning failed: " + problem.Error()
	}
	checks, err := brief.Checks(b.Checks)
	if err != nil {
		b.log.Error("planning checks failed", zap.String(flow.KeySeries, s.Key), zap.Error(err))
	}
	actions = append(actions, checks...)
	settled, err := b.Journal.Settle(ctx, flow.Settlement{Series: s, Judged: judged, Actions: actions, Quiet: quiet, Line: brief.Line(), At: brief.Now, Answered: brief.Unanswered()})
	if err != nil || !settled {
		return err
	}
	for _, j := range judged {
		b.log.Info("a patch was judged", aboutMail(j.ID), zap.String(flow.KeySeries, s.Key), zap.String(flow.KeyList, j.List),
			zap.String(flow.KeyVerdict, string(j.Verdict)), zap.Float64(flow.KeyScore, j.Score))
	}
	if quiet != "" {
		b.log.Debug("nothing is said", aboutMail(firstID(brief)), zap.String(flow.KeySeries, s.Key), zap.String(flow.KeyWhy, quiet))
	}
	for _, a := range actions {
		wake(b.sinks[a.Sink])
	}
	return nil
}

// blindFor is how long a series waits for trees that cannot be read, and
// blindAgain when they are tried again; then it is judged without them.
const (
	blindFor   = time.Hour
	blindAgain = 10 * time.Minute
)

func firstID(b plan.Brief) string {
	if len(b.Posts) == 0 {
		return ""
	}
	return b.Posts[0].Message.ID
}

// JudgeAgain judges a stored series as it would be judged now, and stores
// nothing.
func (b *Bot) JudgeAgain(ctx context.Context, s flow.Series) ([]flow.Judged, error) {
	_, judged, err := b.judgeSeries(ctx, s)
	return judged, err
}

// judgeSeries reads the mails of a series and judges its patches with all that
// the thread says.
func (b *Bot) judgeSeries(ctx context.Context, s flow.Series) (plan.Brief, []flow.Judged, error) {
	brief := plan.Brief{Series: s, Policy: b.Policy, Bot: b.Bot, Sink: b.Sinks[0].Name(), DryRun: b.DryRun, Refs: b.refs, Now: b.Clock.Now()}
	mails, err := b.Journal.Mails(ctx, s.Key, maxThread)
	if err != nil {
		return brief, nil, err
	}
	if brief.Orders, err = b.Journal.Orders(ctx, s.Key); err != nil {
		return brief, nil, err
	}
	omit := plan.Omitted(brief.Orders)
	if b.Trees != nil {
		if brief.Recheck() {
			brief.Stale = b.askRemotes(ctx)
		}
		brief.Branches = b.Trees.Branches()
	}
	// The thread, and its posting alone.
	idx, first := series.Index{May: b.may}, series.Index{}
	if s.Previous != "" {
		// Single patches posted anew leave their mates in the version before.
		before, err := b.Journal.Mails(ctx, s.Previous, maxThread)
		if err != nil {
			return brief, nil, err
		}
		for _, m := range before {
			if m.Kind == flow.KindReply {
				continue
			}
			if m.Raw, err = b.Journal.Raw(ctx, m.ID); err != nil {
				return brief, nil, err
			}
			if msg, err := mail.Scan(m.Raw); err == nil {
				idx.Add(msg)
				first.Add(msg)
			}
		}
	}
	thread := newThread()
	for _, m := range mails {
		if m.Kind == flow.KindOther {
			continue // the bot's own, kept so that answers to it find the thread
		}
		if !thread.take(m) {
			continue
		}
		if m.Raw, err = b.Journal.Raw(ctx, m.ID); err != nil {
			return brief, nil, err
		}
		msg, err := mail.Scan(m.Raw) // its patch is read when it is judged
		if err != nil {
			continue // filed as bad, never as part of a series
		}
		asSent(msg, m.List)
		idx.AddNote(noteOf(m, msg))
		msg.Shed()
		if m.Kind != flow.KindReply {
			brief.Posts = append(brief.Posts, plan.Posted{ID: m.ID, Message: msg, Lists: m.Lists, Received: m.Received, Source: m.Source})
			first.Add(msg)
		}
	}
	slices.SortStableFunc(brief.Posts, func(p, q plan.Posted) int { return p.Message.Prefix.N - q.Message.Prefix.N })
	var judged []flow.Judged
	for i := range brief.Posts {
		p := &brief.Posts[i]
		spent := thread.spent()
		if spent != "" && p.Message.IsPatch {
			p.Message.Change = asTold(p.Message)
			p.Message.Change.ID = p.ID
		} else if err := b.readPost(ctx, p); err != nil {
			return brief, nil, err
		}
		if p.Message.Change == nil {
			continue
		}
		facts := idx.Facts(p.Message)
		if facts != nil {
			facts.Superseded = facts.Superseded || s.Next != ""
			if facts.Of > 0 && facts.Have > brief.Have {
				brief.Have = facts.Have
			}
		}
		from := source(mails, p.Message.Change.ID)
		if spent != "" {
			j := verdict.TooExpensive(p.Message.Change, spent)
			p.Judgement = &j
			judged = append(judged, flow.Judged{Judgement: j, SeriesKey: s.Key, Source: from, List: s.List, At: brief.Now, Private: s.Private})
			continue
		}
		foreseen := b.foresee(ctx, from, p.Message.Change, first.Facts(p.Message), p.Received)
		for _, t := range idx.Trailers(p.Message) {
			change.MergeThreadTrailers(p.Message.Change, t.FromThread, []change.Trailer{t})
		}
		tree, err := b.facts(ctx, p.Message.Change, thread.before)
		brief.Blind = brief.Blind || err != nil && !errors.Is(err, budget.ErrSpent)
		p.Tree = plan.Without(tree, omit)
		var c *change.Change
		c, p.Differs = b.asMerged(ctx, p.Message.Change, tree)
		j := verdict.TooExpensive(c, "finding out how it goes onto the branches takes more work than is done for one change")
		if !errors.Is(err, budget.ErrSpent) {
			j = b.judge(c, facts, p.Tree)
		}
		p.Judgement = &j // until the others of its series are known
		thread.done(p.Message)
		list := s.List
		if len(p.Lists) > 0 {
			list = p.Lists[0]
		}
		judged = append(judged, flow.Judged{Judgement: j, SeriesKey: s.Key, Source: from, List: list, At: brief.Now, Private: s.Private, Foreseen: foreseen})
	}
	plan.ShareVerdict(brief.Posts, judged)
	brief.Have = max(brief.Have, s.Have())
	if brief.Unproven, err = b.unprovenVersion(ctx, s, brief.Posts); err != nil {
		return brief, nil, err
	}
	if brief.Said, err = b.Journal.Said(ctx, s.Key); err != nil {
		return brief, nil, err
	}
	if brief.Told, err = b.Journal.Told(ctx, s.Key); err != nil {
		return brief, nil, err
	}
	brief.Out, err = b.Journal.OptedOut(ctx, brief.Addressed())
	return brief, judged, err
}

func source(mails []flow.Mail, id string) string {
	for _, m := range mails {
		if m.ID == id {
			return m.Source
		}
	}
	return ""
}

// foresee is what would have been said of a change of a backfill when it was
// posted, from its posting alone; nil when it is of no backfill, and when that
// cannot be told.
func (b *Bot) foresee(ctx context.Context, from string, c *change.Change, s *rules.Series, posted time.Time) (f *flow.Foreseen) {
	if b.Foresee == nil || !flow.Backfilled(from) || posted.IsZero() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, factsTime)
	defer cancel()
	err := guarded(func() error {
		j, err := b.Foresee(ctx, c, s, posted)
		if err == nil && j.Error == nil {
			f = &flow.Foreseen{Verdict: j.Verdict, Score: j.Score}
		}
		return err
	})
	if err != nil {
		b.log.Warn("what was known of a change on its day is unknown", aboutMail(c.ID), zap.Error(err))
	}
	return f
}

// judge judges one change. A defect in the rules is no reason to lose it: it
// becomes an uncertain judgement that says so.
func (b *Bot) judge(c *change.Change, s *rules.Series, t *rules.Tree) (j verdict.Judgement) {
	defer func() {
		if p := recover(); p != nil {
			problem := fmt.Sprintf("a defect in stablebot: %v", p)
			b.log.Error("judging failed", aboutMail(c.ID), zap.String(flow.KeyWhy, problem))
			j = verdict.Judgement{ID: c.ID, Kind: c.Kind, Subject: c.Subject, Author: c.Author.String(),
				Verdict: verdict.Uncertain, Reason: "it could not be judged", Error: &problem}
		}
	}()
	return b.Judge(c, s, t)
}
