package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stablebot/stablebot/bot/evaluate"
	"github.com/stablebot/stablebot/bot/evaluate/corpus"
	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/silicon"
	"github.com/stablebot/stablebot/rules/verdict"
)

// evaluateOptions are the flags.
type evaluateOptions struct {
	corpusOptions
	weights  string
	branches []string
	html     string
	cases    string
	fixes    bool
	json     bool
	rounds   int
	seed     uint64
}

func evaluateCommand() *cobra.Command {
	var o evaluateOptions
	cmd := &cobra.Command{
		Use:   "evaluate [FILE…]",
		Short: "Measure judgements against what stable trees really took",
		Long: `Judges changes whose fate is known, each with what was known on its day, and
prints how well the judgements agree with it.

  stablebot evaluate --git . --stable linux-6.6.y --stable linux-6.12.y -- drivers/gpu/drm
  stablebot evaluate --git drm-kmod --truth drm-commits.tsv.gz --releases 6.4,6.5,6.6 \
      --release-marks 'Reduce diff with Linux %s' --html figures.html
  stablebot evaluate --archive dri-devel --truth stable-subjects.tsv.gz

With --git the changes are the commits of the range and paths that are given,
or those that the table names, or, with --stable, what mainline has had since
the oldest branch left it. A commit counts as taken when a stable branch says
so ("commit <sha> upstream", a cherry-pick note), or has a commit with the same
title and author or file, or with the same diff.

With --archive or files the changes are patches as posted: the last version of
each title, without cover letters and without what was posted for stable. They
are judged alone. Which of them were merged is read from the same mails, and from
those of --evidence: "applied" notices, patchwork-bot, pull requests, Fixes: tags.

A fate is counted as one where the change was merged and the table can see what
became of it; the figures under "worth" say so, and all others stand beside them.

` + truth.TableFormat + `

Precision and recall are given at the two thresholds of the policy. Calibration
error is over ten bins of equal width. "No stable tag" judges the same changes
as if no Cc: stable stood in them.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	o.add(f)
	o.since = listsSince
	f.StringVar(&o.archive, "archive", "", "changes are patches of a public-inbox v2 `repository`")
	f.Var(&o.since, "since", "leave out mails older than this `day`")
	f.StringArrayVar(&o.branches, "branches", nil, "let the verdict rest on these stable `branches` of the repository as well, each as it was the day before the change was written; names or patterns; repeat it")
	f.BoolVar(&o.fixes, "fixes", false, "judge only what presents itself as a fix; the figures over all changes are left out")
	f.StringVar(&o.weights, "weights", "", "a weights `file` instead of the built-in one")
	f.StringVar(&o.html, "html", "", "write plots and the worst disagreements as one page to this `file`")
	f.StringVar(&o.cases, "cases", "", "also write each change with its fate and its judgement, one JSON object a line, to this `file`")
	f.BoolVar(&o.json, "json", false, "one JSON object instead of text")
	f.IntVar(&o.rounds, "rounds", 1000, "bootstrap rounds for the intervals; 0 leaves them out")
	f.Uint64Var(&o.seed, "seed", 1, "of the bootstrap")
	return cmd
}

// judged is what work hands to emit.
type judged struct {
	c evaluate.Case
	j verdict.Judgement
}

func (o *evaluateOptions) run(cmd *cobra.Command, args []string) error {
	if o.rounds < 0 {
		return usage.Errorf("--rounds %d: give 0 or more", o.rounds)
	}
	judge, err := wire.LoadJudge(o.weights)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	if o.fixes {
		o.only = func(c *change.Change) bool { return (&rules.Facts{Change: c}).Claims() }
	}
	c, err := o.open(cmd, args)
	if err != nil {
		return err
	}
	defer c.Close()
	b, err := o.openBranches(cmd, c, o.branches)
	if err != nil {
		return err
	}
	defer b.Close()
	var k evaluate.Collector
	judgeAll := func(each func(judged) error) error {
		return corpus.Each(ctx, c, func(s *corpus.Subject) judged {
			b.Ask(ctx, c, s)
			return assess(judge, s, b.Fates(ctx, c, s))
		}, func(r judged) error {
			k.Add(r.c, r.j)
			return each(r)
		})
	}
	if err := o.writeCases(judgeAll); err != nil {
		return err
	}
	problem := o.left(c, cmd.ErrOrStderr())
	if len(k.Cases) == 0 {
		return usage.Errorf("no change with a known fate is left to measure")
	}
	if o.rounds > 0 {
		o.options(cmd).Say("%d changes judged; %d bootstrap rounds", len(k.Cases), o.rounds)
	}
	r := evaluate.Measure(&k, evaluate.Options{
		Title: o.title(), Data: c.Data, Posted: c.Posted(),
		Weights: judge.Model.Version, Thresholds: judge.Model.Thresholds, Rounds: o.rounds, Seed: o.seed,
	})
	if o.html != "" {
		if err := writeFile(o.html, func(w io.Writer) error { return r.HTML(w, doc) }); err != nil {
			return err
		}
	}
	if o.json {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetEscapeHTML(false)
		err = enc.Encode(r)
	} else {
		err = r.Text(cmd.OutOrStdout())
	}
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return problem
}

// writeCases runs the judge, and keeps each case where --cases names a file:
// what limits a figure is seen by reading them.
func (o *evaluateOptions) writeCases(judgeAll func(each func(judged) error) error) error {
	if o.cases == "" {
		return judgeAll(func(judged) error { return nil })
	}
	return writeFile(o.cases, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return judgeAll(func(r judged) error {
			return enc.Encode(struct {
				evaluate.Case
				Judgement verdict.Judgement `json:"judgement"`
			}{r.c, r.j})
		})
	})
}

func (o *evaluateOptions) title() string {
	switch {
	case o.archive != "" || o.git == "":
		return "stablebot on patches as posted"
	case len(o.releases) > 0:
		return "stablebot on the commits of " + strings.Join(o.releases, ", ")
	}
	return "stablebot on commits"
}

// assess judges one change with and without its stable tag, as of its day.
func assess(judge *verdict.Judge, s *corpus.Subject, fates map[string]corpus.Fate) judged {
	with := *judge
	with.AsOf = s.AsOf
	without := with
	without.Untagged = true
	f := facts(&with, s)
	j := with.Change(s.Change, nil, s.Tree)
	bare := without.Change(evaluate.Untag(s.Change), nil, s.Tree)
	return judged{evaluate.Case{
		ID: s.Change.ID, Subject: s.Change.Subject, Release: s.Group, Driver: s.Driver(f.Silicon),
		Taken: s.Label.Taken, In: s.Label.In,
		Claims: f.Claims(), Tagged: evaluate.Asks(s.Change), Named: len(s.Change.Fixes) > 0,
		Merged: s.Label.Merged, Mask: s.Label.Mask, Rows: rowsOf(&j, fates),
		With:    evaluate.View{P: j.Worth, Verdict: j.Verdict, Class: j.ReasonClass},
		Without: evaluate.View{P: bare.Worth, Verdict: bare.Verdict, Class: bare.ReasonClass},
	}, j}
}

// rowsOf are the branches that a verdict rests on, with what each did later.
func rowsOf(j *verdict.Judgement, fates map[string]corpus.Fate) []evaluate.Row {
	if len(fates) == 0 {
		return nil
	}
	var out []evaluate.Row
	for i := range j.Branches {
		b := &j.Branches[i]
		r := evaluate.Row{Branch: b.Name, State: b.State, Applies: b.Applies, Class: b.ReasonClass, Score: b.Score, Known: fates[b.Name].Known,
			Taken: fates[b.Name].Taken}
		if b.Verdict != nil {
			r.Verdict = *b.Verdict
		}
		out = append(out, r)
	}
	return out
}

// facts are what the judge looks at.
func facts(j *verdict.Judge, s *corpus.Subject) *rules.Facts {
	m := j.Catalogue.Match(s.Change)
	if !s.AsOf.IsZero() {
		m = silicon.At(m, s.AsOf)
	}
	return &rules.Facts{Change: s.Change, Silicon: m, Tree: s.Tree}
}

// doc is what a contribution or a rule means, for the page.
func doc(name string) string {
	if name == "bias" {
		return "what every change begins with"
	}
	return model.Doc(name)
}

// writeFile writes a file in one piece: a failure leaves none behind. Of a link it is the
// file behind it that is replaced; a pipe, or what /dev names, is written to: /dev/stdout may
// be a file that somebody adds to.
func writeFile(name string, fill func(io.Writer) error) error {
	if is, err := os.Lstat(name); err == nil && !is.Mode().IsRegular() && (strings.HasPrefix(name, "/dev/") || strings.HasPrefix(name, "/proc/")) {
		return writeInto(name, fill)
	}
	if to, err := filepath.EvalSymlinks(name); err == nil {
		name = to
	}
	if is, err := os.Stat(name); err == nil && !is.Mode().IsRegular() {
		return writeInto(name, fill)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".stablebot-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	err = fill(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// writeInto writes to what is no file, as it stands, and behind what is there.
func writeInto(name string, fill func(io.Writer) error) error {
	if out := map[string]*os.File{"/dev/stdout": os.Stdout, "/dev/stderr": os.Stderr}[name]; out != nil {
		return fill(out) // opened by its name it would have a place of its own in the file
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	err = fill(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
