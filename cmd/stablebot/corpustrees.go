package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/stablebot/stablebot/bot/mainline"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// treeFacts says what a history and its releases tell of a change, with what
// was known on a day. It is safe for concurrent use.
type treeFacts interface {
	Facts(ctx context.Context, c *change.Change, asOf time.Time) (*rules.Tree, error)
	Releases() []string
}

// historyOptions say how the history is read.
type historyOptions struct {
	off   bool
	marks string
	cache string
}

func (o *historyOptions) add(f *pflag.FlagSet) {
	f.BoolVar(&o.off, "no-trees", false, "judge each commit alone, without the history and its releases")
	f.StringVar(&o.marks, "release-marks", "", "the `title`, with %s for the number, of the commits that close releases, in a history without tags")
	f.StringVar(&o.cache, "cache", "", "keep the index of the history in this `folder`")
}

func (o *historyOptions) open(ctx context.Context, c *corpus, ref string) (treeFacts, error) {
	if o.off {
		return nil, nil
	}
	m, err := mainline.Open(ctx, c.repo, mainline.Options{Ref: ref, Marks: o.marks, Cache: o.cache, Told: func(step string) { c.say("%s", step) }})
	if err != nil {
		return nil, err
	}
	if len(m.Releases()) < 2 {
		return nil, usagef("%s names no releases: no tags such as v6.4, no branches such as linux-6.4.y; give --release-marks, or --no-trees to judge each commit alone", ref)
	}
	return m, nil
}

// window says which releases a history has.
func window(releases []string) string {
	return fmt.Sprintf("the history and its releases (%s to %s)", releases[0], releases[len(releases)-1])
}
