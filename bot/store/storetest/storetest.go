// Package storetest holds what every journal must do, whatever database is
// behind it. A store's own test calls Run.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
	"github.com/stablebot/stablebot/rules/verdict"
)

// T0 is the day on which the tests begin.
var T0 = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

// Run runs the suite. open is called once for each test, and must give an
// empty journal each time; again gives up the journal, without closing it in
// order, and opens the same one anew.
func Run(t *testing.T, open func(t *testing.T) flow.Journal, again func(t *testing.T, j flow.Journal) flow.Journal) {
	for name, f := range map[string]func(*testing.T, *suite){
		"keep":             keep,
		"file":             file,
		"orphans":          orphans,
		"standings":        standings,
		"lacking":          lacking,
		"attempts":         attempts,
		"settle":           settle,
		"versions":         versions,
		"actions":          actions,
		"caps":             caps,
		"fair":             fair,
		"interrupt":        interrupt,
		"hold":             hold,
		"retire":           retire,
		"orders":           orders,
		"apart":            apart,
		"outcomes":         outcomes,
		"pulls":            pulls,
		"commits in pulls": oneCommit,
		"checks":           checks,
		"fetched":          fetched,
		"kinds":            kinds,
		"race":             race,
		"hostile":          hostile,
		"waiting":          waiting,
		"names":            names,
		"revive":           revive,
		"open":             openCommits,
		"health":           health,
	} {
		t.Run(name, func(t *testing.T) {
			f(t, &suite{Journal: open(t), again: again, ctx: t.Context()})
		})
	}
}

type suite struct {
	flow.Journal
	again func(*testing.T, flow.Journal) flow.Journal
	ctx   context.Context
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Mail is a small mail.
func Mail(id string) flow.Mail {
	return flow.Mail{ID: id, Source: "imap:work/INBOX", List: "drm.example.org", Received: T0, Date: T0.Add(-time.Minute),
		Sender: "ada@example.org", Subject: "[PATCH] " + id, Raw: []byte("Message-ID: <" + id + ">\r\n\r\n" + strings.Repeat("line\r\n", 300))}
}

// Judgement is a full one.
func Judgement(id string, v verdict.Verdict) flow.Judged {
	return flow.Judged{
		Judgement: verdict.Judgement{ID: id, Kind: change.Mail, Subject: "drm/x: " + id, Author: "Ada <ada@example.org>", Date: T0.Format(time.RFC3339),
			Verdict: v, Score: 0.87, Fix: 0.99, Reason: "fixes an oops", Weights: "test",
			Silicon:  []silicon.Match{{Name: "GFX12", Driver: "amdgpu", State: silicon.Production}, {Name: "DCN 4.0.1", Driver: "amdgpu"}},
			Branches: []verdict.Branch{{Branch: rules.Branch{Name: "6.12", State: verdict.Affected, Applies: verdict.Exact}, Verdict: &v, Score: 0.8}},
			Rules: []verdict.Weighed{{Finding: rules.Finding{ID: "size", Outcome: rules.Met, Reason: "12 lines with context"}, Weight: 0.4},
				{Finding: rules.Finding{ID: "fixes-tag", Outcome: rules.Unmet, Reason: "no culprit is named"}, Weight: -0.4}}},
		Source: "imap:work/INBOX", List: "drm.example.org", At: T0,
	}
}

func keep(t *testing.T, s *suite) {
	if v, err := s.Cursor(s.ctx, "a"); v != "" || err != nil {
		t.Fatalf("a new cursor is %q, %v", v, err)
	}
	m := Mail("1@example.org")
	fresh, err := s.Keep(s.ctx, m, flow.Cursor{Key: "a", Value: "7"})
	must(t, err)
	if !fresh {
		t.Error("a first mail is not fresh")
	}
	other := m
	other.List, other.Source, other.Raw = "gfx.example.org", "archive", []byte("other bytes")
	fresh, err = s.Keep(s.ctx, other, flow.Cursor{Key: "b", Value: "1"})
	must(t, err)
	if fresh {
		t.Error("the same Message-ID is fresh twice")
	}
	// Who comes first under a Message-ID does not own it.
	hello, real := Mail("2@example.org"), Mail("2@example.org")
	hello.Print, real.Print = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
	for i, m := range []flow.Mail{hello, real, hello, real} {
		if fresh, err := s.Keep(s.ctx, m, flow.Cursor{}); fresh != (i < 2) || err != nil {
			t.Errorf("mail %d under one Message-ID: fresh %v, %v", i, fresh, err)
		}
	}
	unfiled, err := s.Unfiled(s.ctx, 10)
	must(t, err)
	var ids []string
	for _, m := range unfiled {
		ids = append(ids, m.ID+" "+m.MessageID)
	}
	if want := []string{"1@example.org 1@example.org", "2@example.org 2@example.org", "2@example.org~bbbbbbbbbbbbbbbb 2@example.org"}; !slices.Equal(ids, want) {
		t.Errorf("kept %q, want %q", ids, want)
	}
	for _, m := range unfiled[1:] {
		must(t, s.File(s.ctx, flow.Filing{ID: m.ID, Kind: flow.KindOther}))
	}
	must(t, s.Advance(s.ctx, flow.Cursor{Key: "a", Value: "9"}))
	// From elsewhere it is not moved, and nothing is kept with it.
	at := func(v string) *string { return &v }
	late := Mail("late@example.org")
	for what, err := range map[string]error{
		"Advance":    s.Advance(s.ctx, flow.Cursor{Key: "a", Value: "8", From: at("7")}),
		"at first":   s.Advance(s.ctx, flow.Cursor{Key: "a", Value: "8", From: at("")}),
		"not there":  s.Advance(s.ctx, flow.Cursor{Key: "d", Value: "8", From: at("7")}),
		"KeepCommit": s.KeepCommit(s.ctx, flow.Waiting{ID: "late", At: T0}, flow.Cursor{Key: "a", Value: "8", From: at("7")}),
		"Keep": func() error {
			_, err := s.Keep(s.ctx, late, flow.Cursor{Key: "a", Value: "8", From: at("7")})
			return err
		}(),
	} {
		if !errors.Is(err, flow.ErrMoved) || !errors.Is(err, flow.ErrTemporary) {
			t.Errorf("%s from a cursor that another one moved: %v", what, err)
		}
	}
	must(t, s.Advance(s.ctx, flow.Cursor{Key: "c", Value: "1", From: at("")}))
	must(t, s.Advance(s.ctx, flow.Cursor{Key: "c", Value: "2", From: at("1")}))
	must(t, s.Advance(s.ctx, flow.Cursor{Key: "c", Value: "2", From: at("1")})) // again, its answer was lost
	if waits, err := s.Waiting(s.ctx, 10); len(waits) != 0 || err != nil {
		t.Errorf("%v waits, %v", waits, err)
	}
	s.Journal = s.again(t, s.Journal)
	for key, want := range map[string]string{"a": "9", "b": "1", "c": "2", "d": ""} {
		if v, err := s.Cursor(s.ctx, key); v != want || err != nil {
			t.Errorf("cursor %s is %q, %v; want %q", key, v, err, want)
		}
	}
	got, err := s.Unfiled(s.ctx, 10)
	must(t, err)
	if len(got) != 1 {
		t.Fatalf("%d unfiled mails, want 1", len(got))
	}
	m.Size, m.MessageID = len(m.Raw), m.ID
	if d := cmp.Diff(m, got[0]); d != "" {
		t.Errorf("the mail came back changed (-want +got):\n%s", d)
	}
	bad := Mail("bad@example.org")
	bad.Kind, bad.Note = flow.KindBad, "too large"
	_, err = s.Keep(s.ctx, bad, flow.Cursor{})
	must(t, err)
	if got, _ := s.Unfiled(s.ctx, 10); len(got) != 1 {
		t.Error("a bad mail waits to be filed")
	}
}

// put keeps and files a patch.
func (s *suite) put(t *testing.T, id string, ser flow.Series, n int) {
	t.Helper()
	_, err := s.Keep(s.ctx, Mail(id), flow.Cursor{Key: "a", Value: id})
	must(t, err)
	m := &flow.Member{ID: id, N: n, Title: fmt.Sprintf("drm/x: part %d", n)}
	must(t, s.File(s.ctx, flow.Filing{ID: id, Kind: flow.KindPatch, Series: &ser, Adds: m}))
}

func one(key string) flow.Series {
	return flow.Series{Key: key, Sender: "ada@example.org", Title: "drm/x: t", Version: 1, Of: 2, List: "drm.example.org", First: T0, Due: T0.Add(time.Minute)}
}

func file(t *testing.T, s *suite) {
	s.put(t, "2@x", one("k"), 2)
	s.put(t, "1@x", one("k"), 1)
	if left, err := s.Unfiled(s.ctx, 10); len(left) != 0 || err != nil {
		t.Errorf("%d unfiled, %v", len(left), err)
	}
	again := one("k")
	again.Due = T0.Add(time.Hour)
	must(t, s.File(s.ctx, flow.Filing{ID: "1@x", Kind: flow.KindPatch, Series: &again}))
	got, err := s.Series(s.ctx, "k")
	must(t, err)
	want := one("k")
	want.Revision, want.Members = 2, []flow.Member{{ID: "1@x", N: 1, Title: "drm/x: part 1"}, {ID: "2@x", N: 2, Title: "drm/x: part 2"}}
	if d := cmp.Diff(&want, got); d != "" {
		t.Errorf("series (-want +got):\n%s", d)
	}
	if none, err := s.Series(s.ctx, "nope"); none != nil || err != nil {
		t.Errorf("an unknown series is %v, %v", none, err)
	}
	mails, err := s.Mails(s.ctx, "k", 10)
	must(t, err)
	if len(mails) != 2 || mails[0].ID != "2@x" || !slices.Equal(mails[0].Lists, []string{"drm.example.org"}) {
		t.Errorf("mails of the series: %+v", mails)
	}
	for _, c := range []struct {
		ids  []string
		want int
	}{{nil, 0}, {[]string{"9@x"}, 0}, {[]string{"9@x", "2@x"}, 1}} {
		if got, err := s.Threads(s.ctx, c.ids); len(got) != c.want || err != nil {
			t.Errorf("Threads(%q): %d, %v", c.ids, len(got), err)
		}
	}
	if got, err := s.BySender(s.ctx, "ada@example.org", []string{"drm/x: part 2", "other"}, T0); len(got) != 1 || err != nil {
		t.Errorf("BySender with title: %d, %v", len(got), err)
	}
	for title, want := range map[string]int{"drm/x: part 2": 1, "nobody's": 0} {
		if got, err := s.BySender(s.ctx, "", []string{title}, T0); len(got) != want || err != nil {
			t.Errorf("BySender of anybody with %q: %d, %v", title, len(got), err)
		}
	}
	if got, err := s.BySender(s.ctx, "ada@example.org", nil, T0.Add(time.Second)); len(got) != 0 || err != nil {
		t.Errorf("BySender since later: %d, %v", len(got), err)
	}
}

// orphans: a reply that came before the patch it answers belongs to its series
// all the same.
func orphans(t *testing.T, s *suite) {
	r := Mail("r@x")
	r.InReplyTo = "1@x"
	_, err := s.Keep(s.ctx, r, flow.Cursor{})
	must(t, err)
	must(t, s.File(s.ctx, flow.Filing{ID: "r@x", Kind: flow.KindReply}))
	s.put(t, "1@x", one("k"), 1)
	mails, err := s.Mails(s.ctx, "k", 10)
	must(t, err)
	if len(mails) != 2 {
		t.Errorf("the series has %d mails, want the patch and the reply", len(mails))
	}
}

// standings come in order, by branch; what a mail says is there once, and may be proven
// later.
func standings(t *testing.T, s *suite) {
	said := []flow.Standing{
		{Branch: "6.1", Title: "drm: fix it", Stand: flow.StandQueued, Voice: flow.VoiceHeard, Who: "greg@example.org", Mail: "n1@example.org", At: T0},
		{Branch: "6.6", Title: "drm: fix it", Stand: flow.StandQueued, Voice: flow.VoiceHeard, Who: "greg@example.org", Mail: "n1@example.org", At: T0},
		{Branch: "6.1", Commit: "1a2b3c4d5e6f", Title: "drm: fix it", Stand: flow.StandDone, Voice: flow.VoiceWord, Who: "Ana", Why: "sent by hand", At: T0.Add(time.Hour)},
	}
	must(t, s.Stand(s.ctx, said))
	must(t, s.Stand(s.ctx, said[:1]))
	proven := said[0]
	proven.Proven, proven.How = true, "DKIM of example.org"
	must(t, s.Stand(s.ctx, []flow.Standing{proven}))
	must(t, s.Stand(s.ctx, nil))
	got, err := s.Standings(s.ctx, "6.1")
	must(t, err)
	if len(got) != 2 || got[0] != proven || got[1] != said[2] {
		t.Errorf("of 6.1: %+v", got)
	}
	if got, err = s.Standings(s.ctx, ""); len(got) != 3 || got[1].Proven || err != nil {
		t.Errorf("of all: %+v, %v", got, err)
	}
}

// lacking is kept once a branch.
func lacking(t *testing.T, s *suite) {
	l := flow.Lacking{Branch: "6.1", Release: "6.1.9", AsOf: T0, Rows: []flow.Lack{{Branch: "6.1", Commit: "1a2b3c4d5e6f", Title: "drm: fix it", State: flow.StandOpen, Worth: .5}}}
	must(t, s.SaveLacking(s.ctx, flow.Lacking{Branch: "6.1", AsOf: T0.Add(-time.Hour)}))
	must(t, s.SaveLacking(s.ctx, l))
	must(t, s.SaveLacking(s.ctx, flow.Lacking{Branch: "6.6", AsOf: T0}))
	got, err := s.Lacking(s.ctx, "6.1")
	must(t, err)
	if got == nil || !cmp.Equal(*got, l) {
		t.Errorf("%+v", got)
	}
	if got, err = s.Lacking(s.ctx, "5.15"); got != nil || err != nil {
		t.Errorf("of a branch without one: %+v, %v", got, err)
	}
	if of, err := s.LackingOf(s.ctx); err != nil || !slices.Equal(of, []string{"6.1", "6.6"}) {
		t.Errorf("%v, %v", of, err)
	}
}

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
	if line, err := s.Said(s.ctx, "v2"); line != "line of v1/first" || err != nil {
		t.Errorf("what is planned for v1 does not count as said to v2: %q, %v", line, err)
	}
	_, err := s.Begin(s.ctx, "v1/first", T0, wide)
	must(t, err)
	must(t, s.End(s.ctx, "v1/first", flow.Ending{State: flow.StateDone, At: T0}))
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

var wide = flow.Caps{List: "drm.example.org", PerHour: 100, PerDay: 100}

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

func caps(t *testing.T, s *suite) {
	c := flow.Caps{List: "drm.example.org", PerHour: 2, PerDay: 5} // of a day, a sender has three
	for i := range 6 {
		s.plan(t, Action(fmt.Sprint("c", i), fmt.Sprint("k", i), T0))
	}
	begin := func(key string, at time.Time, want bool) {
		t.Helper()
		ok, err := s.Begin(s.ctx, key, at, c)
		must(t, err)
		if ok != want {
			t.Errorf("%s at %s: begun is %v", key, at.Sub(T0), ok)
		}
		if ok {
			must(t, s.End(s.ctx, key, flow.Ending{State: flow.StateDone, At: at}))
		}
	}
	begin("c0", T0, true)
	begin("c1", T0, true)
	begin("c2", T0, false) // the third in an hour
	begin("c3", T0.Add(2*time.Hour), true)
	begin("c4", T0.Add(4*time.Hour), false) // the fourth in a day
	waits := func(at time.Time) (out string) {
		t.Helper()
		todo, err := s.Planned(s.ctx, "out", at, 10)
		must(t, err)
		for _, a := range todo {
			out += " " + a.Key
		}
		return out
	}
	// What a cap holds goes out when there is room again, and no person is needed.
	if got := waits(T0.Add(59 * time.Minute)); got != " c5" {
		t.Errorf("within the hour there waits%s", got)
	}
	if got := waits(T0.Add(61 * time.Minute)); got != " c2 c5" {
		t.Errorf("after the hour there waits%s", got)
	}
	begin("c4", T0.Add(48*time.Hour), true)
	begin("c5", T0.Add(48*time.Hour), true)
	c.PerDay = 0
	s.plan(t, Action("c6", "k6", T0))
	begin("c6", T0.Add(96*time.Hour), false)
	if got := waits(T0.Add(960 * time.Hour)); got != " c2" {
		t.Errorf("a cap of nothing lets%s go", got)
	}
}

// fair: one sender, and those that appeared just now, leave something to the others.
func fair(t *testing.T, s *suite) {
	c := flow.Caps{List: "drm.example.org", PerHour: 6, PerDay: 100}
	by := func(sender string, n int, first time.Time) {
		for i := range n {
			key := fmt.Sprint(sender, i)
			ser := one(key)
			ser.Sender, ser.First = sender, first
			s.put(t, key+"@x", ser, 1)
			s.plan(t, Action("a-"+key, key, T0))
		}
	}
	sent := func(sender string, n int) (out int) {
		t.Helper()
		for i := range n {
			ok, err := s.Begin(s.ctx, fmt.Sprint("a-", sender, i), T0, c)
			must(t, err)
			if ok {
				out++
				must(t, s.End(s.ctx, fmt.Sprint("a-", sender, i), flow.Ending{State: flow.StateDone, At: T0}))
			}
		}
		return out
	}
	by("eve@evil.example.com", 5, T0)
	by("mallory@evil.example.com", 5, T0)
	by("ada@example.org", 3, T0.Add(-30*24*time.Hour))
	if n := sent("eve@evil.example.com", 5); n != 3 {
		t.Errorf("one sender got %d of 6", n)
	}
	if n := sent("mallory@evil.example.com", 5); n != 1 {
		t.Errorf("another that appeared just now got %d, and 4 of 6 are for those", n)
	}
	if n := sent("ada@example.org", 3); n != 2 {
		t.Errorf("one that is known got %d of what was left", n)
	}
	// What anybody may have sent under a name takes nothing from whom it is proven to be.
	c.List = "other.example.org"
	for i, how := range []flow.Signed{flow.Unsigned, flow.SenderProven} {
		for n := range 5 {
			key := fmt.Sprintf("mira%d%d", i, n)
			ser := one(key)
			ser.Sender, ser.First, ser.Signed = "mira@example.org", T0, how
			s.put(t, key+"@x", ser, 1)
			a := Action("a-"+key, key, T0)
			a.List = c.List
			s.plan(t, a)
		}
	}
	if forged, proven := sent("mira0", 5), sent("mira1", 5); forged != 3 || proven != 1 {
		t.Errorf("forged mails got %d of 6, and the proven ones %d", forged, proven)
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

// names: one holder at a time, also among those who share a store.
func names(t *testing.T, s *suite) {
	other := s.again(t, s.Journal)
	held, release, err := s.Hold(s.ctx, "source imap/INBOX")
	must(t, err)
	if held == nil || held.Err() != nil {
		t.Fatal("a free name is not held")
	}
	for _, j := range []flow.Journal{s.Journal, other} {
		if again, _, err := j.Hold(s.ctx, "source imap/INBOX"); again != nil || err != nil {
			t.Errorf("held twice: %v, %v", again, err)
		}
	}
	if _, free, err := other.Hold(s.ctx, "source imap"); free == nil || err != nil {
		t.Errorf("another name is taken: %v", err)
	} else {
		free()
	}
	release()
	if held.Err() == nil {
		t.Error("a released name is still held")
	}
	ctx, cancel := context.WithCancel(s.ctx)
	held, release, err = other.Hold(ctx, "source imap/INBOX")
	must(t, err)
	if held == nil {
		t.Fatal("a released name is not free")
	}
	cancel()
	<-held.Done()
	release()
}

// hostile: whatever bytes and lengths a mail brings, it is stored and filed.
func hostile(t *testing.T, s *suite) {
	for i, id := range []string{"nul\x00@x", "latin\xe4@x", "'; drop table mail; --?@x", strings.Repeat("i", 998)} {
		long := strings.Repeat(id, 20000/len(id))
		m := Mail(id)
		m.Subject, m.Sender, m.Source, m.List, m.InReplyTo = long, long, "s\x00", long, id
		fresh, err := s.Keep(s.ctx, m, flow.Cursor{Key: "k\xff", Value: "v\x00"})
		must(t, err)
		again, err := s.Keep(s.ctx, m, flow.Cursor{})
		must(t, err)
		if !fresh || again {
			t.Errorf("%.20q: fresh %v, again %v", id, fresh, again)
		}
		got, err := s.Unfiled(s.ctx, 10)
		must(t, err)
		if len(got) != 1 || string(got[0].Raw) != string(m.Raw) || len(got[0].Subject) > 1000 {
			t.Fatalf("%.20q: %d unfiled", id, len(got))
		}
		ser := one(id)
		ser.Sender, ser.Title = got[0].Sender, long
		must(t, s.File(s.ctx, flow.Filing{ID: id, Kind: flow.KindPatch, Note: long, Series: &ser, Adds: &flow.Member{ID: id, N: 1, Title: long}}))
		due, err := s.Due(s.ctx, T0.Add(time.Hour), 10)
		must(t, err)
		if len(due) != 1 {
			t.Fatalf("%.20q: %d due", id, len(due))
		}
		j := Judgement(id, verdict.Wait)
		j.Author, j.Subject, j.SeriesKey = long, long, id
		a := Action(flow.ActionKey(id, flow.CauseFirst), id, T0.Add(time.Duration(i)))
		a.Line = long
		if ok, err := s.Settle(s.ctx, flow.Settlement{Series: due[0], Judged: []flow.Judged{j}, Actions: []flow.Action{a}, At: T0}); !ok || err != nil {
			t.Fatalf("%.20q: settled %v, %v", id, ok, err)
		}
		if found, err := s.BySender(s.ctx, got[0].Sender, []string{long}, T0); len(found) != 1 || err != nil {
			t.Errorf("%.20q: %d series of the sender, %v", id, len(found), err)
		}
	}
}

// race: many at once; an action is begun by exactly one.
func race(t *testing.T, s *suite) {
	const n = 20
	for i := range n {
		s.plan(t, Action(fmt.Sprint("a", i), fmt.Sprint("k", i), T0))
	}
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		begun = map[string]int{}
		errs  []error
	)
	for w := range 4 {
		wg.Go(func() {
			for i := range n {
				ok, err := s.Begin(s.ctx, fmt.Sprint("a", i), T0, wide)
				_, kept := s.Keep(s.ctx, Mail(fmt.Sprintf("%d-%d@x", w, i)), flow.Cursor{Key: fmt.Sprint(w), Value: fmt.Sprint(i)})
				mu.Lock()
				errs = append(errs, err, kept)
				if ok {
					begun[fmt.Sprint("a", i)]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	for i := range n {
		if got := begun[fmt.Sprint("a", i)]; got != 1 {
			t.Errorf("a%d was begun %d times", i, got)
		}
	}
}
