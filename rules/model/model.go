// Package model holds the weights of the score, the arithmetic that adds them up,
// and how they are learnt.
//
// It is a logistic model over what the rules found: every contribution is one named
// product of a number of a finding and a weight, so the sum can be shown to the
// reader and checked by hand. What a rule declares (rules.Value, its outcomes) can
// weigh; nothing else can. Weights are data: a file that says where they were learnt,
// embedded as the default and written anew by calibration.
//
// Two quantities are told apart. The worth of a change is the probability that stable
// takes such a change, given that it is merged and that a branch has the bug; it has a
// head for each kind of evidence (HeadTree, HeadCommit, HeadMail). Its reach is what
// that probability becomes on one branch, by how the patch goes on there (HeadReach);
// where it applies as it is, worth stands. HeadFix asks whether the change is a fix at
// all, and HeadUntagged is HeadTree for figures without the stable tag.
package model

import "math"

// Contribution is what one number adds to the log-odds.
type Contribution struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Weight float64 `json:"weight"` // log-odds per unit of Value
}

// Add is the contribution in log-odds.
func (c Contribution) Add() float64 { return c.Value * c.Weight }

// Score is what the model says of one change.
type Score struct {
	Worth         float64        // probability that stable takes such a change, once merged, where the bug is
	Fix           float64        // probability that it fixes a bug, or adds an ID or quirk
	Contributions []Contribution // of Worth, the bias included as "bias"
}

// Thresholds are where verdicts change, learnt with the weights they belong to. All
// of the verdict's thresholds stand here.
type Thresholds struct {
	Fix      float64 `json:"fix"`      // Fix at or above: a fix, an ID or a quirk
	Eligible float64 `json:"eligible"` // a score at or above: stable takes such changes
	DKMS     float64 `json:"dkms"`     // a score below: stable does not take such changes
}

// Logistic maps log-odds to a probability.
func Logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Logit is its inverse, bounded: nothing is surer than one in a thousand.
func Logit(p float64) float64 {
	p = min(max(p, 0.001), 0.999)
	return math.Log(p / (1 - p))
}
