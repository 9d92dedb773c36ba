package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/pflag"

	"github.com/stablebot/stablebot/bot/trees"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// treeFacts says what histories tell of a change, with what was known on a day.
// It is safe for concurrent use.
type treeFacts interface {
	Facts(ctx context.Context, c *change.Change, asOf time.Time) (*rules.Tree, error)
	Close() error
}

// historyOptions say how the history is read.
type historyOptions struct {
	off      bool
	branches []string
	marks    string
	cache    string
}

func (o *historyOptions) add(f *pflag.FlagSet) {
	f.BoolVar(&o.off, "no-trees", false, "judge each commit alone, without the history and its releases")
	f.StringVar(&o.marks, "release-marks", "", "the `title`, with %s for the number, of the commits that close releases, in a history without tags")
	f.StringArrayVar(&o.branches, "branch", nil, "also look whether this stable `branch` was affected on that day, and whether the change applied; repeat it")
	f.StringVar(&o.cache, "cache", "", "keep the index of the history in this `folder`")
}

func (o *historyOptions) open(ctx context.Context, c *corpus, ref string) (treeFacts, error) {
	if o.off {
		return nil, nil
	}
	c.say("reading the history of %s", ref)
	cfg := trees.Config{State: o.cache, TitleMarks: o.marks, Remotes: []trees.Remote{{Role: trees.Mainline, Path: c.repo.Path, Ref: ref}}}
	for _, b := range o.branches {
		cfg.Remotes = append(cfg.Remotes, trees.Remote{Role: trees.Stable, Path: c.repo.Path, Ref: b})
	}
	s, err := trees.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, errors.New("x")
	}
	return s, nil
}
