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
	"github.com/stablebot/stablebot/bot/planner"
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

// series compiles what a series leaves; an error: it does not build.
func (o *buildOptions) series(ctx context.Context, say io.Writer, p *planner.Planner, b *verdict.Branch, s *export.Series) error {
	if !o.wanted {
		return nil
	}
	var files []kbuild.File
	for _, f := range s.Files {
		files = append(files, kbuild.File{Path: f.Path, Data: f.Data})
	}
	p.Compile(ctx, b, files, o.Options)
	return o.verdict(ctx, say, b, s.Branch)
}

// asIs compiles the patch where it goes on as it is.
func (o *buildOptions) asIs(ctx context.Context, say io.Writer, p *planner.Planner, c *change.Change, b *verdict.Branch, br export.Branch) error {
	if !o.wanted {
		return nil
	}
	p.Builds(ctx, c, b, o.Options)
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
