package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/evaluate"
	"github.com/stablebot/stablebot/bot/evaluate/corpus"
	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

// calibrateOptions are the flags.
type calibrateOptions struct {
	corpusOptions
	lists, without  []string
	branches        []string
	listTruth       string
	out, name, data string
	made            usage.Day
	seed            uint64
	store           string
}

func calibrateCommand() *cobra.Command {
	var o calibrateOptions
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Learn the weights of the score from what your stable trees took",
		Long: `Learns the weights of the score, and the thresholds of the verdicts, from the
commits of a repository whose fate is known, and writes them to a file with
their provenance. classify --weights, evaluate --weights and the key weights of
the configuration take the file.

  stablebot calibrate --git . --mainline master --stable linux-6.6.y \
      --stable linux-6.12.y -o weights.json -- drivers/net/ethernet/intel
  stablebot calibrate --git drm-kmod --truth drm-commits.tsv.gz \
      --release-marks 'Reduce diff with Linux %s' \
      --releases 5.17,5.18,5.19,6.0,6.1,6.2,6.3 -o weights.json

Leave some releases out with --releases and measure on them afterwards:
figures on what was learnt from say little. Releases whose labels have holes
(less than .9 of what asks for stable is known as taken) teach less; the file
says which they are. The same input gives the same file: nothing is left to
chance but the bootstrap of evaluate, whose seed is written down.

A bot that watches the stable branches writes down what they took of all that
it judged. --from-store learns from that instead of --truth, and labels the
patches of --list with it too:

  stablebot calibrate --from-store /var/lib/stablebot --git linux --mainline master -o weights.json

Patches on lists differ from commits: nobody has passed them on yet, and many
are never merged. With --list their head learns from archives, the last version
of each title since 2022-10-01, labelled by --list-truth, a table of subjects: from
those that were merged, as the archives tell, and whose fate the table can see:

  --list nouveau=nouveau.git --list ice=intel-wired-lan.git --list-truth stable-subjects.tsv.gz

` + truth.TableFormat,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	o.add(f)
	f.StringArrayVar(&o.branches, "branches", nil, "also learn from stable `branches` of the repository how a patch goes on there, as each was the day before a fix was written; repeat it")
	f.StringArrayVar(&o.lists, "list", nil, "also learn from patches of a public-inbox v2 `archive`, NAME=PATH or a path; repeat it")
	f.StringVar(&o.listTruth, "list-truth", "", "the `table` of subjects that labels those patches")
	f.StringArrayVar(&o.without, "list-without", nil, "leave out patches whose titles stand in this `archive`, which is kept for measuring; repeat it")
	f.StringVarP(&o.out, "output", "o", "", "write the weights to this `file`")
	f.StringVar(&o.name, "name", "", "the `version` that judgements are to name; made of data and releases when empty")
	f.StringVar(&o.data, "data", "", "a `sentence` on what was learnt from, for the provenance")
	f.Var(&o.made, "made", "the `day` of the provenance; today when empty")
	f.StringVar(&o.store, "from-store", "", "labels are the outcomes in this `store` of a bot: its state folder, file or postgres://…")
	f.Uint64Var(&o.seed, "seed", 1, "is written into the provenance")
	return cmd
}

func (o *calibrateOptions) run(cmd *cobra.Command, args []string) error {
	if o.out == "" {
		return usage.Errorf("where to? give -o weights.json")
	}
	if o.git == "" {
		return usage.Errorf("weights are learnt from commits: give --git REPO")
	}
	if o.store != "" && (len(o.truth) > 0 || o.listTruth != "" || len(o.stable) > 0) {
		return usage.Errorf("--from-store has the labels: leave --truth, --list-truth and --stable out")
	}
	if o.store == "" && (len(o.lists) > 0) != (o.listTruth != "") || len(o.without) > 0 && len(o.lists) == 0 {
		return usage.Errorf("--list and --list-truth belong together")
	}
	ctx := cmd.Context()
	if o.store != "" {
		table, err := o.fromStore(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = os.Remove(table) }()
	}
	c, err := o.open(cmd, args)
	if err != nil {
		return err
	}
	defer c.Close()
	judge, err := wire.LoadJudge("")
	if err != nil {
		return err
	}
	b, err := o.openBranches(cmd, c, o.branches)
	if err != nil {
		return err
	}
	defer b.Close()
	var ls []evaluate.Lesson
	err = corpus.Each(ctx, c, func(s *corpus.Subject) evaluate.Lesson {
		j := *judge
		j.AsOf = s.AsOf
		l := evaluate.NewLesson(facts(&j, s), s.Group, s.Label)
		if b != nil && l.Claims {
			b.Ask(ctx, c, s)
			l.Rows = reachRows(s, b.Fates(ctx, c, s))
		}
		return l
	}, func(l evaluate.Lesson) error {
		ls = append(ls, l)
		return nil
	})
	if err != nil {
		return err
	}
	if err := o.left(c, cmd.ErrOrStderr()); err != nil {
		return err
	}
	posted, err := o.posted(cmd)
	if err != nil {
		return err
	}
	made := o.made.Time
	if made.IsZero() {
		made = time.Now()
	}
	w, err := evaluate.Learn(ls, posted, evaluate.LearnOptions{
		Version: o.version(ls), Data: o.describe(c), Made: made.Format(time.DateOnly), Seed: o.seed,
		Fit: model.DefaultFit, Told: func(step string) { o.options(cmd).Say("%s", step) },
	})
	if err != nil {
		return fmt.Errorf("learning from %d changes: %w", len(ls), err)
	}
	if _, err := model.New(*w); err != nil { // what cannot be read again is not written
		return fmt.Errorf("learning from %d changes: %w", len(ls), err)
	}
	if err := writeFile(o.out, func(to io.Writer) error { return w.Write(to) }); err != nil {
		return err
	}
	return printWeights(cmd.OutOrStdout(), o.out, w)
}

// reachRows are the branches that had the bug, and whether they took the fix.
func reachRows(s *corpus.Subject, fates map[string]corpus.Fate) []evaluate.ReachRow {
	if s.Tree == nil {
		return nil
	}
	var out []evaluate.ReachRow
	for i := range s.Tree.Branches {
		b := &s.Tree.Branches[i]
		if fate := fates[b.Name]; fate.Known && b.Active && !b.AsReleased && b.State == verdict.Affected && b.Applies != "unknown" &&
			len(s.Change.Fixes) > 0 {
			out = append(out, evaluate.ReachRow{Branch: b.Name, Terms: model.ReachOf(b, s.Group), Taken: fate.Taken})
		}
	}
	return out
}

// posted are the patches of the lists. A title that was posted to several counts
// for the first, one of a list that is left out for none.
func (o *calibrateOptions) posted(cmd *cobra.Command) ([]evaluate.Lesson, error) {
	if len(o.lists) == 0 {
		return nil, nil
	}
	in := o.options(cmd)
	in.Truth, in.Stable, in.Releases, in.Since = []string{o.listTruth}, nil, nil, listsSince.Time
	for _, l := range o.lists {
		in.Lists = append(in.Lists, listOf(l, corpus.Judge))
	}
	for _, l := range o.without {
		in.Lists = append(in.Lists, listOf(l, corpus.LeaveOut))
	}
	c, err := corpus.Open(cmd.Context(), in)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	in.Say("reading the patches of %d lists", len(o.lists))
	var out []evaluate.Lesson
	err = corpus.Each(cmd.Context(), c, func(s *corpus.Subject) *evaluate.Lesson {
		if corpus.Foreign(s.Change) {
			return nil
		}
		l := evaluate.NewLesson(&rules.Facts{Change: s.Change}, s.Group, s.Label)
		return &l
	}, func(l *evaluate.Lesson) error {
		if l != nil {
			out = append(out, *l)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, o.left(c, cmd.ErrOrStderr())
}

// describe is the provenance's sentence.
func (o *calibrateOptions) describe(c *corpus.Corpus) string {
	if o.data != "" {
		return o.data
	}
	return strings.Join(c.Data, "; ")
}

// version names the weights after where they come from.
func (o *calibrateOptions) version(ls []evaluate.Lesson) string {
	if o.name != "" {
		return o.name
	}
	name := strings.TrimSuffix(filepath.Base(o.git), ".git")
	if len(ls) == 0 {
		return name
	}
	groups := make([]string, len(ls))
	for i := range ls {
		groups[i] = ls[i].Group
	}
	first, last := evaluate.Span(groups)
	return name + "-" + first + "-" + last
}

// printWeights shows what came of it.
func printWeights(out io.Writer, file string, w *model.Weights) error {
	p := &console.Printer{W: out}
	v := w.Provenance
	p.F("%s written, version %s\nlearnt from %d changes, %d of them taken, of %s\n", file, w.Version, v.Cases, v.Taken,
		strings.Join(v.Releases, ", "))
	t := w.Thresholds
	p.F("thresholds: fix %g, eligible %g, dkms %g\n", t.Fix, t.Eligible, t.DKMS)
	for _, h := range model.Heads {
		p.F("head %-14s %d weights\n", h, len(w.Heads[h].Weights))
	}
	names := make([]string, 0, len(v.Figures))
	for n := range v.Figures {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		p.F("%-28s %.3f\n", n, v.Figures[n])
	}
	for _, n := range v.Notes {
		p.F("%s\n", n)
	}
	p.F("\nheaviest weights of the head that judges with trees, in log-odds per unit:\n")
	for _, n := range heaviest(w.Heads[model.HeadTree].Weights, 12) {
		p.F("  %+7.3f  %-28s %s\n", w.Heads[model.HeadTree].Weights[n], n, model.Doc(n))
	}
	return p.Err
}

// heaviest are the names of the n largest weights.
func heaviest(weights map[string]float64, n int) []string {
	var names []string
	for name := range weights {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if x, y := math.Abs(weights[a]), math.Abs(weights[b]); x != y {
			if x > y {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	return names[:min(n, len(names))]
}
