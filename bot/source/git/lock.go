package git

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/stablebot/stablebot/bot/internal/filelock"
)

// lockEvery is how often a taken lock is tried again: seldom enough to cost
// nothing in a first fetch of an hour, often enough that nobody notices.
const lockEvery = 50 * time.Millisecond

// lock waits until nobody else makes or fetches the copy: not this source's
// Poll or Update, nor another process of the same bot. Git locks each ref and
// its settings for a moment only, and who comes second there fails.
func (s *Source) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case s.fetching <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	free := func() { <-s.fetching }
	name := s.Dir() + ".lock" // beside the copy, as git does not know it
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		free()
		return nil, fmt.Errorf("making the folder of the copy: %w", err)
	}
	for {
		release, err := filelock.Try(name)
		if err != nil {
			free()
			return nil, fmt.Errorf("%w; the folder of the copy has to be one that the bot may write", err)
		}
		if release != nil {
			return func() { release(); free() }, nil
		}
		select {
		case <-time.After(lockEvery):
		case <-ctx.Done():
			free()
			return nil, ctx.Err()
		}
	}
}
