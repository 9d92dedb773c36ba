package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
)

// domain: who has a domain can make up people in it, so all of them have one share; a
// maintainer whose command is answered is no new sender, and refusals come last.
func domain(t *testing.T, s *suite) {
	c := flow.Caps{List: "drm.example.org", PerHour: 6, PerDay: 100, Trusted: []string{"boss@example.edu"}}
	post := func(key, sender string, first time.Time) {
		ser := one(key)
		ser.Sender, ser.First, ser.Signed = sender, first, flow.SenderProven
		s.put(t, key+"@x", ser, 1)
		s.plan(t, Action("a-"+key, key, T0))
	}
	// order is an answer to a command in the thread of the series.
	word := func(verb, key, series, who, refused string) {
		t.Helper()
		_, err := s.Keep(s.ctx, Mail(key), flow.Cursor{})
		must(t, err)
		ser, err := s.Series(s.ctx, series)
		must(t, err)
		must(t, s.File(s.ctx, flow.Filing{ID: key, Kind: flow.KindReply, Series: ser, Prove: T0}))
		_, err = s.Prove(s.ctx, flow.Proving{ID: key, SeriesKey: series, Proven: who, At: T0, Orders: []flow.Order{{Mail: key, SeriesKey: series, At: T0,
			Command: command.Command{Verb: verb, Line: "x"}, Who: change.Person{Address: who}, Refused: refused}}})
		must(t, err)
		a := Action("a-"+key, series, T0.Add(-time.Minute))
		a.Cause, a.List = key, c.List
		s.plan(t, a)
	}
	order := func(key, series, who, refused string) {
		t.Helper()
		word(command.Override, key, series, who, refused)
	}
	begin := func(key string) bool {
		t.Helper()
		ok, err := s.Begin(s.ctx, "a-"+key, T0, c)
		must(t, err)
		if ok {
			must(t, s.End(s.ctx, "a-"+key, flow.Ending{State: flow.StateDone, At: T0}))
		}
		return ok
	}
	// 0 … 5 post, 6 … 11 ask for what they may not.
	for i := range 6 {
		post(fmt.Sprint("j", i), fmt.Sprintf("j%d@mx%d.abc.io", i, i), T0)
	}
	post("mira", "mira@gpu.example.com", T0)
	for i := range 6 {
		order(fmt.Sprint("p", i), "mira", fmt.Sprintf("p%d@abc.io", i), "you may not")
	}
	order("maint", "mira", "maint@example.net", "")
	post("new", "new@example.net", T0)
	post("boss", "boss@example.edu", T0)
	todo, err := s.Planned(s.ctx, "out", T0, 100)
	must(t, err)
	if n := len(todo); n != 15 || todo[0].Key != "a-maint" || todo[n-1].Cause != "p5" || todo[n-6].Cause != "p0" {
		t.Errorf("refusals do not come last: %d, %v", n, todo)
	}
	var sent []string
	for _, a := range []string{"p0", "p1", "p2", "j0", "j1", "j2", "j3", "new", "maint", "boss"} {
		if begin(a) {
			sent = append(sent, a)
		}
	}
	// Two refusals are a third of the cap, three of the domain a half; then one more of
	// those that are new, and the rest for whoever is known or trusted.
	if got := fmt.Sprint(sent); got != "[p0 p1 j0 new maint boss]" {
		t.Errorf("sent: %s", got)
	}
	// A domain of many that are known: each has a share.
	c.List = "other.example.org"
	for i := range 3 {
		post(fmt.Sprint("old", i), fmt.Sprintf("old%d@kernel.example", i), T0.Add(-30*24*time.Hour))
	}
	sent = nil
	for i := range 4 {
		key := fmt.Sprint("k", i)
		ser := one(key)
		ser.Sender, ser.First, ser.Signed = fmt.Sprintf("k%d@kernel.example", i), T0, flow.SenderProven
		s.put(t, key+"@x", ser, 1)
		a := Action("a-"+key, key, T0)
		a.List = c.List
		s.plan(t, a)
		if begin(key) {
			sent = append(sent, key)
		}
	}
	if len(sent) != 4 {
		t.Errorf("of a domain of many people %v were answered", sent)
	}
	// Anybody may mute: that makes nobody trusted, as a word that is obeyed does.
	c.List, c.PerHour = "third.example.org", 3
	for i := range 2 {
		key := fmt.Sprint("w", i)
		ser := one(key)
		ser.Sender, ser.First, ser.Signed = fmt.Sprintf("old%d@kernel.example", i), T0.Add(-30*24*time.Hour), flow.SenderProven
		s.put(t, key+"@x", ser, 1)
		a := Action("a-"+key, key, T0)
		a.List = c.List
		s.plan(t, a)
		if !begin(key) {
			t.Errorf("%s is not answered", ser.Sender)
		}
	}
	word(command.Mute, "mute", "mira", "fay@fresh.example", "")
	order("obeyed", "mira", "gus@newer.example", "")
	if begin("mute") || !begin("obeyed") {
		t.Error("who mutes is trusted, or whose word is obeyed is not")
	}
}
