package live

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/bot/kernel/prereq"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/pile"
	"github.com/stablebot/stablebot/rules"
)

// Piles finds prerequisites for the branches of a set that stands still, and
// remembers them with their reasons. The index of mainline is made at the first
// question.
type Piles struct {
	set     *trees.Set
	enables enablers
	once    sync.Once
	f       *prereq.Finder
	err     error

	mu    sync.Mutex
	known map[[2]string]*prereq.Pile // by branch and mainline commit, or id of what mainline has not
	order [][2]string                // of known, oldest first
}

// NewPiles has a set find prerequisites.
func NewPiles(set *trees.Set) *Piles {
	p := &Piles{set: set, known: map[[2]string]*prereq.Pile{}}
	Frugal()
	set.Use(p)
	return p
}

func (p *Piles) finder(ctx context.Context) (*prereq.Finder, error) {
	p.once.Do(func() {
		base := p.set.Base()
		if base == "" {
			p.err = errors.New("a branch shares no commit with mainline, so what it lacks cannot be told")
			return
		}
		o := prereq.Options{Folders: indexedFolders()}
		if dir, err := os.UserCacheDir(); err == nil {
			o.Cache = filepath.Join(dir, "stablebot", "piles")
		}
		m := p.set.Mainline()
		p.f, p.err = prereq.New(ctx, m.Repo, m.Tip, base, o)
	})
	return p.f, p.err
}

// Find implements trees.Prerequisites.
func (p *Piles) Find(ctx context.Context, w trees.Wanted) (trees.Pile, error) {
	place, ok := p.set.Place(w.Branch)
	if !ok {
		return trees.Pile{}, errors.New("no branch " + w.Branch)
	}
	tree := place.Tip
	if s, ok := w.Tree.(*objects.Snapshot); ok && s.Commit != tree {
		// The branch as it was on some day. To read the names of each day's tree
		// would take a second a change; those of the base do as well, as what the
		// branch took since is asked for by commit.
		tree = p.set.Base()
	}
	f, err := p.finder(ctx)
	if err != nil {
		return trees.Pile{}, err
	}
	got, err := pileIn(ctx, f, w, tree)
	if errors.Is(err, prereq.ErrNotInRange) {
		return trees.Pile{}, outsideFolders(w.Change) // if inside: every branch is newer
	}
	if err != nil {
		return trees.Pile{}, err
	}
	p.keep([2]string{w.Branch, cmp.Or(w.Mainline, w.Change.ID)}, got)
	out := pileOf(got, w.Mainline)
	for _, id := range out.Commits {
		if p.enables.of(ctx, p.set, id) {
			out.Enabling = append(out.Enabling, id)
		}
	}
	return out, nil
}

// pileIn asks an index what a change needs on a tree of a branch: as the commit that
// mainline has, or as if it went in now.
func pileIn(ctx context.Context, f *prereq.Finder, w trees.Wanted, tree string) (*prereq.Pile, error) {
	t := prereq.Target{Tree: tree, Version: w.Branch, Has: w.Has, Fits: w.Fits}
	if f.Covers(w.Mainline) || len(w.Files) == 0 {
		return f.Pile(ctx, w.Mainline, t)
	}
	return f.Posted(ctx, prereq.Posted{Change: w.Change, Files: w.Files, There: w.There}, t)
}

// pileOf is what the set is told of a pile. Commits that would not do are none;
// the lines are then those that the largest of what is beyond would bring.
func pileOf(got *prereq.Pile, mainline string) trees.Pile {
	most := 0
	for _, b := range got.Beyond {
		most = max(most, b.NeedsLines)
	}
	out := trees.Pile{Lines: got.Lines + most, More: !got.Complete(), Beyond: len(got.Beyond), Missing: got.Missing()}
	if got.Complete() || got.More {
		for _, c := range got.Commits {
			out.Commits = append(out.Commits, c.ID)
			out.Needs = append(out.Needs, needsOf(c, mainline)...)
		}
	}
	return out
}

// mostReasons is how many reasons are told for one commit to need another.
const mostReasons = 3

func needsOf(c prereq.Commit, mainline string) (out []rules.Need) {
	told := map[string]int{}
	for _, y := range stepOf(c, mainline).Why {
		if told[y.By]++; told[y.By] <= mostReasons {
			out = append(out, rules.Need{Commit: c.ID, Title: c.Title, By: y.By, Why: y.Reason})
		}
	}
	return out
}

// maxKnown bounds the piles that are remembered for those who explain them.
const maxKnown = 4096

func (p *Piles) keep(key [2]string, got *prereq.Pile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.known[key]; !ok {
		p.order = append(p.order, key)
	}
	p.known[key] = got
	if len(p.order) > maxKnown {
		delete(p.known, p.order[0])
		p.order = p.order[1:]
	}
}

// Explain adds to a branch what was found for a commit of mainline, or for what
// mainline has not by its id.
func (p *Piles) Explain(b *pile.Branch, id string) {
	got := p.of(b.Name, id)
	if got == nil {
		return
	}
	for _, c := range got.Commits {
		b.Steps = append(b.Steps, stepOf(c, id))
	}
	for _, c := range got.Beyond {
		s := stepOf(c.Commit, id)
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

// of is what was found for a branch and a mainline commit, nil when nothing was
// asked for.
func (p *Piles) of(branch, mainline string) *prereq.Pile {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[[2]string{branch, mainline}]
}
