// Package storetest holds what every journal must do, whatever database is
// behind it. A store's own test calls Run.
package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
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
		"also":             also,
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
		"twice":            twice,
		"domain":           domain,
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
