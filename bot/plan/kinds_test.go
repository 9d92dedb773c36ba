package plan

import (
	"slices"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Each kind of action heeds the policy of its list where its row says so.
func TestKindsAndLists(t *testing.T) {
	noon := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	l := ListPolicy{ID: "list.example.org", Approve: true, Quiet: Hours{From: 11 * time.Hour, To: 13 * time.Hour}}
	silent := verdict.Judgement{Verdict: verdict.OutOfScope}
	for _, k := range append(slices.Clone(flow.Kinds), flow.KindOf("of a newer program")) {
		a := flow.Action{Kind: k.Name, Created: noon}
		l.gate(&a)
		if held := a.Hold != ""; held != k.Approved {
			t.Errorf("%s waits for approval: %v", k.Name, held)
		}
		if waits := !a.NotBefore.IsZero(); waits != k.Quiet {
			t.Errorf("%s waits for the end of quiet hours: %v", k.Name, waits)
		}
		if told := l.hears(k.Name)(silent); told == k.Chosen {
			t.Errorf("%s speaks of what the list does not ask for: %v", k.Name, told)
		}
	}
}
