package run_test

import (
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/plan"
)

// TestResent: whoever posts a patch again while its reply waits has one answer, to what was
// posted last, whatever is said of the first meanwhile.
func TestResent(t *testing.T) {
	b := newBench(t, t.TempDir())
	now := time.Now().UTC().Truncate(24 * time.Hour).Add(time.Hour)
	b.opts.Clock.Now = func() time.Time { return now }
	b.opts.Policy.Lists[0].Quiet = plan.Hours{To: 6 * time.Hour, Zone: time.UTC}
	one := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang", date: now}
	b.once(one)
	now = now.Add(time.Hour)
	again := post{id: "2@example.org", subject: "[PATCH RESEND] drm/amdgpu: fix a hang", date: now}
	b.once(again)
	if s := b.seriesOf(one.id); s.Next != again.id {
		t.Fatalf("the first: %+v", s)
	}
	b.once(post{id: "r@example.org", from: "Rae <rae@example.org>", subject: "Re: " + one.subject, reply: one.id, text: true, date: now,
		body: "Tested-by: Rae <rae@example.org>\n"})
	b.want()
	now = now.Add(5 * time.Hour)
	b.once()
	b.want(again.id)
}
