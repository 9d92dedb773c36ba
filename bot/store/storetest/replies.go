package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stablebot/stablebot/bot"
	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/rules/change"
)

// hold: what waits for a person goes when the person says so, above every cap,
// or never; what is postponed waits for its time.
func hold(t *testing.T, s *suite) {
	held := func(key string) bot.Action {
		a := Action(key, "k-"+key, T0)
		a.Hold, a.Told = "held: wait", map[string]string{"1@x": "wait"}
		return a
	}
	s.plan(t, held("a"), held("b"), Action("c", "k-c", T0))
	planned := func(at time.Time, want string) {
		t.Helper()
		got, err := s.Planned(s.ctx, "out", at, 10)
		must(t, err)
		var keys []string
		for _, a := range got {
			keys = append(keys, a.Key)
		}
		if strings.Join(keys, " ") != want {
			t.Errorf("planned: %q, want %q", keys, want)
		}
	}
	decide := func(key string, state bot.ActionState, want bool) {
		t.Helper()
		if ok, err := s.Decide(s.ctx, key, bot.Decision{State: state, Who: "ada", At: T0}); ok != want || err != nil {
			t.Errorf("deciding that %s is %s: %v, %v", key, state, ok, err)
		}
	}
	planned(T0, "c")
	if ok, err := s.Begin(s.ctx, "a", T0, wide); ok || err != nil {
		t.Errorf("a held action was begun: %v, %v", ok, err)
	}
	decide("a", bot.StatePlanned, true)
	decide("a", bot.StatePlanned, false)
	decide("b", bot.StateDropped, true)
	decide("b", bot.StatePlanned, false)
	decide("nope", bot.StateDropped, false)
	planned(T0, "a c")
	if ok, err := s.Begin(s.ctx, "c", T0, bot.Caps{List: "drm.example.org"}); ok || err != nil {
		t.Errorf("a cap of nothing let a mail pass: %v, %v", ok, err)
	}
	if ok, err := s.Begin(s.ctx, "a", T0, bot.Caps{List: "drm.example.org"}); !ok || err != nil {
		t.Errorf("an approved action is capped: %v, %v", ok, err)
	}
	decide("a", bot.StateDropped, false) // under way
	decide("c", bot.StatePlanned, true)  // held by the cap, and let go
	must(t, s.Postpone(s.ctx, "c", T0.Add(time.Hour)))
	planned(T0, "")
	planned(T0.Add(time.Hour), "c")
	must(t, s.End(s.ctx, "a", bot.Ending{State: bot.StateDone, At: T0}))
	told, err := s.Told(s.ctx, "k-a")
	must(t, err)
	if len(told) != 1 || told[0].Told["1@x"] != "wait" || len(told[0].Message) != 0 {
		t.Errorf("told: %+v", told)
	}
	if told, _ := s.Told(s.ctx, "k-b"); len(told) != 0 {
		t.Errorf("a dropped reply counts as told: %+v", told)
	}
	// All lists together.
	for i := range 3 {
		a := Action(fmt.Sprint("all", i), fmt.Sprint("k-all", i), T0)
		a.List = fmt.Sprint("list", i)
		s.plan(t, a)
	}
	at := T0.Add(48 * time.Hour)
	for i, want := range []bool{true, true, false} {
		c := bot.Caps{List: fmt.Sprint("list", i), PerHour: 10, PerDay: 10, AllPerHour: 2, AllPerDay: 20}
		if ok, err := s.Begin(s.ctx, fmt.Sprint("all", i), at, c); ok != want || err != nil {
			t.Errorf("reply %d to all lists: %v, %v", i, ok, err)
		}
	}
}

// retire: what was not sent yet and does not hold any more is not sent.
func retire(t *testing.T, s *suite) {
	s.plan(t, Action("v1/first", "v1", T0))
	two := one("v2")
	two.Previous, two.Version = "v1", 2
	s.put(t, "v2@x", two, 1)
	ser, err := s.Series(s.ctx, "v2")
	must(t, err)
	_, err = s.Settle(s.ctx, bot.Settlement{Series: *ser, Actions: []bot.Action{Action("v2/first", "v2", T0)}, At: T0})
	must(t, err)
	got, err := s.Planned(s.ctx, "out", T0, 10)
	must(t, err)
	if len(got) != 1 || got[0].Key != "v2/first" {
		t.Errorf("after a newer version: %+v", got)
	}
	s.put(t, "v2b@x", two, 2)
	ser, err = s.Series(s.ctx, "v2")
	must(t, err)
	_, err = s.Settle(s.ctx, bot.Settlement{Series: *ser, Quiet: "declined", At: T0})
	must(t, err)
	if got, _ := s.Planned(s.ctx, "out", T0, 10); len(got) != 0 {
		t.Errorf("after a second thought: %+v", got)
	}
}

// orders are remembered across versions, and answered once.
func orders(t *testing.T, s *suite) {
	s.put(t, "1@x", one("v1"), 1)
	_, err := s.Keep(s.ctx, Mail("c@x"), bot.Cursor{})
	must(t, err)
	ser, err := s.Series(s.ctx, "v1")
	must(t, err)
	o := bot.Order{Command: command.Command{Verb: command.Override, Arg: "dkms-only", Reason: "too risky", Line: "#stablebot override dkms-only too risky"},
		Mail: "c@x", SeriesKey: "v1", Who: change.Person{Name: "Bob", Address: "bob@example.org"}, At: T0}
	f := bot.Filing{ID: "c@x", Kind: bot.KindReply, Series: ser, Orders: []bot.Order{o}, Mute: "bob@example.org"}
	must(t, s.File(s.ctx, f))
	must(t, s.File(s.ctx, f))
	two := one("v2")
	two.Previous, two.Version = "v1", 2
	s.put(t, "v2@x", two, 1)
	got, err := s.Orders(s.ctx, "v2")
	must(t, err)
	if d := cmp.Diff([]bot.Order{o}, got); d != "" {
		t.Errorf("commands (-want +got):\n%s", d)
	}
	ser, err = s.Series(s.ctx, "v1")
	must(t, err)
	_, err = s.Settle(s.ctx, bot.Settlement{Series: *ser, Answered: []string{"c@x"}, At: T0})
	must(t, err)
	if got, err = s.Orders(s.ctx, "v1"); err != nil || len(got) != 1 || !got[0].Answered {
		t.Errorf("after the answer: %+v, %v", got, err)
	}
	if out, err := s.OptedOut(s.ctx, []string{"bob@example.org"}); !out["bob@example.org"] || err != nil {
		t.Errorf("opted out: %v, %v", out, err)
	}
}
