package git

import (
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
