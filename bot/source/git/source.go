// Package git is the source that judges new commits on the branches of a
// remote.
//
// Keys and invariants:
//
//   - Each branch has a cursor of its own, under "git:NAME/BRANCH": the last
//     commit that was delivered. Commits come parents first, so whatever a
//     cursor's history holds was delivered; after a crash in a history with
//     merges some come again, and are judged to the same result.
//   - Merges are not delivered: git shows no diff of them, and what they bring
//     in is delivered by itself. Nor is what only closes a release.
//   - A branch that was rewritten is told and goes on where the two histories
//     part; one that is gone is told and keeps its cursor.
package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/source/remote"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
)

// Config is one remote.
type Config struct {
	Name     string
	URL      string
	Branches []string // names, or patterns such as "linux-6.*.y"; the remote's default branch when empty
	Paths    []string // only commits that touch these
	// Since is where the first run begins: a day ("2026-01-31") or a revision of
	// the remote. Empty: at the tip, with the next commit.
	Since string
	State string        // the folder that the copy is kept in
	Every time.Duration // between two fetches; 10 minutes when 0
	// Follow has the copy kept up to date and delivers nothing: the commits of a
	// stable branch were judged where they came from.
	Follow bool
	Tags   bool   // fetch the tags of releases, v6.12 and the like
	Borrow string // a copy beside this one whose objects are not fetched again, once it is there
	// Fetched is called when a fetch has brought something, before its commits
	// are delivered; nil: nobody is.
	Fetched func(ctx context.Context)
	// Layout says how the paths of a revision stand to the kernel's, and in a sentence
	// where they differ; nil: they are the kernel's.
	Layout func(ctx context.Context, r *git.Repo, rev string) (change.Layout, string, error)
	Git    git.MirrorOptions
}

const defaultEvery = 10 * time.Minute

// maxBranches is how many branches patterns may choose from one remote: fetching a branch
// and finding out what it lacks takes a while for each. The kernel's stable tree has 60.
const maxBranches = 200

const heads = "refs/heads/"

// Source follows the branches of one remote.
type Source struct {
	cfg   Config
	name  string
	log   *zap.Logger
	since time.Time // of cfg.Since when it is a day

	mirror *git.Mirror
	gone   map[string]bool // branches that were told to be gone
	left   int             // branches that patterns choose beyond the bound, as told
	said   string          // of the layout, last
}

var _ flow.Source = (*Source)(nil)

// New checks the configuration; it does not connect.
func New(cfg Config, log *zap.Logger) (*Source, error) {
	bad := remote.Check(cfg.Name, cfg.URL, "repository", cfg.State)
	for _, b := range cfg.Branches {
		if _, err := path.Match(b, ""); err != nil || b == "" || strings.ContainsAny(b, " :~^\\") {
			bad = append(bad, fmt.Errorf("branches: %q is neither a branch nor a pattern", b))
		}
	}
	if len(bad) > 0 {
		return nil, fmt.Errorf("git remote %q: %w", cfg.Name, errors.Join(bad...))
	}
	if cfg.Every <= 0 {
		cfg.Every = defaultEvery
	}
	s := &Source{cfg: cfg, name: "git:" + cfg.Name, gone: map[string]bool{}}
	s.log = log.With(zap.String(flow.KeySource, s.name))
	if t, err := time.Parse(time.DateOnly, cfg.Since); err == nil {
		s.since = t
	}
	return s, nil
}

// Dir is where the copy is kept.
func (s *Source) Dir() string { return filepath.Join(s.cfg.State, "git", s.cfg.Name+".git") }

// Name is "git:NAME"; the cursors are kept under "git:NAME/BRANCH".
func (s *Source) Name() string { return s.name }

// Wait waits for the interval to pass: git remotes announce nothing.
func (s *Source) Wait(ctx context.Context) error { return remote.Wait(ctx, s.cfg.Every) }

// Close ends the git processes.
func (s *Source) Close() error {
	if s.mirror == nil {
		return nil
	}
	err := s.mirror.Close()
	s.mirror = nil
	return err
}

// Check looks at the remote and its branches without fetching.
func (s *Source) Check(ctx context.Context) error {
	tips, left, err := s.tips(ctx)
	switch {
	case err == nil && len(tips) == 0:
		err = fmt.Errorf("%s has none of the branches %s", git.Redact(s.cfg.URL), strings.Join(s.cfg.Branches, ", "))
	case err == nil:
		err = s.tooMany(tips, left)
	}
	if err != nil {
		return fmt.Errorf("checking %s: %w", s.name, err)
	}
	return nil
}

// Poll fetches and delivers the commits behind each branch's cursor.
func (s *Source) Poll(ctx context.Context, in flow.Intake) error {
	return remote.Polled(ctx, s.name, s.poll(ctx, in))
}

func (s *Source) poll(ctx context.Context, in flow.Intake) error {
	tips, left, err := s.tips(ctx)
	if err == nil {
		err = s.deliver(ctx, in, tips)
	}
	if many := s.tooMany(tips, left); err == nil && many != nil && left != s.left {
		s.log.Warn("not all branches are followed", zap.Error(many)) // which is no failure: what is followed was delivered
	}
	s.left = left
	return err
}

// deliver fetches and delivers what is new on the branches.
func (s *Source) deliver(ctx context.Context, in flow.Intake, tips map[string]string) (err error) {
	branches := make([]string, 0, len(tips))
	for b := range tips {
		branches = append(branches, b)
	}
	sort.Strings(branches)
	s.tellGone(tips)
	cursors, fresh := map[string]string{}, len(branches) > 0 && s.mirror == nil
	for _, b := range branches {
		if cursors[b], err = in.Cursor(ctx, s.key(b)); err != nil {
			return err
		}
		fresh = fresh || cursors[b] != tips[b]
	}
	if !fresh {
		return nil // nothing moved: nothing is fetched
	}
	if tips, err = s.fetch(ctx, branches); err != nil {
		return err
	}
	if s.cfg.Fetched != nil {
		s.cfg.Fetched(ctx)
	}
	for _, b := range branches {
		if tip := tips[heads+b]; tip != "" && tip != cursors[b] {
			if err := s.branch(ctx, in, b, cursors[b], tip); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Source) key(branch string) string { return s.name + "/" + branch }

// tips asks the remote where the configured branches are, and how many of them are left
// out because there are too many: the oldest, by the numbers in their names.
func (s *Source) tips(ctx context.Context) (tips map[string]string, left int, err error) {
	r, err := git.LookAt(ctx, s.cfg.URL, s.cfg.Git.Options)
	if err != nil {
		return nil, 0, err
	}
	tips = map[string]string{}
	var chosen []string // by a pattern
	for ref, id := range r.Refs {
		b, ok := strings.CutPrefix(ref, heads)
		if !ok {
			continue
		}
		named := len(s.cfg.Branches) == 0 && ref == r.Default || slices.Contains(s.cfg.Branches, b)
		if named {
			tips[b] = id
		} else if slices.ContainsFunc(s.cfg.Branches, func(p string) bool { match, _ := path.Match(p, b); return match }) {
			chosen = append(chosen, b)
		}
	}
	slices.SortFunc(chosen, func(a, b string) int {
		return cmp.Or(release.NewestFirst(release.OfBranch(a), release.OfBranch(b)), cmp.Compare(b, a))
	})
	if left = len(chosen) - maxBranches; left > 0 {
		chosen = chosen[:maxBranches]
	}
	for _, b := range chosen {
		tips[b] = r.Refs[heads+b]
	}
	return tips, max(left, 0), nil
}

// tooMany says that branches are left out.
func (s *Source) tooMany(tips map[string]string, left int) error {
	if left == 0 {
		return nil
	}
	return fmt.Errorf("%s has %d branches that match %s; the newest %d are followed: write fewer or narrower patterns", git.Redact(s.cfg.URL),
		len(tips)+left, strings.Join(s.cfg.Branches, ", "), len(tips))
}

// tellGone says once of each named branch that the remote does not have it.
func (s *Source) tellGone(tips map[string]string) {
	for _, b := range s.cfg.Branches {
		if strings.ContainsAny(b, "*?[") {
			continue
		}
		_, here := tips[b]
		if !here && !s.gone[b] {
			s.log.Warn("the remote has no such branch", zap.String("branch", b), zap.String("url", git.Redact(s.cfg.URL)))
		}
		s.gone[b] = !here
	}
}

// Update brings the copy up to date and delivers nothing: what is new comes
// with the next Poll. It may be called at any time.
func (s *Source) Update(ctx context.Context) error {
	tips, _, err := s.tips(ctx)
	if err != nil {
		return fmt.Errorf("fetching %s: %w", s.name, err)
	}
	var branches []string
	for b := range tips {
		branches = append(branches, b)
	}
	if len(branches) == 0 {
		return nil
	}
	sort.Strings(branches)
	m, err := s.bring(ctx, branches)
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		return fmt.Errorf("fetching %s: %w", s.name, err)
	}
	return nil
}

func (s *Source) fetch(ctx context.Context, branches []string) (map[string]string, error) {
	if s.mirror != nil {
		if err := s.mirror.Close(); err != nil {
			return nil, err
		}
		s.mirror = nil
	}
	m, err := s.bring(ctx, branches)
	if err != nil {
		return nil, err
	}
	s.mirror = m
	return m.Refs(ctx, heads)
}

func (s *Source) open(ctx context.Context, branches []string) (*git.Mirror, error) {
	o := s.cfg.Git
	o.Refspecs = nil
	for _, b := range branches {
		o.Refspecs = append(o.Refspecs, "+"+heads+b+":"+heads+b)
	}
	if s.cfg.Tags {
		o.Refspecs = append(o.Refspecs, "+refs/tags/v*:refs/tags/v*")
	}
	if _, err := os.Stat(filepath.Join(s.cfg.Borrow, "HEAD")); s.cfg.Borrow != "" && err == nil {
		o.Borrow = s.cfg.Borrow
	}
	return git.OpenMirror(ctx, s.Dir(), s.cfg.URL, o)
}

// bring makes the copy when there is none, brings it up to date and opens it.
func (s *Source) bring(ctx context.Context, branches []string) (*git.Mirror, error) {
	m, err := s.open(ctx, branches)
	if err != nil {
		return nil, err
	}
	moves, err := m.Fetch(ctx)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	for _, mv := range moves {
		if mv.Rewritten {
			s.log.Warn("a branch was rewritten", zap.String("branch", strings.TrimPrefix(mv.Ref, heads)), zap.String("old", mv.Old),
				zap.String("new", mv.New))
		}
	}
	return m, nil
}

// branch delivers what is new on one branch.
func (s *Source) branch(ctx context.Context, in flow.Intake, branch, from, tip string) error {
	if s.cfg.Follow {
		return in.Advance(ctx, s.key(branch), tip)
	}
	q := git.Query{Revs: []string{tip}, Paths: s.cfg.Paths, OldestFirst: true, NoMerges: true}
	switch {
	case from != "":
		base, err := s.base(ctx, from, tip)
		if err != nil {
			return err
		}
		if base != from {
			s.log.Warn("the branch does not go on from what was read; resuming where the two histories part",
				zap.String("branch", branch), zap.String("read", from), zap.String("from", base))
		}
		if base == "" {
			return in.Advance(ctx, s.key(branch), tip) // another history altogether: from its tip on
		}
		q.Revs = append(q.Revs, "^"+base)
	case !s.since.IsZero():
		q.Since = s.since
	case s.cfg.Since != "":
		start, err := s.mirror.Resolve(ctx, s.cfg.Since)
		if err != nil {
			return err
		}
		q.Revs = append(q.Revs, "^"+start)
	default:
		s.log.Info("commits that come from now on are judged; for those that are there already, set since for this source, or run stablebot "+
			"backfill",
			zap.String("branch", branch), zap.String("tip", tip))
		return in.Advance(ctx, s.key(branch), tip)
	}
	place, err := s.layout(ctx, tip)
	if err != nil {
		return err
	}
	last := from
	for c, err := range s.mirror.Commits(ctx, q) {
		if err != nil {
			return err
		}
		ch, partly := c.Change()
		ch.Place(place)
		if partly != nil {
			s.log.Warn("a commit was read in part", zap.String(flow.KeyCommit, c.ID), zap.String(flow.KeyWhy, partly.Error()))
		}
		if ch.ClosesRelease() {
			continue
		}
		item := flow.Item{Source: s.key(branch), Cursor: c.ID, Received: c.Committer.Date, Commit: ch, Branch: branch, Err: partly}
		if err := in.Accept(ctx, item); err != nil {
			return err
		}
		last = c.ID
	}
	if last == tip {
		return nil
	}
	return in.Advance(ctx, s.key(branch), tip) // a merge, or commits that touch other paths
}

// layout is how the remote is laid out at its tip, told in the log when it is not as
// the kernel or has changed.
func (s *Source) layout(ctx context.Context, tip string) (change.Layout, error) {
	if s.cfg.Layout == nil {
		return change.Layout{}, nil
	}
	l, say, err := s.cfg.Layout(ctx, s.mirror.Repo, tip)
	if err == nil && say != s.said {
		s.log.Info("layout: " + say)
		s.said = say
	}
	return l, err
}

// base is where the histories of the cursor and the tip part: the cursor
// itself when the branch only grew, "" when they share nothing.
func (s *Source) base(ctx context.Context, from, tip string) (string, error) {
	if _, err := s.mirror.Stat(ctx, from+"^{commit}"); errors.Is(err, git.ErrMissing) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	return s.mirror.MergeBase(ctx, from, tip)
}
