// Package model turns findings and measured features into a probability.
//
// It is a logistic model: every contribution is one named product of a value
// and a weight, so the sum can be shown to the reader and checked by hand.
// Features are fixed code (a name, what it measures, how); weights are data: a
// file that says where they were learnt, embedded as the default and written
// anew by calibration.
//
// A weights file has several heads, each with the features that its kind of
// evidence can have: HeadTree for a change of which trees say something,
// HeadCommit for a commit alone, HeadMail for a patch as posted, which nobody
// has passed on yet, and HeadFix, which asks whether it is a fix at all.
// HeadUntagged is HeadTree for figures without the stable tag.
package model

import "math"

// Contribution is what one feature adds to the log-odds.
type Contribution struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Weight float64 `json:"weight"` // log-odds per unit of Value
}

// Add is the contribution in log-odds.
func (c Contribution) Add() float64 { return c.Value * c.Weight }

// Score is what the model says of one change.
type Score struct {
	P             float64        // probability that stable takes it
	Fix           float64        // probability that it fixes a bug, or adds an ID or quirk
	Contributions []Contribution // of P, the bias included as "bias"
}

// Thresholds are the policy's, learnt with the weights they belong to.
type Thresholds struct {
	Fix      float64 `json:"fix"`      // Fix at or above: a fix, an ID or a quirk
	Eligible float64 `json:"eligible"` // P at or above: stable takes such changes
	DKMS     float64 `json:"dkms"`     // P below: stable does not take such changes
}

// Logistic maps log-odds to a probability.
func Logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
