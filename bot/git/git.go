// Package git drives the git program. It is several times faster than any
// implementation in Go, and it is what the user's repository was made with.
//
// Invariants:
//
//   - A user's repository is only read. Nothing is written to it, and no object
//     that it lacks is fetched. No command runs under its configuration: each runs
//     in a shadow (shadow.go), a git directory of ours over the same objects and
//     refs, and a local remote is fetched from through one. So nothing that a
//     repository names is run: no merge driver, filter, textconv, hook, fsmonitor,
//     alias or ssh command; and nothing that it replaces or grafts is believed.
//   - Every command is built by start, in run.go.
//   - Only a Mirror, which the bot owns, is written to, and only its Fetch
//     uses the network. That one alone obeys the user's own configuration, for
//     proxies and credentials.
//   - Git never asks, never pages, speaks English, and dies with its context:
//     it and all its children, as one process group.
//   - A commit whose objects are absent or damaged is read as far as it can be
//     and says what was left out; it does not stop the commits after it.
//   - Errors are *Error, and wrap one of the sentinels when the cause is known.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// Oldest is the oldest git that is accepted: 2.38 brought merge-tree
// --write-tree, and safe.directory from the command line.
const Oldest = "2.38"

// Options of a repository.
type Options struct {
	Program string // the git program, "git" by default
	// Trust reads a repository that belongs to another user, which git refuses
	// otherwise. Set it for paths that the user named, never for found ones.
	Trust bool
}

func (o Options) program() string {
	if o.Program == "" {
		return "git"
	}
	return o.Program
}

// Repo is one repository on this machine. It is safe for concurrent use.
type Repo struct {
	Path    string // as it was given
	Dir     string // the git directory
	Common  string // where refs and objects are; differs from Dir in a linked worktree
	Bare    bool
	Shallow bool // history is cut off: the last commits have no parents here
	Partial bool // objects may be absent by agreement with the remote

	o      Options
	hexLen int     // digits of an object name
	shadow *shadow // where commands run

	mu    sync.Mutex
	batch *batch
}

// Open looks at the repository at path: a working tree, a folder in one, or a
// git directory. Close it after use.
func Open(ctx context.Context, path string, o Options) (*Repo, error) {
	if err := checkVersion(ctx, o.program()); err != nil {
		return nil, err
	}
	r := &Repo{Path: path, o: o}
	if st, err := os.Stat(path); err != nil || !st.IsDir() {
		e := &Error{Doing: "opening a repository", Repo: path, Err: ErrNotFound, Advice: "give the path of a git repository"}
		if err == nil {
			e.Err = ErrNotRepository
		} else if !errors.Is(err, os.ErrNotExist) {
			e.Err = err
		}
		return nil, e
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, &Error{Doing: "opening a repository", Repo: path, Err: err}
	}
	args := []string{"-C", abs, "rev-parse", "--absolute-git-dir", "--git-common-dir",
		"--is-bare-repository", "--is-shallow-repository", "--show-object-format"}
	out, err := output(ctx, invocation{git: o.program(), doing: "opening a repository", repo: path, args: r.trusted(args), env: ownFolder(abs),
		settings: usersOwn})
	if err != nil {
		return nil, err
	}
	f := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	if len(f) != 5 {
		return nil, &Error{Doing: "opening a repository", Repo: path, Err: fmt.Errorf("git answered %d lines instead of 5", len(f))}
	}
	r.Dir, r.Common, r.Bare, r.Shallow = f[0], f[1], f[2] == "true", f[3] == "true"
	if !filepath.IsAbs(r.Common) {
		r.Common = filepath.Join(abs, r.Common)
	}
	r.hexLen = 40
	if f[4] == "sha256" {
		r.hexLen = 64
	}
	promised, _ := filepath.Glob(filepath.Join(r.Common, "objects", "pack", "*.promisor"))
	r.Partial = len(promised) > 0
	if r.shadow, err = cast(ctx, o, r.Dir, r.Common, f[4]); err != nil {
		return nil, &Error{Doing: "opening a repository", Repo: path, Err: err, Advice: "a small temporary folder is needed for it"}
	}
	return r, nil
}

// ownFolder keeps git from looking for a repository above the given path,
// where a typo would otherwise find one that was not meant, unless the path
// lies in a working tree.
func ownFolder(abs string) []string {
	for dir := abs; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return nil
		}
		if filepath.Dir(dir) == dir {
			return []string{"GIT_CEILING_DIRECTORIES=" + filepath.Dir(abs)}
		}
	}
}

// Close ends the processes of the repository.
func (r *Repo) Close() error {
	r.mu.Lock()
	if r.batch != nil {
		r.batch.close()
		r.batch = nil
	}
	r.mu.Unlock()
	r.shadow.remove()
	return nil
}

// trusted puts what Options.Trust promises before the command, for this one
// process; git takes the option from the command line and not from a repository.
func (r *Repo) trusted(args []string) []string {
	if !r.o.Trust {
		return args
	}
	return append([]string{"-c", "safe.directory=*"}, args...)
}

// refs is a command that looks at refs.
func (r *Repo) refs(doing string, args ...string) invocation {
	// Where HEAD cannot be read, git says so.
	_ = r.shadow.refresh()
	return r.objects(doing, args...)
}

// objects is a command that looks at objects by their names.
func (r *Repo) objects(doing string, args ...string) invocation {
	return invocation{git: r.o.program(), doing: doing, repo: r.Path, args: append([]string{"--git-dir=" + r.shadow.dir}, args...)}
}

// Start runs a reading git command; its objects must be named by their full
// names (see Names), as refs may be out of its sight. doing says what for, in
// errors.
func (r *Repo) Start(ctx context.Context, doing string, args ...string) (*Proc, error) {
	return start(ctx, r.objects(doing, args...))
}

// StartFed is Start with a pipe to git's standard input, in Proc.In.
func (r *Repo) StartFed(ctx context.Context, doing string, args ...string) (*Proc, error) {
	v := r.objects(doing, args...)
	v.pipe = true
	return start(ctx, v)
}

// Output runs a reading git command and returns its whole answer.
func (r *Repo) Output(ctx context.Context, doing string, args ...string) ([]byte, error) {
	return output(ctx, r.objects(doing, args...))
}

// Names turns revisions and ranges ("main", "v1..v2", "main ^next", "--all")
// into full object names, the excluded ones with "^" before them.
func (r *Repo) Names(ctx context.Context, revs ...string) ([]string, error) {
	args := []string{"rev-parse"}
	for _, rev := range revs {
		for _, word := range strings.Fields(rev) {
			if strings.HasPrefix(word, "-") && word != "--all" && word != "--branches" && word != "--tags" && word != "--remotes" &&
				!strings.HasPrefix(word, "--branches=") && !strings.HasPrefix(word, "--tags=") && !strings.HasPrefix(word, "--remotes=") {
				return nil, &Error{Doing: "resolving " + rev, Repo: r.Path, Err: ErrNoRevision, Advice: "a revision does not begin with a dash"}
			}
			args = append(args, word)
		}
	}
	if len(args) == 1 {
		return nil, &Error{Doing: "resolving revisions", Repo: r.Path, Err: ErrNoRevision, Advice: "name a branch, a tag, a commit or a range"}
	}
	out, err := output(ctx, r.refs("resolving "+strings.Join(revs, " "), append(args, "--")...))
	if err != nil {
		var e *Error
		if errors.As(err, &e) && errors.Is(err, ErrNoRevision) && e.Advice == "" {
			e.Advice = r.revisionAdvice()
		}
		return nil, err
	}
	names := strings.Fields(string(out))
	if n := len(names); n > 0 && names[n-1] == "--" {
		names = names[:n-1]
	}
	return names, nil
}

func (r *Repo) revisionAdvice() string {
	if r.Shallow {
		return "the repository is shallow: deepen it with git fetch --unshallow, or name a newer revision"
	}
	return "see git branch -a and git tag there"
}

// Resolve returns the full name of the commit that rev names.
func (r *Repo) Resolve(ctx context.Context, rev string) (string, error) {
	if r.isName(rev) {
		o, err := r.Stat(ctx, rev+"^{commit}")
		return o.ID, err
	}
	if strings.HasPrefix(rev, "-") {
		return "", &Error{Doing: "resolving " + rev, Repo: r.Path, Err: ErrNoRevision, Advice: "a revision does not begin with a dash"}
	}
	out, err := output(ctx, r.refs("resolving "+rev, "rev-parse", "--verify", "--end-of-options", rev+"^{commit}"))
	if err != nil {
		var e *Error
		if errors.As(err, &e) && errors.Is(err, ErrNoRevision) && e.Advice == "" {
			e.Advice = r.revisionAdvice()
		}
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}

// isName reports whether s is a full object name.
func (r *Repo) isName(s string) bool {
	if len(s) != r.hexLen {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Version is what the git in the PATH says of itself: "2.39.5".
func Version(ctx context.Context) (string, error) {
	out, err := output(ctx, invocation{git: Options{}.program(), doing: "asking for git's version", args: []string{"version"}})
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "git version "), nil
}

// Refs lists full ref names below the prefixes, with the commits they name.
func (r *Repo) Refs(ctx context.Context, prefixes ...string) (map[string]string, error) {
	args := append([]string{"for-each-ref", "--format=%(objectname) %(*objectname) %(refname)", "--"}, prefixes...)
	out, err := output(ctx, r.refs("listing refs", args...))
	if err != nil {
		return nil, err
	}
	refs := make(map[string]string)
	for line := range bytes.Lines(out) {
		f := strings.Fields(string(line))
		switch len(f) { // an annotated tag has its commit in the middle
		case 2:
			refs[f[1]] = f[0]
		case 3:
			refs[f[2]] = f[1]
		}
	}
	return refs, nil
}

// Ancestor reports whether old is new, or an ancestor of it.
func (r *Repo) Ancestor(ctx context.Context, old, new string) (bool, error) {
	_, err := r.Output(ctx, "comparing histories", "merge-base", "--is-ancestor", old, new)
	var e *Error
	if errors.As(err, &e) && exitCode(e.Err) == 1 {
		return false, nil
	}
	return err == nil, err
}

// MergeBase returns the best common ancestor, "" when there is none.
func (r *Repo) MergeBase(ctx context.Context, a, b string) (string, error) {
	out, err := r.Output(ctx, "comparing histories", "merge-base", a, b)
	var e *Error
	if errors.As(err, &e) && exitCode(e.Err) == 1 {
		return "", nil
	}
	return strings.TrimSpace(string(out)), err
}

func exitCode(err error) int {
	var x interface{ ExitCode() int }
	if errors.As(err, &x) {
		return x.ExitCode()
	}
	return -1
}

// versions remembers what each program answered: asking costs a fork.
var versions sync.Map // program → error or nil

func checkVersion(ctx context.Context, program string) error {
	if v, ok := versions.Load(program); ok {
		err, _ := v.(error)
		return err
	}
	out, err := output(ctx, invocation{git: program, doing: "asking git for its version", repo: program, args: []string{"version"}})
	if err != nil {
		return err // not remembered: git may be installed meanwhile
	}
	err = nil
	if v := parseVersion(string(out)); v == "" || less(v, Oldest) {
		err = &Error{Doing: "asking git for its version", Repo: program, Err: ErrTooOld,
			Advice: fmt.Sprintf("it says %q; install git %s or newer", strings.TrimSpace(string(out)), Oldest)}
	}
	versions.Store(program, err)
	return err
}

// parseVersion takes "2.39" out of "git version 2.39.5 (Apple Git-154)".
func parseVersion(s string) string {
	s, ok := strings.CutPrefix(strings.TrimSpace(s), "git version ")
	if !ok {
		return ""
	}
	major, rest, _ := strings.Cut(s, ".")
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	if _, err := strconv.Atoi(major); err != nil || end == 0 {
		return ""
	}
	return major + "." + rest[:end]
}

func less(a, b string) bool {
	am, an, _ := strings.Cut(a, ".")
	bm, bn, _ := strings.Cut(b, ".")
	x, _ := strconv.Atoi(am)
	y, _ := strconv.Atoi(bm)
	if x != y {
		return x < y
	}
	x, _ = strconv.Atoi(an)
	y, _ = strconv.Atoi(bn)
	return x < y
}
