package wire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/kernel/drivers/kept"
	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	gitsource "github.com/stablebot/stablebot/bot/source/git"
)

// liveConfig is what the configuration says of trees.
func liveConfig(c *config.Config, log *zap.Logger) (live.Config, error) {
	out := live.Config{State: filepath.Join(c.State, "trees"), Vulns: c.Trees.Vulns, Log: log.Named("trees")}
	out.Trees.TitleMarks, _ = strings.CutPrefix(c.Trees.Releases, "title:")
	if c.Trees.Releases == "tags" {
		out.Trees.TitleMarks = ""
	}
	var err error
	if out.Trees.Lifetimes, err = ReadLifetimes(c.Trees.Lifetimes); err != nil {
		return out, fmt.Errorf("trees.lifetimes: %w", err)
	}
	out.Trees.Ended = map[string]time.Time{}
	for branch, day := range c.Trees.Ended {
		out.Trees.Ended[branch] = dayOf(day)
	}
	for _, g := range c.Sources.Git {
		if !strings.HasPrefix(g.Name, flow.BackfillPrefix) { // its commits are judged by the trees, they are none themselves
			out.Remotes = append(out.Remotes, live.Remote{Name: g.Name, Role: trees.Role(g.Role), Branches: g.Branches, Layout: LayoutOf(g.Root)})
		}
	}
	return out, nil
}

// Trees is nil without a remote of the role mainline.
func Trees(c *config.Config, log *zap.Logger) (*live.Trees, error) {
	cfg, err := liveConfig(c, log)
	if err != nil {
		return nil, err
	}
	if cfg.Trees.TitleMarks == "" { // else its tags are not mainline's releases
		cfg.Moved = func(ctx context.Context, mainline string) {
			if err := kept.Refresh(ctx, mainline, c.State, cfg.Log); err != nil {
				cfg.Log.Info("no newer table of drivers could be made of mainline", zap.Error(err))
			}
		}
	}
	return live.New(cfg)
}

// gitSource makes the source of a configured remote; those of trees bring what
// trees need.
func gitSource(t *live.Trees, g config.Git, cfg gitsource.Config, log *zap.Logger) (*gitsource.Source, error) {
	cfg.Follow = g.TreesOnly || g.Role == string(trees.Stable) || g.Role == string(trees.Queue) || g.Role == string(trees.Distro)
	if t == nil {
		return gitsource.New(cfg, log)
	}
	cfg.Fetched = t.Fetched
	all := t.Remotes()
	for i, r := range all {
		switch {
		case r.Name != g.Name:
		case i == 0:
			cfg.Tags = t.Tags()
		default:
			cfg.Borrow = filepath.Join(cfg.State, "git", all[0].Name+".git")
		}
	}
	s, err := gitsource.New(cfg, log)
	if err == nil {
		t.Keep(g.Name, s)
	}
	return s, err
}

// Past are those that a preview replays, with what closes them.
type Past struct {
	live.Past
	Close func() error
}

// PastOf opens the copies that the bot keeps of the configured remotes, as
// they stand; nil when none of a mainline is configured. What is made from them
// is kept in the user's own cache: the bot's state is only read. missing are
// the remotes that the bot has not fetched yet.
func PastOf(ctx context.Context, c *config.Config) (p *Past, missing []string, err error) {
	cfg, err := liveConfig(c, zap.NewNop())
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return nil, nil, fmt.Errorf("looking for a folder that the preview may keep its indexes in: %w", err)
	}
	cfg.State, cfg.Past = filepath.Join(dir, "stablebot", "preview"), true
	t, err := live.New(cfg)
	if t == nil || err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(cfg.State, 0o750); err != nil {
		return nil, nil, fmt.Errorf("making a folder for the preview's indexes: %w", err)
	}
	for _, g := range c.Sources.Git {
		if _, err := gitSource(t, g, gitConfig(g, c.State), zap.NewNop()); err != nil {
			return nil, nil, err
		}
	}
	mainline := t.Remotes()[0]
	t.Drop(func(r *live.Remote) bool {
		if !r.Fetched() {
			missing = append(missing, r.Name)
		}
		return !r.Fetched()
	})
	if left := t.Remotes(); len(left) == 0 || left[0] != mainline {
		return nil, missing, nil // nothing can be told without mainline
	}
	if _, err := t.Refresh(ctx, false); t.Set() == nil {
		return nil, missing, errors.Join(fmt.Errorf("reading the trees: %w", err), t.Close())
	}
	return &Past{Past: live.Past{Set: t.Set()}, Close: t.Close}, missing, nil
}
