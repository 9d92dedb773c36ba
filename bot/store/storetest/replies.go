package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
)

// hold: what waits for a person goes when the person says so, above every cap,
// or never; what is postponed waits for its time.
func hold(t *testing.T, s *suite) {
	held := func(key string) flow.Action {
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
	decide := func(key string, state flow.ActionState, want bool) {
		t.Helper()
		if ok, err := s.Decide(s.ctx, key, flow.Decision{State: state, Who: "ada", At: T0}); ok != want || err != nil {
			t.Errorf("deciding that %s is %s: %v, %v", key, state, ok, err)
		}
	}
	planned(T0, "c")
	if ok, err := s.Begin(s.ctx, "a", T0, wide); ok || err != nil {
		t.Errorf("a held action was begun: %v, %v", ok, err)
	}
	decide("a", flow.StatePlanned, true)
	decide("a", flow.StatePlanned, false)
	decide("b", flow.StateDropped, true)
	decide("b", flow.StatePlanned, false)
	decide("nope", flow.StateDropped, false)
	planned(T0, "a c")
	if ok, err := s.Begin(s.ctx, "c", T0, flow.Caps{List: "drm.example.org"}); ok || err != nil {
		t.Errorf("a cap of nothing let a mail pass: %v, %v", ok, err)
	}
	if ok, err := s.Begin(s.ctx, "a", T0, flow.Caps{List: "drm.example.org"}); !ok || err != nil {
		t.Errorf("an approved action is capped: %v, %v", ok, err)
	}
	decide("a", flow.StateDropped, false) // under way
	decide("c", flow.StatePlanned, true)  // held by the cap, and let go
	must(t, s.Postpone(s.ctx, "c", T0.Add(time.Hour)))
	planned(T0, "")
	planned(T0.Add(time.Hour), "c")
	must(t, s.End(s.ctx, "a", flow.Ending{State: flow.StateDone, At: T0}))
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
		c := flow.Caps{List: fmt.Sprint("list", i), PerHour: 10, PerDay: 10, AllPerHour: 2, AllPerDay: 20}
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
	_, err = s.Settle(s.ctx, flow.Settlement{Series: *ser, Actions: []flow.Action{Action("v2/first", "v2", T0)}, At: T0})
	must(t, err)
	got, err := s.Planned(s.ctx, "out", T0, 10)
	must(t, err)
	if len(got) != 1 || got[0].Key != "v2/first" {
		t.Errorf("after a newer version: %+v", got)
	}
	s.put(t, "v2b@x", two, 2)
	ser, err = s.Series(s.ctx, "v2")
	must(t, err)
	_, err = s.Settle(s.ctx, flow.Settlement{Series: *ser, Quiet: "declined", At: T0})
	must(t, err)
	if got, _ := s.Planned(s.ctx, "out", T0, 10); len(got) != 0 {
		t.Errorf("after a second thought: %+v", got)
	}
}

// orders are remembered across versions, and answered once.
func orders(t *testing.T, s *suite) {
	s.put(t, "1@x", one("v1"), 1)
	_, err := s.Keep(s.ctx, Mail("c@x"), flow.Cursor{})
	must(t, err)
	ser, err := s.Series(s.ctx, "v1")
	must(t, err)
	o := flow.Order{Command: command.Command{Verb: command.Override, Arg: "dkms-only", Reason: "too risky", Line: "#stablebot override dkms-only too risky"},
		Mail: "c@x", SeriesKey: "v1", Who: change.Person{Name: "Bob", Address: "bob@example.org"}, At: T0}
	f := flow.Filing{ID: "c@x", Kind: flow.KindReply, Series: ser, Prove: T0}
	must(t, s.File(s.ctx, f))
	must(t, s.File(s.ctx, f))
	wait, err := s.Unproven(s.ctx, T0, 10)
	must(t, err)
	if len(wait) != 1 || wait[0].ID != "c@x" || wait[0].SeriesKey != "v1" {
		t.Fatalf("to be proven: %+v", wait)
	}
	later := flow.Proving{ID: "c@x", SeriesKey: "v1", Again: T0.Add(time.Minute), At: T0}
	_, err = s.Prove(s.ctx, later)
	must(t, err)
	if wait, err = s.Unproven(s.ctx, T0, 10); err != nil || len(wait) != 0 {
		t.Fatalf("to be proven at once: %+v, %v", wait, err)
	}
	if wait, err = s.Unproven(s.ctx, later.Again, 10); err != nil || len(wait) != 1 || wait[0].Tries != 1 {
		t.Fatalf("to be proven later: %+v, %v", wait, err)
	}
	p := flow.Proving{ID: "c@x", SeriesKey: "v1", Proven: "bob@example.org", Signed: "{}", Uses: []string{"signature 1"},
		Orders: []flow.Order{o}, Mute: "bob@example.org", Due: T0, At: T0}
	for range 2 {
		if used, err := s.Prove(s.ctx, p); used || err != nil {
			t.Fatal(used, err)
		}
	}
	mails, err := s.Mails(s.ctx, "v1", 100)
	must(t, err)
	if i := slices.IndexFunc(mails, func(m flow.Mail) bool { return m.ID == "c@x" }); i < 0 || mails[i].Proven != "bob@example.org" || mails[i].Signed != "{}" {
		t.Errorf("the mails: %+v", mails)
	}
	// The same signature on another mail commands nothing.
	_, err = s.Keep(s.ctx, Mail("d@x"), flow.Cursor{})
	must(t, err)
	ser, err = s.Series(s.ctx, "v1")
	must(t, err)
	must(t, s.File(s.ctx, flow.Filing{ID: "d@x", Kind: flow.KindReply, Series: ser, Prove: T0}))
	again, o2 := p, o
	o2.Mail = "d@x"
	again.ID, again.Orders = "d@x", []flow.Order{o2}
	if used, err := s.Prove(s.ctx, again); !used || err != nil {
		t.Errorf("used twice: %v, %v", used, err)
	}
	two := one("v2")
	two.Previous, two.Version = "v1", 2
	s.put(t, "v2@x", two, 1)
	got, err := s.Orders(s.ctx, "v2")
	must(t, err)
	if d := cmp.Diff([]flow.Order{o}, got); d != "" {
		t.Errorf("commands (-want +got):\n%s", d)
	}
	// What is public hears nothing of what is not, and what is not hears all.
	for _, private := range []bool{false, true} {
		key := fmt.Sprint("v3-", private)
		three := one(key)
		three.Previous, three.Version, three.Private = "v2-embargoed", 3, private
		hidden := one("v2-embargoed")
		hidden.Previous, hidden.Private = "v1", true
		s.put(t, fmt.Sprint("h", private, "@x"), hidden, 1)
		s.put(t, key+"@x", three, 1)
		if got, err := s.Orders(s.ctx, key); err != nil || len(got) != map[bool]int{false: 0, true: 1}[private] {
			t.Errorf("private %v: %+v, %v", private, got, err)
		}
	}
	if v1, err := s.Series(s.ctx, "v1"); err != nil || v1.Next == "v2-embargoed" {
		t.Errorf("what is public points at what is not: %+v, %v", v1, err)
	}
	ser, err = s.Series(s.ctx, "v1")
	must(t, err)
	_, err = s.Settle(s.ctx, flow.Settlement{Series: *ser, Answered: []string{"c@x"}, At: T0})
	must(t, err)
	if got, err = s.Orders(s.ctx, "v1"); err != nil || len(got) != 1 || !got[0].Answered {
		t.Errorf("after the answer: %+v, %v", got, err)
	}
	if out, err := s.OptedOut(s.ctx, []string{"bob@example.org"}); !out["bob@example.org"] || err != nil {
		t.Errorf("opted out: %v, %v", out, err)
	}
}
