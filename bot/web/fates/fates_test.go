package fates

import (
	"slices"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/web"
	"github.com/stablebot/stablebot/rules"
)

// What is shown of a word depends on who proved it: a claim is never shown as what it
// claims.
func TestHeard(t *testing.T) {
	for _, c := range []struct {
		name string
		in   flow.Standing
		want web.Fate
	}{
		{"proven", flow.Standing{Branch: "6.6", Stand: flow.StandQueued, Voice: flow.VoiceHeard, Proven: true, Why: "6.6.9", Who: "Ann", How: "DKIM"},
			web.Fate{Branch: "6.6", What: "queued", Note: "6.6.9, by Ann (DKIM)"}},
		{"claimed", flow.Standing{Branch: "6.6", Stand: flow.StandQueued, Voice: flow.VoiceHeard, Who: "Ann", How: "DKIM"},
			web.Fate{Branch: "6.6", What: "claimed", Note: "queued: by Ann, not proven"}},
		{"of a person here", flow.Standing{Branch: "6.6", Stand: flow.StandDeclined, Voice: flow.VoiceWord, Why: "too big"},
			web.Fate{Branch: "6.6", What: "declined", Note: "too big"}},
		{"taken back", flow.Standing{Branch: "6.6", Voice: flow.VoiceWord, Who: "Ann"},
			web.Fate{Branch: "6.6", What: "undone", Note: "by Ann"}},
		{"claimed to be taken back", flow.Standing{Branch: "6.6", Voice: flow.VoiceHeard, Who: "Ann"},
			web.Fate{Branch: "6.6", What: "claimed", Note: "undone: by Ann, not proven"}},
		{"said by nobody known", flow.Standing{Branch: "6.6", Stand: flow.StandQueued, Voice: flow.VoiceHeard},
			web.Fate{Branch: "6.6", What: "claimed", Note: "queued: not proven"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := heardOf([]flow.Standing{c.in}); !slices.Equal(got, []web.Fate{c.want}) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// A revert is told once, whether it is known as a follow-up, as what took the change
// out, or as both.
func TestOf(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 5, n, 0, 0, 0, 0, time.UTC) }
	got := ofStore{}.of([]flow.Outcome{
		{Branch: "6.6", Commit: "b1", How: "upstream", At: day(3), Release: "6.6.9", Reverted: "r1",
			Followups: []rules.Followup{{SHA: "r1", Subject: "Revert it", Revert: true}, {SHA: "f1", Subject: "Fix it"}}},
		{Branch: "6.1", Commit: "c1", How: "subject", At: day(2), Reverted: "r2"},
		{Branch: "6.12", Commit: "m1", How: "sha", At: day(1), Begun: true},
		{Commit: "m1", How: "sha", At: day(1)},
	})
	want := []web.Fate{
		{Branch: "6.12", What: "from-start", Commit: "m1", At: day(1), Note: "the branch began with it"},
		{Branch: "mainline", What: "merged", Commit: "m1", At: day(1), Note: "known by sha"},
		{Branch: "6.1", What: "taken", Commit: "c1", At: day(2), Note: "known by subject"},
		{Branch: "6.1", What: "reverted", Commit: "r2", At: day(2)},
		{Branch: "6.6", What: "taken", Commit: "b1", Release: "6.6.9", At: day(3), Note: "known by upstream"},
		{Branch: "6.6", What: "reverted", Commit: "r1", At: day(3), Note: "Revert it"},
		{Branch: "6.6", What: "followed-up", Commit: "f1", At: day(3), Note: "Fix it"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%+v\nwant:\n%+v", got, want)
	}
}
