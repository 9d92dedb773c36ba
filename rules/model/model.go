// Package model turns findings and measured features into a probability.
//
// It is a logistic model: every contribution is one named product of a value
// and a weight, so the sum can be shown to the reader and checked by hand.
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

// Logistic maps log-odds to a probability.
func Logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
