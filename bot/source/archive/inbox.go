// Package archive reads public-inbox v2 archives: git repositories with one
// message a commit, at path m, or at path d when the commit takes a message
// back. An archive has one or more such repositories, its epochs; a message
// may be taken back in a later epoch than its own.
//
// Invariants:
//
//   - The order is that of arrival, oldest first, epoch after epoch, whatever
//     the number of workers; it is the same in every run.
//   - A message that was taken back is never handed out, wherever in the
//     archive the deletion stands. It is counted.
//   - Every other message is handed out: one that cannot be read comes with
//     its error in the place where it stands.
//   - Memory is bounded by the number of workers, not by the archive.
package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
)

// ErrFormat marks a repository that is no public-inbox v2 archive.
var ErrFormat = errors.New("not a public-inbox v2 archive")

// Archive is an opened archive. Close it after use.
type Archive struct {
	Path   string
	Epochs []Epoch // oldest first; those without any commit are left out
}

// Epoch is one repository of an archive.
type Epoch struct {
	N    int
	Repo *git.Repo
	Tip  string // the newest commit when the archive was opened
}

// Open opens an archive by any of its usual paths: a folder with git/0.git,
// git/1.git and so on; that git folder itself; all.git; or a single epoch.
func Open(ctx context.Context, path string, o git.Options) (*Archive, error) {
	a := &Archive{Path: path}
	for _, e := range epochs(path) {
		if err := a.add(ctx, e.n, e.path, o); err != nil {
			_ = a.Close()
			return nil, err
		}
	}
	return a, nil
}

func (a *Archive) add(ctx context.Context, n int, path string, o git.Options) error {
	repo, err := git.Open(ctx, path, o)
	if err != nil {
		return err
	}
	a.Epochs = append(a.Epochs, Epoch{N: n, Repo: repo})
	e := &a.Epochs[len(a.Epochs)-1]
	refs, err := repo.Refs(ctx)
	if err != nil {
		return err
	}
	if len(refs) == 0 { // an epoch that was just begun
		a.Epochs = a.Epochs[:len(a.Epochs)-1]
		return repo.Close()
	}
	if e.Tip, err = repo.Resolve(ctx, "HEAD"); err != nil {
		return err
	}
	_, missing := repo.Stat(ctx, e.Tip+":m")
	if errors.Is(missing, git.ErrMissing) {
		_, missing = repo.Stat(ctx, e.Tip+":d")
	}
	// An absent blob is as missing as an absent path; only the listing knows
	// better, and says so.
	if errors.Is(missing, git.ErrMissing) && !repo.Partial {
		return &git.Error{Doing: "opening an archive", Repo: path, Err: ErrFormat,
			Advice: "each commit of one has a message at path m; judge an ordinary repository with --git"}
	}
	return nil
}

// Close ends the git processes.
func (a *Archive) Close() error {
	var err error
	for _, e := range a.Epochs {
		err = errors.Join(err, e.Repo.Close())
	}
	a.Epochs = nil
	return err
}

// Count returns how many commits the archive has, for a progress display.
func (a *Archive) Count(ctx context.Context) (int, error) {
	total := 0
	for _, e := range a.Epochs {
		out, err := e.Repo.Output(ctx, "counting messages", "rev-list", "--first-parent", "--count", e.Tip)
		if err != nil {
			return 0, err
		}
		n, err := strconv.Atoi(strings.TrimSpace(string(out)))
		if err != nil {
			return 0, fmt.Errorf("counting messages in %s: %w", e.Repo.Path, err)
		}
		total += n
	}
	return total, nil
}

type epochPath struct {
	n    int
	path string
}

// epochs finds the repositories behind a path, oldest first. A path that holds
// none stands for itself, and opening it says what is wrong.
func epochs(path string) []epochPath {
	for _, dir := range []string{filepath.Join(path, "git"), path} {
		if found := numbered(dir); len(found) > 0 {
			return found
		}
	}
	// all.git has no commits of its own: it borrows the objects of all epochs.
	for _, dir := range []string{path, filepath.Join(path, "all.git")} {
		b, err := os.ReadFile(filepath.Join(dir, "objects", "info", "alternates"))
		if err != nil || filepath.Base(strings.TrimRight(dir, "/")) != "all.git" {
			continue
		}
		var found []epochPath
		for line := range strings.Lines(string(b)) {
			line = strings.TrimSpace(line)
			if !filepath.IsAbs(line) {
				line = filepath.Join(dir, "objects", line)
			}
			repo := filepath.Dir(line)
			if n, ok := epochNumber(filepath.Base(repo)); ok {
				found = append(found, epochPath{n, repo})
			}
		}
		if len(found) > 0 {
			sort.Slice(found, func(i, j int) bool { return found[i].n < found[j].n })
			return found
		}
	}
	n, _ := epochNumber(filepath.Base(path))
	return []epochPath{{n, path}}
}

// numbered lists the epochs in a folder: 0.git or 0, 1.git or 1.
func numbered(dir string) []epochPath {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var found []epochPath
	for _, e := range entries {
		n, ok := epochNumber(e.Name())
		if !ok {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if _, err := os.Stat(filepath.Join(path, "objects")); err == nil {
			found = append(found, epochPath{n, path})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].n < found[j].n })
	return found
}

func epochNumber(name string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSuffix(name, ".git"))
	return n, err == nil && n >= 0
}
