package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// pastTrees are the trees as they were on the days that a preview replays.
type pastTrees struct {
	set   *trees.Set
	now   func() time.Time
	close func() error
}

var _ run.Trees = (*pastTrees)(nil)

// pastLag: what counts is the day before. A commit carries the date that its
// author wrote it, and in a rewritten history that is all there is: on its own
// day a patch would be taken for merged already.
const pastLag = 24 * time.Hour

func (p *pastTrees) day() time.Time { return p.now().Add(-pastLag) }

// Refresh implements run.Trees. The state moves with the days; nothing is
// fetched.
func (p *pastTrees) Refresh(ctx context.Context, _ bool) (string, error) {
	var b strings.Builder
	for _, x := range p.set.List(ctx, p.day()) {
		fmt.Fprintf(&b, "%s %s %s %s\n", x.Role, x.Name, x.Tip, x.State)
	}
	return b.String(), ctx.Err()
}

// Facts implements run.Trees.
func (p *pastTrees) Facts(ctx context.Context, c *change.Change, before []*change.Change) (*rules.Tree, error) {
	return p.set.Facts(ctx, c, before, p.day())
}

// Merged implements run.Trees.
func (p *pastTrees) Merged(ctx context.Context, id string) (*change.Change, error) {
	c, err := p.set.Commit(ctx, id)
	if err != nil && !git.Incomplete(err) {
		return nil, err
	}
	return c, nil
}

// Branches implements run.Trees.
func (p *pastTrees) Branches() []string { return p.set.Branches() }

// forecast judges with the catalogue and the trees of the day before a change
// was posted; f may be nil.
func forecast(judge verdict.Judge, f *forest) func(context.Context, *change.Change, *rules.Series, time.Time) (verdict.Judgement, error) {
	return func(ctx context.Context, c *change.Change, s *rules.Series, posted time.Time) (verdict.Judgement, error) {
		day := posted.Add(-pastLag)
		var tree *rules.Tree
		if f != nil {
			set := f.set.Load()
			if set == nil {
				return verdict.Judgement{}, errNoTrees
			}
			var err error
			if tree, err = set.Facts(ctx, c, nil, day); err != nil {
				return verdict.Judgement{}, err
			}
		}
		then := judge // a copy: it is used by many at once
		then.AsOf = day
		return then.Change(c, s, tree), nil
	}
}

// pastOfFlags opens the repository of --trees.
func pastOfFlags(ctx context.Context, o *branchOptions) (*pastTrees, error) {
	set, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	newPiles(set)
	return &pastTrees{set: set, close: set.Close}, nil
}

// pastOfConfig opens the copies that the bot keeps of the configured remotes, as
// they stand; nil when none of a mainline is configured. What is made from them
// is kept in the user's own cache: the bot's state is only read. missing are
// the remotes that the bot has not fetched yet.
func pastOfConfig(ctx context.Context, c *config.Config) (p *pastTrees, missing []string, err error) {
	f, err := newForest(c, zap.NewNop())
	if f == nil || err != nil {
		return nil, nil, err
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return nil, nil, fmt.Errorf("looking for a folder that the preview may keep its indexes in: %w", err)
	}
	f.state = filepath.Join(dir, "stablebot", "preview")
	f.cfg.State, f.piles.dir, f.piles.past = f.state, f.state, true
	if err := os.MkdirAll(f.state, 0o750); err != nil {
		return nil, nil, fmt.Errorf("making a folder for the preview's indexes: %w", err)
	}
	for _, r := range f.remotes {
		if _, err := f.source(r.Git, gitConfig(r.Git, c.State), zap.NewNop()); err != nil {
			return nil, nil, err
		}
	}
	there := slices.DeleteFunc(slices.Clone(f.remotes), func(r *remote) bool {
		_, err := os.Stat(filepath.Join(r.src.Dir(), "HEAD"))
		if err != nil {
			missing = append(missing, r.Name)
		}
		return err != nil
	})
	if len(there) == 0 || there[0] != f.remotes[0] {
		return nil, missing, nil // nothing can be told without mainline
	}
	f.remotes = there
	if _, err := f.Refresh(ctx, false); f.set.Load() == nil {
		return nil, missing, fmt.Errorf("reading the trees: %w", err)
	}
	return &pastTrees{set: f.set.Load(), close: f.close}, missing, nil
}
