package git

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git/gittest"
)

// TestTidy: a mirror that was fetched very often has few packs, and has lost nothing: not
// what no ref leads to any more, either.
func TestTidy(t *testing.T) {
	g := gittest.New(t)
	g.Put("f", "1\n", "first")
	m := mirror(t, g.Dir, MirrorOptions{})
	fetch(t, m)
	hook := filepath.Join(m.Dir, "hooks", "pre-auto-gc")
	ran := filepath.Join(t.TempDir(), "ran")
	if err := os.MkdirAll(filepath.Dir(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hook, []byte("#!/bin/sh\ntouch "+ran+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	packs := func() int {
		all, err := filepath.Glob(filepath.Join(m.Dir, "objects", "pack", "*.pack"))
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	// Each of these is a pack of one object that no ref leads to.
	polled := func(from, to int) {
		var in strings.Builder
		for i := from; i < to; i++ {
			s := fmt.Sprintf("polled %d", i)
			fmt.Fprintf(&in, "blob\ndata %d\n%s\ncheckpoint\n", len(s), s)
		}
		g.Feed(in.String(), "--git-dir="+m.Dir, "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet")
	}
	polled(0, 20)
	before := packs()
	g.Put("f", "2\n", "second")
	fetch(t, m)
	if before < 20 || packs() < before {
		t.Fatalf("%d packs, %d before: a few are left alone", packs(), before)
	}
	polled(20, maxPacks+5)
	last := g.Put("f", "3\n", "third")
	if moves := fetch(t, m); len(moves) != 1 || moves[0].New != last {
		t.Errorf("moves: %v", moves)
	}
	if n := packs(); n > 5 {
		t.Errorf("%d packs are left", n)
	}
	for i := range maxPacks + 5 {
		id := g.Feed(fmt.Sprintf("polled %d", i), "hash-object", "--stdin")
		if _, err := g.Try("", "--git-dir="+m.Dir, "cat-file", "-e", id); err != nil {
			t.Fatalf("object %d is gone: %v", i, err)
		}
	}
	g.Git("--git-dir="+m.Dir, "fsck", "--no-dangling")
	if _, err := os.Stat(ran); err == nil {
		t.Error("a hook ran")
	}
	// What fails is not tried again at once, and no fetch fails with it.
	polled(maxPacks+5, 2*maxPacks+10)
	g.Put("f", "4\n", "fourth")
	fetch(t, m)
	if packs() < maxPacks {
		t.Errorf("%d packs: tidied twice in a day", packs())
	}
	// Half a pack of one that was killed goes with the next fetch.
	half := filepath.Join(m.Dir, "objects", "pack", ".tmp-1-pack-0123")
	if err := os.WriteFile(half, nil, 0o444); err != nil {
		t.Fatal(err)
	}
	fetch(t, m)
	if _, err := os.Stat(half); err == nil {
		t.Error("half a pack stays")
	}
}
