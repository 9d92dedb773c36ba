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
	one.Head, one.PlanDigest, one.Plans, one.Due, one.Problem, one.Attempts = "abc", "digest", 1, time.Time{}, "", 0
	one.Override = &flow.Override{Verdict: verdict.DKMSOnly, Who: "ana", Reason: "too risky", At: T0}
	wish := func(n string) flow.Action {
		return flow.Action{Key: one.Key + "/labels/" + n, Kind: flow.ActionLabels, Sink: "gh", SeriesKey: one.Key, List: "o/r", Line: "labels", Message: []byte("{}"), Created: T0}
	}
	judged := flow.Judged{Judgement: verdict.Judgement{ID: "abc", Kind: change.Commit, Verdict: verdict.StableEligible}, Source: "gh", SeriesKey: one.Key, At: T0}
	settle := func(a flow.Action, c ...flow.Command) {
		t.Helper()
		must(t, s.SavePull(s.ctx, flow.Fetched{Key: one.Key, Revision: one.Revision, At: T0, Body: []byte("as it was fetched")}))
		set := flow.PullSettlement{Pull: one, Judged: []flow.Judged{judged}, Actions: []flow.Action{a}, Commands: c, At: T0}
		for i, want := range []bool{true, false} { // once
			if ok, err := s.SettlePull(s.ctx, set); ok != want || err != nil {
				t.Fatalf("settled, time %d: %v, %v", i, ok, err)
			}
		}
	}
	settle(wish("1"), flow.Command{Comment: 77, Verb: flow.VerbOverride, Verdict: verdict.DKMSOnly, Who: "ana", At: T0})
	s.Journal = s.again(t, s.Journal)
	stored, err := s.PullOf(s.ctx, one.Key)
	must(t, err)
	if stored == nil || stored.Head != "abc" || stored.PlanDigest != "digest" || !stored.Due.IsZero() || stored.Override == nil || stored.Override.Who != "ana" || stored.Attempts != 0 {
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

// fetched: a pull request that was fetched waits until it is judged, and only what was
// fetched last counts.
func fetched(t *testing.T, s *suite) {
	key := flow.PullKey("gh", "o/r", 1)
	note := func() flow.PullState {
		t.Helper()
		_, err := s.NotePulls(s.ctx, []flow.PullNote{{Source: "gh", Repo: "o/r", Number: 1, At: T0}})
		must(t, err)
		due, err := s.DuePulls(s.ctx, "gh", T0, 10)
		must(t, err)
		if len(due) != 1 {
			t.Fatalf("due: %v", due)
		}
		return due[0]
	}
	save := func(p flow.PullState, body string) {
		t.Helper()
		must(t, s.SavePull(s.ctx, flow.Fetched{Key: key, Revision: p.Revision, At: T0, Body: []byte(body)}))
	}
	waits := func(want string) {
		t.Helper()
		all, err := s.Fetched(s.ctx, 10)
		must(t, err)
		one, err := s.FetchedPull(s.ctx, key)
		must(t, err)
		if want == "" && (len(all) != 0 || one != nil) || want != "" && (len(all) != 1 || all[0].Key != key || one == nil || string(one.Body) != want || all[0].Revision != one.Revision) {
			t.Errorf("want %q; there are %v, %+v", want, all, one)
		}
	}
	waits("")
	old := note()
	save(old, "old")
	s.Journal = s.again(t, s.Journal)
	waits("old")
	if due, err := s.DuePulls(s.ctx, "gh", T0, 10); err != nil || len(due) != 0 {
		t.Errorf("fetched, and due: %v, %v", due, err)
	}
	newer := note()
	save(newer, "new")
	save(old, "old, and late")
	waits("new")
	if ok, err := s.SettlePull(s.ctx, flow.PullSettlement{Pull: old, At: T0}); ok || err != nil {
		t.Errorf("what was fetched before counts: %v, %v", ok, err)
	}
	waits("new")
	must(t, s.SetPullAside(s.ctx, flow.Fetched{Key: key, Revision: newer.Revision}, "it is too much", T0))
	waits("")
	aside, err := s.Aside(s.ctx, 10)
	must(t, err)
	if len(aside) != 1 || aside[0].Unit != (flow.Unit{Kind: flow.UnitPull, Key: key}) || aside[0].Problem != "it is too much" {
		t.Errorf("aside: %+v", aside)
	}
	save(note(), "once more")
	waits("once more")
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

// oneCommit: a commit that is in two pull requests, and in a branch, has a judgement for
// each, and what is private of one hides nothing of another.
func oneCommit(t *testing.T, s *suite) {
	const sha = "0123456789abcdef0123456789abcdef01234567"
	alone := flow.Judged{Judgement: verdict.Judgement{ID: sha, Kind: change.Commit, Verdict: verdict.StableEligible}, Source: "linux", At: T0}
	must(t, s.KeepJudged(s.ctx, alone, flow.Cursor{}))
	settle := func(repo string, v verdict.Verdict, private bool, at time.Time) string {
		t.Helper()
		_, err := s.NotePulls(s.ctx, []flow.PullNote{{Source: "gh", Repo: repo, Number: 1, At: at}})
		must(t, err)
		key := flow.PullKey("gh", repo, 1)
		p, err := s.PullOf(s.ctx, key)
		must(t, err)
		must(t, s.SavePull(s.ctx, flow.Fetched{Key: key, Revision: p.Revision, At: at, Body: []byte("fetched")}))
		j := flow.Judged{Judgement: verdict.Judgement{ID: sha, Kind: change.Commit, Verdict: v}, Source: "gh", SeriesKey: key, List: repo, At: at, Private: private}
		a := flow.Action{Key: flow.ActionKey(key, string(v)), Kind: flow.ActionLabels, Sink: "gh", SeriesKey: key, List: repo, Line: string(v), Message: []byte("{}"), Created: at}
		ok, err := s.SettlePull(s.ctx, flow.PullSettlement{Pull: *p, Judged: []flow.Judged{j}, Actions: []flow.Action{a}, Private: private, At: at})
		must(t, err)
		if !ok {
			t.Fatalf("%s was not settled", key)
		}
		return flow.InPull(sha, key)
	}
	want := map[string]verdict.Verdict{sha: verdict.StableEligible}
	want[settle("o/one", verdict.DKMSOnly, false, T0.Add(time.Hour))] = verdict.DKMSOnly
	want[settle("o/two", verdict.Wait, false, T0.Add(2*time.Hour))] = verdict.Wait
	want[settle("o/secret", verdict.Uncertain, true, T0.Add(3*time.Hour))] = verdict.Uncertain
	followed, err := s.Journal.(flow.Outcomes).Followed(s.ctx, "", 10)
	must(t, err)
	if len(followed) != len(want) {
		t.Errorf("%d judgements of one commit are kept, not %d", len(followed), len(want))
	}
	open, err := s.OpenCommits(s.ctx, T0.Add(-time.Hour), []verdict.Verdict{verdict.StableEligible, verdict.DKMSOnly, verdict.Wait, verdict.Uncertain})
	must(t, err)
	if len(open) != 1 || open[0].ID != sha || open[0].Private {
		t.Errorf("by itself: %+v", open)
	}
	settle("o/one", verdict.StableEligible, false, T0.Add(4*time.Hour))
	planned, err := s.Planned(s.ctx, "gh", T0.Add(9*time.Hour), 10)
	must(t, err)
	if len(planned) != 4 {
		t.Errorf("%d actions are planned, not 4: %+v", len(planned), planned)
	}
}
