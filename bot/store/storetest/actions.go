package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Action is a small reply.
func Action(key, series string, at time.Time) flow.Action {
	return flow.Action{Key: key, Kind: flow.ActionReply, Sink: "out", SeriesKey: series, Cause: flow.CauseFirst, List: "drm.example.org",
		Verdict: "stable-eligible", Line: "line of " + key, Message: []byte("Subject: Re: x\r\n\r\nbody\r\n"), Created: at}
}

func (s *suite) plan(t *testing.T, as ...flow.Action) {
	t.Helper()
	for _, a := range as {
		s.put(t, "m-"+a.Key, one(a.SeriesKey), 1)
		ser, err := s.Series(s.ctx, a.SeriesKey)
		must(t, err)
		ok, err := s.Settle(s.ctx, flow.Settlement{Series: *ser, Actions: []flow.Action{a}, At: T0})
		must(t, err)
		if !ok {
			t.Fatal("not settled")
		}
	}
}

func versions(t *testing.T, s *suite) {
	s.plan(t, Action("v1/first", "v1", T0))
	two, three := one("v2"), one("v3")
	two.Previous, two.Version, three.Previous, three.Version = "v1", 2, "v2", 3
	s.put(t, "v2@x", two, 1)
	s.put(t, "v3@x", three, 1)
	if line, err := s.Said(s.ctx, "v1"); line != "" || err != nil {
		t.Errorf("what is only planned counts as said to its own version: %q, %v", line, err)
	}
	if line, err := s.Said(s.ctx, "v2"); line != "" || err != nil {
		t.Errorf("what is planned for v1, which v2 ends, counts as said to v2: %q, %v", line, err)
	}
	_, err := s.Begin(s.ctx, "v1/first", T0.Add(time.Second), wide)
	must(t, err)
	must(t, s.End(s.ctx, "v1/first", flow.Ending{State: flow.StateDone, At: T0.Add(time.Second)}))
	second, err := s.Series(s.ctx, "v2")
	must(t, err)
	same := Action("v2/first", "v2", T0)
	same.Line = "line of v1/first"
	if ok, err := s.Settle(s.ctx, flow.Settlement{Series: *second, Actions: []flow.Action{same}, At: T0}); ok || err != nil {
		t.Errorf("settled by what was said before v1 was answered: %v, %v", ok, err)
	}
	if again, err := s.Series(s.ctx, "v2"); err != nil || again.Due != second.Due || again.Settled != second.Settled {
		t.Errorf("it is not judged again: %+v, %v", again, err)
	}
	for _, key := range []string{"v1", "v2", "v3"} {
		if line, err := s.Said(s.ctx, key); line != "line of v1/first" || err != nil {
			t.Errorf("said to %s: %q, %v", key, line, err)
		}
	}
	first, err := s.Series(s.ctx, "v1")
	must(t, err)
	if first.Next != "v2" {
		t.Errorf("v1 is superseded by %q", first.Next)
	}
	if line, err := s.Said(s.ctx, "other"); line != "" || err != nil {
		t.Errorf("said to nobody: %q, %v", line, err)
	}
}

func actions(t *testing.T, s *suite) {
	s.plan(t, Action("b", "k1", T0.Add(time.Second)), Action("a", "k2", T0))
	got, err := s.Planned(s.ctx, "out", T0, 10)
	must(t, err)
	if len(got) != 2 || got[0].Key != "a" {
		t.Fatalf("planned %+v", got)
	}
	if other, _ := s.Planned(s.ctx, "smtp", T0, 10); len(other) != 0 {
		t.Error("another sink sees them")
	}
	ok, err := s.Begin(s.ctx, "a", T0, wide)
	must(t, err)
	if again, err := s.Begin(s.ctx, "a", T0, wide); !ok || again || err != nil {
		t.Errorf("began %v, again %v, %v", ok, again, err)
	}
	later := T0.Add(time.Hour)
	must(t, s.End(s.ctx, "a", flow.Ending{State: flow.StatePlanned, Problem: "greylisted", At: T0, NotBefore: later}))
	if got, _ := s.Planned(s.ctx, "out", T0, 10); len(got) != 1 {
		t.Error("a retry is there before its time")
	}
	got, err = s.Planned(s.ctx, "out", later, 10)
	must(t, err)
	if len(got) != 2 || got[0].Attempts != 1 {
		t.Errorf("after the wait: %+v", got)
	}
	for _, state := range []flow.ActionState{flow.StateDone, flow.StateFailed, flow.StateUnknown} {
		key := "end-" + string(state)
		s.plan(t, Action(key, key, T0))
		_, err := s.Begin(s.ctx, key, T0, wide)
		must(t, err)
		must(t, s.End(s.ctx, key, flow.Ending{State: state, At: T0}))
		if ok, err := s.Begin(s.ctx, key, T0, wide); ok || err != nil {
			t.Errorf("%s was begun again: %v, %v", state, ok, err)
		}
		if err := s.End(s.ctx, key, flow.Ending{State: flow.StateDone, At: T0}); err == nil {
			t.Errorf("%s ended twice", state)
		}
	}
	if ok, err := s.Begin(s.ctx, "nope", T0, wide); ok || err != nil {
		t.Errorf("an unknown action was begun: %v, %v", ok, err)
	}
}

func interrupt(t *testing.T, s *suite) {
	s.plan(t, Action("a", "k", T0))
	_, err := s.Begin(s.ctx, "a", T0, wide)
	must(t, err)
	s.Journal = s.again(t, s.Journal)
	got, err := s.Begun(s.ctx, "out")
	must(t, err)
	if len(got) != 1 || got[0].Key != "a" {
		t.Fatalf("begun: %+v", got)
	}
	if p, _ := s.Planned(s.ctx, "out", T0, 10); len(p) != 0 {
		t.Error("an interrupted action is planned")
	}
	must(t, s.End(s.ctx, "a", flow.Ending{State: flow.StateUnknown, At: T0}))
	if got, _ := s.Begun(s.ctx, "out"); len(got) != 0 {
		t.Error("still begun")
	}
	// What is not known is looked for, waits for a person, and may be seen then too.
	open := func(want int) {
		t.Helper()
		got, err := s.Unknown(s.ctx, "out", 10)
		must(t, err)
		if len(got) != want || want > 0 && (got[0].Key != "a" || !got[0].Ended.Equal(T0) || len(got[0].Message) == 0) {
			t.Fatalf("unknown: %+v", got)
		}
	}
	open(1)
	must(t, s.Resolve(s.ctx, "a", flow.Ending{State: flow.StateHeld, Problem: flow.Unseen + ": who knows", At: T0}))
	open(1)
	s.plan(t, Action("a", "k", T0)) // a new judgement of it
	open(1)
	must(t, s.Resolve(s.ctx, "a", flow.Ending{State: flow.StateDone, Problem: "it was seen", At: T0}))
	open(0)
	if ok, err := s.Decide(s.ctx, "a", flow.Decision{State: flow.StatePlanned, At: T0}); ok || err != nil {
		t.Errorf("what was seen is sent again: %v, %v", ok, err)
	}
}

// waiting: a commit waits until somebody has judged it, and only the first one
// who did counts.
func waiting(t *testing.T, s *suite) {
	w := flow.Waiting{ID: strings.Repeat("a", 40), Source: "git:linux", List: "l", Branch: "master", At: T0, Problem: "half read", Body: []byte(strings.Repeat("body ", 1000))}
	must(t, s.KeepCommit(s.ctx, w, flow.Cursor{Key: "git", Value: "1"}))
	again := w
	again.Branch = "next"
	must(t, s.KeepCommit(s.ctx, again, flow.Cursor{Key: "git", Value: "2"}))
	later := flow.Waiting{ID: strings.Repeat("b", 40), At: T0.Add(time.Second)}
	must(t, s.KeepCommit(s.ctx, later, flow.Cursor{}))
	s.Journal = s.again(t, s.Journal)
	if v, err := s.Cursor(s.ctx, "git"); v != "2" || err != nil {
		t.Errorf("cursor %q, %v", v, err)
	}
	got, err := s.Waiting(s.ctx, 10)
	must(t, err)
	if !slices.Equal(got, []string{w.ID, later.ID}) {
		t.Fatalf("waiting: %q", got)
	}
	one, err := s.WaitingCommit(s.ctx, w.ID)
	must(t, err)
	if d := cmp.Diff(&w, one); d != "" {
		t.Errorf("the commit came back changed (-want +got):\n%s", d)
	}
	j := Judgement(w.ID, verdict.NotNeeded)
	j.Waited = true
	must(t, s.KeepJudged(s.ctx, j, flow.Cursor{}))
	if none, err := s.WaitingCommit(s.ctx, w.ID); none != nil || err != nil {
		t.Errorf("judged, and it waits: %v, %v", none, err)
	}
	must(t, s.KeepJudged(s.ctx, j, flow.Cursor{Key: "git", Value: "of the second"}))
	if v, err := s.Cursor(s.ctx, "git"); v != "2" || err != nil {
		t.Errorf("the second judgement of one commit counts: %q, %v", v, err)
	}
}
