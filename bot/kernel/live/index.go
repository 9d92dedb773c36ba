package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/bot/kernel/prereq"
	"github.com/stablebot/stablebot/bot/kernel/trees"
)

// index finds prerequisites for a set that follows its branches. That
// of mainline is made anew behind the scenes when mainline has moved, and
// the last one answers until then.
type index struct {
	trees *Trees
	dir   string
	past  bool // the branches are asked about as they were

	enables enablers

	mu     sync.Mutex
	f      *prereq.Finder
	tip    string // of f
	repo   *git.Repo
	took   time.Duration // for f
	next   time.Time     // not before
	making sync.WaitGroup
	busy   bool
}

// restShare is how long the making of an index rests, as a multiple of the time
// that it took: it has no more than a tenth of one processor.
const restShare = 9

var errNoPiles = errors.New("the index of what branches may lack is not made yet")

// Find implements trees.Prerequisites.
func (x *index) Find(ctx context.Context, w trees.Wanted) (trees.Pile, error) {
	x.mu.Lock()
	f := x.f
	x.mu.Unlock()
	s, ok := w.Tree.(*objects.Snapshot)
	if f == nil || !ok {
		return trees.Pile{}, errNoPiles
	}
	tree := s.Commit
	if x.past {
		// The names of each day's tree would take a second a change; those of the
		// base do as well, as what the branch took since is asked for by commit.
		if set := x.trees.Set(); set != nil {
			tree = set.Base()
		}
	}
	got, err := pileIn(ctx, f, w, tree)
	if errors.Is(err, prereq.ErrNotInRange) {
		if outside := outsideFolders(w.Change); outside != nil {
			err = outside
		}
	}
	if err != nil {
		return trees.Pile{}, err
	}
	return x.enabling(ctx, pileOf(got, w.Mainline)), nil
}

// enabling says which commits of a pile enable hardware.
func (x *index) enabling(ctx context.Context, pile trees.Pile) trees.Pile {
	set, done := x.trees.use()
	defer done()
	if set != nil {
		for _, id := range pile.Commits {
			if x.enables.of(ctx, set, id) {
				pile.Enabling = append(pile.Enabling, id)
			}
		}
	}
	return pile
}

// known names the mainline that is indexed.
func (x *index) known() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.tip
}

// follow makes the index of where mainline stands: the first one at once, later
// ones in the background.
func (x *index) follow(ctx context.Context, s *trees.Set) error {
	base, tip := s.Base(), s.Mainline().Tip
	if base == "" || len(s.Branches()) == 0 {
		return nil // nothing can be told to be lacking
	}
	x.mu.Lock()
	first, idle := x.f == nil, x.tip != tip && !x.busy && !time.Now().Before(x.next)
	x.busy = x.busy || idle
	x.mu.Unlock()
	if !idle {
		return nil
	}
	if first {
		return x.make(ctx, s, base, tip)
	}
	x.making.Go(func() {
		if err := x.make(context.WithoutCancel(ctx), s, base, tip); err != nil {
			x.trees.log.Warn("what branches lack is told by an older mainline", zap.Error(err))
		}
	})
	return nil
}

func (x *index) make(ctx context.Context, s *trees.Set, base, tip string) (err error) {
	began := time.Now()
	var f *prereq.Finder
	defer func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.busy, x.took = false, time.Since(began)
		x.next = time.Now().Add(restShare * x.took)
		if err == nil {
			x.f, x.tip = f, tip
		}
	}()
	repo, err := x.all(ctx)
	if err != nil {
		return fmt.Errorf("indexing what branches may lack: %w", err)
	}
	dir := filepath.Join(x.dir, "piles")
	if f, err = prereq.New(ctx, repo, tip, base, prereq.Options{Cache: dir, Folders: indexedFolders()}); err != nil {
		return fmt.Errorf("indexing what branches may lack: %w", err)
	}
	for _, name := range s.Branches() {
		if place, ok := s.Place(name); ok {
			if err := f.Warm(ctx, place.Tip); err != nil {
				return fmt.Errorf("indexing branch %s: %w", name, err)
			}
		}
	}
	x.sweep(dir, base, tip)
	return nil
}

// all is a repository that sees the objects of every remote, and has nothing of
// its own.
func (x *index) all(ctx context.Context) (*git.Repo, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.repo != nil {
		return x.repo, nil
	}
	dir := filepath.Join(x.dir, "all.git")
	var lines string
	for _, r := range x.trees.remotes {
		abs, err := filepath.Abs(filepath.Join(r.copy.Dir(), "objects"))
		if err != nil {
			return nil, err
		}
		lines += abs + "\n"
	}
	m, err := git.OpenMirror(ctx, dir, x.trees.remotes[0].copy.Dir(), git.MirrorOptions{})
	if err != nil {
		return nil, err
	}
	if err := m.Close(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "objects", "info"), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "objects", "info", "alternates"), []byte(lines), 0o644); err != nil {
		return nil, err
	}
	x.repo, err = git.Open(ctx, dir, git.Options{})
	return x.repo, err
}

// sweep removes the indexes of other ranges: each is as large as the last.
func (x *index) sweep(dir, base, tip string) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return // it is not there, or it will be swept next time
	}
	now := fmt.Sprintf("-%.16s-%.16s-", base, tip)
	for _, f := range files {
		if !strings.Contains(f.Name(), now) {
			_ = os.Remove(filepath.Join(dir, f.Name()))
		}
	}
}

func (x *index) wait() { x.making.Wait() }

func (x *index) close() error {
	if x.repo == nil {
		return nil
	}
	return x.repo.Close()
}
