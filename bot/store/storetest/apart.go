package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
)

// apart: what only names the sender of a series leaves it when other mails of it are
// proven, with the answers to it and the commands in them, and comes back when it is proven too.
func apart(t *testing.T, s *suite) {
	id := func(n int) string { return fmt.Sprintf("%d@example.org", n) }
	keep := func(id, reply string) {
		t.Helper()
		m := Mail(id)
		m.InReplyTo = reply
		_, err := s.Keep(s.ctx, m, flow.Cursor{})
		must(t, err)
	}
	held := &flow.Series{Key: "s", Sender: "ada@example.org", Version: 1, Of: 2, List: "l", First: T0, Due: T0.Add(time.Hour), Title: "a cover"}
	file := func(n int, signs bool) {
		t.Helper()
		keep(id(n), "")
		f := flow.Filing{ID: id(n), Kind: flow.KindPatch, Series: held, Adds: &flow.Member{ID: id(n), N: n, Title: id(n)}}
		if signs {
			f.Prove, held.Signed = T0, flow.Signs
		}
		must(t, s.File(s.ctx, f))
	}
	file(1, true)
	file(2, false)
	for _, r := range [][2]string{{"r1@x", id(2)}, {"r2@x", "r1@x"}, {"r3@x", id(1)}} {
		keep(r[0], r[1])
		must(t, s.File(s.ctx, flow.Filing{ID: r[0], Kind: flow.KindReply, Series: held, Prove: T0}))
	}
	has := func(key, want string, members int) {
		t.Helper()
		mails, err := s.Mails(s.ctx, key, 10)
		must(t, err)
		var ids string
		for _, m := range mails {
			ids += m.ID + " "
		}
		ser, err := s.Series(s.ctx, key)
		must(t, err)
		if ser == nil || ids != want || len(ser.Members) != members || ser.Due.IsZero() == (members > 0) {
			t.Errorf("%s has %q, %+v; want %q, %d members", key, ids, ser, want, members)
		}
	}
	prove := func(p flow.Proving) {
		t.Helper()
		p.At = T0.Add(time.Minute)
		_, err := s.Prove(s.ctx, p)
		must(t, err)
	}
	commands := func(key string, want ...string) {
		t.Helper()
		os, err := s.Orders(s.ctx, key)
		must(t, err)
		var ids []string
		for _, o := range os {
			ids = append(ids, o.Mail)
		}
		slices.Sort(ids)
		if !slices.Equal(ids, want) {
			t.Errorf("the commands to %s are in %q, want %q", key, ids, want)
		}
	}
	for _, r := range []string{"r2@x", "r3@x"} {
		o := flow.Order{Command: command.Command{Verb: command.Recheck, Line: "#stablebot recheck"}, Mail: r, SeriesKey: "s", At: T0}
		prove(flow.Proving{ID: r, SeriesKey: "s", Proven: "bob@example.org", Orders: []flow.Order{o}})
	}
	prove(flow.Proving{ID: id(1), SeriesKey: "s", Proven: "ada@example.org"})
	s.Journal = s.again(t, s.Journal)
	own := "s " + id(2)
	commands("s", "r3@x")
	commands(own, "r2@x")
	has("s", "1@example.org r3@x ", 1)
	has(own, "2@example.org r1@x r2@x ", 1)
	// An answer to that one alone, by its References.
	keep("r4@x", "")
	alone, err := s.Series(s.ctx, own)
	must(t, err)
	must(t, s.File(s.ctx, flow.Filing{ID: "r4@x", Kind: flow.KindReply, Series: alone, Prove: T0}))
	o := flow.Order{Command: command.Command{Verb: command.Recheck, Line: "#stablebot recheck"}, Mail: "r4@x", SeriesKey: own, At: T0}
	prove(flow.Proving{ID: "r4@x", SeriesKey: own, Proven: "bob@example.org", Orders: []flow.Order{o}})
	// A copy comes that has the signature.
	copied := Mail(id(2))
	copied.Signs, copied.Raw = true, []byte("signed")
	_, err = s.Keep(s.ctx, copied, flow.Cursor{})
	must(t, err)
	to, err := s.Series(s.ctx, "s")
	must(t, err)
	to.Due = T0.Add(time.Minute)
	prove(flow.Proving{ID: id(2), SeriesKey: own, Proven: "ada@example.org", Joins: to, Place: flow.Member{ID: id(2), N: 2, Title: id(2)}})
	has("s", "1@example.org 2@example.org r1@x r2@x r3@x r4@x ", 2)
	has(own, "", 0)
	commands("s", "r2@x", "r3@x", "r4@x")
	commands(own)
	// Of two in one place, both proven, the one that is put apart is proven all the same.
	both := &flow.Series{Key: "t", Sender: "ada@example.org", Version: 1, Of: 1, List: "l", First: T0, Due: T0.Add(time.Hour), Signed: flow.Signs}
	for n := 5; n < 7; n++ {
		keep(id(n), "")
		must(t, s.File(s.ctx, flow.Filing{ID: id(n), Kind: flow.KindPatch, Series: both, Adds: &flow.Member{ID: id(n), N: 1, Title: id(n)}, Prove: T0}))
	}
	for n := 5; n < 7; n++ {
		prove(flow.Proving{ID: id(n), SeriesKey: "t", Proven: "ada@example.org"})
	}
	ser, err := s.Series(s.ctx, "t "+id(6))
	must(t, err)
	if ser == nil || ser.Signed != flow.SenderProven {
		t.Errorf("what was put apart by its number: %+v", ser)
	}
	// One whose source is trusted is proven when it is filed.
	trusted := &flow.Series{Key: "u", Sender: "ada@example.org", Version: 1, Of: 2, List: "l", First: T0, Due: T0.Add(time.Hour)}
	keep(id(7), "")
	keep(id(8), "")
	must(t, s.File(s.ctx, flow.Filing{ID: id(7), Kind: flow.KindPatch, Series: trusted, Adds: &flow.Member{ID: id(7), N: 2, Title: id(7)}}))
	trusted.Signed = flow.SenderProven
	must(t, s.File(s.ctx, flow.Filing{ID: id(8), Kind: flow.KindPatch, Series: trusted, Adds: &flow.Member{ID: id(8), N: 1, Title: id(8)},
		Proven: "ada@example.org"}))
	has("u", "8@example.org ", 1)
	has("u "+id(7), "7@example.org ", 1)
}
