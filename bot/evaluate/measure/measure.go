// Package measure opens the changes that a command line names, judges them with what was
// known on the day of each, and measures the judgements against what stable took, or learns
// the weights from that.
package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/evaluate"
	"github.com/stablebot/stablebot/bot/evaluate/corpus"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/silicon"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Options say what is judged and what is written of it.
type Options struct {
	Sources
	Weights  string
	Branches []string
	HTML     string
	Cases    string
	Fixes    bool
	JSON     bool
	Rounds   int
	Seed     uint64
}

// judged is what work hands to emit.
type judged struct {
	c evaluate.Case
	j verdict.Judgement
}

// Run judges what the arguments name, dash of them before "--" (-1: there is none), and
// writes the figures to stdout.
func (o *Options) Run(ctx context.Context, args []string, dash int, stdout, stderr io.Writer) error {
	o.stderr = stderr
	if o.Rounds < 0 {
		return usage.Errorf("--rounds %d: give 0 or more", o.Rounds)
	}
	judge, err := wire.LoadJudge(o.Weights)
	if err != nil {
		return err
	}
	if o.Fixes {
		o.only = func(c *change.Change) bool { return (&rules.Facts{Change: c}).Claims() }
	}
	c, err := o.open(ctx, args, dash)
	if err != nil {
		return err
	}
	defer c.Close()
	b, err := o.openBranches(ctx, c, o.Branches)
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
	problem := o.left(c)
	if len(k.Cases) == 0 {
		return usage.Errorf("no change with a known fate is left to measure")
	}
	if o.Rounds > 0 {
		o.options(ctx).Say("%d changes judged; %d bootstrap rounds", len(k.Cases), o.Rounds)
	}
	r := evaluate.Measure(&k, evaluate.Options{
		Title: o.title(), Data: c.Data, Posted: c.Posted(),
		Weights: judge.Model.Version, Thresholds: judge.Model.Thresholds, Rounds: o.Rounds, Seed: o.Seed,
	})
	if o.HTML != "" {
		if err := console.WriteFile(o.HTML, func(w io.Writer) error { return r.HTML(w, doc) }); err != nil {
			return err
		}
	}
	if o.JSON {
		enc := json.NewEncoder(stdout)
		enc.SetEscapeHTML(false)
		err = enc.Encode(r)
	} else {
		err = r.Text(stdout)
	}
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return problem
}

// writeCases runs the judge, and keeps each case where --cases names a file:
// what limits a figure is seen by reading them.
func (o *Options) writeCases(judgeAll func(each func(judged) error) error) error {
	if o.Cases == "" {
		return judgeAll(func(judged) error { return nil })
	}
	return console.WriteFile(o.Cases, func(w io.Writer) error {
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

func (o *Options) title() string {
	switch {
	case o.Archive != "" || o.Git == "":
		return "stablebot on patches as posted"
	case len(o.Releases) > 0:
		return "stablebot on the commits of " + strings.Join(o.Releases, ", ")
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
