// Package trees says what the configured git remotes know of a change: is it in
// mainline, since which release was its bug there, which stable branches have
// the bug, which have the fix, and does it apply.
//
// Promises:
//
//   - Repositories are only read. Indexes of their histories are kept in a
//     state folder of the bot's, keyed by the tip they describe.
//   - With a day given nothing counts that came later. Where a history was
//     rewritten (its committer dates are import dates) a commit's time is its
//     author date, and no earlier than that of the commits before it in a
//     stable branch.
//   - What is not known is unknown: an object that is missing makes a branch
//     "unknown", never "not affected".
package trees

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/backport"
	"github.com/stablebot/stablebot/bot/kernel/chips"
	"github.com/stablebot/stablebot/bot/kernel/history"
	mainlinepkg "github.com/stablebot/stablebot/bot/kernel/mainline"
	"github.com/stablebot/stablebot/bot/kernel/merge"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
)

// Role is what a remote is to us.
type Role string

// The roles.
const (
	Mainline Role = "mainline"
	Stable   Role = "stable"
	Queue    Role = "queue"  // what is about to go into a stable branch
	Distro   Role = "distro" // a distribution's kernel: judged like a stable branch
	Vendor   Role = "vendor" // the out-of-tree driver
)

// Remote is one branch of one repository on this machine, or several by pattern.
type Remote struct {
	Role Role
	Path string // of the repository
	Ref  string // a revision, or for Stable and Queue a pattern with one *: "linux-*.y"
	Name string // "6.12"; the version in the name of the ref when empty
	// Layout is how a vendor's repository is laid out at a revision; nil: as the
	// kernel is.
	Layout func(ctx context.Context, r *git.Repo, rev string) (change.Layout, error)
}

// Prerequisites finds what a branch lacks for a change.
type Prerequisites interface {
	// Find returns the mainline commits, in order, that have to go in first.
	Find(ctx context.Context, w Wanted) (Pile, error)
}

// Wanted is a change whose prerequisites on a branch are asked for.
type Wanted struct {
	Change *change.Change
	// Mainline is the commit that carries it. Where there is none, or it is not in
	// mainline, Files are its diff as it would stand on mainline of its day, and
	// There says which commits that had; no Files: it does not go onto it.
	Mainline string
	Files    []*gitdiff.File
	There    func(id string) bool
	Tree     apply.Tree // of the branch
	Branch   string
	Fits     bool                 // it goes onto the branch as it is: what is asked is whether its names are there
	Has      func(id string) bool // whether the branch has a mainline commit, as itself or as a backport
}

// Pile is what has to go in first.
type Pile struct {
	Commits []string // oldest first
	Missing []string // names that it uses and the branch has not
	Lines   int      // with context, of commits and change together
	More    bool     // not all was found: nothing of it is told to be picked
	// Beyond counts commits that it stands on and that nobody would take along;
	// Commits is empty then: only an adjusted patch goes in.
	Beyond   int
	Enabling []string // of Commits: what enables hardware or adds interfaces
	Needs    []rules.Need
}

// Config of a Set.
type Config struct {
	Remotes []Remote
	State   string // folder for indexes; "" keeps none
	// TitleMarks is a title with one %s that closes a release where there are no
	// tags: "Reduce diff with Linux %s". The history counts as rewritten then.
	TitleMarks string
	// Ended says when branches ended ("5.4" → day); one that is not named is active.
	Ended map[string]time.Time
	// Lifetimes says the same for those that Ended does not name.
	Lifetimes     *Lifetimes
	Bytes         int // of file content kept in memory, per repository; 0: objects.DefaultBytes
	Prerequisites Prerequisites
	// Adapt tries the ladder of bot/kernel/backport where a patch does not apply. It reads
	// much, and a person has to look at what it makes: who plans for one change asks for it.
	Adapt bool
	// Missing is told of a remote other than mainline that cannot be read; the set
	// is opened without it then. nil: that is an error.
	Missing func(Remote, error)
	// Catalogue is the hardware that is looked for in the branches; nil: the
	// built-in one.
	Catalogue *silicon.Catalogue
	Git       git.Options
}

// Set is the remotes, opened. It is safe for concurrent use.
type Set struct {
	cfg      Config
	repos    map[string]*repo
	main     *mainline
	branches []*branch // newest first
	vendors  []*branch
	queues   []*patchQueue
	learnt   *mainlinepkg.Mainline // what the weights of the score were learnt with
	prev     *Set                  // while Next reads: what was read before
	refs     map[string]string     // where all refs were when it was read
	chips    *chips.Index
	words    *backport.Words // names that files have
	touched  *backport.Touched

	releasing sync.Mutex
	byRelease map[string]*branch // releases as branches, see asReleased
}

// repo is one repository.
type repo struct {
	*git.Repo
	objects *objects.Store
	merger  *merge.Merger

	mu    sync.Mutex
	snaps map[string]*objects.Snapshot
	names map[string]map[string][]string // tree → last part of a path → paths

	scanning sync.Mutex
	defined  map[string]definers // by the folder's tree, see defining
	inBlob   map[string][]uint32 // functions by file
}

// fileNames are the files of a tree by their names without folders.
func (r *repo) fileNames(ctx context.Context, tree string) (map[string][]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n, ok := r.names[tree]; ok {
		return n, nil
	}
	out, err := r.Output(ctx, "listing files", "ls-tree", "-r", "--name-only", "-z", tree)
	if err != nil {
		return nil, err
	}
	n := map[string][]string{}
	for path := range strings.SplitSeq(string(out), "\x00") {
		name := path[strings.LastIndexByte(path, '/')+1:]
		n[name] = append(n[name], path)
	}
	if r.names == nil || len(r.names) >= maxNames {
		r.names = map[string]map[string][]string{}
	}
	r.names[tree] = n
	return n, nil
}

// maxNames bounds the lists of names kept: a kernel's takes some 10 MB, and
// only the tips of branches are asked for.
const maxNames = 8

// at is the tree of a commit, kept.
func (r *repo) at(ctx context.Context, id string) (*objects.Snapshot, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.snaps[id]; ok {
		return s, nil
	}
	s, err := r.objects.At(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(r.snaps) >= maxSnaps {
		clear(r.snaps)
	}
	r.snaps[id] = s
	return s, nil
}

// maxSnaps bounds the trees of commits kept: tips and releases are few.
const maxSnaps = 64

// Open opens the remotes and reads their histories: the first time that takes a
// pass over them.
func Open(ctx context.Context, cfg Config) (_ *Set, err error) {
	s := &Set{cfg: cfg, repos: map[string]*repo{}, refs: map[string]string{}, words: backport.NewWords(), touched: &backport.Touched{}}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	if s.cfg.Catalogue == nil {
		s.cfg.Catalogue = silicon.Default()
	}
	s.chips = chips.New(s.cfg.Catalogue)
	return s, s.open(ctx)
}

// open reads where the remotes stand.
func (s *Set) open(ctx context.Context) error {
	for _, m := range s.cfg.Remotes {
		if m.Role == Mainline {
			if s.main != nil {
				return errors.New("two remotes have the role mainline; give one")
			}
			if err := s.openMainline(ctx, m); err != nil {
				return err
			}
		}
	}
	if s.main == nil {
		return errors.New("no remote has the role mainline: culprits and backports cannot be told without it")
	}
	var queues []*branch
	for _, m := range s.cfg.Remotes {
		var bs []*branch
		if m.Role != Mainline {
			var q *patchQueue
			var err error
			if m.Role == Queue {
				q, err = s.openQueue(ctx, m)
			}
			if q != nil {
				s.queues = append(s.queues, q)
				continue
			}
			if err == nil {
				bs, err = s.openBranches(ctx, m)
			}
			if err != nil {
				if s.cfg.Missing == nil || ctx.Err() != nil {
					return err
				}
				s.cfg.Missing(m, err)
				continue
			}
		}
		switch m.Role {
		case Mainline:
		case Stable, Distro:
			s.branches = append(s.branches, bs...)
		case Queue:
			queues = append(queues, bs...)
		case Vendor:
			s.vendors = append(s.vendors, bs...)
		default:
			return fmt.Errorf("the role %q of %s is not known", m.Role, m.Path)
		}
	}
	s.order()
	for _, q := range queues {
		for _, b := range s.branches {
			if b.name == q.name {
				b.queues = append(b.queues, q)
			}
		}
	}
	return s.markReleases(ctx)
}

func (s *Set) repo(ctx context.Context, path string) (*repo, error) {
	if r, ok := s.repos[path]; ok {
		return r, nil
	}
	g, err := git.Open(ctx, path, s.cfg.Git)
	if err != nil {
		return nil, err
	}
	// Before anything is resolved: what moves meanwhile is read once more by Next.
	if err := addRefs(ctx, s.refs, path, g); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	r := &repo{Repo: g, objects: objects.New(g, s.cfg.Bytes), merger: merge.New(g), snaps: map[string]*objects.Snapshot{}}
	s.repos[path] = r
	return r, nil
}

// Close ends what the set has running.
func (s *Set) Close() error {
	var errs []error
	for _, r := range s.repos {
		errs = append(errs, r.merger.Close(), r.Close())
	}
	return errors.Join(errs...)
}

// Branches are the names of the stable and distribution branches, newest first.
func (s *Set) Branches() []string {
	out := make([]string, len(s.branches))
	for i, b := range s.branches {
		out[i] = b.name
	}
	return out
}

// mainline is the development branch.
type mainline struct {
	*repo
	*history.History
	tip       string
	rewritten bool
	releases  []mark   // oldest first
	in        []uint16 // by position - 1: number of the release, from 1; 0 not released

	lastMu sync.Mutex
	last   map[int64]history.Position // what lastOn answered, by second
}

func (s *Set) openMainline(ctx context.Context, m Remote) error {
	r, err := s.repo(ctx, m.Path)
	if err != nil {
		return err
	}
	tip, err := r.Resolve(ctx, m.Ref)
	if err != nil {
		return err
	}
	var old *history.History
	var learnt *mainlinepkg.Mainline
	if was := s.before(); was != nil && was.repo == r {
		old, learnt = was.History, s.prev.learnt
	}
	bar := progress.Begin(ctx, "reading the history of "+m.Ref, 0)
	defer bar.End()
	h, err := history.Grow(ctx, r.Repo, s.cfg.State, old, tip)
	if err != nil {
		return err
	}
	if s.learnt, err = mainlinepkg.Open(ctx, r.Repo, mainlinepkg.Options{Ref: m.Ref, Marks: s.cfg.TitleMarks, Cache: s.cfg.State, History: h,
		Before: learnt}); err != nil {
		return err
	}
	s.main = &mainline{repo: r, History: h, tip: tip, rewritten: s.cfg.TitleMarks != ""}
	return nil
}

// when is the time of a mainline commit, in unix seconds.
func (m *mainline) when(p history.Position) int64 {
	if !m.rewritten {
		return int64(m.Commit[p-1])
	}
	t := m.AuthorDate(p)
	if n := m.in[p-1]; n > 0 {
		if d := m.releases[n-1].date; !d.IsZero() {
			t = min(t, d.Unix())
		}
	}
	return t
}

// seen reports whether a commit was there on a day; the zero day is today.
func (m *mainline) seen(p history.Position, asOf time.Time) bool {
	return asOf.IsZero() || m.when(p) <= asOf.Unix()
}
