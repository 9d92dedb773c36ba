package remote

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
)

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name, url, state string
		bad              int
	}{{"linux", "https://git.example.org/linux", "s", 0}, {"", "", "", 3}, {"a/b", "u", "s", 1}, {"..", "u", "s", 1}} {
		if got := Check(c.name, c.url, "repository", c.state); len(got) != c.bad {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestPolled(t *testing.T) {
	away := fmt.Errorf("no route: %w", git.ErrRemote)
	if err := Polled(t.Context(), "git:x", away); !errors.Is(err, flow.ErrTemporary) || !errors.Is(err, git.ErrRemote) {
		t.Errorf("a remote that is away: %v", err)
	}
	if err := Polled(t.Context(), "git:x", git.ErrMissing); errors.Is(err, flow.ErrTemporary) || !errors.Is(err, git.ErrMissing) {
		t.Errorf("a missing object: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Polled(over, "git:x", away); !errors.Is(err, context.Canceled) {
		t.Errorf("at the end: %v", err)
	}
	if err := Wait(over, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting at the end: %v", err)
	}
	if err := Wait(t.Context(), time.Millisecond); err != nil {
		t.Error(err)
	}
}
