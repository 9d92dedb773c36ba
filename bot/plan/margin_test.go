package plan

import (
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/verdict"
)

// What a list is told of: no label near its line, nothing without trees, and
// below-bar and the silent verdicts only where the list asks for them.
func TestAnswersOfList(t *testing.T) {
	el, dk := verdict.StableEligible, verdict.DKMSOnly
	lines := &verdict.Policy{Fix: .5, Eligible: .5, DKMS: .4}
	at := func(v verdict.Verdict, c verdict.Class, score float64) verdict.Judgement {
		return verdict.Judgement{Verdict: v, ReasonClass: c, Score: score, Lines: lines, Fix: .95,
			Branches: []verdict.Branch{{Branch: rules.Branch{Name: "6.12", State: "affected"}, Verdict: &v, ReasonClass: c, Score: score}}}
	}
	asked := at(el, "", .51)
	asked.Rules = []verdict.Weighed{{Finding: rules.Finding{ID: rules.StableRequest.ID, Outcome: rules.Met}}}
	bare := at(el, "", .95)
	bare.Branches = nil
	hardly := at(dk, verdict.TooBig, .05)
	hardly.Fix = .55
	unseen := at(dk, verdict.TooBig, .05)
	unseen.Branches = nil
	named := unseen
	named.Rules = []verdict.Weighed{{Finding: rules.Finding{ID: rules.FixesTag.ID, Outcome: rules.Met}}}
	bug := bare
	bug.Rules = []verdict.Weighed{{Finding: rules.Finding{ID: rules.RealBug.ID, Outcome: rules.Met}, Weight: .5}}
	wide := ListPolicy{MinMargin: DefaultMinMargin}
	all := ListPolicy{WithoutTrees: true, Verdicts: []verdict.Verdict{el, dk, BelowBar, verdict.Wait, verdict.Uncertain, verdict.NotNeeded, verdict.OutOfScope}}
	for _, c := range []struct {
		name string
		l    ListPolicy
		j    verdict.Judgement
		want bool
	}{
		{"eligible, far from the line", wide, at(el, "", .9), true},
		{"eligible, near the line", wide, at(el, "", .6), false},
		{"eligible, near the line, as its author asks", wide, asked, true},
		{"too big, far from the line", wide, at(dk, verdict.TooBig, .05), true},
		{"too big, and hardly a fix", wide, hardly, false},
		{"too big, without trees, and nobody asks", ListPolicy{WithoutTrees: true, MinMargin: DefaultMinMargin}, unseen, false},
		{"too big, without trees, with a Fixes tag", ListPolicy{WithoutTrees: true, MinMargin: DefaultMinMargin}, named, true},
		{"too big, near the line", wide, at(dk, verdict.TooBig, .35), false},
		{"older than the chip, whatever its chance", wide, at(dk, verdict.NoBase, .97), true},
		{"of a kind that stable does not take", wide, at(dk, verdict.BelowBar, .02), false},
		{"the same, where it is asked for", all, at(dk, verdict.BelowBar, .39), true},
		{"open", wide, at(verdict.Uncertain, "", .45), false},
		{"open, where it is asked for", all, at(verdict.Uncertain, "", .45), true},
		{"not needed", wide, at(verdict.NotNeeded, "", .9), false},
		{"out of scope", wide, at(verdict.OutOfScope, "", .1), false},
		{"without trees", wide, bare, false},
		{"without trees, where it is asked for", all, bare, true},
		{"without trees, and only its form speaks for it", ListPolicy{WithoutTrees: true, MinMargin: DefaultMinMargin}, bare, false},
		{"without trees, and a bug speaks for it", ListPolicy{WithoutTrees: true, MinMargin: DefaultMinMargin}, bug, true},
		{"a margin of 0 holds nothing back", all, at(el, "", .3), true},
	} {
		if got, why := c.l.answers(c.j); got != c.want || got == (why != "") {
			t.Errorf("%s: %v (%s)", c.name, got, why)
		}
	}
}
