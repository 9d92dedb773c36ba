package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/internal/filelock"
)

// A shadow is a git directory of ours over the objects and refs of somebody's
// repository. Every command that reads the repository runs in it, so that nothing
// that the repository's own configuration, attributes, hooks, grafts or replaced
// objects say is obeyed: they are not there. Links lead to what is only data.
type shadow struct {
	dir    string
	remove func()
	heads  string // where HEAD is: the git directory of a linked worktree differs

	mu sync.Mutex
}

// linked is data of a repository, seen through a link; what is absent today may
// be there tomorrow.
var linked = []string{"objects", "refs", "packed-refs", "reftable", "shallow", "logs"}

// neutral takes back whatever an attribute in a tree may say: it outranks all
// other attributes, in every version of git and wherever that one looks for them.
const neutral = "* !text !eol !crlf !ident !filter !diff !merge !whitespace !encoding !working-tree-encoding" +
	" !export-ignore !export-subst !delta !conflict-marker-size\n"

// kept are the settings of a repository that say how its data are laid out, or
// what a name such as @{upstream} means. No other one is read.
const kept = `^(extensions\.(objectformat|refstorage)|branch\..*\.(remote|merge)|remote\..*\.fetch)$`

// cast makes the shadow of a repository.
func cast(ctx context.Context, o Options, gitDir, common, format string) (_ *shadow, err error) {
	dir, remove, err := Scratch("shadow-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			remove()
		}
	}()
	for _, name := range linked {
		if err := os.Symlink(filepath.Join(common, name), filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	settings, err := readKept(ctx, o, common)
	if err != nil {
		return nil, err
	}
	config := "[core]\n\trepositoryformatversion = 1\n\tbare = true\n"
	if !strings.Contains(settings, "objectformat") {
		config += "[extensions]\n\tobjectformat = " + format + "\n"
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "config"), []byte(config+settings), 0o600),
		os.Mkdir(filepath.Join(dir, "info"), 0o700),
		os.WriteFile(filepath.Join(dir, "info", "attributes"), []byte(neutral), 0o600))
	if err != nil {
		return nil, err
	}
	s := &shadow{dir: dir, remove: remove, heads: gitDir}
	return s, s.refresh()
}

// readKept asks git for the kept settings of one file, without what it includes.
func readKept(ctx context.Context, o Options, common string) (string, error) {
	out, err := output(ctx, invocation{git: o.program(), doing: "reading the layout of a repository", repo: common, args: []string{
		"config", "--file", filepath.Join(common, "config"), "--no-includes", "--null", "--get-regexp", kept}})
	var e *Error
	if errors.As(err, &e) && exitCode(e.Err) == 1 {
		return "", nil // it has none
	} else if err != nil {
		return "", err
	}
	var b strings.Builder
	for entry := range bytes.SplitSeq(out, []byte{0}) {
		key, value, _ := strings.Cut(string(entry), "\n")
		if key == "" {
			continue
		}
		first, last := strings.IndexByte(key, '.'), strings.LastIndexByte(key, '.')
		if first == last {
			fmt.Fprintf(&b, "[%s]\n", key[:first])
		} else {
			fmt.Fprintf(&b, "[%s %s]\n", key[:first], quoted(key[first+1:last]))
		}
		fmt.Fprintf(&b, "\t%s = %s\n", key[last+1:], quoted(value))
	}
	return b.String(), nil
}

// quoted is a value as git's configuration files have it.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}

// refresh copies HEAD and its like, which git does not read through a link.
func (s *shadow) refresh() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{"HEAD", "FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD"} {
		to := filepath.Join(s.dir, name)
		now, err := readSmall(filepath.Join(s.heads, name))
		if errors.Is(err, os.ErrNotExist) && name != "HEAD" {
			_ = os.Remove(to)
			continue
		}
		if err != nil {
			return err
		}
		if old, err := os.ReadFile(to); err == nil && bytes.Equal(old, now) {
			continue
		}
		// Whole or not at all: another command may be reading it.
		if err := os.WriteFile(to+".new", now, 0o600); err != nil {
			return err
		}
		if err := os.Rename(to+".new", to); err != nil {
			return err
		}
	}
	return nil
}

// readSmall reads a file of at most 1 MiB; a link to a ref, as old repositories
// have for HEAD, becomes what it means.
func readSmall(name string) ([]byte, error) {
	st, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if st.Mode()&os.ModeSymlink != 0 {
		to, err := os.Readlink(name)
		return []byte("ref: " + to + "\n"), err
	}
	if !st.Mode().IsRegular() || st.Size() > 1<<20 {
		return nil, fmt.Errorf("%s is no ref", name)
	}
	return os.ReadFile(name)
}

// Setting is one value of the user's own git configuration or of the repository's,
// "" when neither has it: a name or an address, nothing that is run.
func (r *Repo) Setting(ctx context.Context, key string) (string, error) {
	for _, from := range [][]string{{"--file", filepath.Join(r.Common, "config"), "--no-includes"}, {"--global", "--includes"},
		{"--system", "--includes"}} {
		args := append(append([]string{"config"}, from...), "--get", key)
		out, err := output(ctx, invocation{git: r.o.program(), doing: "asking git for " + key, repo: r.Path, args: args, settings: usersOwn})
		if err == nil {
			return strings.TrimSpace(string(out)), nil
		}
		if e := (*Error)(nil); from[0] == "--file" && (!errors.As(err, &e) || exitCode(e.Err) != 1) {
			return "", err // a user need not have a configuration of their own
		}
	}
	return "", nil
}

// scratches holds the temporary folders of this process: they stand in one folder
// with a lock, so that what a killed process left can be told from what is used.
var scratches struct {
	sync.Mutex
	top    string
	unlock func()
	used   int
	swept  bool
}

const scratchPrefix = "stablebot-scratch-"

// Scratch makes a temporary folder; remove it after use. What processes left that
// were killed is swept away by the next one.
func Scratch(name string) (dir string, remove func(), err error) {
	s := &scratches
	s.Lock()
	defer s.Unlock()
	if !s.swept {
		s.swept = true
		sweep(os.TempDir())
	}
	if s.used == 0 {
		top, err := os.MkdirTemp("", scratchPrefix)
		if err != nil {
			return "", nil, err
		}
		unlock, err := filelock.Try(filepath.Join(top, "lock"))
		if err != nil || unlock == nil {
			_ = os.RemoveAll(top)
			return "", nil, errors.Join(errors.New("a temporary folder cannot be locked"), err)
		}
		s.top, s.unlock = top, unlock
	}
	if dir, err = os.MkdirTemp(s.top, name); err != nil {
		return "", nil, err
	}
	s.used++
	var once sync.Once
	return dir, func() { once.Do(func() { dropScratch(dir) }) }, nil
}

func dropScratch(dir string) {
	_ = os.RemoveAll(dir)
	s := &scratches
	s.Lock()
	defer s.Unlock()
	if s.used--; s.used == 0 {
		_ = os.RemoveAll(s.top)
		s.unlock()
	}
}

// youngest is how old a lock is before it is tried: one that was just made may be locked in
// the next moment by who made it.
const youngest = time.Minute

// sweep removes the folders of processes that are no more: their locks are free.
func sweep(in string) {
	left, _ := filepath.Glob(filepath.Join(in, scratchPrefix+"*"))
	for _, dir := range left {
		lock := filepath.Join(dir, "lock")
		if st, err := os.Lstat(lock); err != nil || !st.Mode().IsRegular() || time.Since(st.ModTime()) < youngest {
			continue // not ours, or just being made
		}
		if unlock, err := filelock.Try(lock); err == nil && unlock != nil {
			_ = os.RemoveAll(dir)
			unlock()
		}
	}
}
