package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/stablebot/stablebot/bot/pile"
	"github.com/stablebot/stablebot/bot/trees"
	"github.com/stablebot/stablebot/bot/trees/objects"
	"github.com/stablebot/stablebot/bot/trees/prereq"
)

// piles finds prerequisites for the branches of a set and remembers them with
// their reasons. The index of mainline is made at the first question.
type piles struct {
	set  *trees.Set
	once sync.Once
	f    *prereq.Finder
	err  error

	mu    sync.Mutex
	known map[[2]string]*prereq.Pile // by branch and mainline commit
}

func newPiles(set *trees.Set) *piles {
	p := &piles{set: set, known: map[[2]string]*prereq.Pile{}}
	set.Use(p)
	return p
}

func (p *piles) finder(ctx context.Context) (*prereq.Finder, error) {
	p.once.Do(func() {
		base := p.set.Base()
		if base == "" {
			p.err = errors.New("a branch shares no commit with mainline, so what it lacks cannot be told")
			return
		}
		var o prereq.Options
		if dir, err := os.UserCacheDir(); err == nil {
			o.Cache = filepath.Join(dir, "stablebot", "piles")
		}
		m := p.set.Mainline()
		p.f, p.err = prereq.New(ctx, m.Repo, m.Tip, base, o)
	})
	return p.f, p.err
}

// Find is for the set.
func (p *piles) Find(ctx context.Context, w trees.Wanted) (trees.Pile, error) {
	place, ok := p.set.Place(w.Branch)
	if !ok {
		return trees.Pile{}, errors.New("no branch " + w.Branch)
	}
	tree := place.Tip
	if s, ok := w.Tree.(*objects.Snapshot); ok {
		tree = s.Commit // the branch as it was on the day asked for
	}
	f, err := p.finder(ctx)
	if err != nil {
		return trees.Pile{}, err
	}
	got, err := f.Pile(ctx, w.Mainline, prereq.Target{Tree: tree, Has: w.Has})
	if err != nil {
		return trees.Pile{}, err
	}
	p.mu.Lock()
	p.known[[2]string{w.Branch, w.Mainline}] = got
	p.mu.Unlock()
	return pileOf(got), nil
}

// pileOf is what the set is told of a pile: commits that would not do are none.
func pileOf(got *prereq.Pile) trees.Pile {
	out := trees.Pile{Lines: got.Lines, More: got.More}
	if got.Complete() || got.More {
		for _, c := range got.Commits {
			out.Commits = append(out.Commits, c.ID)
		}
	}
	return out
}

// explain adds to a branch what was found for it.
func (p *piles) explain(b *pile.Branch, mainline string) {
	p.mu.Lock()
	got := p.known[[2]string{b.Name, mainline}]
	p.mu.Unlock()
	if got == nil {
		return
	}
	for _, c := range got.Commits {
		b.Steps = append(b.Steps, stepOf(c, mainline))
	}
	for _, c := range got.Beyond {
		s := stepOf(c.Commit, mainline)
		s.Drags = c.Needs
		b.Beyond = append(b.Beyond, s)
	}
	b.Unresolved, b.More = got.Unresolved, got.More
	if len(got.Commits) > 0 {
		b.Lines, b.Files, b.Subsystems = got.Lines, got.Files, got.Subsystems
	}
}

func stepOf(c prereq.Commit, mainline string) pile.Step {
	s := pile.Step{ID: c.ID, Title: c.Title, Lines: c.Lines, Files: c.Files}
	for _, y := range c.Why {
		by := y.By
		if by == mainline {
			by = ""
		}
		s.Why = append(s.Why, pile.Why{By: by, Reason: y.String()})
	}
	return s
}
