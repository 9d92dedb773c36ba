// Package verdict is the one policy: from findings, score and branch facts to
// the verdict of DESIGN §3. Nothing outside it decides.
package verdict

import (
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/silicon"
	"github.com/stablebot/stablebot/rules/tree"
)

// Verdict is the label. Names are part of the contract: labels, JSON, mail.
type Verdict string

// The verdicts.
const (
	StableEligible Verdict = "stable-eligible"
	DKMSOnly       Verdict = "dkms-only"
	Wait           Verdict = "wait"
	Uncertain      Verdict = "uncertain"
	NotNeeded      Verdict = "not-needed"
	OutOfScope     Verdict = "out-of-scope"
)

// Silent reports whether nobody is to be told of the verdict.
func (v Verdict) Silent() bool { return v == NotNeeded || v == OutOfScope }

// Class is the reason class of DKMSOnly.
type Class string

// The reason classes.
const (
	TooBig      Class = "too-big"
	NoBase      Class = "no-base"
	Enablement  Class = "enablement"
	ABI         Class = "abi"
	NotUpstream Class = "not-upstream"
	Declined    Class = "declined"
	Conflicts   Class = "conflicts" // does not apply, and no adaptation with a proof was found
	BelowBar    Class = "below-bar" // a real fix, of a kind that stable does not take
)

// State, Applies and Lack are what a branch says of a change.
type (
	State   = tree.State
	Applies = tree.Applies
	Lack    = tree.Lack
)

// Their values. NoBaseThere is the state that Lack gives the reason of.
const (
	Affected    = tree.Affected
	Present     = tree.Present
	Queued      = tree.Queued
	NotAffected = tree.NotAffected
	NoBaseThere = tree.NoBase
	Unknown     = tree.Unknown

	Exact              = tree.Exact
	Offset             = tree.Offset
	ThreeWay           = tree.ThreeWay
	NeedsPrerequisites = tree.NeedsPrerequisites
	Adapted            = tree.Adapted
	NeedsBackport      = tree.NeedsBackport
	NotTried           = tree.NotTried

	NewHardware = tree.Hardware
	LaterCode   = tree.Later
	NoFiles     = tree.Files
)

// When says when a stable-eligible change can go in.
type When string

// The two times.
const (
	Now           When = "now"
	AfterMainline When = "after-mainline"
)

// Judgement is everything decided about one change: the line that
// `classify --json` prints, and what the store keeps.
type Judgement struct {
	ID          string      `json:"id"`
	Kind        change.Kind `json:"kind"`
	Subject     string      `json:"subject"`
	Author      string      `json:"author,omitempty"`
	Date        string      `json:"date,omitempty"` // RFC 3339, as written by the author
	Series      *SeriesRef  `json:"series"`
	Verdict     Verdict     `json:"verdict"`
	ReasonClass Class       `json:"reason_class,omitempty"`
	When        When        `json:"when,omitempty"`
	Mixed       bool        `json:"mixed"`
	Score       float64     `json:"score"` // probability that stable takes it: on the branch where it is best, else Worth
	// Worth is the probability that stable takes such a change, given that it is
	// merged and that a branch has the bug.
	Worth  float64 `json:"worth"`
	Fix    float64 `json:"fix"`    // probability that it fixes a bug, or adds an ID or quirk
	Reason string  `json:"reason"` // one sentence: why this verdict
	// WithPatch is the number of the patch of its series whose verdict this one shares,
	// 0 where it stands by itself: then no score of its own made it eligible.
	WithPatch int `json:"with_patch,omitempty"`
	// Upstream is the mainline commit that a backport names; NotUpstream is what says
	// that there is none: "UBUNTU: SAUCE".
	Upstream    string          `json:"upstream,omitempty"`
	NotUpstream string          `json:"not_upstream,omitempty"`
	Size        change.Size     `json:"size"`
	Silicon     []silicon.Match `json:"silicon"`
	Branches    []Branch        `json:"branches"`
	Rules       []Weighed       `json:"rules"`
	// Contributions are all that moved Worth, largest first, bias included.
	Contributions []model.Contribution `json:"contributions,omitempty"`
	Weights       string               `json:"weights,omitempty"` // version of the weights file
	// Lines are those that Score was held against; nil where nothing was judged.
	Lines *Policy `json:"lines,omitempty"`
	Error *string `json:"error"`
	// Names are what a patch of a series brings and uses, until the series is settled.
	Names *change.Names `json:"-"`
	// Enables: it brings something new, or is for a part that its series brings. Brought
	// says what of its series what it fixes, or is for, came with. Share sets both.
	Enables bool   `json:"-"`
	Brought string `json:"-"`
}

// SeriesRef places a change in its series.
type SeriesRef struct {
	Version int `json:"version"`
	N       int `json:"n"`
	Of      int `json:"of"`
}

// Branch is the verdict for one stable branch, and the facts that it comes from.
type Branch struct {
	rules.Branch
	Verdict     *Verdict // null for present, queued, not-affected
	ReasonClass Class
	Score       float64
	// Builds says, where it was asked, whether what it touches compiles there: "yes", "no",
	// "baseline-broken", "not-tried"; BuildWhy the first new error, or why not.
	Builds        string
	BuildWhy      string
	BuildWarnings []string
	// WithPatch is that of the judgement, where this row shares the verdict.
	WithPatch int
	// Reach is what moved Score away from the worth of the change.
	Reach []model.Contribution
}

// Weighed is a finding with what it weighs in the score, in log-odds.
type Weighed struct {
	rules.Finding
	Weight float64 `json:"weight"`
}
