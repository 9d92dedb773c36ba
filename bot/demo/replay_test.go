package demo

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/fixtures"
)

// What is held back is off its branch until it is played, and the branch ends
// where the script has it.
func TestReplay(t *testing.T) {
	dir, now := filepath.Join(t.TempDir(), "linux.git"), fixtures.End()
	shas, err := BuildRemote(t.Context(), dir, fixtures.Git(), 0)
	if err != nil {
		t.Fatal(err)
	}
	tip := func() string {
		out, err := exec.Command("git", "--git-dir", dir, "rev-parse", "linux-6.12.y").Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	end := tip()
	pushes, err := Hold(t.Context(), dir, fixtures.Git(), shas, now)
	if err != nil {
		t.Fatal(err)
	}
	if got := tip(); got != shas["i915-quirk-6.12"] {
		t.Errorf("the branch waits at %s", got)
	}
	var s Server
	days := Days(pushes, 24*time.Hour)
	for _, day := range days {
		if day[0].At.After(now) || now.Sub(day[0].At) > 28*24*time.Hour {
			t.Errorf("a push at %s", day[0].At)
		}
		for _, p := range day {
			if err := s.Play(t.Context(), dir, p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := tip(); got != end || len(days) < 3 {
		t.Errorf("after %d days the branch is at %s, want %s", len(days), got, end)
	}
}

// A signed mail proves its sender, with the date that it was given; a changed
// one does not.
func TestSign(t *testing.T) {
	now := time.Now().Truncate(time.Second) // a signature has the time when it was made
	s, err := NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	raw, date, err := Shift([]byte("Date: Tue, 13 Jan 2026 01:50:00 +0000\nFrom: J <j@gpu.example.com>\nSubject: Re: x\nMessage-ID: "+
		"<1@x>\nIn-Reply-To: <0@x>\n\n#stablebot recheck\n"),
		now.Sub(fixtures.End()))
	if err != nil || now.Sub(date) != 10*time.Minute {
		t.Fatalf("%s, %v", date, err)
	}
	if raw, err = s.Sign(raw); err != nil {
		t.Fatal(err)
	}
	if p, err := command.Prove(t.Context(), raw, s.Lookup); err != nil || p.Stale(now) != nil || p.From != "j@gpu.example.com" ||
		!bytes.Contains(p.Signed, []byte("<0@x>")) {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := command.Prove(t.Context(), bytes.Replace(raw, []byte("recheck"), []byte("mute"), 1), s.Lookup); err == nil {
		t.Error("a changed mail is proven")
	}
}
