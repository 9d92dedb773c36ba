package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/verdict"
)

func outcomes(t *testing.T, s *suite) {
	for _, id := range []string{"b@x", "a@x", "c@x"} {
		must(t, s.KeepJudged(s.ctx, Judgement(id, verdict.StableEligible), flow.Cursor{Key: "git", Value: id}))
	}
	o, ok := s.Journal.(flow.Outcomes)
	if !ok {
		t.Fatalf("%T follows no outcomes", s.Journal)
	}
	first, err := o.Followed(s.ctx, "", 2)
	must(t, err)
	rest, err := o.Followed(s.ctx, "b@x", 2)
	must(t, err)
	if len(first) != 2 || first[0].ID != "a@x" || first[1].ID != "b@x" || len(rest) != 1 || rest[0].ID != "c@x" {
		t.Fatalf("followed %+v, then %+v", first, rest)
	}
	if first[0].Subject != "drm/x: a@x" || !first[0].Date.Equal(T0) || first[0].Kind != "mail" {
		t.Errorf("followed as %+v", first[0])
	}
	day := time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	want := map[string][]flow.Outcome{
		"a@x": {
			{Change: "a@x", Commit: "1111", How: "subject", At: day, Release: "6.19", Followups: []rules.Followup{{SHA: "2222", Subject: "drm/x: fix it", Revert: true}}},
			{Change: "a@x", Branch: "6.12", Commit: "3333", How: "upstream", At: day.Add(time.Hour), Release: "6.12.9", Reverted: "4444"},
			{Change: "a@x", Branch: "6.6", Commit: "1111", How: "sha", Begun: true},
		},
		"c@x": {{Change: "c@x", Branch: "6.12", Commit: "5555", How: "subject"}},
	}
	must(t, o.SetOutcomes(s.ctx, T0, want))
	must(t, o.SetOutcomes(s.ctx, T0, map[string][]flow.Outcome{"gone@x": {{Change: "gone@x", Commit: "9999"}}}))
	s.Journal = s.again(t, s.Journal)
	o = s.Journal.(flow.Outcomes)
	got, err := o.OutcomesOf(s.ctx, []string{"c@x", "a@x", "b@x", "gone@x"})
	must(t, err)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the outcomes came back changed (-want +got):\n%s", d)
	}
	settledOutcomes(t, s, day)
	foreseenOutcomes(t, s, day)
	must(t, o.SetOutcomes(s.ctx, T0, map[string][]flow.Outcome{"a@x": nil, "c@x": want["c@x"]}))
	got, err = o.OutcomesOf(s.ctx, []string{"a@x", "c@x"})
	must(t, err)
	if len(got["a@x"]) != 0 || len(got["c@x"]) != 1 {
		t.Errorf("after taking one back there is %+v", got)
	}
}

// foreseenOutcomes: what a backfill judged after the fact is compared by what
// would have been said on its day, however often it is judged again.
func foreseenOutcomes(t *testing.T, s *suite, day time.Time) {
	o := s.Journal.(interface {
		flow.Outcomes
		Settled(ctx context.Context, before time.Time) ([]flow.Settled, error)
	})
	j := Judgement("past@x", verdict.NotNeeded)
	j.Source, j.Forecast = "git:"+flow.BackfillPrefix+"linux", &flow.Forecast{Verdict: verdict.StableEligible, Score: 0.5}
	must(t, s.KeepJudged(s.ctx, j, flow.Cursor{Key: "git", Value: "past"}))
	j.Forecast = nil
	must(t, s.KeepJudged(s.ctx, j, flow.Cursor{Key: "git", Value: "past again"}))
	must(t, o.SetOutcomes(s.ctx, T0, map[string][]flow.Outcome{"past@x": {{Change: "past@x", Branch: "6.12", Commit: "8888", At: day}}}))
	cs, err := o.Settled(s.ctx, day)
	must(t, err)
	if i := slices.IndexFunc(cs, func(c flow.Settled) bool { return c.ID == "past@x" }); i < 0 {
		t.Error("it is not compared")
	} else if c := cs[i]; !c.Backfilled || c.Verdict != verdict.StableEligible || c.Score != 0.5 || c.Judged.IsZero() {
		t.Errorf("compared as %+v", c)
	}
	must(t, o.SetOutcomes(s.ctx, T0, map[string][]flow.Outcome{"past@x": nil}))
}

// settledOutcomes: a@x and c@x were taken; b@x was merged and not taken. Once a
// branch has it, a fix is judged anew, and the verdict from before is compared.
func settledOutcomes(t *testing.T, s *suite, day time.Time) {
	o, ok := s.Journal.(interface {
		flow.Outcomes
		Settled(ctx context.Context, before time.Time) ([]flow.Settled, error)
	})
	if !ok {
		t.Fatalf("%T compares nothing", s.Journal)
	}
	must(t, o.SetOutcomes(s.ctx, T0, map[string][]flow.Outcome{"b@x": {{Change: "b@x", Commit: "7777", At: day}}}))
	must(t, s.KeepJudged(s.ctx, Judgement("a@x", verdict.NotNeeded), flow.Cursor{Key: "git", Value: "again"}))
	must(t, s.KeepJudged(s.ctx, Judgement("b@x", verdict.Uncertain), flow.Cursor{Key: "git", Value: "again"}))
	for before, want := range map[time.Time]string{
		day:                   "a@x stable-eligible true; b@x uncertain false; c@x stable-eligible true; ",
		day.Add(-time.Second): "a@x stable-eligible true; c@x stable-eligible true; ",
	} {
		cs, err := o.Settled(s.ctx, before)
		must(t, err)
		got := ""
		for _, c := range cs {
			got += fmt.Sprintf("%s %s %t; ", c.ID, c.Verdict, c.Taken)
		}
		if got != want {
			t.Errorf("before %s: %s\nwant %s", before, got, want)
		}
		if cs[0].Driver != "amdgpu" || cs[0].Score != 0.87 || !cs[0].Judged.Equal(T0) || cs[0].Release != "6.19" {
			t.Errorf("settled as %+v", cs[0])
		}
	}
}
