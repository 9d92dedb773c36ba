// Package model turns findings and measured features into a probability.
//
// It is a logistic model: every contribution is one named product of a value
// and a weight, so the sum can be shown to the reader and checked by hand.
//
// What rules/verdict uses, and so must stay:
//
//	model.Default() *Model                                 the embedded weights
//	(*Model).Score(*rules.Facts, []rules.Finding) Score    pure, safe for concurrent use
//	(*Model).Version, (*Model).Thresholds                  of the weights file
//	model.ClassOf(contribution name) string                "too-big", "abi", "enablement" or "": the
//	                                                       reason class that a negative contribution speaks for
//
// A contribution that is a rule's finding is named "rule.<rule id>=<outcome>".
package model

import "math"

// Feature is one measured value. Names are stable: weights files refer to them.
type Feature struct {
	Name  string
	Value float64
}

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
