package measure

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/evaluate"
	"github.com/stablebot/stablebot/bot/evaluate/corpus"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Learning says what weights are learnt from, and where they are written.
type Learning struct {
	Sources
	Lists, Without  []string
	Branches        []string
	ListTruth       string
	Out, Name, Data string
	Made            usage.Day
	Seed            uint64
	Store           string
}

// Run learns from what the arguments name, dash of them before "--" (-1: there is none),
// and writes what came of it to stdout.
func (o *Learning) Run(ctx context.Context, args []string, dash int, stdout, stderr io.Writer) error {
	o.stderr = stderr
	if o.Out == "" {
		return usage.Errorf("where to? give -o weights.json")
	}
	if o.Git == "" {
		return usage.Errorf("weights are learnt from commits: give --git REPO")
	}
	if o.Store != "" && (len(o.Truth) > 0 || o.ListTruth != "" || len(o.Stable) > 0) {
		return usage.Errorf("--from-store has the labels: leave --truth, --list-truth and --stable out")
	}
	if o.Store == "" && (len(o.Lists) > 0) != (o.ListTruth != "") || len(o.Without) > 0 && len(o.Lists) == 0 {
		return usage.Errorf("--list and --list-truth belong together")
	}
	if o.Store != "" {
		table, err := o.fromStore(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = os.Remove(table) }()
	}
	c, err := o.open(ctx, args, dash)
	if err != nil {
		return err
	}
	defer c.Close()
	judge, err := wire.LoadJudge("")
	if err != nil {
		return err
	}
	b, err := o.openBranches(ctx, c, o.Branches)
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
	if err := o.left(c); err != nil {
		return err
	}
	posted, err := o.posted(ctx)
	if err != nil {
		return err
	}
	made := o.Made.Time
	if made.IsZero() {
		made = time.Now()
	}
	w, err := evaluate.Learn(ls, posted, evaluate.LearnOptions{
		Version: o.version(ls), Data: o.describe(c), Made: made.Format(time.DateOnly), Seed: o.Seed,
		Fit: model.DefaultFit, Told: func(step string) { o.options(ctx).Say("%s", step) },
	})
	if err != nil {
		return fmt.Errorf("learning from %d changes: %w", len(ls), err)
	}
	if _, err := model.New(*w); err != nil { // what cannot be read again is not written
		return fmt.Errorf("learning from %d changes: %w", len(ls), err)
	}
	if err := console.WriteFile(o.Out, func(to io.Writer) error { return w.Write(to) }); err != nil {
		return err
	}
	return printWeights(stdout, o.Out, w)
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
func (o *Learning) posted(ctx context.Context) ([]evaluate.Lesson, error) {
	if len(o.Lists) == 0 {
		return nil, nil
	}
	in := o.options(ctx)
	in.Truth, in.Stable, in.Releases, in.Since = []string{o.ListTruth}, nil, nil, ListsSince.Time
	for _, l := range o.Lists {
		in.Lists = append(in.Lists, listOf(l, corpus.Judge))
	}
	for _, l := range o.Without {
		in.Lists = append(in.Lists, listOf(l, corpus.LeaveOut))
	}
	c, err := corpus.Open(ctx, in)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	in.Say("reading the patches of %d lists", len(o.Lists))
	var out []evaluate.Lesson
	err = corpus.Each(ctx, c, func(s *corpus.Subject) *evaluate.Lesson {
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
	return out, o.left(c)
}

// describe is the provenance's sentence.
func (o *Learning) describe(c *corpus.Corpus) string {
	if o.Data != "" {
		return o.Data
	}
	return strings.Join(c.Data, "; ")
}

// version names the weights after where they come from.
func (o *Learning) version(ls []evaluate.Lesson) string {
	if o.Name != "" {
		return o.Name
	}
	name := strings.TrimSuffix(filepath.Base(o.Git), ".git")
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
