// Package evaluate measures judgements against what stable trees really took,
// and shows the figures: as text, as JSON, and as one HTML page.
//
// It computes and prints; where changes, labels and judgements come from is
// its caller's business. Figures are named after what they measure and defined
// in Set; intervals are the middle 95 % of a seeded bootstrap over the cases,
// so the same cases and seed give the same report to the last digit.
package evaluate

import (
	"cmp"
	"math"
	"slices"

	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Case is one judged change with its fate.
type Case struct {
	ID      string   `json:"id"`
	Subject string   `json:"subject"`
	Release string   `json:"release,omitempty"`
	Driver  string   `json:"driver,omitempty"`
	Taken   bool     `json:"taken"`
	In      []string `json:"in,omitempty"` // the stable releases or branches that carry it
	// Claims: a Fixes: tag, a stable tag, or a title word that begins with "fix".
	// The figures over fixes are over these, whatever the judge thinks.
	Claims bool `json:"claims"`
	Tagged bool `json:"tagged"` // asks for stable
	Named  bool `json:"named"`  // a Fixes: tag names its culprit
	// Merged and Mask are those of the label: a fate is one where the change was
	// merged and the labels can see what became of it.
	Merged truth.Merging `json:"merged,omitempty"`
	Mask   truth.Mask    `json:"mask,omitempty"`
	// Rows are the branches that the verdict rests on, each with its own fate.
	Rows []Row `json:"rows,omitempty"`

	With, Without View `json:"-"` // judged with and without its stable tag
}

// Row is what was said of one branch, and what the branch did.
type Row struct {
	Branch  string          `json:"branch"`
	State   verdict.State   `json:"state"`
	Applies verdict.Applies `json:"applies,omitempty"`
	Verdict verdict.Verdict `json:"verdict,omitempty"`
	Class   verdict.Class   `json:"reason_class,omitempty"`
	Score   float64         `json:"score"`
	Known   bool            `json:"known"` // what the branch did later is known
	Taken   bool            `json:"taken"`
}

// Visible reports whether the fate of the case is a label.
func (c *Case) Visible() bool { return c.Mask == "" }

// View is what of a judgement the figures need.
type View struct {
	P       float64 // unrounded
	Verdict verdict.Verdict
	Class   verdict.Class
}

// surprise is how wrong the judge was, in nats: minus the logarithm of the
// probability given to what came.
func (c *Case) surprise() float64 {
	p := c.With.P
	if !c.Taken {
		p = 1 - p
	}
	return -math.Log(max(p, 1e-12))
}

// Disagreement is a case that the judge got wrong, with all that explains it.
type Disagreement struct {
	Case
	Surprise  float64           `json:"surprise"`
	Judgement verdict.Judgement `json:"judgement"`
}

// Worst is how many disagreements a report explains.
const Worst = 50

// Collector takes cases in, and keeps whole judgements of the worst ones only:
// a history may have a hundred thousand cases.
type Collector struct {
	Cases []Case
	worst []Disagreement
}

// Add takes a case. The judgement may be dropped.
func (k *Collector) Add(c Case, j verdict.Judgement) {
	k.Cases = append(k.Cases, c)
	k.worst = append(k.worst, Disagreement{c, c.surprise(), j})
	if len(k.worst) >= 4*Worst {
		k.trim()
	}
}

func (k *Collector) trim() {
	slices.SortStableFunc(k.worst, func(a, b Disagreement) int { return cmp.Compare(b.Surprise, a.Surprise) })
	if len(k.worst) > Worst {
		clear(k.worst[Worst:])
		k.worst = k.worst[:Worst]
	}
}

func scored(cs []*Case, without bool) []model.Scored {
	out := make([]model.Scored, len(cs))
	for i, c := range cs {
		out[i] = model.Scored{P: c.view(without).P, Label: c.Taken}
	}
	return out
}

func (c *Case) view(without bool) View {
	if without {
		return c.Without
	}
	return c.With
}
