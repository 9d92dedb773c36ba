// Package live keeps the trees of a running bot: the copies that its git sources
// fetch, opened as one set that follows them, with the index of what branches may
// lack. Past is the same on the days that a preview replays.
package live

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

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/audit"
	"github.com/stablebot/stablebot/bot/kernel/cve"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// Copy is the copy of a remote that its source keeps.
type Copy interface {
	Dir() string
	Update(ctx context.Context) error // fetches
}

// Remote is a configured git remote that has a role.
type Remote struct {
	Name     string
	Role     trees.Role
	Branches []string // names or patterns; of mainline the first counts
	Layout   func(context.Context, *git.Repo, string) (change.Layout, error)

	copy Copy
}

// Dir is the folder of its copy.
func (r *Remote) Dir() string { return r.copy.Dir() }

// Fetched reports whether there is a copy.
func (r *Remote) Fetched() bool {
	_, err := os.Stat(filepath.Join(r.Dir(), "HEAD"))
	return err == nil
}

// Config is what the trees are opened with.
type Config struct {
	Trees   trees.Config // but for Remotes, State, Missing and Prerequisites, which New sets
	Remotes []Remote
	State   string // the folder of what is made from them
	Past    bool   // the branches are asked about as they were
	Vulns   string // a clone of the kernel's vulns repository; "" for none
	// Moved is called in the background when the trees have moved, one call at a
	// time; nil for nothing.
	Moved func(ctx context.Context, mainline string)
	Log   *zap.Logger
}

// Trees are the trees of a running bot. It implements run.Trees and outcome.Trees.
type Trees struct {
	cfg     trees.Config
	remotes []*Remote // mainline first
	log     *zap.Logger
	index   *index
	numbers cve.Clone

	mu      sync.Mutex                   // what was fetched is taken in once at a time
	missing []missing                    // remotes that the set was opened without
	stood   map[string]map[string]string // the refs of the copies when they were opened
	set     atomic.Pointer[inUse]

	moved  func(context.Context, string)
	moving atomic.Bool
}

// New is nil without a remote of the role mainline: culprits and backports cannot
// be told without one. Each remote needs its copy by Keep before the first Refresh.
func New(c Config) (*Trees, error) {
	t := &Trees{cfg: c.Trees, log: c.Log, moved: c.Moved, numbers: cve.Clone{Dir: c.Vulns}}
	t.cfg.State = c.State
	t.cfg.Missing = func(r trees.Remote, err error) {
		t.missing = append(t.missing, missing{r.Path, fmt.Errorf("%s %s: %w", r.Role, filepath.Base(r.Path), err)})
	}
	for _, r := range c.Remotes {
		switch {
		case r.Role != trees.Mainline:
			t.remotes = append(t.remotes, &r)
		case len(t.remotes) == 0 || t.remotes[0].Role != r.Role:
			if strings.ContainsAny(r.Branches[0], "*?[") {
				return nil, fmt.Errorf("sources.git %s: mainline is one branch, and %q is a pattern; write it first", r.Name, r.Branches[0])
			}
			t.remotes = slices.Insert(t.remotes, 0, &r)
		}
	}
	if len(t.remotes) == 0 || t.remotes[0].Role != trees.Mainline {
		return nil, nil
	}
	t.index = &index{trees: t, dir: c.State, past: c.Past}
	t.cfg.Prerequisites = t.index
	Frugal()
	return t, nil
}

// Remotes are the remotes that count, mainline first. A second one of the role
// mainline is none.
func (t *Trees) Remotes() []*Remote {
	if t == nil {
		return nil
	}
	return t.remotes
}

// Keep says where the copy of a remote is.
func (t *Trees) Keep(name string, c Copy) {
	for _, r := range t.remotes {
		if r.Name == name {
			r.copy = c
		}
	}
}

// Drop leaves out remotes, which were not fetched.
func (t *Trees) Drop(gone func(*Remote) bool) { t.remotes = slices.DeleteFunc(t.remotes, gone) }

// Set is the newest set; nil before the first Refresh. It is for those who refresh the trees
// themselves: for others it may be closed while they ask.
func (t *Trees) Set() *trees.Set {
	if t == nil {
		return nil
	}
	if u := t.set.Load(); u != nil {
		return u.set
	}
	return nil
}

// Tags reports whether releases are marked by tags.
func (t *Trees) Tags() bool { return t.cfg.TitleMarks == "" }

// Lifetimes say which branches are alive; nil when nothing does.
func (t *Trees) Lifetimes() *trees.Lifetimes { return t.cfg.Lifetimes }

// Fetched is called by a source before it delivers what it fetched.
func (t *Trees) Fetched(ctx context.Context) {
	// What is wrong is reported by the bot's own look at the trees. No other remote is
	// waited for.
	if _, err := t.take(ctx); err != nil {
		t.log.Debug("after a fetch the trees could not be read", zap.Error(err))
	}
}

// Open reads the copies as they are, without an index of prerequisites; missing
// are the remotes that could not be read.
func (t *Trees) Open(ctx context.Context) (set *trees.Set, missing, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.missing = nil
	c := t.cfg
	c.Remotes, c.Prerequisites = t.refs(), nil
	if set, err = trees.Open(ctx, c); err != nil {
		return nil, nil, err
	}
	t.set.Store(&inUse{set: set, of: &opened{}})
	return set, errors.Join(t.problems()...), nil
}

// Refresh implements run.Trees.
func (t *Trees) Refresh(ctx context.Context, ask bool) (state string, err error) {
	asked := t.update(ctx, ask)
	state, err = t.take(ctx)
	return state, errors.Join(asked, err)
}

// update asks the remotes, or those of which there is no copy yet, all at once. Nothing
// else waits for it: a remote may take minutes.
func (t *Trees) update(ctx context.Context, ask bool) error {
	errs := make([]error, len(t.remotes))
	var wg sync.WaitGroup
	for i, r := range t.remotes {
		if ask || !r.Fetched() {
			wg.Go(func() { errs[i] = r.copy.Update(ctx) })
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

// take takes in what the copies have.
func (t *Trees) take(ctx context.Context) (state string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.Set()
	again := before == nil || t.appeared(ctx)
	lacking := t.missing
	t.missing = nil
	var set *trees.Set
	if again {
		if before == nil {
			t.log.Info("reading the trees; the first time, a kernel's history takes a minute")
		}
		t.cfg.Remotes = t.refs()
		t.stood = t.standing(ctx) // before they are read: what moves meanwhile is looked at once more
		set, err = trees.Open(ctx, t.cfg)
	} else if set, err = before.Next(ctx); set == before || err != nil {
		t.missing = lacking // nothing was opened
	}
	errs := append(t.problems(), err)
	if set == nil || err != nil {
		if before != nil {
			state = t.stateOf(before)
		}
		return state, errors.Join(errs...)
	}
	if set != before {
		t.replace(ctx, set, before, again)
	}
	errs = append(errs, t.index.follow(ctx, set))
	return t.stateOf(set), errors.Join(errs...)
}

// replace takes a newer set into use. One that was opened again has processes of
// its own: those of the set before are ended when nobody asks it any more.
func (t *Trees) replace(ctx context.Context, set, before *trees.Set, again bool) {
	last := t.set.Load()
	now := &inUse{set: set, of: &opened{}}
	if last != nil && !again {
		now.of = last.of
	}
	t.set.Store(now)
	if last != nil && again {
		if err := last.of.retire(before); err != nil {
			t.log.Warn("the trees that were opened again could not be closed", zap.Error(err))
		}
	}
	t.log.Info("trees read", zap.Strings("branches", set.Branches()), zap.String("mainline", set.Mainline().Tip))
	if t.moved != nil && t.moving.CompareAndSwap(false, true) {
		ctx = context.WithoutCancel(ctx)
		go func() {
			defer t.moving.Store(false)
			t.moved(ctx, t.remotes[0].Dir())
		}()
	}
}

func (t *Trees) stateOf(s *trees.Set) string { return s.State() + "\npiles " + t.index.known() }

// refs are the branches of the remotes.
func (t *Trees) refs() (out []trees.Remote) {
	for i, r := range t.remotes {
		branches := r.Branches
		if i == 0 {
			branches = branches[:1]
		}
		for _, b := range branches {
			one := trees.Remote{Role: r.Role, Path: r.Dir(), Ref: "refs/heads/" + b}
			if one.Role == trees.Vendor {
				one.Layout = r.Layout
			}
			out = append(out, one)
		}
	}
	return out
}

// ErrNotRead is the error of a question that comes before the first Refresh.
var ErrNotRead = errors.New("the trees are not read yet")

// Facts implements run.Trees.
func (t *Trees) Facts(ctx context.Context, c *change.Change, before []*change.Change) (*rules.Tree, error) {
	s, done := t.use()
	defer done()
	if s == nil {
		return nil, ErrNotRead
	}
	return s.Facts(ctx, c, before, time.Time{})
}

// Merged implements run.Trees.
func (t *Trees) Merged(ctx context.Context, id string) (*change.Change, error) {
	s, done := t.use()
	defer done()
	if s == nil {
		return nil, ErrNotRead
	}
	return merged(ctx, s, id)
}

// Audit reads what is to go into a branch on top of it.
func (t *Trees) Audit(ctx context.Context, p flow.Proposal) (*report.Audit, error) {
	s, done := t.use()
	defer done()
	if s == nil {
		return nil, ErrNotRead
	}
	numbers, err := t.numbers.List(ctx)
	if err != nil { // it is audited without, and that is told
		t.log.Warn("the numbers of the security team could not be read", zap.Error(err))
		numbers = cve.Unread(err)
	}
	return audit.Proposed(ctx, s, p, numbers, git.Options{})
}

// merged is a commit of mainline, as far as it can be read.
func merged(ctx context.Context, s *trees.Set, id string) (*change.Change, error) {
	c, err := s.Commit(ctx, id)
	if err != nil && !git.Incomplete(err) {
		return nil, err
	}
	return c, nil
}

// Fates implements outcome.Trees.
func (t *Trees) Fates(ctx context.Context, c *change.Change) []trees.Fate {
	s, done := t.use()
	defer done()
	if s != nil {
		return s.Fates(ctx, c)
	}
	return nil
}

// Branches implements run.Trees.
func (t *Trees) Branches() []string {
	if s := t.Set(); s != nil {
		return s.Branches()
	}
	return nil
}

// Close ends what was opened. A nil Trees has nothing open.
func (t *Trees) Close() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.index.wait()
	if u := t.set.Swap(nil); u != nil {
		return errors.Join(u.of.retire(u.set), t.index.close())
	}
	return t.index.close()
}
