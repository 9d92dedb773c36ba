package launch

import (
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/verdict"
)

func TestMends(t *testing.T) {
	judged := func(title string, fix float64, v verdict.Verdict, bug, trivial bool) verdict.Judgement {
		found := func(r *rules.Rule, o rules.Outcome) verdict.Weighed {
			return verdict.Weighed{Finding: rules.Finding{ID: r.ID, Outcome: o}}
		}
		j := verdict.Judgement{Subject: title, Fix: fix, Verdict: v}
		if bug {
			j.Rules = append(j.Rules, found(rules.RealBug, rules.Met))
		}
		if trivial {
			j.Rules = append(j.Rules, found(rules.NotTrivial, rules.Unmet))
		}
		return j
	}
	const told, untold = verdict.Uncertain, verdict.OutOfScope
	for _, c := range []struct {
		j           verdict.Judgement
		fixes, asks bool
		want        bool
		why         string
	}{
		{judged("demo: fix a hang", 0.95, told, true, false), false, false, true, ""},
		{judged("demo: set the mode before the clock", 0.6, told, false, false), true, false, true, ""},
		{judged("demo: fix pipe split", 0.72, untold, false, false), false, false, true, ""},
		{judged("demo: use the new helper", 0.5, untold, false, false), false, false, false, ""},
		{judged("demo: Add Wa_14010547955", 0.5, untold, true, false), false, false, true, ""},
		{judged("demo: Add Wa_14010547955", 0.3, untold, true, false), false, false, false, ""},
		{judged("demo: Drop Wa_14010547955", 0.7, untold, true, false), false, false, false, "removes"},
		{judged("demo: Move Wa_14010547955 to its function", 0.7, told, true, false), false, false, false, "restructures"},
		{judged("demo: move the reset out of the lock", 0.7, told, true, false), true, false, true, ""},
		{judged("demo: split the enabling for the new mode", 0.7, told, false, false), true, false, false, "restructures"},
		{judged("demo: add the needs_flush helper", 0.9, told, false, false), false, true, false, "tidies"},
		{judged("demo: enable runtime PM for X", 0.75, told, false, false), false, true, false, "enables"},
		{judged("demo: enable the clock that was left off", 0.75, told, true, false), false, true, true, ""},
		{judged("demo: enable the policy", 0.75, untold, false, false), true, false, false, "enables"},
		{judged("demo: bump driver interface header version", 0.9, told, false, false), false, true, false, "enables"},
		{judged("demo: remove unused definition", 0.6, told, true, false), true, false, false, "tidies"},
		{judged("demo: fix kernel-doc of x", 0.9, told, false, false), false, false, false, "tidies"},
		{judged("demo: fix warnings", 0.9, told, false, true), false, false, false, "tidies"},
		{judged(`Revert "demo: enable runtime PM for X"`, 0.8, told, false, false), false, true, true, ""},
		{judged("demo: remove the check that rejects valid modes", 0.8, told, false, false), false, true, true, ""},
	} {
		if got, why := Mends(c.j, c.fixes, c.asks); got != c.want || why != c.why {
			t.Errorf("%s (fix %.2f, %s): %v %q, want %v %q", c.j.Subject, c.j.Fix, c.j.Verdict, got, why, c.want, c.why)
		}
	}
}
