package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/budget"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// settle judges a series and plans what is said of it.
func (jg *judging) settle(ctx context.Context, s flow.Series) error {
	ctx, done := inHand(ctx)
	defer done()
	if jg.undecided(s) {
		_, err := jg.Journal.Settle(ctx, flow.Settlement{Series: s, At: jg.Clock.Now(), Again: jg.Clock.Now().Add(proveTime)})
		return err
	}
	brief, judged, err := jg.series(ctx, s)
	if err != nil {
		return err
	}
	if brief.Blind && !jg.once && jg.Clock.Now().Sub(s.First) < blindFor {
		// A reply without its branches says half: a little later they may be known.
		_, err := jg.Journal.Settle(ctx, flow.Settlement{Series: s, Judged: judged, At: brief.Now, Again: brief.Now.Add(blindAgain)})
		return err
	}
	if brief.Copied && s.Signed == flow.Signs && jg.unsure(s) {
		_, err := jg.Journal.Settle(ctx, flow.Settlement{Series: s, Judged: judged, At: brief.Now, Again: brief.Now.Add(proveTime)})
		return err
	}
	var (
		actions []flow.Action
		quiet   string
	)
	if problem := guarded(func() (err error) { actions, quiet, err = plan.Replies(brief); return err }); problem != nil {
		jg.log.Error("planning failed; the judgement is kept", zap.String(flow.KeySeries, s.Key), aboutMail(firstID(brief)), zap.Error(problem))
		quiet = "planning failed: " + problem.Error()
	}
	checks, err := brief.Checks(jg.Checks)
	if err != nil {
		jg.log.Error("planning checks failed", zap.String(flow.KeySeries, s.Key), zap.Error(err))
	}
	actions = append(actions, checks...)
	settled, err := jg.Journal.Settle(ctx, flow.Settlement{Series: s, Judged: judged, Actions: actions, Quiet: quiet, Line: brief.Line(),
		At: brief.Now, Answered: brief.Unanswered()})
	if err != nil || !settled {
		return err
	}
	for _, j := range judged {
		jg.log.Info("a patch was judged", aboutMail(j.ID), zap.String(flow.KeySeries, s.Key), zap.String(flow.KeyList, j.List),
			zap.String(flow.KeyVerdict, string(j.Verdict)), zap.Float64(flow.KeyScore, j.Score))
	}
	if quiet != "" {
		jg.log.Debug("nothing is said", aboutMail(firstID(brief)), zap.String(flow.KeySeries, s.Key), zap.String(flow.KeyWhy, quiet))
	}
	for _, a := range actions {
		wake(jg.sinks[a.Sink])
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
	_, judged, err := b.judging.series(ctx, s)
	return judged, err
}

// series reads the mails of a series and judges its patches with all that
// the thread says.
func (jg *judging) series(ctx context.Context, s flow.Series) (plan.Brief, []flow.Judged, error) {
	brief := plan.Brief{Series: s, Policy: jg.Policy, Bot: jg.Bot, Sink: jg.Sinks[0].Name(), DryRun: jg.DryRun, Refs: jg.refs,
		Now: jg.Clock.Now()}
	mails, err := jg.Journal.Mails(ctx, s.Key, maxThread)
	if err != nil {
		return brief, nil, err
	}
	if brief.Orders, err = jg.Journal.Orders(ctx, s.Key); err != nil {
		return brief, nil, err
	}
	omit := plan.Omitted(brief.Orders)
	if jg.Trees != nil {
		if brief.Recheck() {
			brief.Stale = jg.remotes.ask(ctx)
		}
		brief.Branches = jg.Trees.Branches()
	}
	// The thread, and its posting alone.
	idx, first := series.Index{May: jg.may}, series.Index{}
	if s.Previous != "" {
		// Single patches posted anew leave their mates in the version before.
		before, err := jg.Journal.Mails(ctx, s.Previous, maxThread)
		if err != nil {
			return brief, nil, err
		}
		for _, m := range before {
			if m.Kind == flow.KindReply {
				continue
			}
			if m.Raw, err = jg.Journal.Raw(ctx, m.ID); err != nil {
				return brief, nil, err
			}
			if msg, err := mail.Scan(m.Raw); err == nil {
				idx.Add(msg)
				first.Add(msg)
			}
		}
	}
	thread, elsewhere, rivals := newThread(), jg.newCopies(s), &rivals{judging: jg, to: s}
	var asking []asker
	for _, m := range mails {
		if m.Kind == flow.KindOther {
			continue // the bot's own, kept so that answers to it find the thread
		}
		if !thread.take(m) {
			continue
		}
		if m.Raw, err = jg.Journal.Raw(ctx, m.ID); err != nil {
			return brief, nil, err
		}
		msg, err := mail.Scan(m.Raw) // its patch is read when it is judged
		if err != nil {
			continue // filed as bad, never as part of a series
		}
		asSent(msg, m.List)
		note := noteOf(m, msg)
		idx.AddNote(note)
		msg.Shed()
		if m.Kind == flow.KindReply {
			if m.Signed != "" && note.Asks || m.Signed == "" && asksStable(msg) {
				asking = append(asking, asker{m.Proven, msg.From.Address})
			}
		} else {
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
		} else if err := jg.readPost(ctx, p); err != nil {
			return brief, nil, err
		}
		if p.Message.Change == nil {
			continue
		}
		facts := idx.Facts(p.Message)
		if err := elsewhere.refuse(ctx, p.Message, facts); err != nil {
			return brief, nil, err
		}
		needs, err := jg.needs(ctx, &idx, p.Message)
		if err != nil {
			return brief, nil, err
		}
		p.Message.Change.Needs = needs
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
		forecast := jg.forecast(ctx, from, p.Message.Change, first.Facts(p.Message), p.Received)
		for _, t := range idx.Trailers(p.Message) {
			change.MergeThreadTrailers(p.Message.Change, t.FromThread, []change.Trailer{t})
		}
		tree, err := jg.remotes.facts(ctx, p.Message.Change, thread.before)
		brief.Blind = brief.Blind || err != nil && !errors.Is(err, budget.ErrSpent)
		p.Tree = plan.Without(tree, omit)
		var c *change.Change
		c, p.Differs = jg.remotes.asMerged(ctx, p.Message.Change, tree)
		j := verdict.TooExpensive(c, "finding out how it goes onto the branches takes more work than is done for one change")
		if !errors.Is(err, budget.ErrSpent) {
			j = jg.one(c, facts, p.Tree)
		}
		p.Judgement = &j // until the others of its series are known
		p.BuildsOn = thread.builds(p.Message.Change)
		if p.Unreleased, err = jg.unreleased(ctx, s, brief.Posts[0].Message, p.Message.Change); err != nil {
			return brief, nil, err
		}
		if p.Rival, err = rivals.of(ctx, p.Message); err != nil {
			return brief, nil, err
		}
		thread.done(p.Message)
		list := s.List
		if len(p.Lists) > 0 {
			list = p.Lists[0]
		}
		judged = append(judged, flow.Judged{Judgement: j, SeriesKey: s.Key, Source: from, List: list, At: brief.Now, Private: s.Private,
			Forecast: forecast})
	}
	plan.ShareVerdict(brief.Posts, judged)
	brief.Asked = jg.asked(asking, brief.Addressed())
	brief.Have = max(brief.Have, s.Have())
	if brief.Unproven, err = jg.unprovenVersion(ctx, s, brief.Posts); err != nil {
		return brief, nil, err
	}
	if brief.Copied, err = jg.copied(ctx, s, mails); err != nil {
		return brief, nil, err
	}
	if brief.Said, err = jg.Journal.Said(ctx, s.Key); err != nil {
		return brief, nil, err
	}
	if brief.Told, err = jg.Journal.Told(ctx, s.Key); err != nil {
		return brief, nil, err
	}
	if brief.Heard, err = jg.heard(ctx, s, brief.Posts); err != nil {
		return brief, nil, err
	}
	brief.Out, err = jg.Journal.OptedOut(ctx, brief.Addressed())
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

// forecast is what would have been said of a change of a backfill when it was
// posted, from its posting alone; nil when it is of no backfill, and when that
// cannot be told.
func (jg *judging) forecast(ctx context.Context, from string, c *change.Change, s *rules.Series, posted time.Time) (f *flow.Forecast) {
	if jg.Forecast == nil || !flow.Backfilled(from) || posted.IsZero() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, factsTime)
	defer cancel()
	err := guarded(func() error {
		j, err := jg.Forecast(ctx, c, s, posted)
		if err == nil && j.Error == nil {
			f = &flow.Forecast{Verdict: j.Verdict, Score: j.Score}
		}
		return err
	})
	if err != nil {
		jg.log.Warn("what was known of a change on its day is unknown", aboutMail(c.ID), zap.Error(err))
	}
	return f
}

// one judges one change. A defect in the rules is no reason to lose it: it
// becomes an uncertain judgement that says so.
func (jg *judging) one(c *change.Change, s *rules.Series, t *rules.Tree) (j verdict.Judgement) {
	defer func() {
		if p := recover(); p != nil {
			problem := fmt.Sprintf("a defect in stablebot: %v", p)
			jg.log.Error("judging failed", aboutMail(c.ID), zap.String(flow.KeyWhy, problem))
			j = verdict.Judgement{ID: c.ID, Kind: c.Kind, Subject: c.Subject, Author: c.Author.String(),
				Verdict: verdict.Uncertain, Reason: "it could not be judged", Error: &problem}
		}
	}()
	return jg.Judge(c, s, t)
}
