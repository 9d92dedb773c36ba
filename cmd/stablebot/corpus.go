package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/source/archive"
	"github.com/stablebot/stablebot/bot/truth"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
)

// corpusOptions name changes whose fate is known, for evaluate and calibrate.
type corpusOptions struct {
	git, archive string
	truth        []string
	stable       []string
	mainline     string
	releases     []string
	since        day
	jobs         int
	quiet        bool
	trees        historyOptions
}

func (o *corpusOptions) add(f *pflag.FlagSet) {
	f.StringVar(&o.git, "git", "", "changes are commits of this `repository`; the arguments are revisions, and paths after --")
	f.StringArrayVar(&o.truth, "truth", nil, "a `table` of what stable took; see above for its form")
	f.StringArrayVar(&o.stable, "stable", nil, "a stable `branch` of the repository to take labels from; repeat it")
	f.StringVar(&o.mainline, "mainline", "HEAD", "the mainline `branch` of the repository")
	f.StringSliceVar(&o.releases, "releases", nil, "only changes that these mainline `releases` first carried: 6.4,6.5,6.6")
	f.IntVarP(&o.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "judge so many at a time")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
	o.trees.add(f)
}

func (o *corpusOptions) check() error {
	switch {
	case o.git != "" && o.archive != "":
		return usagef("--git and --archive are two inputs; give one")
	case len(o.truth) == 0 && len(o.stable) == 0:
		return usagef("nothing says what stable took: give --truth TABLE, or --git REPO with --stable BRANCH")
	case len(o.truth) > 0 && len(o.stable) > 0:
		return usagef("--truth and --stable are two sources of labels; give one")
	case len(o.stable) > 0 && o.git == "":
		return usagef("--stable names a branch of the repository given by --git")
	case len(o.releases) > 0 && o.git == "":
		return usagef("--releases picks commits, and needs --git")
	}
	return nil
}

// subject is one change to judge, with its fate and what is known on its day.
type subject struct {
	change *change.Change
	label  truth.Label
	tree   *rules.Tree
	group  string // the release that first carried it, else the quarter it was written in
	asOf   time.Time
}

// driver is the driver that the change is about, else the folder of its first
// file.
func (s *subject) driver(m []silicon.Match) string {
	if len(m) > 0 && m[0].Driver != "" {
		return m[0].Driver
	}
	if len(s.change.Files) == 0 {
		return "no file"
	}
	f := s.change.Files[0]
	return path.Dir(cmp.Or(f.NewName, f.OldName))
}

// corpus is an opened input.
type corpus struct {
	o      *corpusOptions
	labels truth.Source
	data   []string // what is judged and by which labels, for a reader
	total  int      // 0: not known
	repo   *git.Repo
	ids    []string // of the commits, when a table names them
	query  git.Query
	mails  *mailCorpus
	trees  treeFacts
	stderr io.Writer

	// Left out, and why; filled while reading.
	mu       sync.Mutex
	unknown  int // no label
	repeated int // the same change once more
	partly   int // read in part
	failed   []error
}

func (c *corpus) close() {
	if c.repo != nil {
		_ = c.repo.Close()
	}
	if c.mails != nil {
		c.mails.close()
	}
}

// say tells of a step that takes a while.
func (c *corpus) say(format string, a ...any) {
	if !c.o.quiet {
		fmt.Fprintf(c.stderr, format+"\n", a...)
	}
}

func (o *corpusOptions) open(cmd *cobra.Command, args []string) (_ *corpus, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	ctx := cmd.Context()
	c := &corpus{o: o, stderr: cmd.ErrOrStderr()}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if o.git == "" {
		if err := c.openTables(); err != nil {
			return nil, err
		}
		c.mails, err = o.openMails(ctx, args)
		if err != nil {
			return nil, err
		}
		c.data = append([]string{"patches of " + c.mails.name + ", the last version of each title since " + o.since.String()}, c.data...)
		return c, nil
	}
	if c.repo, err = git.Open(ctx, o.git, git.Options{}); err != nil {
		return nil, err
	}
	dash := cmd.ArgsLenAtDash()
	c.query = git.Query{Revs: args, NoMerges: true, OldestFirst: true}
	if dash >= 0 {
		c.query.Revs, c.query.Paths = args[:dash], args[dash:]
	}
	if err := c.openLabels(ctx); err != nil {
		return nil, err
	}
	if c.trees, err = o.trees.open(ctx, c, o.mainline); err != nil {
		return nil, err
	}
	if c.trees != nil {
		c.data = append(c.data, "each commit judged with what was known on its day of "+window(c.trees.Releases()))
	} else {
		c.data = append(c.data, "each commit judged alone, without trees")
	}
	return c, nil
}

func (c *corpus) openTables() error {
	if len(c.o.truth) == 0 {
		return nil
	}
	var tables truth.Tables
	for _, file := range c.o.truth {
		t, err := truth.OpenTable(file)
		if err != nil {
			return err
		}
		tables = append(tables, t)
	}
	c.labels = tables
	c.data = append(c.data, "labels: "+strings.Join(c.o.truth, ", "))
	return nil
}

// openLabels reads tables or branches and settles which commits are judged.
func (c *corpus) openLabels(ctx context.Context) error {
	if err := c.openTables(); err != nil {
		return err
	}
	if tables, ok := c.labels.(truth.Tables); ok {
		return c.pickRows(ctx, tables)
	}
	for _, name := range c.o.stable {
		c.say("reading the stable branch %s", name)
	}
	p := newProgress(c.stderr, c.o.quiet, 0)
	b, err := truth.ReadBranches(ctx, c.repo, c.o.mainline, c.o.stable, c.query.Paths, func(_ string, n int) { p.done(n) })
	p.clear()
	if err != nil {
		return err
	}
	c.labels = b
	if len(c.query.Revs) == 0 {
		c.query.Revs = []string{c.o.mainline, "^" + b.Base}
	}
	c.data = append(c.data, fmt.Sprintf("commits %s of %s%s", strings.Join(c.query.Revs, " "), c.o.git, below(c.query.Paths)),
		fmt.Sprintf("labels: the %d commits of %s", b.Commits, strings.Join(c.o.stable, ", ")))
	return c.list(ctx, nil)
}

// pickRows: without a range the rows of a table of commits are the input.
func (c *corpus) pickRows(ctx context.Context, tables truth.Tables) error {
	var ids []string
	for _, t := range tables {
		for _, id := range t.IDs {
			if len(c.o.releases) == 0 || slices.Contains(c.o.releases, t.Of(id).Release) {
				ids = append(ids, id)
			}
		}
	}
	what := "commits of " + c.o.git
	switch {
	case len(ids) > 0 && len(c.query.Revs) == 0 && len(c.query.Paths) == 0:
		c.ids, c.total = ids, len(ids)
		what += " that the table names"
	case len(c.query.Revs) == 0 && len(c.query.Paths) == 0:
		if len(c.o.releases) > 0 && len(tables) > 0 && len(tables[0].IDs) > 0 {
			return usagef("no row of %s has a release of %s", strings.Join(c.o.truth, ", "), strings.Join(c.o.releases, ", "))
		}
		return usagef("the table names no commits: say which are judged, a range such as v6.3..v6.6, and paths after --")
	default:
		if len(c.query.Revs) == 0 {
			c.query.Revs = []string{c.o.mainline}
		}
		var keep map[string]bool
		if len(ids) > 0 {
			keep = make(map[string]bool, len(ids))
			for _, id := range ids {
				keep[id] = true
			}
		}
		what = fmt.Sprintf("commits %s of %s%s", strings.Join(c.query.Revs, " "), c.o.git, below(c.query.Paths))
		if err := c.list(ctx, keep); err != nil {
			return err
		}
	}
	if len(c.o.releases) > 0 {
		what += ", releases " + strings.Join(c.o.releases, ", ")
	}
	c.data = append([]string{what}, c.data...)
	return nil
}

func below(paths []string) string {
	if len(paths) == 0 {
		return ""
	}
	return " below " + strings.Join(paths, " ")
}

// list names the commits of the query, of those in keep when it is set.
func (c *corpus) list(ctx context.Context, keep map[string]bool) error {
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
		return usagef("no commit is left to judge: %s%s, and the labels, have none in common", strings.Join(c.query.Revs, " "), below(c.query.Paths))
	}
	return nil
}

// each hands every labelled change to work, several at a time, and the results
// to emit in input order; what has no label is counted and left out.
func each[R any](ctx context.Context, c *corpus, work func(*subject) R, emit func(R) error) error {
	p := newProgress(c.stderr, c.o.quiet, c.total)
	defer p.clear()
	n := 0
	type result struct {
		r  R
		ok bool
	}
	out := func(r result) error {
		n++
		p.done(n)
		if !r.ok {
			return nil
		}
		return emit(r.r)
	}
	if c.mails != nil {
		return c.mails.in.walk(ctx, func(u unit) outcome {
			s := c.mails.subject(u)
			if s == nil {
				return outcome{}
			}
			if s.label = c.labels.Label(s.change); !s.label.Known {
				c.count(&c.unknown)
				return outcome{}
			}
			return outcome{value: result{work(s), true}}
		}, func(o outcome) error {
			r, _ := o.value.(result)
			return out(r)
		})
	}
	seen := &repeats{}
	return archive.Ordered(ctx, c.o.jobs, 32*c.o.jobs, func(ctx context.Context, put func(*git.Commit) error) error {
		for commit, err := range c.repo.Named(ctx, c.ids) {
			if err != nil {
				return err
			}
			if err := put(commit); err != nil {
				return err
			}
		}
		return nil
	}, func(commit *git.Commit) result {
		s := c.read(ctx, commit, seen)
		if s == nil {
			return result{}
		}
		return result{work(s), true}
	}, out)
}

func (c *corpus) count(n *int) {
	c.mu.Lock()
	*n++
	c.mu.Unlock()
}

// read makes a subject of a commit; nil when it is left out.
func (c *corpus) read(ctx context.Context, commit *git.Commit, seen *repeats) *subject {
	ch, err := commit.Change()
	if err != nil {
		c.count(&c.partly)
	}
	s := &subject{change: ch, label: c.labels.Label(ch), asOf: ch.Date}
	if !s.label.Known {
		c.count(&c.unknown)
		return nil
	}
	// A table counts its rows itself; a history may have a change twice, in the
	// next tree and in the fixes tree.
	if _, branches := c.labels.(*truth.Branches); branches && seen.again(ch) {
		c.count(&c.repeated)
		return nil
	}
	if c.trees != nil {
		if s.tree, err = c.trees.Facts(ctx, ch, s.asOf); err != nil {
			c.mu.Lock()
			c.failed = append(c.failed, fmt.Errorf("%.12s: %w", ch.ID, err))
			c.mu.Unlock()
		}
	}
	s.group = s.label.Release
	if s.group == "" && s.tree != nil {
		s.group = s.tree.Mainline.Release
	}
	if len(c.o.releases) > 0 && !slices.Contains(c.o.releases, s.group) {
		return nil
	}
	if s.group == "" {
		s.group = fmt.Sprintf("%d-q%d", ch.Date.Year(), (ch.Date.Month()+2)/3)
	}
	return s
}

// repeats knows the changes that were seen.
type repeats struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (r *repeats) again(c *change.Change) bool {
	key := truth.Fold(c.Subject) + "\x00" + c.Author.Name + "\x00" + truth.PatchID(c)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	had := r.seen[key]
	r.seen[key] = true
	return had
}

// summary says what was left out; the first failures are told one by one.
func (c *corpus) summary() error {
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{{c.unknown, "without a label were left out"}, {c.repeated, "stood there twice and count once"}, {c.partly, "could be read in part only (absent objects)"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	if len(parts) > 0 {
		c.say("%s", strings.Join(parts, "; "))
	}
	if len(c.failed) == 0 {
		return nil
	}
	for _, err := range c.failed[:min(len(c.failed), 3)] {
		fmt.Fprintf(c.stderr, "stablebot: %v\n", err)
	}
	return fmt.Errorf("of %d changes the trees could not be asked", len(c.failed))
}
