// Package planner says what a change needs on each branch: a pile.Plan, out of what the
// trees know. What a bot does about it is bot/plan's.
package planner

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/pile"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Planner judges changes for branches.
type Planner struct {
	Set   *trees.Set
	piles *live.Piles
	Judge *verdict.Judge
	AsOf  time.Time
}

// Open opens what the branches name, with these weights (empty: the built-in ones), and
// with what was known at asOf; the zero time is now.
func Open(ctx context.Context, o *wire.Branches, weights string, asOf time.Time) (*Planner, error) {
	if o.Repo == "" && o.Config == "" {
		return nil, usage.Errorf("name the repository that has mainline and the stable branches with --trees, or the configuration of a bot " +
			"with --bot")
	}
	if err := o.Check(); err != nil {
		return nil, err
	}
	judge, err := wire.LoadJudge(weights)
	if err != nil {
		return nil, err
	}
	judge.AsOf = asOf
	set, err := o.Open(ctx)
	if err != nil {
		return nil, err
	}
	set.Climb()
	return &Planner{Set: set, piles: live.NewPiles(set), Judge: judge, AsOf: asOf}, nil
}

// Close closes the trees.
func (p *Planner) Close() { _ = p.Set.Close() }

// Shown is Plan, with a bar for whoever waits for it.
func (p *Planner) Shown(ctx context.Context, c *change.Change) (*pile.Plan, error) {
	bar := progress.Begin(ctx, "looking at each branch for", 0)
	defer bar.End()
	bar.At(c.Subject)
	return p.Plan(ctx, c)
}

// Plan makes the plan for one change.
func (p *Planner) Plan(ctx context.Context, c *change.Change) (*pile.Plan, error) {
	facts, err := p.Set.Facts(ctx, c, nil, p.AsOf)
	if err != nil {
		return nil, err
	}
	p.conflicts(ctx, c, facts)
	out := &pile.Plan{Judgement: p.Judge.Change(c, nil, facts), Mainline: facts.Mainline.SHA, Release: facts.Mainline.Release}
	if s := pile.Subsystem(c.Subject); s != "" {
		out.Subsystems = []string{s}
	}
	for _, f := range c.Files {
		name := f.NewName
		if name == "" {
			name = f.OldName
		}
		out.Files = append(out.Files, name)
	}
	for _, x := range facts.Culprits {
		n := pile.Name{ID: x.SHA, Title: x.Subject}
		if !x.Resolved {
			n = pile.Name{ID: x.Named.SHA, Title: strings.TrimSpace(x.Named.Subject + " (not found in mainline)")}
		}
		out.Culprits = append(out.Culprits, n)
	}
	for _, x := range facts.Followups {
		out.Followups = append(out.Followups, pile.Name{ID: x.SHA, Title: x.Subject, Revert: x.Revert})
	}
	of := map[string]rules.Branch{}
	for _, b := range facts.Branches {
		of[b.Name] = b
	}
	for _, b := range out.Branches {
		f := of[b.Name]
		pb := pile.Branch{Name: b.Name, Active: f.Active, As: f.As, MissingNewer: f.MissingNewer}
		if f.State == verdict.Affected {
			p.piles.Explain(&pb, cmp.Or(facts.Mainline.SHA, c.ID))
			pb.More = pb.More || f.PileMore
		}
		out.Plans = append(out.Plans, pb)
	}
	return out, nil
}

// conflicts adds what stands in the way where a change needs a backport by hand. A plan
// without it is a plan all the same.
func (p *Planner) conflicts(ctx context.Context, c *change.Change, facts *rules.Tree) {
	for i := range facts.Branches {
		if b := &facts.Branches[i]; b.State == verdict.Affected && b.Applies == verdict.NeedsBackport {
			b.Conflicts, _ = p.Set.Conflicts(ctx, c, b.Name, p.AsOf)
		}
	}
}
