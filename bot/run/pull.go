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
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// pull stores a pull request for the workers, which may be other processes.
func (in *intake) pull(ctx context.Context, p *flow.Pull) error {
	body, err := flow.EncodePull(p)
	if err != nil {
		return err
	}
	err = in.b.failed(in.b.Journal.SavePull(ctx, flow.Fetched{Key: p.State.Key, Revision: p.State.Revision, At: in.b.Clock.Now(), Body: body}))
	if err == nil {
		wake(in.b.mailed)
	}
	return err
}

// pullTask judges a pull request that was given out.
func (d *dispatcher) pullTask(ctx context.Context, t flow.Task) error {
	f, err := d.Journal.FetchedPull(ctx, t.Key)
	if err != nil || f == nil || f.Revision != t.Revision {
		return d.failed(err)
	}
	if len(f.Body) >= heavy {
		if !d.attempts.room.enter() {
			return errFull
		}
		defer d.attempts.room.leave()
	}
	err = d.attempts.do(ctx, flow.Unit{Kind: flow.UnitPull, Key: f.Key}, len(f.Body) >= heavy, func() error {
		d.remotes.refresh(ctx)
		return d.judging.pull(ctx, *f)
	})
	if errors.Is(err, flow.ErrAside) {
		return d.failed(d.Journal.SetPullAside(ctx, *f, err.Error(), d.Clock.Now()))
	}
	return err
}

// pull judges a pull request and plans what it should look like.
func (jg *judging) pull(ctx context.Context, f flow.Fetched) error {
	ctx, done := inHand(ctx)
	defer done()
	p, err := jg.asItIs(ctx, f)
	if err != nil || p == nil {
		return err
	}
	now := jg.Clock.Now()
	brief := plan.PullBrief{Pull: *p, Sink: jg.PullSinks[p.State.Source], Policy: jg.Policy, Bot: jg.Bot, Refs: jg.refs, Now: now}
	var judged []flow.Judged
	if plan.WhyNotJudged(p) == "" {
		if slices.ContainsFunc(p.Commands, func(c flow.Command) bool { return c.Verb == flow.VerbRecheck && c.Refused == "" }) {
			_ = jg.remotes.ask(ctx) // said there; what they had last counts then
		}
		brief.Target = plan.TargetOf(p.Base, jg.remotes.branches())
		js, read := make([]verdict.Judgement, len(p.Commits)), make([]*rules.Tree, len(p.Commits))
		for i := range p.Commits {
			var failed bool
			js[i], read[i], failed = jg.pullCommit(ctx, *p, i, brief.Target)
			brief.Failed = brief.Failed || failed
		}
		brief.Audit, brief.NotAudited = jg.audit(ctx, p, brief.Target)
		for i, j := range verdict.Share(js) {
			brief.Judged = append(brief.Judged, report.Patch{Judgement: j, N: i + 1, Change: p.Commits[i].Change, Tree: read[i]})
			judged = append(judged, flow.Judged{Judgement: j, SeriesKey: p.State.Key, Source: p.State.Source, List: p.State.Repo, At: now,
				Private: p.Private})
		}
	}
	plan := plan.Desired(brief)
	settled, err := jg.Journal.SettlePull(ctx, flow.PullSettlement{Pull: plan.State, Judged: judged, Actions: plan.Actions,
		Commands: p.Commands, Quiet: plan.Quiet, Private: p.Private, At: now})
	if err != nil || !settled {
		return err
	}
	jg.log.Info("a pull request was judged", zap.String(flow.KeySeries, p.State.Key), zap.String(flow.KeyCommit, p.Head),
		zap.Int(flow.KeyCount, len(p.Commits)), zap.String(flow.KeyVerdict, string(plan.Verdict)), zap.String(flow.KeyWhy, plan.Quiet))
	for _, a := range plan.Actions {
		if c := jg.sinks[a.Sink]; c != nil {
			wake(c)
		}
	}
	return nil
}

// auditTime bounds the audit of a pull request: a hundred commits take some 30 s.
const auditTime = 2 * time.Minute

// audit reads what is to go into a configured branch; why says what kept it from that, ""
// where nothing is to be audited.
func (jg *judging) audit(ctx context.Context, p *flow.Pull, to plan.Target) (a *report.Audit, why string) {
	if jg.Audit == nil || to.Branch == "" {
		return nil, ""
	}
	what := flow.Proposal{Branch: to.Branch, Tip: p.Base.Tip}
	for _, c := range p.Commits {
		what.Commits = append(what.Commits, c.Change)
	}
	limited, cancel := context.WithTimeout(ctx, auditTime)
	defer cancel()
	err := guarded(func() (err error) {
		if what.Said, err = jg.Journal.Standings(limited, to.Branch); err == nil {
			a, err = jg.Audit(limited, what)
		}
		return err
	})
	if err == nil {
		return a, ""
	}
	jg.log.Warn("a pull request could not be audited", zap.String(flow.KeySeries, p.State.Key), zap.Error(err))
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Sprintf("it took longer than %s", auditTime)
	}
	return nil, "an error that is in the log of the bot"
}

// asItIs is a pull request as it was fetched, with what is stored of it now: another
// judgement may have been settled since, and commands obeyed. It is nil when nobody
// knows it any more.
func (jg *judging) asItIs(ctx context.Context, f flow.Fetched) (*flow.Pull, error) {
	p, err := flow.DecodePull(f.Body)
	if err != nil {
		return nil, err
	}
	now, err := jg.Journal.PullOf(ctx, f.Key)
	if err != nil || now == nil {
		return nil, err
	}
	p.State = *now
	p.State.Revision = f.Revision
	obeyed, err := jg.Journal.Obeyed(ctx, f.Key)
	p.Commands = slices.DeleteFunc(p.Commands, func(c flow.Command) bool { return obeyed[c.Comment] })
	return p, err
}

// pullCommit judges one commit of a pull request, with its mates known. A
// commit that is only proposed is not in mainline, whatever it is made of.
func (jg *judging) pullCommit(ctx context.Context, p flow.Pull, i int, to plan.Target) (j verdict.Judgement, tree *rules.Tree,
	failed bool) {
	c := p.Commits[i]
	if c.Lone {
		return plan.Lone(c.Change), nil, false
	}
	c.Change = to.Addressed(c.Change)
	var mates *rules.Series
	if n := len(p.Commits); n > 1 {
		mates = &rules.Series{Version: 1, N: i + 1, Of: n, Have: n, Title: p.Title}
	}
	var before []*change.Change
	for _, x := range p.Commits[:i] {
		before = append(before, x.Change)
	}
	tree, err := jg.remotes.facts(ctx, c.Change, before) // said there; it is judged again when a branch moves
	tree = to.Only(tree)
	j = verdict.TooExpensive(c.Change, "finding out how it goes onto the branches takes more work than is done for one change")
	if !errors.Is(err, budget.ErrSpent) {
		j = jg.one(c.Change, mates, tree)
	}
	failed = j.Error != nil
	if j.When == verdict.Now && len(c.Change.Origin) == 0 && (tree == nil || !tree.Mainline.Has) {
		j.When = verdict.AfterMainline
	}
	if n := len(p.Commits); n > 1 {
		j.Series = &verdict.SeriesRef{Version: 1, N: i + 1, Of: n}
	}
	if c.Problem != "" {
		j.Error = &c.Problem
	}
	return j, tree, failed
}

// caps are the limits that count for an action.
func (dl *deliverer) caps(a flow.Action) flow.Caps {
	if flow.KindOf(a.Kind).Capped {
		c := dl.Policy.For(a.List).Caps()
		c.Trusted = slices.Concat(dl.Policy.Commanders, dl.Policy.StableTeam)
		return c
	}
	return flow.Caps{None: true}
}
