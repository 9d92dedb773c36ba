package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/export"
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
	f.BoolVar(&o.wanted, "build", false, "compile the objects that it touches on each branch, before and after; only where a stranger's "+
		"patch may be compiled")
	f.StringVar(&o.Config, "config", "", "the .config `file` to build with; derived from allmodconfig when not given")
	f.StringVar(&o.Dir, "build-dir", "", "keep kernel trees below this `folder`; a temporary one of yours when not given")
	f.IntVar(&o.Jobs, "build-jobs", 0, "compile with so many processors (2)")
	f.DurationVar(&o.Timeout, "build-timeout", 0, "give up on an object after this time (10m)")
}

// build compiles the change on each branch that it goes onto. What goes wrong on one
// branch is told there, and the others are compiled all the same.
func (p *planner) build(ctx context.Context, c *change.Change, plan *pile.Plan, o *buildOptions) error {
	for i := range plan.Branches {
		b := &plan.Branches[i]
		if b.State != verdict.Affected {
			continue
		}
		p.builds(ctx, c, b, o.Options)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("building for %s: %w", b.Name, err)
		}
	}
	return nil
}

func (p *planner) builds(ctx context.Context, c *change.Change, b *verdict.Branch, o kbuild.Options) {
	var files []kbuild.File
	switch b.Applies {
	case verdict.Exact, verdict.Offset, verdict.ThreeWay, verdict.Adapted:
		a, err := p.set.Adapt(ctx, c, b.Name, p.asOf)
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
	p.compile(ctx, b, files, o)
}

// compile says on a row whether files of its branch build.
func (p *planner) compile(ctx context.Context, b *verdict.Branch, files []kbuild.File, o kbuild.Options) {
	place, ok := p.set.Place(b.Name)
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

// series compiles what a series leaves; an error: it does not build.
func (o *buildOptions) series(ctx context.Context, say io.Writer, p *planner, b *verdict.Branch, s *export.Series) error {
	if !o.wanted {
		return nil
	}
	var files []kbuild.File
	for _, f := range s.Files {
		files = append(files, kbuild.File{Path: f.Path, Data: f.Data})
	}
	p.compile(ctx, b, files, o.Options)
	return o.verdict(ctx, say, b, s.Branch)
}

// asIs compiles the patch where it goes on as it is.
func (o *buildOptions) asIs(ctx context.Context, say io.Writer, p *planner, c *change.Change, b *verdict.Branch, br export.Branch) error {
	if !o.wanted {
		return nil
	}
	p.builds(ctx, c, b, o.Options)
	return o.verdict(ctx, say, b, br)
}

func (o *buildOptions) verdict(ctx context.Context, say io.Writer, b *verdict.Branch, br export.Branch) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("building for %s: %w", br.Tree(), err)
	}
	_, _ = fmt.Fprintf(say, "%s: builds: %s\n", br.Tree(), strings.TrimSuffix(b.Builds+" ("+console.Printable(b.BuildWhy)+")", " ()"))
	for _, w := range b.BuildWarnings {
		_, _ = fmt.Fprintf(say, "      new warning: %s\n", console.Printable(w))
	}
	if b.Builds == kbuild.No {
		return fmt.Errorf("%s: it does not build there: %s; nothing is written", br.Tree(), console.Printable(b.BuildWhy))
	}
	return nil
}
