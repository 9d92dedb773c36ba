// Package remote is what the sources that follow a git remote have in common.
package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
)

// Check says what is wrong with a configured remote: of what is the kind of
// repository that url is the address of. It does not connect.
func Check(name, url, of, state string) (bad []error) {
	if name == "" || strings.ContainsAny(name, "/\\") || strings.HasPrefix(name, ".") {
		bad = append(bad, errors.New("name: a short word without slashes is needed, as it names a folder"))
	}
	if url == "" {
		bad = append(bad, fmt.Errorf("url is missing: the address of a %s that git can fetch", of))
	}
	if state == "" {
		bad = append(bad, errors.New("no state folder to keep the copy in"))
	}
	return bad
}

// Wait waits for the interval between two fetches: remotes announce nothing.
func Wait(ctx context.Context, every time.Duration) error {
	t := time.NewTimer(every)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Polled is the error of a poll as the pipeline takes it: what a remote refuses
// or does not answer is worth repeating.
func Polled(ctx context.Context, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, git.ErrRemote):
		return fmt.Errorf("reading %s: %w: %w", name, flow.ErrTemporary, err)
	}
	return fmt.Errorf("reading %s: %w", name, err)
}
