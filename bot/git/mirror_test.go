package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git/gittest"
)

func mirror(t *testing.T, url string, o MirrorOptions) *Mirror {
	t.Helper()
	m, err := OpenMirror(t.Context(), filepath.Join(t.TempDir(), "state", "x.git"), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func fetch(t *testing.T, m *Mirror) []Move {
	t.Helper()
	moves, err := m.Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return moves
}

func TestMirrorFollows(t *testing.T) {
	g := gittest.New(t)
	first := g.Put("f", "1\n", "first")
	for _, url := range []string{g.Dir, "file://" + g.Dir} {
		m := mirror(t, url, MirrorOptions{})
		if got := fetch(t, m); len(got) != 1 || got[0].New != g.Git("rev-parse", "main") || got[0].Old != "" {
			t.Errorf("first fetch: %v", got)
		}
		if got := fetch(t, m); len(got) != 0 {
			t.Errorf("nothing new: %v", got)
		}
		g.Put("f", "2\n"+url, "second")
		if got := fetch(t, m); len(got) != 1 || got[0].Rewritten || got[0].Old == "" {
			t.Errorf("forward: %v", got)
		}
		old := g.Git("rev-parse", "main")
		g.Git("reset", "-q", "--hard", first)
		g.Put("f", "3\n"+url, "another second")
		g.Git("branch", "next")
		got := fetch(t, m)
		if len(got) != 2 || !got[0].Rewritten || got[1].String() != "refs/heads/next appeared" {
			t.Errorf("rewritten: %v", got)
		}
		if c, err := m.Commit(t.Context(), old); err != nil || c.Title() != "second" {
			t.Errorf("the old commit: %v", err)
		}
		g.Git("branch", "-D", "next")
		if got := fetch(t, m); len(got) != 1 || got[0].String() != "refs/heads/next is gone" {
			t.Errorf("gone branch: %v", got)
		}
	}
}

func TestMirrorBorrows(t *testing.T) {
	g := gittest.New(t)
	g.Put("f", "1\n", "first")
	m := mirror(t, g.Dir, MirrorOptions{Borrow: g.Dir})
	fetch(t, m)
	packs, _ := filepath.Glob(filepath.Join(m.Dir, "objects", "pack", "*.pack"))
	if len(packs) != 0 {
		t.Errorf("objects were copied: %v", packs)
	}
	if o, err := m.Object(t.Context(), "main:f"); err != nil || string(o.Data) != "1\n" {
		t.Errorf("%q, %v", o.Data, err)
	}
}

func TestRemoteFailures(t *testing.T) {
	g := gittest.New(t)
	g.Put("f", "1\n", "first")
	m := mirror(t, g.Dir, MirrorOptions{})
	fetch(t, m)
	if err := os.Rename(g.Dir, g.Dir+".moved"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Rename(g.Dir+".moved", g.Dir) }()
	_, err := m.Fetch(t.Context())
	if !errors.Is(err, ErrRemote) {
		t.Errorf("gone: %v", err)
	}
	if _, err := m.Object(t.Context(), "main:f"); err != nil {
		t.Errorf("the mirror after a failed fetch: %v", err)
	}
	if _, err := LookAt(t.Context(), g.Dir, Options{}); !errors.Is(err, ErrRemote) {
		t.Errorf("looking at a gone remote: %v", err)
	}
	for _, url := range []string{"", "--upload-pack=touch /tmp/x", "ext::sh -c true"} {
		if _, err := OpenMirror(t.Context(), t.TempDir(), url, MirrorOptions{}); !errors.Is(err, ErrRemote) {
			t.Errorf("%q: %v", url, err)
		}
	}
	// Nothing listens on port 1 of this machine.
	if _, err := LookAt(t.Context(), "git://127.0.0.1:1/x", Options{}); !errors.Is(err, ErrRemote) || strings.Contains(err.Error(), "\n") {
		t.Errorf("refused: %v", err)
	}
}

// TestManyRefs: a remote with refs without end is neither listed nor fetched, and says why.
func TestManyRefs(t *testing.T) {
	g := gittest.New(t)
	g.Put("f", "1\n", "first")
	g.Branches(maxRefs, func(n int) string { return fmt.Sprint("b", n) })
	if _, err := LookAt(t.Context(), g.Dir, Options{}); !errors.Is(err, ErrTooMuch) || !strings.Contains(err.Error(), "20000") {
		t.Errorf("looking at it: %v", err)
	}
	m := mirror(t, g.Dir, MirrorOptions{})
	if _, err := m.Fetch(t.Context()); !errors.Is(err, ErrTooMuch) {
		t.Errorf("fetching: %v", err)
	}
	if refs, err := m.Refs(t.Context()); err != nil || len(refs) != 0 {
		t.Errorf("%d refs, %v", len(refs), err)
	}
}

func TestFetchIsBounded(t *testing.T) {
	g := gittest.New(t)
	g.Put("f", "1\n", "first")
	ssh := filepath.Join(t.TempDir(), "ssh")
	if err := os.WriteFile(ssh, []byte("#!/bin/sh\nsleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_SSH_COMMAND", ssh)
	m := mirror(t, "ssh://host.example.org/x.git", MirrorOptions{Timeout: 300 * time.Millisecond})
	begin := time.Now()
	_, err := m.Fetch(t.Context())
	if !errors.Is(err, ErrRemote) || time.Since(begin) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(begin), err)
	}
}

// TestAfterKilledGit: a git that is killed leaves its locks and half a pack. The next fetch
// succeeds, though nobody has cleaned up, and the disk does not fill.
func TestAfterKilledGit(t *testing.T) {
	g := gittest.New(t)
	g.Put("f", "1\n", "first")
	m := mirror(t, g.Dir, MirrorOptions{})
	fetch(t, m)
	g.Put("f", "2\n", "second")
	g.Git("branch", "topic/x")
	var left []string
	for _, name := range []string{"HEAD.lock", "config.lock", "packed-refs.lock", "refs/heads/main.lock", "refs/heads/topic/x.lock",
		"objects/info/commit-graph.lock", "objects/pack/tmp_pack_Ab12", "objects/tmp_objdir-incoming-Ab12/pack/tmp_pack_x"} {
		name = filepath.Join(m.Dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o444); err != nil {
			t.Fatal(err)
		}
		left = append(left, name)
	}
	if got := fetch(t, m); len(got) != 2 {
		t.Errorf("moves: %v", got)
	}
	for _, name := range left {
		if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
}

// TestHalfMadeMirror: a kill while the mirror is made leaves a part of it.
func TestHalfMadeMirror(t *testing.T) {
	g := gittest.New(t)
	g.Put("f", "1\n", "first")
	dir := filepath.Join(t.TempDir(), "a[b] *", "x.git") // as a list may be called
	for _, part := range []string{"config", "objects", "refs", "HEAD"} {
		m, err := OpenMirror(t.Context(), dir, g.Dir, MirrorOptions{})
		if err != nil {
			t.Fatalf("before %s is gone: %v", part, err)
		}
		_ = m.Close()
		if err := os.RemoveAll(filepath.Join(dir, part)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "config.lock"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, err := OpenMirror(t.Context(), dir, g.Dir, MirrorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	if got := fetch(t, m); len(got) != 1 {
		t.Errorf("moves: %v", got)
	}
}

// TestOneFetches: who comes second waits for the first, and not for ever.
func TestOneFetches(t *testing.T) {
	g := gittest.New(t)
	g.Put("f", "1\n", "first")
	m := mirror(t, g.Dir, MirrorOptions{Timeout: 3 * lockEvery})
	_, unlock, err := alone(t.Context(), m.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Fetch(t.Context()); !errors.Is(err, ErrRemote) || !strings.Contains(err.Error(), "another process") {
		t.Errorf("fetching what is being fetched: %v", err)
	}
	limited, cancel := context.WithTimeout(t.Context(), lockEvery)
	defer cancel()
	if _, err := m.Fetch(limited); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("until a deadline: %v", err)
	}
	unlock()
	m.o.Timeout = time.Minute
	fetch(t, m)
}
