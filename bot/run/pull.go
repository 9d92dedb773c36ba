package run

import (
	"context"
	"errors"
	"slices"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/budget"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// pull judges a pull request and plans what it should look like. Its error is the
// pull request's own, and its source goes on.
func (in *intake) pull(ctx context.Context, p *flow.Pull) error {
	size := 0
	for _, c := range p.Commits {
		size += 40 * c.Change.Size.LinesWithContext
	}
	return in.b.attempts.do(ctx, flow.Unit{Kind: flow.UnitPull, Key: p.State.Key}, size >= heavy, func() error { return in.judgedPull(ctx, p) })
}

func (in *intake) judgedPull(ctx context.Context, p *flow.Pull) error {
	b, now := in.b, in.b.Clock.Now()
	brief := plan.PullBrief{Pull: *p, Sink: b.PullSinks[p.State.Source], Policy: b.Policy, Bot: b.Bot, Refs: b.refs, Now: now}
	var judged []flow.Judged
	if plan.WhyNotJudged(p) == "" {
		b.remotes.wait(ctx)
		b.remotes.catchUp(ctx)
		if slices.ContainsFunc(p.Commands, func(c flow.Command) bool { return c.Verb == flow.VerbRecheck && c.Refused == "" }) {
			_ = b.remotes.ask(ctx) // said there; what they had last counts then
		}
		brief.Target = plan.TargetOf(p.Base, b.remotes.branches())
		js, read := make([]verdict.Judgement, len(p.Commits)), make([]*rules.Tree, len(p.Commits))
		for i := range p.Commits {
			var failed bool
			js[i], read[i], failed = b.judging.pull(ctx, *p, i, brief.Target)
			brief.Failed = brief.Failed || failed
		}
		for i, j := range verdict.Share(js) {
			brief.Judged = append(brief.Judged, report.Patch{Judgement: j, N: i + 1, Change: p.Commits[i].Change, Tree: read[i]})
			judged = append(judged, flow.Judged{Judgement: j, SeriesKey: p.State.Key, Source: p.State.Source, List: p.State.Repo, At: now, Private: p.Private})
		}
	}
	plan := plan.Desired(brief)
	err := b.Journal.SettlePull(ctx, flow.PullSettlement{Pull: plan.State, Judged: judged, Actions: plan.Actions,
		Commands: p.Commands, Quiet: plan.Quiet, At: now})
	if err != nil {
		return err
	}
	in.log.Info("a pull request was judged", zap.String(flow.KeySeries, p.State.Key), zap.String(flow.KeyCommit, p.Head),
		zap.Int(flow.KeyCount, len(p.Commits)), zap.String(flow.KeyVerdict, string(plan.Verdict)), zap.String(flow.KeyWhy, plan.Quiet))
	for _, a := range plan.Actions {
		if c := b.sinks[a.Sink]; c != nil {
			wake(c)
		}
	}
	return nil
}

// pull judges one commit of a pull request, with its mates known. A
// commit that is only proposed is not in mainline, whatever it is made of.
func (jg *judging) pull(ctx context.Context, p flow.Pull, i int, to plan.Target) (j verdict.Judgement, tree *rules.Tree, failed bool) {
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
	if c.Err != nil {
		text := c.Err.Error()
		j.Error = &text
	}
	return j, tree, failed
}

// caps are the limits that count for an action.
func (dl *deliverer) caps(a flow.Action) flow.Caps {
	if flow.KindOf(a.Kind).Capped {
		return dl.Policy.For(a.List).Caps()
	}
	return flow.Caps{None: true}
}
