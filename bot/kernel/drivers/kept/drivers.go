// Package kept is the table of drivers that a state folder keeps: it is made of the
// releases of a mainline that the built-in table does not know, and stands in its place
// from the next start on.
package kept

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/drivers"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/silicon"
)

// folder holds, in a state folder, the table of all drivers that a
// configured mainline gave.
func folder(state string) string { return filepath.Join(state, "drivers") }

// Use puts the table of a state folder in the place of the embedded one,
// if it is of a newer release. It is called before anything is judged, so that
// one process judges by one table. A table that cannot be read is left aside.
func Use(state string, log *zap.Logger) {
	t, err := read(folder(state))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		log.Warn("the table of drivers in the state folder is left aside", zap.Error(err))
	case release.Newer(t.Newest(), silicon.Default().Drivers().Newest()):
		silicon.Use(t)
		log.Info("drivers are known up to", zap.String("release", t.Newest()))
	}
}

func read(dir string) (*silicon.DriverTable, error) {
	rows, err := os.ReadFile(filepath.Join(dir, "drivers.txt"))
	if err != nil {
		return nil, err
	}
	ids, err := os.ReadFile(filepath.Join(dir, "ids.txt.gz"))
	if err != nil {
		return nil, err
	}
	return silicon.LoadDrivers(string(rows), func() (string, error) { return silicon.Unzip(string(ids)) })
}

// Refresh makes the table anew when mainline has a release that the table
// in use does not know, for the next start. It reads two trees: that release and
// the newest that the table knows, so that what came between is dated.
func Refresh(ctx context.Context, mainline, state string, log *zap.Logger) error {
	repo, err := git.Open(ctx, mainline, git.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = repo.Close() }()
	refs, err := repo.Refs(ctx, "refs/tags")
	if err != nil {
		return err
	}
	known := silicon.Default().Drivers().Newest()
	if kept, err := read(folder(state)); err == nil && release.Newer(kept.Newest(), known) {
		known = kept.Newest()
	}
	newest := ""
	for name := range refs {
		r := strings.TrimPrefix(name, "refs/tags/v")
		if release.Is(r) && release.Newer(r, known) && (newest == "" || release.Newer(r, newest)) {
			newest = r
		}
	}
	if newest == "" {
		return nil
	}
	revs := []string{"v" + newest}
	if _, ok := refs["refs/tags/v"+known]; ok {
		revs = append(revs, "v"+known)
	}
	var trees []*drivers.Tree
	for _, rev := range revs {
		t, err := drivers.Revision(ctx, repo, rev)
		if err != nil {
			return fmt.Errorf("reading the drivers of %s: %w", rev, err)
		}
		trees = append(trees, t)
	}
	table := drivers.Join(trees...)
	if have := silicon.Default().Drivers().Len(); len(table.Drivers) < have/leastShare {
		return fmt.Errorf("%s has %d drivers and the table in use %d: it is no whole kernel", revs[0], len(table.Drivers), have)
	}
	if err := os.MkdirAll(folder(state), 0o755); err != nil { //nolint:gosec // data for everybody
		return err
	}
	if _, _, err := Write(table, folder(state)); err != nil {
		return err
	}
	log.Info("made the table of drivers; the next start uses it", zap.String("release", newest))
	return nil
}

// leastShare: a tree with less than one driver in so many of those known is a
// part of a kernel, and would make unknown what is known.
var leastShare = 2
