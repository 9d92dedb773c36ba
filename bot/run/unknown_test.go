package run_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/run"
)

// shaky is a mail server of which the answer is lost; the mail is on its list all the
// same, or is not.
type shaky struct {
	lost map[string]bool // by verdict of the action
	list [][]byte
}

func (*shaky) Name() string     { return "shaky" }
func (*shaky) Idempotent() bool { return false }

func (s *shaky) Deliver(_ context.Context, a flow.Action) error {
	if !s.lost[a.Verdict] {
		s.list = append(s.list, append([]byte("List-Id: <"+drm+">\r\nX-Relay: shows it\r\n"), a.Message...))
	}
	return flow.ErrUnknown
}

// TestUnknownOutcome: a reply whose outcome is unknown was sent when the list shows
// it; what the list does not show for a day waits for a person, who is told why. What
// only has its Message-ID shows nothing.
func TestUnknownOutcome(t *testing.T) {
	b := newBench(t, t.TempDir())
	out := &shaky{lost: map[string]bool{"dkms-only": true}}
	b.opts.Sinks = []flow.Sink{out}
	b.opts.Policy.Lists[0].Verdicts = nil
	now := time.Now()
	b.opts.Clock.Now = func() time.Time { return now }
	b.once(post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"},
		post{id: "2@example.org", subject: "[PATCH] drm/amdgpu: big fix"})
	states := func() map[flow.ActionState]string {
		t.Helper()
		got := map[flow.ActionState]string{}
		for _, a := range actionsOf(t, b.store) {
			got[a.State] = a.Problem
		}
		return got
	}
	if got := states(); len(got) != 1 || len(out.list) != 1 {
		t.Fatalf("after sending: %v, %d on the list", got, len(out.list))
	}
	_, rest, _ := bytes.Cut(out.list[0], []byte("Message-ID: <"))
	id, _, _ := bytes.Cut(rest, []byte(">"))
	b.once(post{id: string(id), from: "stablebot <stablebot@example.com>", subject: "Re: [PATCH] drm/amdgpu: fix a hang",
		reply: "1@example.org", text: true, body: "Forged.\n"})
	if got := states(); len(got) != 1 {
		t.Errorf("what only has the Message-ID settles it: %v", got)
	}
	b.run(&feed{name: "list", mails: out.list})
	got := states()
	if !strings.HasPrefix(got[flow.StateDone], "it was seen on list") || len(got) != 2 {
		t.Errorf("after the list has shown it: %v", got)
	}
	now = now.Add(run.UnseenFor + time.Minute)
	b.run(&feed{name: "list"})
	if got = states(); !strings.HasPrefix(got[flow.StateHeld], flow.Unseen) || len(got) != 2 || len(out.list) != 1 {
		t.Errorf("a day later: %v", got)
	}
	held, err := b.store.Actions(t.Context(), flow.StateHeld, 10)
	if err != nil || len(held) != 1 {
		t.Fatalf("%+v, %v", held, err)
	}
	// A person lets it go.
	out.lost = nil
	if ok, err := b.store.Decide(t.Context(), held[0].Key, flow.Decision{State: flow.StatePlanned, Who: "mo", At: now}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	b.run(&feed{name: "list"})
	b.run(&feed{name: "list", mails: out.list})
	if got = states(); len(out.list) != 2 || len(got) != 1 || got[flow.StateDone] == "" {
		t.Errorf("at last: %v, %d on the list", got, len(out.list))
	}
}
