package backport

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/stablebot/stablebot/bot/git"
)

// Touched remembers which commits of a range touch which file: git walks the whole range
// anew for each question about one. The zero value is ready, and safe for concurrent use.
type Touched struct {
	mu    sync.Mutex
	known map[string]*touched
}

// touched is one range.
type touched struct {
	once sync.Once
	err  error
	fork string
	ids  []string         // oldest first
	at   map[string]int   // in ids
	by   map[string][]int // files → commits, oldest first
	line bool             // no commit is a merge, and each stands on the one before
}

// maxTouched bounds the ranges that are remembered: those of a mainline and some branches.
const maxTouched = 16

func (t *Touched) of(ctx context.Context, r *git.Repo, fork, tip string) (*touched, error) {
	t.mu.Lock()
	key := fork + ".." + tip
	x := t.known[key]
	if x == nil {
		if t.known == nil || len(t.known) >= maxTouched {
			t.known = map[string]*touched{}
		}
		x = &touched{fork: fork}
		t.known[key] = x
	}
	t.mu.Unlock()
	x.once.Do(func() { x.err = x.read(ctx, r, tip) })
	if x.err != nil { // another caller may have more patience
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.known[key] == x {
			delete(t.known, key)
		}
	}
	return x, x.err
}

func (x *touched) read(ctx context.Context, r *git.Repo, tip string) error {
	out, err := r.Output(ctx, "reading which commits touch which files", "log", "--reverse", "--topo-order", "--no-show-signature", "--no-renames", "--name-only",
		"--format=%x01%H %P", x.fork+".."+tip)
	if err != nil {
		return err
	}
	x.at, x.by, x.line = map[string]int{}, map[string][]int{}, true
	before := x.fork
	for line := range bytes.Lines(out) {
		line = bytes.TrimRight(line, "\n")
		if len(line) == 0 {
			continue
		}
		if line[0] != 1 {
			x.by[string(line)] = append(x.by[string(line)], len(x.ids)-1)
			continue
		}
		ids := strings.Fields(string(line[1:]))
		x.line = x.line && len(ids) == 2 && ids[1] == before
		before = ids[0]
		x.at[before] = len(x.ids)
		x.ids = append(x.ids, before)
	}
	return nil
}

// unquoted reports whether git writes a path as it is; others are quoted in its lists.
func unquoted(path string) bool {
	return strings.IndexFunc(path, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) < 0
}

// until are the commits of the range that touch a file, up to a commit; all of them where
// parents do not tell what is before it. known is false where the list does not tell.
func (x *touched) until(at, path string) (ids []string, known bool) {
	if !unquoted(path) {
		return nil, false
	}
	last := len(x.ids)
	if x.line {
		n, ok := x.at[at]
		if !ok && at != x.fork {
			return nil, false
		}
		last = n + 1
		if !ok {
			last = 0
		}
	}
	for _, n := range x.by[path] {
		if n < last {
			ids = append(ids, x.ids[n])
		}
	}
	return ids, true
}

// walk is a file of revisions for git blame: the commits, each on the one before, so that no
// other one is looked at.
func walk(fork string, ids []string) (name string, remove func(), err error) {
	dir, remove, err := git.Scratch("blame-")
	if err != nil {
		return "", nil, fmt.Errorf("making room for the commits of a file: %w", err)
	}
	var b strings.Builder
	before := fork
	for _, id := range ids {
		fmt.Fprintf(&b, "%s %s\n", id, before)
		before = id
	}
	b.WriteString(fork + "\n")
	name = filepath.Join(dir, "revs")
	if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
		remove()
		return "", nil, fmt.Errorf("making room for the commits of a file: %w", err)
	}
	return name, remove, nil
}

// newest are the ids, newest first.
func newest(ids []string) []string {
	out := slices.Clone(ids)
	slices.Reverse(out)
	return out
}
