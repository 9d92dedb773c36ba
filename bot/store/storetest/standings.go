package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stablebot/stablebot/bot/flow"
)

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
