package report

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// A reply on a series says of each named patch why, what it needs that is no fix
// itself, and which are closer calls; nothing is proposed for these.
func TestTogether(t *testing.T) {
	bug := verdict.Weighed{Finding: rules.Finding{ID: rules.RealBug.ID, Outcome: rules.Met, Reason: "a fix whose message reports a hang"},
		Weight: 1}
	culprit := &change.Change{Fixes: []change.Fixes{{SHA: "0123456789ab"}}}
	eligible := func(n int, score float64) Patch {
		return Patch{N: n, Judgement: verdict.Judgement{Verdict: verdict.StableEligible, When: verdict.AfterMainline, Score: score}}
	}
	one, three, four, five := eligible(1, 0.9), eligible(3, 0.8), eligible(4, 0.5), eligible(5, 0.8)
	one.Rules, one.Change = []verdict.Weighed{bug}, culprit
	three.Change, three.BuildsOn = culprit, []int{2}
	four.Beside = true
	four.Rules = []verdict.Weighed{{Finding: rules.Finding{ID: rules.DiffSize.ID, Outcome: rules.Unmet, Reason: "143 lines with context"}, Weight: -1}}
	five.Change = &change.Change{Fixes: []change.Fixes{{SHA: "ba9876543210"}}}
	m := Mail{Values: ValuesOf(Posting{Of: 6, Have: 6, Patches: []Patch{one, three, four, five}})}
	text, err := m.Text()
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"it can take patches 1, 3 and 5 of this series", "Patch 3 builds on patch 2; that has to go in first.",
		"Patch 4 is a closer call (estimated chance 50 %).", "Patch 4: 143 lines with context", "Patch 1: a fix whose message reports a hang",
		"Patches 3 and 5: fixes by their Fixes tags", "Patches 1, 2, 3 and 5: if you agree, add this",
	} {
		if !strings.Contains(plain, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	m.Values.Stands = []int{2, 6}
	if text, err = m.Text(); err != nil || !strings.Contains(strings.Join(strings.Fields(text), " "),
		"What was said before of patches 2 and 6 stands.") {
		t.Errorf("what stands: %v\n%s", err, text)
	}
	if m.Values.Line != "3 patches stable-eligible" {
		t.Errorf("the line is %q", m.Values.Line)
	}
}
