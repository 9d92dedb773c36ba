package main

import (
	"testing"

	"github.com/stablebot/stablebot/bot/git/gittest"
)

func TestMatching(t *testing.T) {
	r := gittest.New(t)
	r.Git("commit", "-q", "--allow-empty", "-m", "drm: begin")
	for _, b := range []string{"linux-6.6.y", "linux-6.12.y"} {
		r.Git("branch", b)
	}
	for pattern, want := range map[string]int{"linux-6.*.y": 2, "linux-6.6.y": 1, "linux-5.*.y": 0, "linux-6.6": 0} {
		if n, err := matching(t.Context(), r.Dir, pattern); err != nil || n != want {
			t.Errorf("%s means %d branches, want %d (%v)", pattern, n, want, err)
		}
	}
	if _, err := matching(t.Context(), t.TempDir(), "x"); err == nil {
		t.Error("a folder without a repository is no error")
	}
}
