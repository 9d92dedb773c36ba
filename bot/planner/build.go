package planner

import (
	"context"
	"fmt"
	"strings"

	"github.com/stablebot/stablebot/bot/export"
	kbuild "github.com/stablebot/stablebot/bot/kernel/build"
	"github.com/stablebot/stablebot/bot/pile"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Build compiles the change on each branch that it goes onto. What goes wrong on one
// branch is told there, and the others are compiled all the same.
func (p *Planner) Build(ctx context.Context, c *change.Change, plan *pile.Plan, o kbuild.Options) error {
	for i := range plan.Branches {
		b := &plan.Branches[i]
		if b.State != verdict.Affected {
			continue
		}
		p.Builds(ctx, c, b, o)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("building for %s: %w", b.Name, err)
		}
	}
	return nil
}

// Builds compiles the change on one branch, as it goes on there.
func (p *Planner) Builds(ctx context.Context, c *change.Change, b *verdict.Branch, o kbuild.Options) {
	var files []kbuild.File
	switch b.Applies {
	case verdict.Exact, verdict.Offset, verdict.ThreeWay, verdict.Adapted:
		a, err := p.Set.Adapt(ctx, c, b.Name, p.AsOf)
		if err != nil || a == nil {
			b.Builds, b.BuildWhy = kbuild.NotTried, "what the files become is not known"
			if err != nil {
				b.BuildWhy += ": " + err.Error()
			}
			return
		}
		for _, f := range a.Files {
			if f.From != "" {
				files = append(files, kbuild.File{Path: f.From})
			}
			files = append(files, kbuild.File{Path: f.Path, Data: f.After})
		}
	case verdict.NeedsPrerequisites:
		b.Builds, b.BuildWhy = kbuild.NotTried, "other commits go in first; export --build compiles them together"
		return
	default:
		b.Builds, b.BuildWhy = kbuild.NotTried, "the patch does not apply"
		return
	}
	p.Compile(ctx, b, files, o)
}

// Compile says on a row whether files of its branch build.
func (p *Planner) Compile(ctx context.Context, b *verdict.Branch, files []kbuild.File, o kbuild.Options) {
	place, ok := p.Set.Place(b.Name)
	if !ok {
		b.Builds, b.BuildWhy = kbuild.NotTried, "the branch is not read"
		return
	}
	res, err := kbuild.Objects(ctx, place.Repo, place.Tip, files, o)
	if err != nil {
		b.Builds, b.BuildWhy = kbuild.NotTried, err.Error()
		return
	}
	b.Builds, b.BuildWhy, b.BuildWarnings = res.Builds, res.Why, res.Warnings
	if len(res.Left) > 0 && res.Builds != kbuild.NotTried {
		b.BuildWhy = strings.TrimPrefix(b.BuildWhy+"; not built: "+strings.Join(res.Left, "; "), "; ")
	}
}

// Adapted is the change as the ladder puts it into a branch.
func (p *Planner) Adapted(ctx context.Context, id, branch string) (*export.Adapted, error) {
	c, err := p.Set.Commit(ctx, id)
	if err != nil {
		return nil, err
	}
	a, err := p.Set.Adapt(ctx, c, branch, p.AsOf)
	if err != nil || a == nil {
		return nil, err
	}
	out := &export.Adapted{Differs: a.Proof}
	for _, d := range a.Doubts {
		out.Differs = append(out.Differs, "to be checked: "+d)
	}
	for _, f := range a.Files {
		out.Files = append(out.Files, export.AdaptedFile{Path: f.Path, From: f.From, Data: f.After, Mode: uint32(f.Mode)})
	}
	return out, nil
}
