package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/audit"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/run"
	gitsource "github.com/stablebot/stablebot/bot/source/git"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// forest is the trees of a running bot: the copies that its git sources keep,
// opened as one set that follows them.
type forest struct {
	cfg     trees.Config
	remotes []*remote // mainline first
	state   string    // folder of indexes
	log     *zap.Logger
	piles   *growingPiles

	mu      sync.Mutex // one Refresh at a time
	missing []error    // remotes that the set was opened without
	set     atomic.Pointer[trees.Set]

	people *people

	dating atomic.Bool // the table of drivers is being made
}

// remote is a git source with its role.
type remote struct {
	config.Git
	src *gitsource.Source
}

var _ run.Trees = (*forest)(nil)

// newForest is nil without a remote of the role mainline: culprits and
// backports cannot be told without one.
func newForest(c *config.Config, log *zap.Logger) (*forest, error) {
	f := &forest{state: filepath.Join(c.State, "trees"), log: log.Named("trees")}
	f.cfg.State = f.state
	f.cfg.TitleMarks, _ = strings.CutPrefix(c.Trees.Releases, "title:")
	if c.Trees.Releases == "tags" {
		f.cfg.TitleMarks = ""
	}
	var err error
	if f.cfg.Lifetimes, err = readLifetimes(c.Trees.Lifetimes); err != nil {
		return nil, fmt.Errorf("trees.lifetimes: %w", err)
	}
	f.cfg.Ended = map[string]time.Time{}
	for branch, day := range c.Trees.Ended {
		f.cfg.Ended[branch] = dayOf(day)
	}
	f.cfg.Missing = func(r trees.Remote, err error) {
		f.missing = append(f.missing, fmt.Errorf("%s %s: %w", r.Role, filepath.Base(r.Path), err))
	}
	for _, g := range c.Sources.Git {
		if strings.HasPrefix(g.Name, flow.BackfillPrefix) {
			continue // its commits are judged by the trees, they are none themselves
		}
		r := &remote{Git: g}
		switch {
		case g.Role != string(trees.Mainline):
			f.remotes = append(f.remotes, r)
		case len(f.remotes) == 0 || f.remotes[0].Role != g.Role:
			if strings.ContainsAny(g.Branches[0], "*?[") {
				return nil, fmt.Errorf("sources.git %s: mainline is one branch, and %q is a pattern; write it first", g.Name, g.Branches[0])
			}
			f.remotes = slices.Insert(f.remotes, 0, r)
		}
	}
	if len(f.remotes) == 0 || f.remotes[0].Role != string(trees.Mainline) {
		return nil, nil
	}
	f.piles = &growingPiles{forest: f, dir: f.state}
	f.cfg.Prerequisites = f.piles
	frugal()
	f.people = &people{forest: f}
	return f, nil
}

// source makes the source of a configured remote; those of trees bring what
// trees need.
func (f *forest) source(g config.Git, cfg gitsource.Config, log *zap.Logger) (*gitsource.Source, error) {
	cfg.Follow = g.TreesOnly || g.Role == string(trees.Stable) || g.Role == string(trees.Queue) || g.Role == string(trees.Distro)
	var mine *remote
	if f != nil {
		cfg.Fetched = f.fetched
		for _, r := range f.remotes {
			if r.Name == g.Name {
				mine = r
			}
		}
	}
	if mine != nil {
		if mine == f.remotes[0] {
			cfg.Tags = f.cfg.TitleMarks == ""
		} else {
			cfg.Borrow = filepath.Join(cfg.State, "git", f.remotes[0].Name+".git")
		}
	}
	s, err := gitsource.New(cfg, log)
	if mine != nil {
		mine.src = s
	}
	return s, err
}

// fetched is called by a source before it delivers what it fetched.
func (f *forest) fetched(ctx context.Context) {
	// What is wrong is reported by the bot's own look at the trees.
	if _, err := f.Refresh(ctx, false); err != nil {
		f.log.Debug("after a fetch the trees could not be read", zap.Error(err))
	}
}

// Refresh implements run.Trees.
func (f *forest) Refresh(ctx context.Context, ask bool) (state string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, r := range f.remotes {
		_, gone := os.Stat(filepath.Join(r.src.Dir(), "HEAD"))
		if ask || gone != nil {
			errs = append(errs, r.src.Update(ctx))
		}
	}
	again := len(f.missing) > 0
	before := f.set.Load()
	f.missing = nil
	var set *trees.Set
	if before == nil || again {
		if before == nil {
			f.log.Info("reading the trees; the first time, a kernel's history takes a minute")
		}
		f.cfg.Remotes = f.remotesOf()
		set, err = trees.Open(ctx, f.cfg)
	} else {
		set, err = before.Next(ctx)
	}
	errs = append(append(errs, f.missing...), err)
	if set == nil || err != nil {
		if before != nil {
			state = f.stateOf(before)
		}
		return state, errors.Join(errs...)
	}
	if set != before {
		f.set.Store(set)
		if again && before != nil { // another set of processes
			time.AfterFunc(closeAfter, func() { _ = before.Close() })
		}
		f.log.Info("trees read", zap.Strings("branches", set.Branches()), zap.String("mainline", set.Mainline().Tip))
	}
	if set != before && f.dating.CompareAndSwap(false, true) {
		go f.dateDrivers(context.WithoutCancel(ctx))
	}
	errs = append(errs, f.piles.follow(ctx, set))
	return f.stateOf(set), errors.Join(errs...)
}

// dateDrivers makes the table of drivers anew when mainline has a new release.
func (f *forest) dateDrivers(ctx context.Context) {
	defer f.dating.Store(false)
	if f.cfg.TitleMarks != "" {
		return // its tags are not mainline's releases
	}
	if err := refreshDrivers(ctx, f.remotes[0].src.Dir(), filepath.Dir(f.state), f.log); err != nil {
		f.log.Info("no newer table of drivers could be made of mainline", zap.Error(err))
	}
}

// closeAfter leaves those that still ask a set the time to end.
const closeAfter = time.Minute

func (f *forest) stateOf(s *trees.Set) string { return s.State() + "\npiles " + f.piles.known() }

func (f *forest) remotesOf() (out []trees.Remote) {
	for i, r := range f.remotes {
		branches := r.Branches
		if i == 0 {
			branches = branches[:1]
		}
		for _, b := range branches {
			one := trees.Remote{Role: trees.Role(r.Role), Path: r.src.Dir(), Ref: "refs/heads/" + b}
			if one.Role == trees.Vendor {
				one.Layout = layoutOf(r.Root)
			}
			out = append(out, one)
		}
	}
	return out
}

var errNoTrees = errors.New("the trees are not read yet")

// Facts implements run.Trees.
func (f *forest) Facts(ctx context.Context, c *change.Change, before []*change.Change) (*rules.Tree, error) {
	s := f.set.Load()
	if s == nil {
		return nil, errNoTrees
	}
	return s.Facts(ctx, c, before, time.Time{})
}

// audit reads what is to go into a branch on top of it.
func (f *forest) audit(ctx context.Context, p flow.Proposal) (*report.Audit, error) {
	s := f.set.Load()
	if s == nil {
		return nil, errNoTrees
	}
	return audit.Proposed(ctx, s, p, git.Options{})
}

// Merged implements run.Trees.
func (f *forest) Merged(ctx context.Context, id string) (*change.Change, error) {
	s := f.set.Load()
	if s == nil {
		return nil, errNoTrees
	}
	c, err := s.Commit(ctx, id)
	if err != nil && !git.Incomplete(err) {
		return nil, err
	}
	return c, nil
}

// Fates implements outcome.Trees.
func (f *forest) Fates(ctx context.Context, c *change.Change) []trees.Fate {
	if s := f.set.Load(); s != nil {
		return s.Fates(ctx, c)
	}
	return nil
}

// Branches implements run.Trees.
func (f *forest) Branches() []string {
	if s := f.set.Load(); s != nil {
		return s.Branches()
	}
	return nil
}

func (f *forest) close() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.piles.wait()
	if s := f.set.Swap(nil); s != nil {
		return errors.Join(s.Close(), f.piles.close())
	}
	return f.piles.close()
}
