package model

import (
	"fmt"
	"math"

	"github.com/stablebot/stablebot/rules"
)

// The score of a branch is that of the change plus what speaks against this
// branch. Nothing speaks for it: one branch cannot be likelier than any.
//
// The weights were learnt with the change's score held fixed, on some 520 fixes
// with a Fixes: tag that the branches 5.10, 5.15 and 6.6 of freebsd/drm-kmod needed
// on the day they were written, changes of 6.4 to 6.6 and what came after a
// branch's last years left out. The fit is a logistic regression (Newton's
// method, a small ridge); enabling was not fitted.
//
// `go test -tags measure ./cmd/stablebot -run TestBranchOdds` prints how the
// weights stand today and learns them anew: on 463 such fixes -2.92, -1.37 and
// -0.49, which do no better on 177 of 6.1, from which nothing was learnt: the Brier
// score goes there from .165 for the change's score to .136, and to .147 with those.
// Of what is not in mainline yet nobody can look for what it stands on, so that what
// could go in with prerequisites counts as by hand too; fitted for both, -2.42.
const (
	byHand     = -2.84 // nobody could take what it stands on along: an adjusted patch
	withPile   = -0.74 // commits have to go in first
	perAge     = -0.46 // per doubling of the releases between beyond three
	enabling   = -0.74 // asserted: as much again when those commits enable hardware or add interfaces
	youngUntil = 3
)

// OnBranch is the score of a change on one branch, of its score, and what is
// added to that. release is the one that carries the change, "" when none does.
func OnBranch(score float64, b *rules.Branch, release string) (float64, []Contribution) {
	var cs []Contribution
	add := func(name string, value, weight float64) {
		if value != 0 {
			cs = append(cs, Contribution{Name: name, Value: value, Weight: weight})
		}
	}
	switch {
	case b.State != "affected":
	case b.Applies == "needs-backport" || b.TooBig():
		add("branch.by-hand", 1, byHand)
	case b.Applies == "needs-prerequisites":
		add("branch.prerequisites", 1, withPile)
		if len(b.Enabling) > 0 {
			add("branch.enabling", 1, enabling)
		}
	}
	if n := cycles(b.Name, release); b.State == "affected" && n > youngUntil {
		add("branch.age", math.Log2(float64(n)/youngUntil), perAge)
	}
	if len(cs) == 0 {
		return score, nil
	}
	score = min(max(score, 0.001), 0.999)
	z := math.Log(score / (1 - score))
	for _, c := range cs {
		z += c.Add()
	}
	return Logistic(z), cs
}

// branchDocs are what the terms of a branch measure.
var branchDocs = map[string]string{
	"branch.by-hand":       "has to be adjusted by hand there: what it stands on is not known, or is more than stable takes along",
	"branch.prerequisites": "needs other commits first there",
	"branch.enabling":      "and some of those enable hardware or add interfaces",
	"branch.age":           "doublings of the releases between branch and change beyond three",
}

// lastMinor is the last release of a major one.
var lastMinor = map[int]int{3: 19, 4: 20, 5: 19, 6: 19}

// cycles counts the releases from one to another, "5.15" to "6.1" are six; 0
// when one is not known.
func cycles(from, to string) int {
	var a, b [2]int
	if n, _ := fmt.Sscanf(from, "%d.%d", &a[0], &a[1]); n != 2 {
		return 0
	}
	if n, _ := fmt.Sscanf(to, "%d.%d", &b[0], &b[1]); n != 2 || b[0] < a[0] || b[0]-a[0] > len(lastMinor) {
		return 0
	}
	n := b[1] - a[1]
	for m := a[0]; m < b[0]; m++ {
		n += lastMinor[m] + 1
	}
	return max(n, 0)
}
