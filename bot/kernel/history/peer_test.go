//go:build measure

package history_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/history"
)

// TestReal times the index on a real repository, whose path is in the
// environment.
func TestReal(t *testing.T) {
	path := os.Getenv("STABLEBOT_DRM_KMOD")
	if path == "" {
		t.Skip("set STABLEBOT_DRM_KMOD to a clone of freebsd/drm-kmod")
	}
	ctx := context.Background()
	r, err := git.Open(ctx, path, git.Options{Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	tip, err := r.Resolve(ctx, "master")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	start := time.Now()
	h, err := history.Open(ctx, r, dir, tip)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d commits read in %v", h.Len(), time.Since(start))
	start = time.Now()
	again, err := history.Open(ctx, r, dir, tip)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("loaded in %v", time.Since(start))
	if again.Len() != h.Len() || again.Find(tip) != history.Position(h.Len()) {
		t.Errorf("%d commits, tip at %d; want %d, at the end", again.Len(), again.Find(tip), h.Len())
	}
	if got := len(strings.Fields(again.ID(1))); got != 1 {
		t.Error("no id")
	}
}
