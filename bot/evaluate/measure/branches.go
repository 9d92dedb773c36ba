package measure

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/stablebot/stablebot/bot/evaluate/corpus"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
)

// openBranches opens the branches that verdicts are to rest on, nil for none.
func (o *Sources) openBranches(ctx context.Context, c *corpus.Corpus, branches []string) (*corpus.Branches, error) {
	if len(branches) == 0 {
		return nil, nil
	}
	if o.Git == "" || o.NoTrees {
		return nil, usage.Errorf("--branches names branches of the repository given by --git, and needs its history")
	}
	say := o.options(ctx).Say
	for _, name := range branches {
		say("reading the branches %s", name)
	}
	ref, err := o.mainlineRef(ctx)
	if err != nil {
		return nil, err
	}
	cfg := trees.Config{Git: git.Options{Trust: true}, TitleMarks: o.Marks,
		Remotes: []trees.Remote{{Role: trees.Mainline, Path: o.Git, Ref: ref}}}
	if dir, err := os.UserCacheDir(); err == nil {
		cfg.State = filepath.Join(dir, "stablebot", "trees")
	}
	for _, name := range branches {
		cfg.Remotes = append(cfg.Remotes, trees.Remote{Role: trees.Stable, Path: o.Git, Ref: name})
	}
	set, err := trees.Open(ctx, cfg)
	if errors.Is(err, trees.ErrNoBranch) {
		return nil, usage.Errorf("%v", err)
	} else if err != nil {
		return nil, err
	}
	live.NewPiles(set)
	c.Data = append(c.Data, "verdicts rest on the branches "+strings.Join(branches,
		", ")+" as they were the day before each change was written; those younger than its release are left out")
	return corpus.NewBranches(ctx, set)
}

// mainlineRef is the full name of the mainline branch: a set of trees keeps its
// index under it, and HEAD may move.
func (o *Sources) mainlineRef(ctx context.Context) (string, error) {
	if o.Mainline != "HEAD" {
		return o.Mainline, nil
	}
	return (&wire.Branches{Repo: o.Git}).FindMainline(ctx)
}
