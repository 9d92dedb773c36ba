package verdict

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// What the stable team's tool proposes is not called unlikely by a number alone; a named
// finding against it is told.
func TestProposal(t *testing.T) {
	proposed := func(trees ...string) func(*judged) {
		return func(j *judged) {
			j.Change.Prefix = change.Prefix{AutoSel: true, Trees: trees, AndUp: len(trees) == 2}
			j.found[0].Outcome = rules.Met
		}
	}
	for _, c := range []struct {
		name string
		j    *judged
		want Verdict
		says string
	}{
		{"nothing against it", sure(proposed("6.12", "6.1"), score(0.1)), StableEligible, proposedToStable},
		{"no bug is named", sure(proposed("6.12", "6.1"), score(0.1), unknownBug), Uncertain, "which bug it fixes"},
		{"no bug is named, in the band", sure(proposed("6.12", "6.1"), score(0.3), unknownBug), StableEligible, proposedToStable},
		{"one branch", sure(proposed("6.12"), score(0.3)), StableEligible, proposedToStable},
		{"an interface", sure(proposed("6.12"), score(0.1), newUAPI), DKMSOnly, "adds an interface"},
		{"trivial, and no class speaks", sure(proposed("6.12"), score(0.1), unmetWith(rules.ProductionSilicon, "x", -1)), Uncertain, "against it: unmet"},
		{"too close to call", sure(proposed("6.12"), score(0.4), newUAPI), Uncertain, "against it: unmet"},
		{"no proposal", sure(score(0.1)), DKMSOnly, "unlikely"},
		{"a branch between", sure(proposed("6.12", "6.1"), score(0.1), affectedIn("6.6", 0.1)), StableEligible, "eligible for 6.6"},
		{"an older branch", sure(proposed("6.12", "6.1"), score(0.1), affectedIn("5.10", 0.1)), DKMSOnly, "unlikely to take it for 5.10"},
	} {
		if d := c.j.decide(); d.verdict != c.want || !strings.Contains(d.reason, c.says) {
			t.Errorf("%s: %s (%s), want %s", c.name, d.verdict, d.reason, c.want)
		}
	}
}

func unknownBug(j *judged) { j.found[0].Outcome = rules.Unknown }

// affectedIn adds a branch that has the bug.
func affectedIn(name string, score float64) func(*judged) {
	return func(j *judged) {
		j.branches = append(j.branches, Branch{Branch: rules.Branch{Name: name, State: Affected, Applies: Exact}, Score: score})
	}
}
