// Package corpus reads changes whose fate is known: commits of a repository, or
// patches of list archives, each with what was known on its day and with its
// label. What is to be learnt or measured of them is its caller's business.
//
// A patch of a list counts once, as the last version of its title; a patch that
// was posted under another title later is that later one. Whether it was merged is
// read from the archives, in one pass that keeps some hundred bytes a patch.
package corpus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/mainline"
	"github.com/stablebot/stablebot/bot/source/archive"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/silicon"
)

// Options name changes whose fate is known.
type Options struct {
	// Commits: of this repository, the revisions and paths, or what the table names.
	Git         string
	Revs, Paths []string
	Mainline    string   // the mainline branch of the repository
	Stable      []string // its stable branches, to take labels from
	Releases    []string // only what these mainline releases first carried
	NoTrees     bool     // each commit alone, without the history and its releases
	Marks       string   // the title of the commits that close releases, with %s
	Cache       string   // folder for the index of the history

	// Or patches: of these archives, or what Files hands out, since a day.
	Lists []List
	Files func(put func(raw []byte, origin string, err error) error) error
	Since time.Time

	Only  func(*change.Change) bool // what is read of the input, if set
	Truth []string                  // tables of what stable took
	Jobs  int

	Say func(format string, a ...any) // tells of a step that takes a while
	// Progress is told how far the work is; total is 0 where that is not known.
	Progress func(total int) (done func(n int), clear func())
}

// List is a public-inbox v2 archive.
type List struct {
	Name, Path string
	// Use: an archive is read for its patches, or for what it tells of those of
	// others, or to leave out what was posted there too.
	Use Use
}

// Use is what an archive is for.
type Use int8

// The uses.
const (
	Judge Use = iota
	Evidence
	LeaveOut
)

// Subject is one change to judge, with its fate and what was known on its day.
type Subject struct {
	Change *change.Change
	Series *rules.Series // of a patch on a list; nil for a commit
	Tree   *rules.Tree   // nil without a history
	AsOf   time.Time
	Group  string // the release that first carried it; of a patch, its list
	Label  truth.Label
}

// Driver is the driver that the change is about, else the folder of its first
// file.
func (s *Subject) Driver(m []silicon.Match) string {
	if len(m) > 0 && m[0].Driver != "" {
		return m[0].Driver
	}
	if len(s.Change.Files) == 0 {
		return "no file"
	}
	f := s.Change.Files[0]
	return path.Dir(cmp.Or(f.NewName, f.OldName))
}

// Corpus is an opened input. Close it after use.
type Corpus struct {
	Data []string // what is judged and by which labels, for a reader
	// Counts are what was met, and what was left out, and why; complete when Each
	// has returned.
	Counts Counts

	o        *Options
	labels   truth.Source
	coverage *truth.Coverage // nil where labels come from branches
	total    int             // 0: not known
	repo     *git.Repo
	history  *mainline.Mainline
	ids      []string // of the commits, when a table names them
	query    git.Query
	mails    *mails

	mu     sync.Mutex
	failed []error
}

// Counts of what was met.
type Counts struct {
	Unknown  int // no label
	Repeated int // the same change once more
	Partly   int // read in part
	Masked   map[truth.Mask]int
}

// Close ends what was opened.
func (c *Corpus) Close() {
	if c.repo != nil {
		_ = c.repo.Close()
	}
	if c.mails != nil {
		c.mails.close()
	}
}

// Open opens what the options name.
func Open(ctx context.Context, o Options) (_ *Corpus, err error) {
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	if o.Progress == nil {
		o.Progress = func(int) (func(int), func()) { return func(int) {}, func() {} }
	}
	c := &Corpus{o: &o, Counts: Counts{Masked: map[truth.Mask]int{}}}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	if o.Git == "" {
		if err := c.openTables(); err != nil {
			return nil, err
		}
		if c.mails, err = c.openMails(ctx); err != nil {
			return nil, err
		}
		c.Data = append([]string{"patches of " + c.mails.name + ", the last version of each title since " + o.Since.Format(time.DateOnly)},
			c.Data...)
		return c, nil
	}
	if c.repo, err = git.Open(ctx, o.Git, git.Options{}); err != nil {
		return nil, err
	}
	c.query = git.Query{Revs: o.Revs, Paths: o.Paths, NoMerges: true, OldestFirst: true}
	if err := c.openLabels(ctx); err != nil {
		return nil, err
	}
	if o.NoTrees {
		c.Data = append(c.Data, "each commit judged alone, without trees")
		return c, nil
	}
	if c.history, err = mainline.Open(ctx, c.repo, mainline.Options{Ref: o.Mainline, Marks: o.Marks, Cache: o.Cache,
		Told: func(step string) { o.Say("%s", step) }}); err != nil {
		return nil, err
	}
	have := c.history.Releases()
	if len(have) < 2 {
		return nil, usage.Errorf("%s names no releases: no tags such as v6.4, no branches such as linux-6.4.y; give "+
			"--release-marks, or --no-trees to judge each commit alone", o.Mainline)
	}
	c.Data = append(c.Data, fmt.Sprintf("each commit judged with what was known on its day of the history and its releases (%s to %s)",
		have[0], have[len(have)-1]))
	return c, nil
}

func (c *Corpus) openTables() error {
	if len(c.o.Truth) == 0 {
		return nil
	}
	var tables truth.Tables
	for _, file := range c.o.Truth {
		t, err := truth.OpenTable(file)
		if err != nil {
			return err
		}
		tables = append(tables, t)
	}
	c.labels, c.coverage = tables, tables.Coverage()
	c.Data = append(c.Data, "labels: "+strings.Join(c.o.Truth, ", "))
	return nil
}

// openLabels reads tables or branches and settles which commits are judged.
func (c *Corpus) openLabels(ctx context.Context) error {
	if err := c.openTables(); err != nil {
		return err
	}
	if tables, ok := c.labels.(truth.Tables); ok {
		return c.pickRows(ctx, tables)
	}
	for _, name := range c.o.Stable {
		c.o.Say("reading the stable branch %s", name)
	}
	done, clear := c.o.Progress(0)
	b, err := truth.ReadBranches(ctx, c.repo, c.o.Mainline, c.o.Stable, c.query.Paths, func(_ string, n int) { done(n) })
	clear()
	if err != nil {
		return err
	}
	c.labels = b
	if len(c.query.Revs) == 0 {
		c.query.Revs = []string{c.o.Mainline, "^" + b.Base}
	}
	c.Data = append(c.Data, fmt.Sprintf("commits %s of %s%s", strings.Join(c.query.Revs, " "), c.o.Git, below(c.query.Paths)),
		fmt.Sprintf("labels: the %d commits of %s", b.Commits, strings.Join(c.o.Stable, ", ")))
	return c.list(ctx, nil)
}

// pickRows: without a range the rows of a table of commits are the input.
func (c *Corpus) pickRows(ctx context.Context, tables truth.Tables) error {
	var ids []string
	for _, t := range tables {
		for _, id := range t.IDs {
			if len(c.o.Releases) == 0 || slices.Contains(c.o.Releases, t.Of(id).Release) {
				ids = append(ids, id)
			}
		}
	}
	what := "commits of " + c.o.Git
	switch {
	case len(ids) > 0 && len(c.query.Revs) == 0 && len(c.query.Paths) == 0:
		c.ids, c.total = ids, len(ids)
		what += " that the table names"
	case len(c.query.Revs) == 0 && len(c.query.Paths) == 0:
		if len(c.o.Releases) > 0 && len(tables) > 0 && len(tables[0].IDs) > 0 {
			return usage.Errorf("no row of %s has a release of %s", strings.Join(c.o.Truth, ", "), strings.Join(c.o.Releases, ", "))
		}
		return usage.Errorf("the table names no commits: say which are judged, a range such as v6.3..v6.6, and paths after --")
	default:
		if len(c.query.Revs) == 0 {
			c.query.Revs = []string{c.o.Mainline}
		}
		var keep map[string]bool
		if len(ids) > 0 {
			keep = make(map[string]bool, len(ids))
			for _, id := range ids {
				keep[id] = true
			}
		}
		what = fmt.Sprintf("commits %s of %s%s", strings.Join(c.query.Revs, " "), c.o.Git, below(c.query.Paths))
		if err := c.list(ctx, keep); err != nil {
			return err
		}
	}
	if len(c.o.Releases) > 0 {
		what += ", releases " + strings.Join(c.o.Releases, ", ")
	}
	c.Data = append([]string{what}, c.Data...)
	return nil
}

func below(paths []string) string {
	if len(paths) == 0 {
		return ""
	}
	return " below " + strings.Join(paths, " ")
}

// list names the commits of the query, of those in keep when it is set.
func (c *Corpus) list(ctx context.Context, keep map[string]bool) error {
	l, err := c.repo.RevList(ctx, c.query)
	if err != nil {
		return err
	}
	defer l.Close()
	for {
		id, err := l.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if keep == nil || keep[id] {
			c.ids = append(c.ids, id)
		}
	}
	if c.total = len(c.ids); c.total == 0 {
		return usage.Errorf("no commit is left to judge: %s%s, and the labels, have none in common", strings.Join(c.query.Revs, " "),
			below(c.query.Paths))
	}
	return nil
}

// Posted reports whether the changes are patches as posted.
func (c *Corpus) Posted() bool { return c.mails != nil }

// Each hands every labelled change to work, several at a time, and the results
// to emit in input order; what has no label is counted and left out. A change with
// a mask is handed out with it.
func Each[R any](ctx context.Context, c *Corpus, work func(*Subject) R, emit func(R) error) error {
	done, clear := c.o.Progress(c.total)
	defer clear()
	n := 0
	type result struct {
		r  R
		ok bool
	}
	out := func(r result) error {
		n++
		done(n)
		if !r.ok {
			return nil
		}
		return emit(r.r)
	}
	settled := func(s *Subject) result {
		if s == nil {
			return result{}
		}
		if s.Label.Mask != "" {
			c.mu.Lock()
			c.Counts.Masked[s.Label.Mask]++
			c.mu.Unlock()
		}
		return result{work(s), true}
	}
	if c.mails != nil {
		return walk(ctx, c.mails, func(m *posted) result { return settled(c.mails.subject(c, m)) }, out)
	}
	seen := &repeats{}
	return archive.Ordered(ctx, c.o.Jobs, 32*c.o.Jobs, func(ctx context.Context, put func(*git.Commit) error) error {
		for commit, err := range c.repo.Named(ctx, c.ids) {
			if err != nil {
				return err
			}
			if err := put(commit); err != nil {
				return err
			}
		}
		return nil
	}, func(commit *git.Commit) result { return settled(c.read(ctx, commit, seen)) }, out)
}

func (c *Corpus) count(n *int) {
	c.mu.Lock()
	*n++
	c.mu.Unlock()
}

// Fail notes that something could not be asked about a change.
func (c *Corpus) Fail(s *Subject, err error) {
	c.mu.Lock()
	c.failed = append(c.failed, fmt.Errorf("%.12s: %w", s.Change.ID, err))
	c.mu.Unlock()
}

// read makes a subject of a commit; nil when it is left out.
func (c *Corpus) read(ctx context.Context, commit *git.Commit, seen *repeats) *Subject {
	ch, err := commit.Change()
	if err != nil {
		c.count(&c.Counts.Partly)
	}
	if c.o.Only != nil && !c.o.Only(ch) {
		return nil
	}
	s := &Subject{Change: ch, Label: c.labels.Label(ch), AsOf: ch.Date}
	if !s.Label.Known {
		c.count(&c.Counts.Unknown)
		return nil
	}
	// A table counts its rows itself; a history may have a change twice, in the
	// next tree and in the fixes tree.
	if _, branches := c.labels.(*truth.Branches); branches && seen.again(ch) {
		c.count(&c.Counts.Repeated)
		return nil
	}
	if c.history != nil {
		if s.Tree, err = c.history.Facts(ctx, ch, s.AsOf); err != nil {
			c.Fail(s, err)
		}
	}
	s.Group = s.Label.Release
	if s.Group == "" && s.Tree != nil {
		s.Group = s.Tree.Mainline.Release
	}
	if len(c.o.Releases) > 0 && !slices.Contains(c.o.Releases, s.Group) {
		return nil
	}
	s.Label.Merged, s.Label.Trust = truth.InRepository, 1
	if !s.Label.Taken {
		if s.Label.Mask = c.coverage.Mask(c.bugOf(s), s.AsOf); s.Label.Mask != "" {
			s.Label.Trust = 0
		}
	}
	if s.Group == "" {
		s.Group = fmt.Sprintf("%d-q%d", ch.Date.Year(), (ch.Date.Month()+2)/3)
	}
	return s
}

// bugOf is what the history tells of where the bug of a commit is.
func (c *Corpus) bugOf(s *Subject) truth.Bug {
	b := truth.Bug{Fixed: s.Group, Asked: askedFrom(s.Change)}
	if s.Tree == nil {
		return b
	}
	for _, k := range s.Tree.Culprits {
		since := cmp.Or(k.Release, s.Group) // what no release carried before came with this one
		if !k.Resolved || since == "" {
			return truth.Bug{Fixed: b.Fixed, Asked: b.Asked} // of one that is not found, nothing is known
		}
		if b.Since == "" || release.Newer(b.Since, since) {
			b.Since = since
		}
		b.Backported = append(b.Backported, c.labels.Label(&change.Change{ID: k.SHA, Subject: k.Subject}).In...)
	}
	return b
}

// repeats knows the changes that were seen.
type repeats struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (r *repeats) again(c *change.Change) bool {
	key := change.FoldTitle(c.Subject) + "\x00" + c.Author.Name + "\x00" + change.PatchID(c.Files)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	had := r.seen[key]
	r.seen[key] = true
	return had
}

// Summary says what was left out or masked; the error says of how many changes
// something could not be asked.
func (c *Corpus) Summary() ([]string, error) {
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{{c.Counts.Unknown, "without a label were left out"}, {c.Counts.Repeated, "stood there twice and count once"},
		{c.Counts.Partly, "could be read in part only (absent objects)"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	for _, m := range truth.Masks() {
		if n := c.Counts.Masked[m]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d have a label that does not count: %s", n, m))
		}
	}
	if len(c.failed) == 0 {
		return parts, nil
	}
	first := c.failed[:min(len(c.failed), 3)]
	return parts, fmt.Errorf("of %d changes the trees could not be asked, such as:\n%w", len(c.failed), errors.Join(first...))
}
