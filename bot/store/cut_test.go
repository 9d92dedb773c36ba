package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// TestCutShort: whenever a process is told to end in the middle of a transaction, the next
// one begins, and that the end was clean can be recorded.
func TestCutShort(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "s.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for n := range 3000 {
		ctx, end := context.WithCancel(t.Context())
		stop := time.AfterFunc(time.Duration(n%100)*2*time.Microsecond, end)
		_ = s.Advance(ctx, flow.Cursor{Key: "x", Value: fmt.Sprint(n)})
		stop.Stop()
		end()
		if err := s.Clean(t.Context()); err != nil {
			t.Fatalf("after %d: %v", n, err)
		}
	}
}
