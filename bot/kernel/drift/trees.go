package drift

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

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

// Driver is a folder with what a stranger may have put there: links are followed within it
// alone, and those that lead out of it are told.
type Driver struct {
	dir     string
	outside []string // links
}

// DriverIn is the driver in a folder.
func DriverIn(dir string) *Driver { return &Driver{dir: dir} }

// List is a Tree's.
func (d *Driver) List(ctx context.Context, folder string) ([]string, error) {
	root, err := filepath.EvalSymlinks(d.dir)
	if err != nil {
		return nil, fmt.Errorf("listing a driver: %w", err)
	}
	w := walk{ctx: ctx, root: root, entered: map[string]bool{}}
	if err := w.folder(filepath.Join(root, filepath.FromSlash(folder)), folder); err != nil {
		return nil, fmt.Errorf("listing %s: %w", filepath.Join(d.dir, folder), err)
	}
	slices.Sort(w.out)
	d.outside = w.outside
	return w.out, nil
}

// Read is a Tree's. What List did not give, such as a header that is named by a path with
// "..", is read within the folder alone too.
func (d *Driver) Read(_ context.Context, path string) ([]byte, error) {
	name := filepath.Join(d.dir, filepath.FromSlash(path))
	out, err := leadsOut(d.dir, name)
	if err == nil && out {
		err = &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	var data []byte
	if err == nil {
		data, err = contents(name)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a file of the driver: %w", err)
	}
	return data, nil
}

// leadsOut reports whether a path leads out of a folder.
func leadsOut(dir, name string) (bool, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false, err
	}
	to, err := filepath.EvalSymlinks(name)
	if err != nil {
		return false, err
	}
	if rel, err := filepath.Rel(root, to); err == nil {
		return !filepath.IsLocal(rel), nil
	}
	return true, nil // they have no folder in common
}

// walk lists files.
type walk struct {
	ctx     context.Context
	root    string          // links that lead out of it are not followed; "": any is
	entered map[string]bool // where links led, so that none leads in a circle
	out     []string
	outside []string // the links that were not followed
}

// mostFiles is how many a tree may have: ten times those of a kernel. Links can make a few
// folders seem more.
const mostFiles = 1_000_000

func (w *walk) add(name string) error {
	if len(w.out) == mostFiles {
		return fmt.Errorf("it has more than %d files; a link in it may lead out of it", mostFiles)
	}
	w.out = append(w.out, name)
	return nil
}

// folder lists one that is called name in the tree; one that is not there has none.
func (w *walk) folder(dir, name string) error {
	_, err := os.Stat(dir)
	if nowhere(err) {
		return nil
	}
	var to string
	if err == nil {
		to, err = filepath.EvalSymlinks(dir)
	}
	if err != nil || w.entered[to] {
		return err
	}
	w.entered[to] = true
	return filepath.WalkDir(to, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := context.Cause(w.ctx); err != nil {
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
			return w.add(at)
		case d.Type()&fs.ModeSymlink != 0:
			return w.link(p, at)
		}
		return nil
	})
}

// link lists what one leads to; one that leads nowhere is nothing.
func (w *walk) link(p, at string) error {
	if w.root != "" {
		if out, err := leadsOut(w.root, p); err == nil && out {
			w.outside = append(w.outside, at)
			return nil
		}
	}
	info, err := os.Stat(p)
	switch {
	case nowhere(err):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return w.folder(p, at)
	case info.Mode().IsRegular():
		return w.add(at)
	}
	return nil
}

// nowhere reports whether an error says that a path leads to nothing: to what is not there,
// to itself, through a file, or to a name that cannot be.
func nowhere(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENOTDIR) ||
		errors.Is(err, syscall.ENAMETOOLONG)
}

// errLarge says that a file is larger than any source file: it is not read.
var errLarge = fmt.Errorf("larger than the %d MiB that are read of a file", git.MaxObject>>20)

// Read is a Tree's.
func (f Folder) Read(_ context.Context, path string) ([]byte, error) {
	data, err := contents(filepath.Join(string(f), filepath.FromSlash(path)))
	if err != nil {
		return nil, fmt.Errorf("reading a file of the tree: %w", err)
	}
	return data, nil
}

// contents reads a file; what is no file may have no end.
func contents(name string) ([]byte, error) {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil, cmp.Or(err, error(&fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, git.MaxObject+1))
	if err == nil && len(data) > git.MaxObject {
		return nil, fmt.Errorf("%s: %w", name, errLarge)
	}
	return data, err
}

// bounded is a tree whose files that are too large are taken to be empty, and told.
type bounded struct {
	Tree
	lock sync.Mutex
	left map[string]bool
}

func limited(t Tree) *bounded { return &bounded{Tree: t, left: map[string]bool{}} }

// Read is a Tree's.
func (b *bounded) Read(ctx context.Context, path string) ([]byte, error) {
	data, err := b.Tree.Read(ctx, path)
	if errors.Is(err, errLarge) {
		b.lock.Lock()
		defer b.lock.Unlock()
		b.left[path] = true
		return nil, nil
	}
	return data, err
}

// note tells which files were not read.
func (b *bounded) note(say string) []string {
	var out []string
	if d, ok := b.Tree.(*Driver); ok && len(d.outside) > 0 {
		out = append(out, fmt.Sprintf("%s: links that lead out of its folder were not followed: %s; put copies in their place if they are of the driver", say, some(d.outside)))
	}
	if len(b.left) == 0 {
		return out
	}
	const text = "%s: nothing is said of what stands in %s, which was not read: %v"
	return append(out, fmt.Sprintf(text, say, some(sorted(b.left)), errLarge))
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
	if err != nil && o.Size > git.MaxObject {
		err = fmt.Errorf("%s: %w", path, errLarge)
	}
	return o.Data, err
}
