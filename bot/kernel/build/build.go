// Package build compiles what a change touches on a branch: the objects of its C files,
// before and after, so that what the branch warns of by itself is not told.
//
// A branch's tree is written out once into a folder of ours, configured and prepared,
// and kept for the next change; the repository is only read. What a change puts into the
// tree is taken out again, and where the program was killed before that, the next run
// finds it by a note that is written first.
//
// A patch is a stranger's text, and a build runs what the tree says. So a change that
// edits what steers the build is not built; nothing runs but make and the compiler, under
// limits of time, processors, memory and the size of a file, without a network and, where
// the kernel lets us, as nobody in namespaces of its own.
package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/stablebot/stablebot/bot/git"
)

// The answers.
const (
	Yes      = "yes"
	No       = "no"
	Broken   = "baseline-broken" // an object does not compile without the change either
	NotTried = "not-tried"
)

// Options bound and steer a build. The zero value of each is its default.
type Options struct {
	Config   string        // a .config; "": derived from allmodconfig
	Dir      string        // where trees are kept: a folder of ours
	Compiler string        // "gcc"
	Jobs     int           // processors: 2
	Timeout  time.Duration // of one make: 10 minutes, and three times that to prepare a tree
	Room     int64         // bytes that have to be free before a tree is written: 4 GiB
	Keep     int           // trees kept: 3
	Git      git.Options
}

func (o Options) filled() Options {
	o.Compiler = cmp.Or(o.Compiler, "gcc")
	o.Jobs = cmp.Or(o.Jobs, 2)
	o.Timeout = cmp.Or(o.Timeout, 10*time.Minute)
	o.Room = cmp.Or(o.Room, 4<<30)
	o.Keep = cmp.Or(o.Keep, 3)
	if o.Dir == "" {
		o.Dir = filepath.Join(os.TempDir(), fmt.Sprintf("stablebot-builds-%d", os.Getuid()))
	}
	return o
}

// File is a file of the branch with the change; nil Data: it is deleted.
type File struct {
	Path string
	Data []byte
}

// Result is what a build says.
type Result struct {
	Builds string `json:"builds"`
	Why    string `json:"why,omitempty"` // the first new error, or why nothing was tried
	// Objects that were compiled, and the warnings that are new.
	Objects  []string      `json:"objects,omitempty"`
	Warnings []string      `json:"warnings,omitempty"`
	Left     []string      `json:"left,omitempty"` // files that no object of this configuration is made of, and why
	Took     time.Duration `json:"-"`
}

func notTried(format string, a ...any) *Result {
	return &Result{Builds: NotTried, Why: fmt.Sprintf(format, a...)}
}

// Objects compiles the objects of the C files among the files, on a commit of the
// repository, before and with them. An error is a fault of ours or the end of the
// context; what keeps the build from being tried is in the result.
func Objects(ctx context.Context, r *git.Repo, commit string, files []File, o Options) (*Result, error) {
	start := time.Now()
	o = o.filled()
	if why := refuse(files); why != "" {
		return notTried("%s", why), nil
	}
	for _, program := range []string{"make", o.Compiler} {
		if _, err := exec.LookPath(program); err != nil {
			return notTried("%s is not installed here", program), nil //nolint:nilerr // that is the answer
		}
	}
	res, err := tried(ctx, r, commit, files, o)
	if errors.Is(err, syscall.ENOSPC) {
		return notTried("the disk is full: free some room in %s, or keep kernel trees elsewhere", o.Dir), nil
	}
	if res != nil {
		res.Took = time.Since(start)
	}
	return res, err
}

func tried(ctx context.Context, r *git.Repo, commit string, files []File, o Options) (*Result, error) {
	if err := own(o.Dir); err != nil {
		return nil, err
	}
	t, why, err := open(ctx, r, commit, o)
	if err != nil || why != "" {
		return &Result{Builds: NotTried, Why: why}, err
	}
	defer t.close()
	if why := cmp.Or(t.program(files), t.strays(files)); why != "" {
		return notTried("%s", why), nil
	}
	return t.objects(ctx, files)
}

// steers reports whether a file may decide what a build runs. Of what a change edits only C
// is given to the compiler, and what no build reads is none of its matter; a build runs
// scripts of any name in any folder, and programs that it makes for itself in some.
func steers(name string) bool {
	dir, base := path.Split(name)
	switch path.Ext(base) {
	case ".c", ".h":
		for _, own := range [...]string{"scripts/", "tools/", "usr/", "certs/"} {
			if strings.HasPrefix(dir, own) {
				return true
			}
		}
		// Programs for the vDSO and boot images include headers from beside them.
		return strings.HasPrefix(dir, "arch/") && (strings.Contains(dir, "/tools/") ||
			strings.Contains(dir, "/vdso") || strings.Contains(dir, "/boot/")) ||
			strings.Contains(dir, "/aicasm/") || strings.HasPrefix(dir, "lib/raid6/") || strings.HasPrefix(dir, "security/selinux/")
	case ".rst", ".yaml", ".dts", ".dtsi":
		return false
	}
	return !strings.HasPrefix(dir, "Documentation/") && base != "MAINTAINERS" && base != "CREDITS" && base != ".mailmap"
}

// refuse says why a change is not built, "" when it may be.
func refuse(files []File) string {
	for _, f := range files {
		switch {
		case !filepath.IsLocal(f.Path) || strings.HasPrefix(f.Path, ".git/"):
			return fmt.Sprintf("%s is no path of a tree", f.Path)
		case steers(f.Path):
			return fmt.Sprintf("it edits %s, which may be what steers the build; that is not run for a patch", f.Path)
		}
		if line := outside(f); line != "" {
			return fmt.Sprintf("%s reads a file outside of the tree, or may: %.200q", f.Path, line)
		}
	}
	if !slices.ContainsFunc(files, func(f File) bool { return strings.HasSuffix(f.Path, ".c") && f.Data != nil }) {
		return "it changes no C file"
	}
	return ""
}

// objects compiles before and after.
func (t *tree) objects(ctx context.Context, files []File) (*Result, error) {
	res := &Result{Builds: Yes}
	var broken string
	for _, f := range files {
		if !strings.HasSuffix(f.Path, ".c") || f.Data == nil {
			continue
		}
		if why := t.unreachable(f.Path); why != "" {
			res.Left = append(res.Left, f.Path+": "+why)
			continue
		}
		object := t.object(f.Path)
		if _, err := os.Stat(filepath.Join(t.src, filepath.FromSlash(f.Path))); err == nil {
			was, err := t.baseline(ctx, object)
			if err != nil {
				return nil, err
			}
			if was.Failed && broken == "" {
				broken = object + ": " + was.First
			}
		}
		res.Objects = append(res.Objects, object)
	}
	switch {
	case broken != "":
		res.Builds, res.Why = Broken, "without the change either: "+broken
		return res, nil
	case len(res.Objects) == 0:
		res.Builds, res.Why = NotTried, "no CONFIG of yours builds this: "+strings.Join(res.Left, "; ")
		return res, nil
	}
	return res, t.with(ctx, files, res)
}

// with puts the change in, compiles, and takes it out.
func (t *tree) with(ctx context.Context, files []File, res *Result) (err error) {
	var note strings.Builder
	written := map[string]time.Time{} // a file that is as it was is as old, so that nothing is made anew for it
	for _, f := range files {
		note.WriteString(f.Path + "\x00")
		if st, err := os.Stat(filepath.Join(t.src, filepath.FromSlash(f.Path))); err == nil {
			written[f.Path] = st.ModTime()
		}
	}
	if err := os.WriteFile(filepath.Join(t.dir, dirtyNote), []byte(note.String()), 0o600); err != nil {
		return fmt.Errorf("the note of a change: %w", err)
	}
	defer func() {
		// Also when the context has ended.
		err = errors.Join(err, t.restore(context.WithoutCancel(ctx)), t.makePrograms(true))
		for p, at := range written {
			err = errors.Join(err, os.Chtimes(filepath.Join(t.src, filepath.FromSlash(p)), at, at))
		}
	}()
	if err := t.makePrograms(false); err != nil {
		return err
	}
	for _, f := range files {
		to := filepath.Join(t.src, filepath.FromSlash(f.Path))
		if f.Data == nil {
			if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("a file of the tree: %w", err)
			}
			continue
		}
		if err := t.put(f.Path, f.Data); err != nil {
			return err
		}
	}
	for _, object := range res.Objects {
		now, err := t.compile(ctx, object)
		if err != nil {
			return err
		}
		if t.wantedPrograms() {
			res.Builds, res.Why = NotTried, "it has the build make a program of its own anew, for "+object+"; that is not done for a patch"
			return nil
		}
		was := t.known[object]
		res.Warnings = append(res.Warnings, fresh(now.Warnings, was.Warnings)...)
		if now.Failed {
			res.Builds, res.Why = No, cmp.Or(res.Why, now.First)
		}
	}
	return nil
}

// baseline is what an object says without a change: compiled once for all changes.
func (t *tree) baseline(ctx context.Context, object string) (log, error) {
	if l, ok := t.known[object]; ok {
		return l, nil
	}
	l, err := t.compile(ctx, object)
	if err == nil {
		t.known[object] = l
		t.keep()
	}
	return l, err
}

// fresh are the lines that the baseline has not, by what they say and not where.
func fresh(now, was []string) (out []string) {
	left := map[string]int{}
	for _, w := range was {
		left[unplaced(w)]++
	}
	for _, w := range now {
		if k := unplaced(w); left[k] > 0 {
			left[k]--
		} else {
			out = append(out, w)
		}
	}
	return out
}
