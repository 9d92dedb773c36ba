package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/verdict"
)

// settled puts a series with one patch of this verdict there.
func (s *suite) settled(t *testing.T, key string, v verdict.Verdict, change func(*flow.Series)) {
	t.Helper()
	ser := one(key)
	if change != nil {
		change(&ser)
	}
	s.put(t, key+"@x", ser, 1)
	now, err := s.Series(s.ctx, key)
	must(t, err)
	j := Judgement(key+"@x", v)
	j.SeriesKey = key
	ok, err := s.Settle(s.ctx, flow.Settlement{Series: *now, Judged: []flow.Judged{j}, Line: "line of " + key, At: T0})
	must(t, err)
	if !ok {
		t.Fatalf("%s was not settled", key)
	}
}

// revive: when a branch moves, what it may change is due again, the newest
// first and one after the other; everything else is left alone.
func revive(t *testing.T, s *suite) {
	at := T0.Add(24 * time.Hour)
	s.settled(t, "old", verdict.Wait, func(r *flow.Series) { r.First = T0.Add(-time.Hour) })
	s.settled(t, "first", verdict.Wait, nil)
	s.settled(t, "second", verdict.Uncertain, func(r *flow.Series) { r.First = T0.Add(time.Minute) })
	s.settled(t, "other", verdict.OutOfScope, nil)
	s.settled(t, "secret", verdict.Wait, func(r *flow.Series) { r.Private = true })
	s.settled(t, "superseded", verdict.Wait, nil)
	s.settled(t, "next", verdict.OutOfScope, func(r *flow.Series) { r.Previous = "superseded" })
	s.put(t, "waits@x", one("waits"), 1) // never settled: its own time holds
	must(t, s.KeepJudged(s.ctx, Judgement(strings.Repeat("c", 40), verdict.Wait), flow.Cursor{}))

	r := flow.Revival{At: at, Every: time.Minute, Since: T0, Verdicts: []verdict.Verdict{verdict.Wait, verdict.Uncertain}}
	n, err := s.Revive(s.ctx, r, flow.Cursor{Key: "trees", Value: "tips of today"})
	must(t, err)
	if n != 2 {
		t.Errorf("%d were made due again, want 2", n)
	}
	if v, err := s.Cursor(s.ctx, "trees"); v != "tips of today" || err != nil {
		t.Errorf("the reason is remembered as %q, %v", v, err)
	}
	s.Journal = s.again(t, s.Journal)
	due, err := s.Due(s.ctx, at.Add(time.Hour), 10)
	must(t, err)
	got := map[string]string{}
	for _, d := range due {
		got[d.Key] = d.Due.Sub(T0).String()
	}
	if diff := cmp.Diff(map[string]string{"second": "24h0m0s", "first": "24h1m0s", "waits": "1m0s"}, got); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	// Those that are due already are not put off by the next move.
	n, err = s.Revive(s.ctx, flow.Revival{At: at.Add(time.Hour), Every: time.Minute, Since: T0, Verdicts: r.Verdicts}, flow.Cursor{Key: "trees", Value: "tips of the hour"})
	must(t, err)
	if n != 0 {
		t.Errorf("%d that were due were made due again", n)
	}
	// Judged again, it keeps when it was first judged.
	now, err := s.Series(s.ctx, "first")
	must(t, err)
	if ok, err := s.Settle(s.ctx, flow.Settlement{Series: *now, Line: "another line", At: at}); !ok || err != nil {
		t.Fatalf("not settled again: %v, %v", ok, err)
	}
	now, err = s.Series(s.ctx, "first")
	must(t, err)
	if !now.Judged.Equal(T0) || now.Line != "another line" || now.Settled != 2 || !now.Due.IsZero() {
		t.Errorf("settled again: %+v", now)
	}
}

// openCommits: the commits that a moving branch may change, newest first.
func openCommits(t *testing.T, s *suite) {
	commit := func(n int, v verdict.Verdict, at time.Time) {
		j := Judgement(fmt.Sprintf("%040d", n), v)
		j.Kind, j.At = "commit", at
		must(t, s.KeepJudged(s.ctx, j, flow.Cursor{}))
	}
	commit(1, verdict.Wait, T0)
	commit(2, verdict.DKMSOnly, T0.Add(time.Hour))
	commit(3, verdict.OutOfScope, T0.Add(time.Hour))
	commit(4, verdict.Wait, T0.Add(-time.Hour))
	s.settled(t, "mail", verdict.Wait, nil) // a mail comes with its series
	get := func(since time.Time, of ...verdict.Verdict) (ids []string) {
		t.Helper()
		js, err := s.OpenCommits(s.ctx, since, of)
		must(t, err)
		for _, j := range js {
			ids = append(ids, strings.TrimLeft(j.ID, "0"))
		}
		return ids
	}
	if got := get(T0, verdict.Wait, verdict.DKMSOnly); !slices.Equal(got, []string{"2", "1"}) {
		t.Errorf("open: %q", got)
	}
	if got := get(T0.Add(2*time.Hour), verdict.Wait); len(got) != 0 {
		t.Errorf("open later: %q", got)
	}
	// Judged again it is one commit, with what was said last.
	commit(1, verdict.NotNeeded, T0.Add(2*time.Hour))
	if got := get(T0, verdict.Wait, verdict.NotNeeded); !slices.Equal(got, []string{"1"}) {
		t.Errorf("after another judgement: %q", got)
	}
}

// health: a failure is recorded beside the last success, and one success ends
// the row of failures. A journal that cannot be asked for it still takes it.
func health(t *testing.T, s *suite) {
	for i, problem := range []error{nil, fmt.Errorf("latin\xe4 \x00 refused"), fmt.Errorf("%s", strings.Repeat("long ", 5000)), nil} {
		must(t, s.Healthy(s.ctx, "source.imap:work/INBOX", T0.Add(time.Duration(i)*time.Second), problem))
	}
}
