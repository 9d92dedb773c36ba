package launch

import (
	"testing"

	"github.com/stablebot/stablebot/rules/verdict"
)

// A row is what the judgement calls a fix and labels; nothing here knows better.
func TestCounts(t *testing.T) {
	lines := &verdict.Policy{Fix: 0.4, Eligible: 0.6, DKMS: 0.1}
	for _, c := range []struct {
		fix    float64
		v      verdict.Verdict
		reason string
		claims bool
		want   bool
		why    string
	}{
		{0.95, verdict.StableEligible, "eligible for 6.12", true, true, ""},
		{0.40, verdict.DKMSOnly, "a fix, but stable is unlikely to take it", false, true, ""},
		{0.40, verdict.NotNeeded, "no active branch has the bug", false, true, ""},
		{0.39, verdict.OutOfScope, "not a fix: it only renames", false, false, ""},
		{0.39, verdict.OutOfScope, "not a fix: it only renames", true, false, "it only renames"},
		{0.90, verdict.OutOfScope, "GFX13 is not on sale", true, false, "GFX13 is not on sale"},
	} {
		is, why := Counts(verdict.Judgement{Fix: c.fix, Verdict: c.v, Reason: c.reason, Lines: lines}, c.claims)
		if is != c.want || why != c.why {
			t.Errorf("%.2f %s %q: %v %q, want %v %q", c.fix, c.v, c.reason, is, why, c.want, c.why)
		}
	}
}
