package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

var wide = flow.Caps{List: "drm.example.org", PerHour: 100, PerDay: 100}

func caps(t *testing.T, s *suite) {
	c := flow.Caps{List: "drm.example.org", PerHour: 2, PerDay: 5} // of a day, a sender has three
	for i := range 6 {
		s.plan(t, Action(fmt.Sprint("c", i), fmt.Sprint("k", i), T0))
	}
	begin := func(key string, at time.Time, want bool) {
		t.Helper()
		ok, err := s.Begin(s.ctx, key, at, c)
		must(t, err)
		if ok != want {
			t.Errorf("%s at %s: begun is %v", key, at.Sub(T0), ok)
		}
		if ok {
			must(t, s.End(s.ctx, key, flow.Ending{State: flow.StateDone, At: at}))
		}
	}
	begin("c0", T0, true)
	begin("c1", T0, true)
	begin("c2", T0, false) // the third in an hour
	begin("c3", T0.Add(2*time.Hour), true)
	begin("c4", T0.Add(4*time.Hour), false) // the fourth in a day
	waits := func(at time.Time) (out string) {
		t.Helper()
		todo, err := s.Planned(s.ctx, "out", at, 10)
		must(t, err)
		for _, a := range todo {
			out += " " + a.Key
		}
		return out
	}
	// What a cap holds goes out when there is room again, and no person is needed.
	if got := waits(T0.Add(59 * time.Minute)); got != " c5" {
		t.Errorf("within the hour there waits%s", got)
	}
	if got := waits(T0.Add(61 * time.Minute)); got != " c2 c5" {
		t.Errorf("after the hour there waits%s", got)
	}
	begin("c4", T0.Add(48*time.Hour), true)
	begin("c5", T0.Add(48*time.Hour), true)
	c.PerDay = 0
	s.plan(t, Action("c6", "k6", T0))
	begin("c6", T0.Add(96*time.Hour), false)
	if got := waits(T0.Add(960 * time.Hour)); got != " c2" {
		t.Errorf("a cap of nothing lets%s go", got)
	}
}

// fair: one sender, and those that appeared just now, leave something to the others.
func fair(t *testing.T, s *suite) {
	c := flow.Caps{List: "drm.example.org", PerHour: 6, PerDay: 100}
	by := func(sender string, n int, first time.Time) {
		for i := range n {
			key := fmt.Sprint(sender, i)
			ser := one(key)
			ser.Sender, ser.First = sender, first
			s.put(t, key+"@x", ser, 1)
			s.plan(t, Action("a-"+key, key, T0))
		}
	}
	sent := func(sender string, n int) (out int) {
		t.Helper()
		for i := range n {
			ok, err := s.Begin(s.ctx, fmt.Sprint("a-", sender, i), T0, c)
			must(t, err)
			if ok {
				out++
				must(t, s.End(s.ctx, fmt.Sprint("a-", sender, i), flow.Ending{State: flow.StateDone, At: T0}))
			}
		}
		return out
	}
	by("eve@evil.example.com", 5, T0)
	by("mallory@evil.example.com", 5, T0)
	by("ada@example.org", 3, T0.Add(-30*24*time.Hour))
	if n := sent("eve@evil.example.com", 5); n != 3 {
		t.Errorf("one sender got %d of 6", n)
	}
	if n := sent("mallory@evil.example.com", 5); n != 1 {
		t.Errorf("another that appeared just now got %d, and 4 of 6 are for those", n)
	}
	if n := sent("ada@example.org", 3); n != 2 {
		t.Errorf("one that is known got %d of what was left", n)
	}
	// What anybody may have sent under a name takes nothing from whom it is proven to be.
	c.List = "other.example.org"
	for i, how := range []flow.Signed{flow.Unsigned, flow.SenderProven} {
		for n := range 5 {
			key := fmt.Sprintf("mira%d%d", i, n)
			ser := one(key)
			ser.Sender, ser.First, ser.Signed = "mira@example.org", T0, how
			s.put(t, key+"@x", ser, 1)
			a := Action("a-"+key, key, T0)
			a.List = c.List
			s.plan(t, a)
		}
	}
	if forged, proven := sent("mira0", 5), sent("mira1", 5); forged != 3 || proven != 1 {
		t.Errorf("forged mails got %d of 6, and the proven ones %d", forged, proven)
	}
}
