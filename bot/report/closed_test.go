package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules/verdict"
)

// Whatever a judgement can say, a reply and a comment can say too.
func TestClosedSets(t *testing.T) {
	for _, v := range verdict.Verdicts {
		if !slices.Contains(order, v) || !slices.Contains(weakness, v) {
			t.Errorf("%s has no place in a reply", v)
		}
	}
	for _, how := range verdict.Applicabilities {
		b := Branch{Applies: how, Verdict: verdict.StableEligible, Prerequisites: []string{"0123456789ab"}}
		if got := b.applies(); (got == "") != (how == "unknown") {
			t.Errorf("%s is %q in the row of a branch", how, got)
		}
	}
	for _, c := range verdict.Classes {
		r := Row{Verdict: verdict.DKMSOnly, Class: c}
		if !strings.Contains(r.line(), string(c)) {
			t.Errorf("the class %s is not in %q", c, r.line())
		}
		if b := (Branch{Verdict: verdict.DKMSOnly, Class: c}); !strings.Contains(b.said(), string(c)) {
			t.Errorf("the class %s is not in the row of a branch: %q", c, b.said())
		}
	}
}
