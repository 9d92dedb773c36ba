package storetest

import (
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// pulls: a delivery counts once, a pull request is due until what was noted is
// settled, what comes meanwhile makes it due again, and newer plans supersede
// those that wait.
func pulls(t *testing.T, s *suite) {
	note := func(delivery string, number int, at time.Time) bool {
		t.Helper()
		fresh, err := s.NotePulls(s.ctx, []flow.PullNote{{Delivery: delivery, Event: "pull_request", Source: "gh", Repo: "o/r", Number: number, At: at}})
		must(t, err)
		return fresh == 1
	}
	due := func(now time.Time) []flow.PullState {
		t.Helper()
		out, err := s.DuePulls(s.ctx, "gh", now, 10)
		must(t, err)
		return out
	}
	if !note("d-1", 1, T0) || note("d-1", 1, T0) {
		t.Error("the first delivery is fresh, the same again is not")
	}
	for range 2 {
		if !note("", 2, T0.Add(time.Minute)) {
			t.Error("a poll has no delivery, and always counts")
		}
	}
	if got := due(T0.Add(-time.Second)); len(got) != 0 {
		t.Errorf("due before its time: %v", got)
	}
	got := due(T0.Add(time.Hour))
	if len(got) != 2 || got[0].Number != 1 || got[0].Key != flow.PullKey("gh", "o/r", 1) || got[1].Repo != "o/r" {
		t.Fatalf("due: %+v", got)
	}
	other, err := s.DuePulls(s.ctx, "elsewhere", T0.Add(time.Hour), 10)
	must(t, err)
	if len(other) != 0 {
		t.Errorf("another source has %v", other)
	}

	// A failure is remembered, and the next try has its time.
	one := got[0]
	must(t, s.DeferPull(s.ctx, one, "no answer", T0.Add(2*time.Hour)))
	if again := due(T0.Add(time.Hour)); len(again) != 1 || again[0].Number != 2 {
		t.Errorf("deferred, and due: %v", again)
	}
	again := due(T0.Add(3 * time.Hour))
	if len(again) != 2 || again[1].Problem != "no answer" || again[1].Attempts != 1 {
		t.Fatalf("after the wait: %+v", again)
	}

	// Settled: stored as it is to be, with what people said.
	one = again[1]
	one.Head, one.Told, one.Plans, one.Due, one.Problem, one.Attempts = "abc", "digest", 1, time.Time{}, "", 0
	one.Override = &flow.Override{Verdict: verdict.DKMSOnly, Who: "ana", Reason: "too risky", At: T0}
	wish := func(n string) flow.Action {
		return flow.Action{Key: one.Key + "/labels/" + n, Kind: flow.ActionLabels, Sink: "gh", SeriesKey: one.Key, List: "o/r", Line: "labels", Message: []byte("{}"), Created: T0}
	}
	judged := flow.Judged{Judgement: verdict.Judgement{ID: "abc", Kind: change.Commit, Verdict: verdict.StableEligible}, Source: "gh", SeriesKey: one.Key, At: T0}
	settle := func(a flow.Action, c ...flow.Command) {
		t.Helper()
		must(t, s.SettlePull(s.ctx, flow.PullSettlement{Pull: one, Judged: []flow.Judged{judged}, Actions: []flow.Action{a}, Commands: c, At: T0}))
	}
	settle(wish("1"), flow.Command{Comment: 77, Verb: flow.VerbOverride, Verdict: verdict.DKMSOnly, Who: "ana", At: T0})
	s.Journal = s.again(t, s.Journal)
	stored, err := s.PullOf(s.ctx, one.Key)
	must(t, err)
	if stored == nil || stored.Head != "abc" || stored.Told != "digest" || !stored.Due.IsZero() || stored.Override == nil || stored.Override.Who != "ana" || stored.Attempts != 0 {
		t.Fatalf("stored: %+v", stored)
	}
	obeyed, err := s.Obeyed(s.ctx, one.Key)
	must(t, err)
	if len(obeyed) != 1 || !obeyed[77] {
		t.Errorf("obeyed: %v", obeyed)
	}

	// A newer plan supersedes one that waits.
	one = *stored
	one.Plans = 2
	settle(wish("2"))
	planned, err := s.Planned(s.ctx, "gh", T0.Add(time.Hour), 10)
	must(t, err)
	if len(planned) != 1 || planned[0].Key != wish("2").Key {
		t.Errorf("planned: %v", planned)
	}

	// What was noted while it was being judged makes it due again.
	note("d-2", 1, T0.Add(time.Minute))
	settle(wish("3"))
	if got := due(T0.Add(time.Hour)); len(got) != 2 {
		t.Errorf("a note that came meanwhile is lost: %v", got)
	}

	repos, err := s.PulledRepos(s.ctx, "gh")
	must(t, err)
	if len(repos) != 1 || repos[0] != "o/r" {
		t.Errorf("repositories: %v", repos)
	}
	one = due(T0.Add(time.Hour))[0]
	one.Due = time.Time{}
	settle(wish("4"))
	n, err := s.RemindPulls(s.ctx, "gh", T0)
	must(t, err)
	if n != 2 || len(due(T0.Add(time.Hour))) != 2 {
		t.Errorf("%d were reminded", n)
	}
	gone, err := s.PullOf(s.ctx, "gh/o/r#9")
	if gone != nil || err != nil {
		t.Errorf("one that nobody knows: %v, %v", gone, err)
	}
}

// checks: those of a judgement replace those that wait of the one before, and
// say nothing to the author.
func checks(t *testing.T, s *suite) {
	key := "series@example.org"
	keepMail(t, s, key)
	one, err := s.Series(s.ctx, key)
	must(t, err)
	for n := range 2 {
		one.Settled = n
		a := flow.Action{Key: flow.ActionKey(key, "patch-check"+string(rune('0'+n))), Kind: flow.ActionPatchCheck, Sink: "board", SeriesKey: key,
			Cause: string(flow.ActionPatchCheck), Line: "warn", Message: []byte("{}"), Created: T0}
		ok, err := s.Settle(s.ctx, flow.Settlement{Series: *one, Actions: []flow.Action{a}, At: T0})
		must(t, err)
		if !ok {
			t.Fatal("it was not settled")
		}
	}
	planned, err := s.Planned(s.ctx, "board", T0.Add(time.Hour), 10)
	must(t, err)
	if len(planned) != 1 || planned[0].Key != flow.ActionKey(key, "patch-check1") {
		t.Errorf("planned: %v", planned)
	}
	said, err := s.Said(s.ctx, key)
	must(t, err)
	if said != "" {
		t.Errorf("a check counts as said: %q", said)
	}
}

// keepMail keeps and files a single patch whose series has its id.
func keepMail(t *testing.T, s *suite, id string) {
	t.Helper()
	_, err := s.Keep(s.ctx, flow.Mail{ID: id, Source: "feed", List: "l", Received: T0, Raw: []byte("x")}, flow.Cursor{Key: "feed", Value: "1"})
	must(t, err)
	add := flow.Member{ID: id, N: 1, Title: "x"}
	must(t, s.File(s.ctx, flow.Filing{ID: id, Kind: flow.KindPatch, Adds: &add,
		Series: &flow.Series{Key: id, Sender: "a@example.org", Of: 1, Version: 1, List: "l", First: T0, Due: T0, Members: []flow.Member{add}}}))
}
