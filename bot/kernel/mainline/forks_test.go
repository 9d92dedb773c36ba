package mainline

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

// What was asked once is not asked again, and a damaged file is no answer.
func TestForks(t *testing.T) {
	g := gittest.New(t)
	base := g.Put("a", "1\n", "begin")
	g.Git("branch", "side")
	tip := g.Put("a", "2\n", "go on")
	g.Git("checkout", "-q", "side")
	side := g.Put("b", "1\n", "beside")
	g.Git("checkout", "-q", "--orphan", "alone")
	alone := g.Put("c", "1\n", "alone")
	r, err := git.Open(t.Context(), g.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	dir := t.TempDir()
	ask := func(f *forks, id, want string) {
		t.Helper()
		if got, err := f.of(t.Context(), r, tip, id); err != nil || got != want {
			t.Errorf("%s and %s: %q, %v; want %q", tip, id, got, err, want)
		}
	}
	f := openForks(dir)
	ask(f, side, base)
	ask(f, alone, "")
	f.keep()
	again := openForks(dir)
	ask(again, side, base)
	ask(again, alone, "")
	if len(again.new) != 0 {
		t.Errorf("asked again: %q", again.new)
	}
	if err := os.WriteFile(filepath.Join(dir, "forks"), []byte(tip+" "+side+" "+tip[:20]+"\nx\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	ask(openForks(dir), side, base)
}
