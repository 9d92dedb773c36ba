package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/internal/filelock"
)

// lockEvery is how often a taken lock is tried again: seldom enough to cost
// nothing in a first fetch of an hour, often enough that nobody notices.
const lockEvery = 50 * time.Millisecond

// alone waits until nobody else makes or fetches the mirror at dir: neither another
// part of this process, nor another process of the same bot, nor a git that outlived
// the bot that started it, which held is for. Git locks each ref and its settings for
// a moment only, and who comes second there fails.
func alone(ctx context.Context, dir string) (held *os.File, unlock func(), err error) {
	name := dir + ".lock" // beside the mirror, as git does not know it
	failed := func(err error, advice string) error {
		return &Error{Doing: "waiting for a mirror", Repo: dir, Err: err, Advice: advice}
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, nil, failed(err, "its folder has to be one that the bot may write")
	}
	for {
		held, unlock, err := filelock.TryFile(name)
		if err != nil {
			return nil, nil, failed(err, "its folder has to be one that the bot may write")
		}
		if unlock != nil {
			return held, unlock, nil
		}
		select {
		case <-time.After(lockEvery):
		case <-ctx.Done():
			return nil, nil, failed(context.Cause(ctx), "another process fetches into it")
		}
	}
}

// clearLeft removes what a git that was killed left in the mirror at dir: its locks, over
// which each later fetch would fail, and half a pack, which nothing else removes while
// nobody collects garbage. Who calls it is alone with the mirror.
func clearLeft(dir string) error {
	var left []string
	for _, pattern := range []string{"*.lock", "objects/tmp_*", "objects/info/*.lock", "objects/pack/tmp_*", "objects/pack/.tmp-*",
		"objects/pack/*.lock"} {
		names, err := filepath.Glob(filepath.Join(globEscaped(dir), pattern))
		if err != nil {
			return fmt.Errorf("looking for what a killed git left in %s: %w", dir, err)
		}
		left = append(left, names...)
	}
	err := filepath.WalkDir(filepath.Join(dir, "refs"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(path, ".lock") { // which no ref's name may end in
			left = append(left, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	for _, name := range left {
		err = errors.Join(err, os.RemoveAll(name))
	}
	if err != nil {
		return &Error{Doing: "removing what a killed git left", Repo: dir, Err: err, Advice: "the bot has to be able to write there"}
	}
	return nil
}

// globEscaped is a path as a pattern that matches it alone.
func globEscaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
