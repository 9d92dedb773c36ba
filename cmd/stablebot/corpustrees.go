package main

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// treeFacts says what a history and its releases tell of a change, with what
// was known on a day. It is safe for concurrent use.
type treeFacts interface {
	Facts(ctx context.Context, c *change.Change, asOf time.Time) (*rules.Tree, error)
	Close() error
}

type treeOptions struct{ off bool }

func (o *treeOptions) add(f *pflag.FlagSet) {
	f.BoolVar(&o.off, "no-trees", false, "judge each commit alone, without its history")
}

func (o *treeOptions) open(_ context.Context, _ *corpusOptions, _ func(string, ...any)) (treeFacts, error) {
	return nil, nil
}
