package storetest

import (
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/verdict"
)

// attempts are counted before and after, and what is put aside is told.
func attempts(t *testing.T, s *suite) {
	u := flow.Unit{Kind: flow.UnitSeries, Key: "k"}
	innocent := flow.Unit{Kind: flow.UnitCommit, Key: "by chance"}
	for range 20 { // the process ends each time, with others in hand
		a, err := s.Attempt(s.ctx, innocent, T0, false)
		must(t, err)
		if a.Deadly != 0 || !a.Suspect() {
			t.Errorf("in hand with others: %+v", a)
		}
	}
	if a, err := s.Attempted(s.ctx, u); a.N != 0 || err != nil {
		t.Errorf("one that never failed: %+v, %v", a, err)
	}
	for n := range 3 { // the process ends each time
		a, err := s.Attempt(s.ctx, u, T0.Add(time.Duration(n)*time.Minute), true)
		must(t, err)
		if a.N != n+1 || a.Deadly != n || !a.First.Equal(T0) || a.Aside {
			t.Errorf("attempt %d: %+v", n, a)
		}
	}
	if got, err := s.Suspects(s.ctx); err != nil || len(got) != 2 || got[u] != 2 || got[innocent] != 0 {
		t.Errorf("suspects: %v, %v", got, err)
	}
	must(t, s.Absolve(s.ctx, innocent))
	must(t, s.Blame(s.ctx, u, "no reason", T0.Add(time.Hour), false))
	a, err := s.Attempt(s.ctx, u, T0.Add(2*time.Hour), true)
	must(t, err)
	if a.N != 4 || a.Deadly != 2 || a.Problem != "" {
		t.Errorf("after one that failed alive: %+v", a)
	}
	must(t, s.Blame(s.ctx, u, "enough", T0.Add(3*time.Hour), true))
	if a, err = s.Attempt(s.ctx, u, T0.Add(4*time.Hour), true); !a.Aside || a.Problem != "enough" || err != nil {
		t.Errorf("one that was put aside: %+v, %v", a, err)
	}
	if got, err := s.Aside(s.ctx, 10); len(got) != 1 || got[0].Unit != u || err != nil {
		t.Errorf("what was put aside: %+v, %v", got, err)
	}
	must(t, s.Absolve(s.ctx, u))
	if got, err := s.Aside(s.ctx, 10); len(got) != 0 || err != nil {
		t.Errorf("what was let go: %+v, %v", got, err)
	}
}

func settle(t *testing.T, s *suite) {
	s.put(t, "1@x", one("k"), 1)
	if got, err := s.Due(s.ctx, T0, 10); len(got) != 0 || err != nil {
		t.Errorf("%d due too early, %v", len(got), err)
	}
	if at, err := s.NextDue(s.ctx); !at.Equal(T0.Add(time.Minute)) || err != nil {
		t.Errorf("next due %v, %v", at, err)
	}
	due, err := s.Due(s.ctx, T0.Add(time.Minute), 10)
	must(t, err)
	if len(due) != 1 {
		t.Fatalf("%d due", len(due))
	}
	stale := due[0]
	s.put(t, "2@x", one("k"), 2)
	set := flow.Settlement{Series: stale, At: T0, Judged: []flow.Judged{Judgement("1@x", verdict.Wait)}, Actions: []flow.Action{Action("k/first", "k", T0)}}
	if ok, err := s.Settle(s.ctx, set); ok || err != nil {
		t.Fatalf("settled what had changed: %v, %v", ok, err)
	}
	if got, _ := s.Planned(s.ctx, "out", T0, 10); len(got) != 0 {
		t.Error("an action of a stale settlement was planned")
	}
	due, err = s.Due(s.ctx, T0.Add(time.Minute), 10)
	must(t, err)
	set.Series = due[0]
	if ok, err := s.Settle(s.ctx, set); !ok || err != nil {
		t.Fatalf("not settled: %v, %v", ok, err)
	}
	if ok, err := s.Settle(s.ctx, set); ok || err != nil {
		t.Fatalf("settled twice: %v, %v", ok, err)
	}
	s.Journal = s.again(t, s.Journal)
	if at, err := s.NextDue(s.ctx); !at.IsZero() || err != nil {
		t.Errorf("still due at %v, %v", at, err)
	}
	// Judged again, planned again: one judgement, one action.
	ser := one("k")
	s.put(t, "1b@x", ser, 1)
	now, err := s.Series(s.ctx, "k")
	must(t, err)
	set.Series, set.Actions[0].Message = *now, []byte("another text")
	if ok, err := s.Settle(s.ctx, set); !ok || err != nil {
		t.Fatalf("not settled again: %v, %v", ok, err)
	}
	got, err := s.Planned(s.ctx, "out", T0, 10)
	must(t, err)
	if len(got) != 1 || string(got[0].Message) != "another text" {
		t.Errorf("planned: %+v; want one, with what was said last", got)
	}
	must(t, s.KeepJudged(s.ctx, Judgement("0123456789abcdef0123456789abcdef01234567", verdict.NotNeeded), flow.Cursor{Key: "git", Value: "tip"}))
	if v, err := s.Cursor(s.ctx, "git"); v != "tip" || err != nil {
		t.Errorf("cursor of the commit: %q, %v", v, err)
	}
}
