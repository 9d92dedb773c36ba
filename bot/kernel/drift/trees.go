package drift

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
)

// Folder is a tree on the disk.
type Folder string

// List is a Tree's. Links are followed: distributions' headers and build folders are made
// of them.
func (f Folder) List(ctx context.Context, folder string) (out []string, err error) {
	w := walk{ctx: ctx, entered: map[string]bool{}}
	err = w.folder(filepath.Join(string(f), filepath.FromSlash(folder)), folder)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", filepath.Join(string(f), folder), err)
	}
	slices.Sort(w.out)
	return w.out, nil
}

// walk lists files.
type walk struct {
	ctx     context.Context
	entered map[string]bool // where links led, so that none leads in a circle
	out     []string
}

// folder lists one that is called name in the tree; one that is not there has none.
func (w *walk) folder(dir, name string) error {
	to, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || w.entered[to] {
		return err
	}
	w.entered[to] = true
	return filepath.WalkDir(to, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(to, p)
		if err != nil {
			return err
		}
		at := path.Join(name, filepath.ToSlash(rel))
		switch {
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && p != to:
			return fs.SkipDir
		case d.Type().IsRegular():
			w.out = append(w.out, at)
		case d.Type()&fs.ModeSymlink != 0:
			return w.link(p, at)
		}
		return context.Cause(w.ctx)
	})
}

// link lists what one leads to; one that leads nowhere is nothing.
func (w *walk) link(p, at string) error {
	info, err := os.Stat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return w.folder(p, at)
	case info.Mode().IsRegular():
		w.out = append(w.out, at)
	}
	return nil
}

// Read is a Tree's.
func (f Folder) Read(_ context.Context, path string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(string(f), filepath.FromSlash(path)))
	if err != nil {
		return nil, fmt.Errorf("reading a file of the tree: %w", err)
	}
	return data, nil
}

// Revision is a tree of a git repository.
type Revision struct {
	Repo   *git.Repo
	Commit string // full id
}

// List is a Tree's.
func (r Revision) List(ctx context.Context, folder string) ([]string, error) {
	args := []string{"ls-tree", "-r", "-z", "--name-only", r.Commit}
	if folder != "" {
		args = append(args, "--", folder+"/")
	}
	out, err := r.Repo.Output(ctx, "listing a tree", args...)
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(out), func(c rune) bool { return c == 0 }), nil
}

// Read is a Tree's.
func (r Revision) Read(ctx context.Context, path string) ([]byte, error) {
	o, err := r.Repo.Object(ctx, r.Commit+":"+path)
	return o.Data, err
}
