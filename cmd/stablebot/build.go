package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	kbuild "github.com/stablebot/stablebot/bot/kernel/build"
	"github.com/stablebot/stablebot/bot/pile"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// buildOptions are the flags of what compiles.
type buildOptions struct {
	wanted bool
	kbuild.Options
}

func (o *buildOptions) flags(f *pflag.FlagSet) {
	f.BoolVar(&o.wanted, "build", false, "compile the objects that it touches on each branch, before and after; only where a stranger's patch may be compiled")
	f.StringVar(&o.Config, "config", "", "the .config `file` to build with; derived from allmodconfig when not given")
	f.StringVar(&o.Dir, "build-dir", "", "keep kernel trees below this `folder`; a temporary one of yours when not given")
	f.IntVar(&o.Jobs, "build-jobs", 0, "compile with so many processors (2)")
	f.DurationVar(&o.Timeout, "build-timeout", 0, "give up on an object after this time (10m)")
}

// build compiles the change on each branch that it goes onto.
func (p *planner) build(ctx context.Context, c *change.Change, plan *pile.Plan, o *buildOptions) error {
	for i := range plan.Branches {
		b := &plan.Branches[i]
		if b.State != "affected" {
			continue
		}
		res, err := p.builds(ctx, c, b, o.Options)
		if err != nil {
			return fmt.Errorf("building for %s: %w", b.Name, err)
		}
		b.Builds, b.BuildWhy = res.Builds, res.Why
		if len(res.Left) > 0 && res.Builds != kbuild.NotTried {
			b.BuildWhy = strings.TrimPrefix(b.BuildWhy+"; not built: "+strings.Join(res.Left, "; "), "; ")
		}
		b.BuildWarnings = res.Warnings
	}
	return nil
}

func (p *planner) builds(ctx context.Context, c *change.Change, b *verdict.Branch, o kbuild.Options) (*kbuild.Result, error) {
	switch b.Applies {
	case verdict.Exact, verdict.Offset, verdict.ThreeWay, verdict.Adapted:
	case verdict.NeedsPrerequisites:
		return &kbuild.Result{Builds: kbuild.NotTried, Why: "other commits go in first"}, nil
	default:
		return &kbuild.Result{Builds: kbuild.NotTried, Why: "the patch does not apply"}, nil
	}
	a, err := p.set.Adapt(ctx, c, b.Name, p.asOf)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return &kbuild.Result{Builds: kbuild.NotTried, Why: "what the files become is not known"}, nil
	}
	var files []kbuild.File
	for _, f := range a.Files {
		if f.From != "" {
			files = append(files, kbuild.File{Path: f.From})
		}
		files = append(files, kbuild.File{Path: f.Path, Data: f.After})
	}
	place, ok := p.set.Place(b.Name)
	if !ok {
		return &kbuild.Result{Builds: kbuild.NotTried, Why: "the branch is not read"}, nil
	}
	return kbuild.Objects(ctx, place.Repo, place.Tip, files, o)
}
