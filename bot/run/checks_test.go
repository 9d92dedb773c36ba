package run_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/report"
)

// board is a sink of checks: what each patch has now.
type board map[string]report.Check

func (board) Name() string     { return "board" }
func (board) Idempotent() bool { return true }
func (b board) Deliver(_ context.Context, a flow.Action) error {
	var c report.Check
	err := json.Unmarshal(a.Message, &c)
	b[c.ID] = c
	return err
}

// TestChecks: each patch of a list that asks for checks has one, whatever may
// be said on the list, and it follows the verdict; replies are as without.
func TestChecks(t *testing.T) {
	b := newBench(t, t.TempDir())
	on := board{}
	b.opts.Sinks = append(b.opts.Sinks, on)
	b.opts.Checks = []plan.Checks{{Sink: "board", Lists: []string{drm}}}
	s := series("100000.9", 1, 3, "drm/amdgpu: fix one", "drm/amdgpu: cleanup", "drm/amdgpu: big fix")
	b.once(s[:3]...) // its last patch is late
	if len(on) != 2 || on[s[1].id].Status != report.Pending {
		t.Errorf("incomplete: %v", on)
	}
	b.once(s[3])
	if len(on) != 3 || on[s[1].id].Status != report.Warn || on[s[3].id].Status != report.Warn {
		t.Errorf("complete: %v", on)
	}
	hole := post{id: "hole@example.org", subject: "[PATCH] drm/amdgpu: fix hole", headers: "Cc: security@kernel.org\n"}
	old := post{id: "old@example.org", subject: "[PATCH] drm/amdgpu: fix old", date: time.Now().Add(-100 * time.Hour)}
	done := post{id: "done@example.org", subject: "[PATCH 6.12.y] drm/amdgpu: fix done"}
	b.once(hole, old, done)
	for _, p := range []post{hole, old, done} {
		if c, ok := on[p.id]; ok {
			t.Errorf("%s has a check: %v", p.id, c)
		}
	}
	// The reply is one, and a second version that says the same gets none.
	b.want(s[0].id)
	b.once(series("110000.9", 2, 3, "drm/amdgpu: fix one", "drm/amdgpu: cleanup", "drm/amdgpu: big fix")...)
	b.want(s[0].id)
}
