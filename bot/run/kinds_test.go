package run

import (
	"context"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
)

// put is a journal that takes note of what is not begun, and why.
type put struct {
	flow.Journal
	off, dropped []string
}

func (p *put) Postpone(_ context.Context, key string, _ time.Time) error {
	p.off = append(p.off, key)
	return nil
}

func (p *put) Decide(_ context.Context, key string, _ flow.Decision) (bool, error) {
	p.dropped = append(p.dropped, key)
	return true, nil
}

// Each kind of action waits for quiet hours, is dropped when it is late, and counts for
// caps where its row says so, and not where it does not.
func TestKindsAtTheGate(t *testing.T) {
	noon := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	journal := &put{}
	dl := &deliverer{Journal: journal, core: &core{log: zap.NewNop(), Options: Options{Clock: Clock{Now: func() time.Time { return noon }},
		Policy: plan.Policy{Lists: []plan.ListPolicy{
			{ID: "day", PerHour: 1, PerDay: 2},
			{ID: "night", Quiet: plan.Hours{From: 11 * time.Hour, To: 13 * time.Hour}},
		}}}}}
	for _, k := range append(slices.Clone(flow.Kinds), flow.KindOf("of a newer program")) {
		open := func(list string, age time.Duration) bool {
			t.Helper()
			ok, err := dl.gate(t.Context(), flow.Action{Key: list + string(k.Name), Kind: k.Name, List: list, Created: noon.Add(-age)})
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if !open("day", time.Minute) {
			t.Errorf("%s waits for nothing", k.Name)
		}
		if open("night", time.Minute) == k.Quiet || slices.Contains(journal.off, "night"+string(k.Name)) != k.Quiet {
			t.Errorf("%s: quiet hours count, where the table says %v", k.Name, k.Quiet)
		}
		if open("day", giveUpAfter+time.Minute) == k.Late || slices.Contains(journal.dropped, "day"+string(k.Name)) != k.Late {
			t.Errorf("%s: it is dropped when late, where the table says %v", k.Name, k.Late)
		}
		if caps := dl.caps(flow.Action{Kind: k.Name, List: "day"}); caps.None == k.Capped || k.Capped && caps.PerHour != 1 {
			t.Errorf("%s has the caps %+v, where the table says %v", k.Name, caps, k.Capped)
		}
	}
}
