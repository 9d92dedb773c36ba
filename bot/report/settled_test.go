package report

import (
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// A mail that says that nothing is to be done is one too many.
func TestSettled(t *testing.T) {
	tagged := &change.Change{Fixes: []change.Fixes{{SHA: "1a2b3c4d5e6f"}}, Stable: []change.StableTag{{Address: "stable@vger.kernel.org"}}}
	since := &change.Change{Fixes: tagged.Fixes, Stable: []change.StableTag{{Address: "stable@vger.kernel.org", Versions: []string{"6.11"}}}}
	bare := &change.Change{Fixes: tagged.Fixes}
	takes, misses := verdict.StableEligible, verdict.DKMSOnly
	old := verdict.Branch{Branch: rules.Branch{Name: "6.6", State: "no-base", NoBase: verdict.NewHardware}, Verdict: &misses,
		ReasonClass: verdict.NoBase}
	row := func(applies verdict.Applies, needs ...string) verdict.Branch {
		b := branch("6.12", "affected", applies, takes, "", 0.9, needs...)
		return b
	}
	for _, c := range []struct {
		name string
		j    verdict.Judgement
		c    *change.Change
		want bool
	}{
		{"eligible and tagged", verdict.Judgement{Verdict: verdict.StableEligible}, tagged, true},
		{"eligible and tagged, no culprit named", verdict.Judgement{Verdict: verdict.StableEligible}, &change.Change{Stable: tagged.Stable},
			true},
		{"eligible without a tag", verdict.Judgement{Verdict: verdict.StableEligible}, bare, false},
		{"tagged, and it applies", verdict.Judgement{Verdict: verdict.StableEligible, Branches: []verdict.Branch{row("exact")}}, tagged, true},
		{"tagged, but a branch needs more", verdict.Judgement{Verdict: verdict.StableEligible,
			Branches: []verdict.Branch{row("needs-prerequisites", "1111111")}}, tagged, false},
		{"tagged, and what goes first is of its series", verdict.Judgement{Verdict: verdict.StableEligible,
			Branches: []verdict.Branch{row("needs-prerequisites")}}, tagged, true},
		{"tagged, and what goes first is named in the tag", verdict.Judgement{Verdict: verdict.StableEligible,
			Branches: []verdict.Branch{row("needs-prerequisites", "1111111222222")}},
			&change.Change{Stable: []change.StableTag{{Address: "stable@vger.kernel.org", Needs: []change.Origin{{SHA: "1111111"}}},
				tagged.Stable[0]}}, true},
		{"tagged; whether the branch that needs a backport has the bug is not known",
			verdict.Judgement{Verdict: verdict.StableEligible, Branches: []verdict.Branch{row("needs-backport")}}, tagged, true},
		{"tagged for newer branches than one that takes it", verdict.Judgement{Verdict: verdict.StableEligible,
			Branches: []verdict.Branch{row("exact")}},
			&change.Change{Fixes: tagged.Fixes, Stable: []change.StableTag{{Address: "stable@vger.kernel.org", Versions: []string{"6.15"}}}}, false},
		{"tagged; another branch is older than the chip", verdict.Judgement{Verdict: verdict.StableEligible,
			Branches: []verdict.Branch{row("exact"), old}}, since, true},
		{"its author wants no automatic pickup", verdict.Judgement{Verdict: verdict.StableEligible},
			&change.Change{Stable: []change.StableTag{{NoAutosel: true}}}, true},
		{"declined", verdict.Judgement{Verdict: verdict.DKMSOnly, ReasonClass: verdict.Declined}, bare, true},
		{"too big", verdict.Judgement{Verdict: verdict.DKMSOnly, ReasonClass: verdict.TooBig, Branches: []verdict.Branch{
			{Branch: rules.Branch{Name: "6.12", State: "affected"}, Verdict: &misses}}}, tagged, false},
	} {
		v := ValuesOf(Posting{Of: 1, Have: 1, Patches: []Patch{{Judgement: c.j, Change: c.c}}})
		if got := v.Rows[0].Settled(); got != c.want {
			t.Errorf("%s: settled %v, want %v", c.name, got, c.want)
		}
	}
}

// A backport by hand is worth a mail where the branch is known to have the bug.
func TestSettledByHand(t *testing.T) {
	if r := ValuesOf(cases()["eligible-hand"]).Rows[0]; r.Settled() || !r.Branches[1].Bug {
		t.Errorf("settled: %+v", r.Branches[1])
	}
}

// A branch has a bug, and lacks a quirk.
func TestLacking(t *testing.T) {
	bug, quirk := Row{}, Row{Quirk: true}
	for want, in := range map[string][]Row{
		"has the bug": {bug}, "has the bugs": {bug, bug}, "lacks this quirk": {quirk}, "lacks these quirks": {quirk, quirk},
		"has the bug or lacks the quirk": {bug, quirk},
	} {
		if got := lacking(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
