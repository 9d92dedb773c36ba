package model

import (
	"math"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/tree"
)

// The terms of a branch. The score there is σ(logit worth + their sum); nothing speaks
// for a branch, and where the patch applies as it is all of them are zero.
const (
	reachOffset  = "reach.offset"        // applies with an offset
	reachMerge   = "reach.three-way"     // applies by a three-way merge
	reachAdapted = "reach.adapted"       // adapted, with a proof
	reachWith    = "reach.prerequisites" // commits have to go in first
	reachEnables = "reach.enabling"      // and some of those enable hardware or add interfaces
	reachMany    = "reach.too-many"      // those are more than stable takes along
	reachByHand  = "reach.by-hand"       // nobody could take what it stands on along
	reachAge     = "reach.age"           // doublings of the releases between beyond three
)

// ReachTerms are the names of all terms of a branch.
var ReachTerms = []string{reachOffset, reachMerge, reachAdapted, reachWith, reachEnables, reachMany, reachByHand, reachAge}

// reachDocs are what the terms measure.
var reachDocs = map[string]string{
	reachOffset:  "applies there with an offset",
	reachMerge:   "applies there by a three-way merge",
	reachAdapted: "is adapted for it, with a proof",
	reachWith:    "needs other commits first there",
	reachEnables: "and some of those enable hardware or add interfaces",
	reachMany:    "those are more than stable takes along",
	reachByHand:  "does not apply there and has to be adjusted by hand",
	reachAge:     "doublings of the releases between branch and change beyond three",
}

// reachRule is the rule that tells a reader the same.
var reachRule = map[string]string{
	reachOffset: "applies", reachMerge: "applies", reachAdapted: "applies", reachByHand: "applies", reachAge: "applies",
	reachWith: "prerequisites", reachEnables: "prerequisites", reachMany: "prerequisites",
}

// youngUntil is how many releases old a branch is before its age counts.
const youngUntil = 3

// ReachOf measures the terms of one branch. first is the mainline release that
// carries the change, "" when none does.
func ReachOf(b *rules.Branch, first string) map[string]float64 {
	if b.State != tree.Affected || b.Applies == tree.Exact || b.Applies == tree.NotTried || b.Applies == "" {
		return nil
	}
	out := map[string]float64{}
	switch b.Applies {
	case tree.Offset:
		out[reachOffset] = 1
	case tree.ThreeWay:
		out[reachMerge] = 1
	case tree.Adapted:
		out[reachAdapted] = 1
	case tree.NeedsPrerequisites:
		out[reachWith] = 1
		if len(b.Enabling) > 0 {
			out[reachEnables] = 1
		}
		if b.TooBig() {
			out[reachMany] = 1
		}
	case tree.NeedsBackport:
		out[reachByHand] = 1
		if b.TooBig() {
			out[reachByHand], out[reachMany] = 0, 1
			out[reachWith] = 1
		}
	}
	if n := release.Between(b.Name, first); n > youngUntil {
		out[reachAge] = math.Log2(float64(n) / youngUntil)
	}
	return out
}

// OnBranch is the score of a change of that worth on one branch, and what was added.
func (m *Model) OnBranch(worth float64, b *rules.Branch, first string) (float64, []Contribution) {
	terms := ReachOf(b, first)
	var cs []Contribution
	for _, name := range ReachTerms {
		if v, w := terms[name], m.file.Heads[HeadReach].Weights[name]; v != 0 && w != 0 {
			cs = append(cs, Contribution{name, v, w})
		}
	}
	if len(cs) == 0 {
		return worth, nil
	}
	z := Logit(worth)
	for _, c := range cs {
		z += c.Add()
	}
	return Logistic(z), cs
}

// IsReach reports whether a name is a term of a branch.
func IsReach(name string) bool { return strings.HasPrefix(name, "reach.") && reachDocs[name] != "" }

// ReachCase is one fix on one branch that had the bug on the day it was written.
type ReachCase struct {
	Group string // the branch: cross-validation leaves one out
	Worth float64
	Terms map[string]float64 // of ReachOf
	Taken bool
}

// LearnReach learns the terms with the worth of each change held fixed. None may speak
// for a branch; one that fewer than a dozen cases have keeps the weight of like.
func LearnReach(cases []ReachCase, like Weighed) (Weighed, error) {
	rows := make([]Row, len(cases))
	met := make([]int, len(ReachTerms))
	for i, c := range cases {
		rows[i] = Row{Values: make([]float64, len(ReachTerms)), Label: c.Taken, Weight: 1, Offset: Logit(c.Worth)}
		for j, name := range ReachTerms {
			if rows[i].Values[j] = c.Terms[name]; c.Terms[name] != 0 {
				met[j]++
			}
		}
	}
	opt := FitOptions{Ridge: 1 / float64(max(len(cases), 1)), Steps: 50, Tol: 1e-6, NoBias: true, Sign: make([]int8, len(ReachTerms))}
	for j := range ReachTerms {
		opt.Sign[j] = -1
	}
	f, err := Fit(rows, opt)
	if err != nil {
		return Weighed{}, err
	}
	out := Weighed{Weights: map[string]float64{}}
	for j, name := range ReachTerms {
		w := tidy(f.Weights[j])
		if met[j] < fewReach {
			w = like.Weights[name]
		}
		if w != 0 {
			out.Weights[name] = w
		}
	}
	return out, nil
}

// fewReach is how many cases a term of a branch needs to be learnt.
const fewReach = 12
