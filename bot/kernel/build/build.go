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
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/internal/filelock"
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
			return notTried("%s is not installed here", program), nil
		}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("the folder for builds: %w", err)
	}
	t, why, err := open(ctx, r, commit, o)
	if err != nil || why != "" {
		return &Result{Builds: NotTried, Why: why}, err
	}
	defer t.close()
	res, err := t.objects(ctx, files)
	if res != nil {
		res.Took = time.Since(start)
	}
	return res, err
}

// refuse says why a change is not built, "" when it may be.
func refuse(files []File) string {
	for _, f := range files {
		base := path.Base(f.Path)
		switch {
		case !filepath.IsLocal(f.Path) || strings.HasPrefix(f.Path, ".git/"):
			return fmt.Sprintf("%s is no path of a tree", f.Path)
		case base == "Makefile" || base == "Kbuild" || strings.HasPrefix(base, "Makefile.") || strings.HasPrefix(base, "Kconfig") ||
			strings.HasPrefix(f.Path, "scripts/") || strings.HasPrefix(f.Path, "tools/"):
			return fmt.Sprintf("it edits %s, which steers the build; that is not run for a patch", f.Path)
		}
		for line := range strings.Lines(string(f.Data)) {
			line = strings.TrimSpace(line)
			if strings.Contains(line, ".incbin") || strings.HasPrefix(line, "#") && strings.Contains(line, "include") && strings.ContainsAny(line, "<\"") &&
				(strings.Contains(line, "\"/") || strings.Contains(line, "</")) {
				return fmt.Sprintf("%s reads a file outside of the tree: %s", f.Path, line)
			}
		}
	}
	if !slices.ContainsFunc(files, func(f File) bool { return strings.HasSuffix(f.Path, ".c") && f.Data != nil }) {
		return "it changes no C file"
	}
	return ""
}

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
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return nil, "", fmt.Errorf("the folder for builds: %w", err)
	}
	if t.free, err = filelock.Try(filepath.Join(o.Dir, name+".lock")); err != nil {
		return nil, "", fmt.Errorf("the lock of a tree: %w", err)
	}
	if t.free == nil {
		return nil, "another process builds in " + t.dir, nil
	}
	if _, err := os.Stat(filepath.Join(t.dir, readyNote)); err == nil {
		if err := t.restore(ctx); err == nil {
			t.load()
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
	if err := t.unpack(ctx); err != nil {
		if full(err.Error()) {
			return "the disk is full", nil
		}
		return "", err
	}
	if why, err = t.configure(ctx); err != nil || why != "" {
		return why, err
	}
	out, err := t.make(ctx, 3*t.o.Timeout, "prepare")
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return fmt.Sprintf("the tree cannot be prepared for building: %s", first(out, err)), nil
	}
	return "", os.WriteFile(filepath.Join(t.dir, readyNote), nil, 0o600)
}

// unpack writes the files of the commit.
func (t *tree) unpack(ctx context.Context) error {
	p, err := t.r.Start(ctx, "writing a tree", "archive", "--format=tar", t.at)
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
	return put(to, o.Data)
}

func put(to string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("a file of the tree: %w", err)
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
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
		object := strings.TrimSuffix(f.Path, ".c") + ".o"
		if _, err := os.Stat(filepath.Join(t.src, filepath.FromSlash(f.Path))); err == nil {
			was, err := t.baseline(ctx, object)
			if err != nil {
				return nil, err
			}
			switch {
			case was.Full:
				return notTried("the disk is full"), nil
			case was.Failed && broken == "":
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
		res.Builds, res.Why = NotTried, "no configuration symbol of yours builds it: "+strings.Join(res.Left, "; ")
		return res, nil
	}
	return res, t.with(ctx, files, res)
}

// with puts the change in, compiles, and takes it out.
func (t *tree) with(ctx context.Context, files []File, res *Result) (err error) {
	var note strings.Builder
	for _, f := range files {
		note.WriteString(f.Path + "\x00")
	}
	if err := os.WriteFile(filepath.Join(t.dir, dirtyNote), []byte(note.String()), 0o600); err != nil {
		return fmt.Errorf("the note of a change: %w", err)
	}
	defer func() {
		// Also when the context has ended.
		err = errors.Join(err, t.restore(context.WithoutCancel(ctx)))
	}()
	for _, f := range files {
		to := filepath.Join(t.src, filepath.FromSlash(f.Path))
		if f.Data == nil {
			if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("a file of the tree: %w", err)
			}
			continue
		}
		if err := put(to, f.Data); err != nil {
			return err
		}
	}
	for _, object := range res.Objects {
		now, err := t.compile(ctx, object)
		if err != nil {
			return err
		}
		was := t.known[object]
		res.Warnings = append(res.Warnings, fresh(now.Warnings, was.Warnings)...)
		switch {
		case now.Full:
			res.Builds, res.Why = NotTried, "the disk is full"
			return nil
		case now.Failed:
			res.Builds = No
			if res.Why == "" {
				res.Why = now.First
			}
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
	if err == nil && !l.Full {
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
