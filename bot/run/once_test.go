package run_test

import (
	"testing"
	"time"
)

// A run with --once leaves what there is to a process that judges beside it, and
// does it by itself when that one ends without having done it.
func TestOnceTakesOver(t *testing.T) {
	b := newBench(t, t.TempDir())
	_, release, err := b.store.Hold(t.Context(), "desk")
	if err != nil || release == nil {
		t.Fatalf("the dispatcher is not free: %v", err)
	}
	ended := time.AfterFunc(100*time.Millisecond, release)
	defer ended.Stop()
	b.once(post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"})
	b.want("1@example.org")
}
