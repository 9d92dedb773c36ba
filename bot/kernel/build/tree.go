package build

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/internal/filelock"
)

// tree is a branch's tree in a folder, held by this process alone.
type tree struct {
	dir   string // with the tree, the note and the baselines
	src   string
	r     *git.Repo
	at    string
	o     Options
	free  func()
	known map[string]log // baselines by object
}

// The files beside a tree.
const (
	readyNote = "ready"     // the tree is written, configured and prepared
	dirtyNote = "dirty"     // paths of a change that is in it
	baselines = "baselines" // what objects say without a change
)

// open gets the tree of a commit, written and prepared; why says what is missing.
func open(ctx context.Context, r *git.Repo, commit string, o Options) (t *tree, why string, err error) {
	config, err := configKey(o)
	if err != nil {
		return nil, fmt.Sprintf("the configuration cannot be read: %v", err), nil
	}
	name := fmt.Sprintf("tree-%.16s-%s", commit, config)
	sweep(o, name)
	t = &tree{dir: filepath.Join(o.Dir, name), r: r, at: commit, o: o, known: map[string]log{}}
	t.src = filepath.Join(t.dir, "src")
	if err := own(t.dir); err != nil {
		return nil, "", err
	}
	if t.free, err = filelock.Try(filepath.Join(o.Dir, name+".lock")); err != nil {
		return nil, "", fmt.Errorf("the lock of a tree: %w", err)
	}
	if t.free == nil {
		return nil, "another process builds in " + t.dir, nil
	}
	if _, err := os.Stat(filepath.Join(t.dir, readyNote)); err == nil {
		_, clean := os.Stat(filepath.Join(t.dir, dirtyNote))
		if err := errors.Join(t.restore(ctx), t.makePrograms(true)); err == nil {
			if clean != nil { // else what was put back is newer than what was made of it
				t.load()
			}
			now := time.Now()
			_ = os.Chtimes(t.dir, now, now)
			return t, "", nil
		}
	}
	if why, err = t.write(ctx); err != nil || why != "" {
		t.close()
		_ = os.RemoveAll(t.dir)
		return nil, why, err
	}
	return t, "", nil
}

func (t *tree) close() { t.free() }

// write makes the tree: files, configuration, what is made before any object.
func (t *tree) write(ctx context.Context) (why string, err error) {
	if err := os.RemoveAll(t.dir); err != nil {
		return "", fmt.Errorf("a tree that was not finished: %w", err)
	}
	if err := os.MkdirAll(t.src, 0o700); err != nil {
		return "", fmt.Errorf("the folder for builds: %w", err)
	}
	if free, ok := room(t.o.Dir); ok && free < t.o.Room {
		return fmt.Sprintf("the disk is too full for a kernel tree: %d MB are free in %s, %d are needed", free>>20, t.o.Dir, t.o.Room>>20), nil
	}
	if err := errors.Join(t.unpack(ctx), t.makePrograms(true)); err != nil {
		return "", err
	}
	if why, err = t.configure(ctx); err != nil || why != "" {
		return why, err
	}
	out, err := t.make(ctx, 3*t.o.Timeout, "prepare")
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil && full(out):
		return "", syscall.ENOSPC
	case err != nil:
		return fmt.Sprintf("the tree cannot be prepared for building: %s", first(out, err)), nil
	}
	return "", os.WriteFile(filepath.Join(t.dir, readyNote), nil, 0o600)
}

// spared are the parts of a kernel that no object for this machine is made of: half of
// its files.
func spared() []string {
	out := []string{"Documentation/*/**", "tools/testing/**", "LICENSES/**"}
	if k := kin[runtime.GOARCH]; k != "" {
		// Their Kconfig files are read all the same.
		for _, kind := range []string{"[chS]", "dts*"} {
			out = append(out, "arch/[!"+k+"]*/**/*."+kind)
		}
	}
	return out
}

// kin is the letter that the folders begin with of which an architecture's objects are made.
var kin = map[string]string{"amd64": "x", "arm64": "a"}

// alien reports whether a file is for another architecture.
func alien(file string) bool {
	under, ok := strings.CutPrefix(file, "arch/")
	k := kin[runtime.GOARCH]
	return ok && k != "" && strings.Contains(under, "/") && !strings.HasPrefix(under, k)
}

// unpack writes the files of the commit.
func (t *tree) unpack(ctx context.Context) error {
	args := []string{"archive", "--format=tar", t.at, "--", "."}
	for _, glob := range spared() {
		args = append(args, ":(exclude,glob)"+glob)
	}
	p, err := t.r.Start(ctx, "writing a tree", args...)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := untar(p.Out, t.src); err != nil {
		return fmt.Errorf("writing the tree of %.12s: %w", t.at, err)
	}
	return p.Wait()
}

// restore takes out what a change left that was not finished.
func (t *tree) restore(ctx context.Context) error {
	note := filepath.Join(t.dir, dirtyNote)
	data, err := os.ReadFile(note)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the note of a change: %w", err)
	}
	for p := range strings.SplitSeq(string(data), "\x00") {
		if p == "" {
			continue
		}
		if err := t.reset(ctx, p); err != nil {
			return err
		}
	}
	return os.Remove(note)
}

// reset gives a file the content of the commit, or removes it.
func (t *tree) reset(ctx context.Context, p string) error {
	to := filepath.Join(t.src, filepath.FromSlash(p))
	o, err := t.r.Object(ctx, t.at+":"+p)
	switch {
	case errors.Is(err, git.ErrMissing) || errors.Is(err, git.ErrNoRevision):
		if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("taking a change out: %w", err)
		}
		return nil
	case err != nil:
		return err
	}
	return t.put(p, o.Data)
}

// put writes a file of the tree: a link in it leads nowhere else.
func (t *tree) put(p string, data []byte) error {
	root, err := os.OpenRoot(t.src)
	if err == nil {
		defer func() { _ = root.Close() }()
		err = root.MkdirAll(filepath.Dir(filepath.FromSlash(p)), 0o755)
	}
	if err == nil {
		err = root.WriteFile(filepath.FromSlash(p), data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("a file of the tree: %w", err)
	}
	return nil
}

// load reads the baselines that are kept.
func (t *tree) load() {
	if data, err := os.ReadFile(filepath.Join(t.dir, baselines)); err == nil {
		_ = json.Unmarshal(data, &t.known) // one that is damaged is made anew
	}
}

func (t *tree) keep() {
	if data, err := json.Marshal(t.known); err == nil {
		_ = os.WriteFile(filepath.Join(t.dir, baselines), data, 0o600) // else it is made anew
	}
}

// untar writes an archive of git below a folder.
func untar(in io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	a := tar.NewReader(in)
	for {
		h, err := a.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(h.Name, "/")
		switch h.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(name, 0o755)
		case tar.TypeSymlink:
			err = root.Symlink(h.Linkname, name)
		case tar.TypeReg:
			err = one(root, name, h, a)
		}
		if err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
}

func one(root *os.Root, name string, h *tar.Header, in io.Reader) error {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, os.FileMode(h.Mode)&0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	return errors.Join(err, f.Close())
}

// sweep removes the trees that were not finished when their process ended, and those that
// were used longest ago.
func sweep(o Options, but string) {
	type old struct {
		name string
		used time.Time
	}
	var kept []old
	names, err := filepath.Glob(filepath.Join(o.Dir, "tree-*"))
	if err != nil {
		return
	}
	remove := func(name string) {
		free, err := filelock.Try(filepath.Join(o.Dir, name+".lock"))
		if err != nil || free == nil {
			return // in use
		}
		_ = os.RemoveAll(filepath.Join(o.Dir, name))
		free()
	}
	for _, p := range names {
		st, err := os.Lstat(p)
		name := filepath.Base(p)
		if err != nil || !st.IsDir() || name == but {
			continue
		}
		if _, err := os.Stat(filepath.Join(p, readyNote)); err != nil {
			remove(name)
			continue
		}
		kept = append(kept, old{name, st.ModTime()})
	}
	slices.SortFunc(kept, func(a, b old) int { return b.used.Compare(a.used) })
	for i, k := range kept {
		if i >= o.Keep-1 {
			remove(k.name)
		}
	}
}
