package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/layout"
	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/bot/source/archive"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// classifyOptions are the flags.
type classifyOptions struct {
	git, archive, root  string
	json, all, why      bool
	threads, last       bool
	trust               bool
	maintainers         string
	since, asOf         day
	jobs                int
	quiet               bool
	weights, cpuProfile string
	trees               wire.Branches
}

func classifyCommand() *cobra.Command {
	var o classifyOptions
	cmd := &cobra.Command{
		Use:   "classify [FILE|MAILDIR|-]…",
		Short: "Judge patches: files, mboxes, maildirs, an archive, or commits",
		Long: `Judges every patch in its input and prints one line for each, in input order.

  stablebot classify 0001-fix.patch inbox.mbox ~/Maildir/lists
  curl -s …/t.mbox.gz | stablebot classify -
  stablebot classify --archive dri-devel/git/0.git --since 2026-01-01 --json
  stablebot classify --git . v6.9..v6.10 -- drivers/gpu/drm/amd
  stablebot classify --git . 1a2b3c4d5e6f

With --trees every change is looked for in the branches of a repository: who has
the bug, who has the fix, where does it apply.

  stablebot classify --trees linux --mainline master --stable 'linux-6.*.y' 0001-fix.patch

With --git a revision alone is that one commit, several are those commits, in
their order, and with --since a revision is its history since that day. Commits are taken to be in mainline.

Exit status: 0 everything was judged; 1 something could not be (said on
standard error and in "error"); 2 the command line is wrong.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.git, "git", "", "judge commits of this `repository`; the arguments are revisions, and paths after --")
	f.StringVar(&o.archive, "archive", "", "judge a public-inbox v2 `repository`: an epoch, or the folder that has them")
	f.StringVar(&o.root, "root", "", "the kernel's `folder` that the root of the repository, or of that of the patches, is, or FOLDER=KERNELFOLDER, \".\" for the kernel's root; with --git found by the names of its files when not given")
	f.BoolVar(&o.json, "json", false, "one JSON object a line instead of a table")
	f.BoolVar(&o.all, "all", false, "a line for each mail that is no patch too, with the reason")
	f.BoolVar(&o.why, "why", false, "in the table, the reason and the rules below each change")
	f.BoolVar(&o.threads, "threads", false, "read the input twice: replies' trailers and later versions count")
	f.BoolVar(&o.trust, "trust", false, "with --threads, believe that each mail is from whom it names; else replies are shown as claimed")
	f.StringVar(&o.maintainers, "maintainers", "", "with --threads, a MAINTAINERS `file`: who may decline patches of which files")
	f.BoolVar(&o.last, "last-version", false, "leave out versions that a later one supersedes; implies --threads")
	f.Var(&o.since, "since", "leave out what is older than this `day`, 2026-01-31")
	f.Var(&o.asOf, "as-of", "judge with what was known on this `day`; leave out what came later")
	f.IntVarP(&o.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "judge so many at a time")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress and no summary")
	f.StringVar(&o.weights, "weights", "", "a weights `file` instead of the built-in one")
	f.StringVar(&o.cpuProfile, "cpuprofile", "", "write a CPU profile to this `file`")
	_ = f.MarkHidden("cpuprofile")
	branchFlags(&o.trees, f)
	return cmd
}

// day is a flag that takes a date; the zero value is no day.
type day struct{ time.Time }

func (d *day) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}
func (d *day) Type() string { return "day" }
func (d *day) Set(s string) error {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return fmt.Errorf("%q is no day; write 2026-01-31", s)
	}
	d.Time = t
	return nil
}

func (o *classifyOptions) check(args []string) error {
	switch {
	case o.git != "" && o.archive != "":
		return usage.Errorf("--git and --archive are two inputs; give one")
	case o.archive != "" && len(args) > 0:
		return usage.Errorf("--archive takes no files; %q is too many", args[0])
	case o.git != "" && (o.threads || o.last || o.trust || o.maintainers != ""):
		return usage.Errorf("--threads, --trust, --maintainers and --last-version are for mails; commits have no thread")
	case o.jobs < 1:
		return usage.Errorf("--jobs %d: at least one", o.jobs)
	case !o.since.IsZero() && !o.asOf.IsZero() && o.asOf.Before(o.since.Time):
		return usage.Errorf("--as-of %s lies before --since %s: nothing is left", &o.asOf, &o.since)
	case o.git == "" && o.archive == "" && len(args) == 0 && isatty.IsTerminal(os.Stdin.Fd()):
		return usage.Errorf("nothing to judge; name files, or pipe a mail into `stablebot classify -`")
	}
	return o.trees.Check()
}

func (o *classifyOptions) run(cmd *cobra.Command, args []string) error {
	if err := o.check(args); err != nil {
		return err
	}
	o.threads = o.threads || o.last || o.trust || o.maintainers != ""
	judge, err := wire.LoadJudge(o.weights)
	if err != nil {
		return err
	}
	if !o.asOf.IsZero() {
		judge.AsOf = o.end()
	}
	stop, err := startProfile(o.cpuProfile)
	if err != nil {
		return err
	}
	defer stop()

	// Judging makes much garbage and keeps little: four times the memory in use,
	// some 100 MB on a list archive, saves a tenth of the processor's time.
	debug.SetGCPercent(300)
	in, err := o.input(cmd, args)
	if err != nil {
		return err
	}
	defer in.close()
	set, err := o.trees.Open(cmd.Context())
	if err != nil {
		return err
	}
	if set != nil {
		defer func() { _ = set.Close() }()
	}
	if set != nil {
		live.NewPiles(set)
	}
	if o.root != "" && o.git == "" {
		if in.place.Layout, err = change.ParseLayout(o.root); err != nil {
			return usage.Errorf("--root: %w", err)
		}
	}
	if say := in.place.Say(); say != "" && !o.quiet {
		fmt.Fprintf(cmd.ErrOrStderr(), "stablebot: layout of %s: %s\n", console.Printable(cmp.Or(o.git, "the patches")), say)
	}
	c := &classifier{o: o, judge: judge, place: in.place.Layout, trees: set, ctx: cmd.Context(), colour: console.IsTerminal(cmd.OutOrStdout())}
	if o.threads {
		if c.threads, err = o.index(cmd.Context(), in); err != nil {
			return err
		}
	}
	return c.stream(cmd.Context(), in, cmd.OutOrStdout(), cmd.ErrOrStderr())
}

// layout is how the repository is laid out at the newest revision that is judged.
func (o *classifyOptions) layout(ctx context.Context, repo *git.Repo, revs []string) (layout.Found, error) {
	rev := "HEAD"
	for _, r := range revs {
		if r != "" && r[0] != '^' && r[0] != '-' {
			if _, to, ok := strings.Cut(r, ".."); ok {
				r = strings.TrimPrefix(to, ".")
			}
			rev = strings.TrimSuffix(r, "^!")
			break
		}
	}
	if rev == "" {
		rev = "HEAD"
	}
	found, err := layout.Of(ctx, repo, rev, o.root)
	if err != nil && o.root != "" {
		return found, usage.Errorf("--root: %v", err)
	}
	if err != nil {
		return layout.Found{}, nil //nolint:nilerr // a revision that is none, or lacks objects: reading its commits says so
	}
	return found, nil
}

// unit is one thing to judge: a raw mail, a commit, or why there is none.
type unit struct {
	raw    []byte // valid until the worker returns
	origin string
	commit *git.Commit
	before []*change.Change // the patches of its series that came before it
	err    error
}

// input is where units come from. walk hands each one to work, several at a
// time, and the results to emit in input order.
type input struct {
	walk  func(ctx context.Context, work func(unit) outcome, emit func(outcome) error) error
	total int           // 0: not known
	place layout.Found  // of the repository that commits come from
	empty func() string // what to say when nothing came, and what to do
	again bool          // walk may be called more than once
	close func()
}

// outcome is what one unit came to.
type outcome struct {
	out      *bytes.Buffer // what is printed, nil for nothing
	verdict  verdict.Verdict
	unjudged string // why it could not be judged, for standard error
	left     string // why it has no line
	// Of a patch of a series, whose verdict the others may change.
	judgement *verdict.Judgement
	series    string // the key of its posting
}

// stream judges everything in and prints in input order.
func (c *classifier) stream(ctx context.Context, in *input, stdout, stderr io.Writer) error {
	out := newOutput(stdout)
	if !c.o.json {
		out = newRows(stdout)
		out.header = rowHeader()
	}
	began := time.Now()
	bar := c.o.screen(ctx).Begin("judging", in.total)
	defer bar.End()
	counts := map[verdict.Verdict]int{}
	left := map[string]int{}
	var units, judged, unjudged int
	put := func(r outcome) error {
		if r.unjudged != "" {
			unjudged++
			fmt.Fprintf(stderr, "stablebot: %s\n", console.Printable(r.unjudged))
		}
		if r.verdict != "" {
			judged++
			counts[r.verdict]++
		}
		if r.left != "" {
			left[r.left]++
		}
		if r.out == nil {
			return nil
		}
		defer c.release(r.out)
		return out.write(r.out.Bytes())
	}
	g := gathering{c: c, put: put}
	err := in.walk(ctx, c.judgeUnit, func(r outcome) error {
		units++
		bar.Add(1)
		return g.add(r)
	})
	if err == nil {
		err = g.end()
	}
	bar.End()
	if ferr := out.flush(); err == nil {
		err = ferr
	}
	if isBrokenPipe(err) { // the reader has what it wanted: `| head`
		return nil
	}
	if err != nil {
		return err
	}
	if !c.o.quiet {
		summary(stderr, time.Since(began), units, judged, unjudged, counts)
	}
	switch {
	case c.o.quiet || judged+unjudged > 0:
	case units == 0:
		fmt.Fprintf(stderr, "stablebot: nothing to judge: %s\n", console.Printable(in.empty()))
	default:
		fmt.Fprintf(stderr, "stablebot: nothing to judge: %s\n", c.o.without(left))
	}
	if unjudged > 0 {
		return usage.ErrReported
	}
	return nil
}

// input opens what the flags name.
func (o *classifyOptions) input(cmd *cobra.Command, args []string) (*input, error) {
	switch ctx := cmd.Context(); {
	case o.git != "":
		return o.gitInput(ctx, args, cmd.ArgsLenAtDash())
	case o.archive != "":
		return o.archiveInput(ctx)
	default:
		return o.mailInput(cmd.InOrStdin(), args), nil
	}
}

// mailInput reads files, folders and standard input.
func (o *classifyOptions) mailInput(stdin io.Reader, args []string) *input {
	if len(args) == 0 {
		args = []string{"-"}
	}
	return &input{
		again: !slices.Contains(args, "-"),
		empty: func() string { return strings.Join(args, ", ") + ": there is no mail in it" },
		close: func() {},
		walk: o.ordered(func(_ context.Context, put func(unit) error) error {
			if o.trees.Repo != "" {
				put = withMates(put)
			}
			for _, a := range args {
				if err := mail.Each(stdin, a, func(raw []byte, origin string, err error) error {
					return put(unit{raw: raw, origin: origin, err: err})
				}); err != nil {
					return err
				}
			}
			return nil
		}),
	}
}

// ordered makes a walk of a producer. The window keeps both processors busy
// while one large mail is judged, and bounds what is in memory.
func (o *classifyOptions) ordered(produce func(context.Context, func(unit) error) error) func(context.Context, func(unit) outcome,
	func(outcome) error) error {
	return func(ctx context.Context, work func(unit) outcome, emit func(outcome) error) error {
		return archive.Ordered(ctx, o.jobs, 32*o.jobs, produce, work, emit)
	}
}

// archiveInput reads a public-inbox.
func (o *classifyOptions) archiveInput(ctx context.Context) (*input, error) {
	a, err := archive.Open(ctx, o.archive, git.Options{})
	if err != nil {
		return nil, err
	}
	in := &input{again: true, close: func() { _ = a.Close() }, empty: func() string { return o.emptyArchive(ctx, a) }}
	if o.screen(ctx).Live() {
		if in.total, err = a.Count(ctx); err != nil {
			in.close()
			return nil, err
		}
	}
	opt := archive.Options{Since: o.since.Time, AsOf: o.end(), Workers: o.jobs}
	in.walk = func(ctx context.Context, work func(unit) outcome, emit func(outcome) error) error {
		return archive.Read(ctx, a, opt, func(m *archive.Mail) outcome {
			return work(unit{raw: m.Raw, origin: m.Commit, err: m.Err})
		}, emit)
	}
	return in, nil
}

// screen is where a bar is drawn; nil, which draws none, with --quiet.
func (o *classifyOptions) screen(ctx context.Context) *progress.Screen {
	if o.quiet {
		return nil
	}
	return progress.On(ctx)
}

// end is the last moment of --as-of, the zero time without it.
func (o *classifyOptions) end() time.Time {
	if o.asOf.IsZero() {
		return time.Time{}
	}
	return o.asOf.AddDate(0, 0, 1).Add(-time.Second)
}

// outside reports whether --since or --as-of leave out what has this date.
func (o *classifyOptions) outside(t time.Time) bool {
	return !o.since.IsZero() && t.Before(o.since.Time) || !o.asOf.IsZero() && t.After(o.end())
}

// index reads the input once for what threads say of each patch. Only ids,
// titles and trailers are kept, a few hundred bytes a mail.
func (o *classifyOptions) index(ctx context.Context, in *input) (*series.Index, error) {
	if !in.again {
		return nil, usage.Errorf("--threads reads its input twice, which standard input cannot; write it to a file first")
	}
	who := command.Authority{Stable: command.StableTeam}
	if o.maintainers != "" {
		m, err := wire.MaintainersFile(o.maintainers)
		if err != nil {
			return nil, err
		}
		who.Maintains = m.Maintains
	}
	x := &series.Index{AsOf: o.end(), Trust: o.trust, May: who.May}
	var mu sync.Mutex // Ordered emits in order, but the index wants the mails, which only the worker has
	err := in.walk(ctx, func(u unit) outcome {
		if u.err == nil {
			if m, err := mail.Scan(u.raw); err == nil {
				note := series.NoteOf(m)
				needs := note.Needs
				if note.Kind == series.Patch {
					needs = change.ReadNeeds(m.Text())
				}
				mu.Lock()
				defer mu.Unlock()
				x.AddNote(note)
				x.Want(needs)
			}
		}
		return outcome{}
	}, func(outcome) error { return nil })
	if err != nil || !x.Wants() {
		return x, err
	}
	return x, in.walk(ctx, func(u unit) outcome { // which mails carry the patches that are named by their ids
		if u.err != nil {
			return outcome{}
		}
		if m, err := mail.Parse(u.raw); err == nil && m.Change != nil && len(m.Change.Files) > 0 {
			id := change.PatchID(m.Change.Files)
			mu.Lock()
			defer mu.Unlock()
			x.Carry(id, m.ID)
		}
		return outcome{}
	}, func(outcome) error { return nil })
}

// maxMates is how many patches of a series are kept for those that follow.
const maxMates = 256

// withMates gives each patch those of its series that came just before it: what of a
// posted series a branch lacks, no tree tells.
func withMates(put func(unit) error) func(unit) error {
	var mates []*change.Change
	var from string
	return func(u unit) error {
		m, err := mail.Parse(u.raw)
		if u.err != nil || err != nil || m.Change == nil || m.Change.Prefix.Of == 0 {
			mates = nil
			return put(u)
		}
		c := m.Change
		if n := len(mates); n > 0 {
			last := mates[n-1].Prefix
			if n > maxMates || from != m.From.Address || last.Of != c.Prefix.Of || last.Version != c.Prefix.Version || last.N >= c.Prefix.N {
				mates = nil
			}
		}
		u.before = slices.Clip(mates)
		mates, from = append(u.before, c), m.From.Address
		return put(u)
	}
}

// gitInput reads commits.
func (o *classifyOptions) gitInput(ctx context.Context, args []string, dash int) (*input, error) {
	repo, err := git.Open(ctx, o.git, git.Options{})
	if err != nil {
		return nil, err
	}
	revs, paths := args, []string(nil)
	if dash >= 0 {
		revs, paths = args[:dash], args[dash:]
	}
	place, err := o.layout(ctx, repo, revs)
	if err != nil {
		_ = repo.Close()
		return nil, err
	}
	queries := o.queries(revs, paths)
	return &input{
		again: true,
		close: func() { _ = repo.Close() },
		place: place,
		empty: func() string { return o.emptyRange(repo, revs, paths) },
		walk: o.ordered(func(ctx context.Context, put func(unit) error) error {
			for _, q := range queries {
				for c, err := range repo.Commits(ctx, q) {
					if err != nil {
						return err
					}
					if o.outside(c.Author.Date) {
						continue
					}
					if err := put(unit{commit: c, origin: c.ID}); err != nil {
						return err
					}
				}
			}
			return nil
		}),
	}, nil
}

// queries are what to ask git for: ranges together, as git log takes them, and each
// revision that stands alone by itself. In one walk the parents that one commit leaves
// out would leave out another commit that was named. With --since, or an option of git
// log, all is one history.
func (o *classifyOptions) queries(revs, paths []string) []git.Query {
	ranged := func(rev string) bool {
		return strings.Contains(rev, "..") || strings.HasSuffix(rev, "^!") || strings.HasSuffix(rev, "^@") || strings.Contains(rev, "^-")
	}
	if !o.since.IsZero() || len(revs) == 0 || slices.ContainsFunc(revs, func(r string) bool {
		return strings.HasPrefix(r, "-") ||
			strings.HasPrefix(r, "^")
	}) {
		return []git.Query{{Revs: revs, Paths: paths, NoMerges: true, Since: o.committed()}} // one history
	}
	var out []git.Query
	at := -1 // of the query that has the ranges
	for _, rev := range revs {
		switch {
		case !ranged(rev):
			out = append(out, git.Query{Revs: []string{rev + "^!"}, Paths: paths})
		case at < 0:
			at = len(out)
			out = append(out, git.Query{Revs: []string{rev}, Paths: paths, NoMerges: true})
		default:
			out[at].Revs = append(out[at].Revs, rev)
		}
	}
	return out
}

func isBrokenPipe(err error) bool {
	return err != nil && strings.Contains(err.Error(), "broken pipe")
}
