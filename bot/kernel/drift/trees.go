package drift

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
)

// Folder is a tree on the disk.
type Folder string

// List is a Tree's.
func (f Folder) List(ctx context.Context, folder string) (out []string, err error) {
	top := filepath.Join(string(f), folder)
	err = filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && p == top && os.IsNotExist(err):
			return fs.SkipAll
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && p != top:
			return fs.SkipDir
		case d.Type().IsRegular():
			rel, err := filepath.Rel(string(f), p)
			if err != nil {
				return err
			}
			out = append(out, filepath.ToSlash(rel))
		}
		return context.Cause(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", top, err)
	}
	slices.Sort(out)
	return out, nil
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
