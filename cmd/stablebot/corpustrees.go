package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/stablebot/stablebot/bot/evaluate"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/mainline"
	"github.com/stablebot/stablebot/bot/trees"
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

// branchFacts adds what stable branches say of each change; nil adds nothing.
type branchFacts struct{ set *trees.Set }

func (o *evaluateOptions) openBranches(ctx context.Context, c *corpus) (*branchFacts, error) {
	if len(o.branches) == 0 {
		return nil, nil
	}
	if o.git == "" || o.trees.off {
		return nil, usagef("--branches names branches of the repository given by --git, and needs its history")
	}
	for _, name := range o.branches {
		c.say("reading the branches %s", name)
	}
	ref, err := c.mainlineRef(ctx)
	if err != nil {
		return nil, err
	}
	cfg := trees.Config{Git: git.Options{Trust: true}, TitleMarks: o.trees.marks, Remotes: []trees.Remote{{Role: trees.Mainline, Path: o.git, Ref: ref}}}
	if dir, err := os.UserCacheDir(); err == nil {
		cfg.State = filepath.Join(dir, "stablebot", "trees")
	}
	for _, name := range o.branches {
		cfg.Remotes = append(cfg.Remotes, trees.Remote{Role: trees.Stable, Path: o.git, Ref: name})
	}
	set, err := trees.Open(ctx, cfg)
	if errors.Is(err, trees.ErrNoBranch) {
		return nil, usagef("%v", err)
	} else if err != nil {
		return nil, err
	}
	newPiles(set)
	c.data = append(c.data, "verdicts rest on the branches "+strings.Join(o.branches, ", ")+" as they were the day before each change was written; those younger than its release are left out")
	return &branchFacts{set}, nil
}

// mainlineRef is the full name of the mainline branch: a set of trees keeps its
// index under it, and HEAD may move.
func (c *corpus) mainlineRef(ctx context.Context) (string, error) {
	if c.o.mainline != "HEAD" {
		return c.o.mainline, nil
	}
	return (&branchOptions{repo: c.o.git}).findMainline(ctx)
}

func (b *branchFacts) close() {
	if b != nil {
		_ = b.set.Close()
	}
}

// ask fills what the branches say. A branch that left mainline with the release
// that carries the change, or later, was not there on that day.
func (b *branchFacts) ask(ctx context.Context, c *corpus, s *subject) {
	if b == nil || s.tree == nil {
		return
	}
	t, err := b.set.Facts(ctx, s.change, nil, s.asOf.AddDate(0, 0, -1))
	if err != nil {
		c.mu.Lock()
		c.failed = append(c.failed, fmt.Errorf("%.12s: %w", s.change.ID, err))
		c.mu.Unlock()
		return
	}
	s.tree.Branches = slices.DeleteFunc(t.Branches, func(x rules.Branch) bool {
		return x.Name == s.group || evaluate.Later(x.Name, s.group) == x.Name
	})
	for i := range s.tree.Culprits {
		if i < len(t.Culprits) {
			s.tree.Culprits[i].Branches = t.Culprits[i].Branches
		}
	}
	s.tree.Silicon = t.Silicon
}
