package storetest

import (
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// twice: of two postings of the same, under two Message-IDs, one is the original; what has
// the signature of another one is not proven by it.
func twice(t *testing.T, s *suite) {
	put := func(id string, at time.Time, signs bool) *flow.Series {
		t.Helper()
		m := Mail(id)
		m.Print = "print"
		_, err := s.Keep(s.ctx, m, flow.Cursor{})
		must(t, err)
		ser := &flow.Series{Key: id, Sender: "ada@example.org", Version: 1, Of: 1, List: "l", First: at, Due: at, Title: "a title"}
		f := flow.Filing{ID: id, Kind: flow.KindPatch, Series: ser, Adds: &flow.Member{ID: id, N: 1, Title: "a title"}}
		if signs {
			f.Prove, ser.Signed = at, flow.Signs
		}
		must(t, s.File(s.ctx, f))
		return ser
	}
	early := put("early@x", T0, false)
	real := put("real@x", T0.Add(time.Minute), true)
	late := put("late@x", T0.Add(time.Hour), true)
	for _, id := range []string{"real@x", "late@x"} {
		p := flow.Proving{ID: id, SeriesKey: id, Proven: "ada@example.org", Uses: []string{"signature 1"}, Once: true, Previous: "early@x", At: T0}
		if used, err := s.Prove(s.ctx, p); used != (id == "late@x") || err != nil {
			t.Fatalf("%s: %v, %v", id, used, err)
		}
	}
	for id, want := range map[string]flow.Series{"real@x": {Signed: flow.SenderProven, Previous: "early@x"}, "late@x": {}} {
		got, err := s.Series(s.ctx, id)
		must(t, err)
		if got.Signed != want.Signed || got.Previous != want.Previous {
			t.Errorf("%s: %+v", id, got)
		}
	}
	for of, want := range map[*flow.Series]string{late: "real@x", early: "real@x", real: "early@x"} {
		q := flow.Postings{Sender: of.Sender, Titles: []string{"a title"}, Since: T0, Again: of, Print: "print"}
		if got, err := s.Posted(s.ctx, q); err != nil || len(got) != 2 || got[0].Key != want {
			t.Errorf("the original of %s: %+v, %v; want %s", of.Key, got, err, want)
		}
	}
	for what, change := range map[string]func(*flow.Postings){
		"another text":   func(q *flow.Postings) { q.Print = "other" },
		"another title":  func(q *flow.Postings) { q.Titles = []string{"other"} },
		"another day":    func(q *flow.Postings) { q.Since = T0.Add(2 * time.Hour) },
		"another sender": func(q *flow.Postings) { q.Sender = "eve@example.net" },
		"another version": func(q *flow.Postings) {
			v := *late
			v.Version, q.Again = 2, &v
		},
	} {
		q := flow.Postings{Sender: late.Sender, Titles: []string{"a title"}, Since: T0, Again: late, Print: "print"}
		change(&q)
		if got, err := s.Posted(s.ctx, q); len(got) != 0 || err != nil {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}
