package trees

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// Copies of one repository say the same; one without file contents says less, and
// never something else: nothing is fetched for it, whether its remote is there or
// gone.
func TestCopies(t *testing.T) {
	g := gittest.New(t)
	g.Git("config", "uploadpack.allowFilter", "true")
	lines := func(put map[int]string) string {
		return "int unit_step_one(int a)\n{\n" + text(40, put) + "}\n"
	}
	g.Put("drivers/gpu/drm/unit/main.c", lines(nil), "drm/unit: begin")
	g.Git("branch", "linux-6.1.y")
	g.Git("branch", "linux-6.2.y")
	fix := g.Put("drivers/gpu/drm/unit/main.c", lines(map[int]string{20: "\tfixed;"}), "drm/unit: fix the step\n\nIt hangs.")
	g.Git("checkout", "-q", "linux-6.1.y")
	g.Git("rm", "-q", "drivers/gpu/drm/unit/main.c") // split: no rename for git
	g.Put("drivers/gpu/drm/unit/steps.c", text(300, nil)+lines(nil), "drm/unit: split it")
	g.Git("checkout", "-q", "main")

	dir := t.TempDir()
	clone := func(name string, args ...string) string {
		to := filepath.Join(dir, name)
		g.Git(append(append([]string{"clone", "-q"}, args...), to)...)
		return to
	}
	facts := func(path string, c *change.Change) map[string]rules.Branch {
		t.Helper()
		s, err := Open(t.Context(), Config{Remotes: []Remote{{Role: Mainline, Path: path, Ref: "refs/heads/main"},
			{Role: Stable, Path: path, Ref: "linux-*.y"}}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		f, err := s.Facts(t.Context(), c, nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]rules.Branch{}
		for _, b := range f.Branches {
			out[b.Name] = b
		}
		return out
	}
	r, err := git.Open(t.Context(), g.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	c, err := r.Change(t.Context(), fix)
	if err != nil {
		t.Fatal(err)
	}
	whole := facts(g.Dir, c)
	if whole["6.1"].State != affected || whole["6.2"].State != affected || whole["6.2"].Applies != "exact" {
		t.Fatalf("of the repository itself: %+v", whole)
	}
	for _, path := range []string{clone("alternates", "--bare", "--shared", g.Dir), clone("bare", "--bare", g.Dir),
		clone("mirror", "--mirror", g.Dir)} {
		for name, b := range facts(path, c) {
			if want := whole[name]; b.State != want.State || b.Applies != want.Applies {
				t.Errorf("%s, %s: %s %s, of the repository itself %s %s", filepath.Base(path), name, b.State, b.Applies, want.State, want.Applies)
			}
		}
	}
	partial := clone("partial", "--bare", "--filter=blob:none", "file://"+g.Dir)
	less := func(when string) {
		t.Helper()
		before := snapshotOf(t, filepath.Join(partial, "objects"))
		got := facts(partial, c)
		if b := got["6.1"]; b.State != unknown || b.Why == "" {
			t.Errorf("%s: where the file went cannot be read, and 6.1 is %+v", when, b)
		}
		if b := got["6.2"]; b.State != affected || b.Applies != notTried || b.Why == "" {
			t.Errorf("%s: the file cannot be read, and 6.2 is %+v", when, b)
		}
		if snapshotOf(t, filepath.Join(partial, "objects")) != before {
			t.Errorf("%s: objects were fetched", when)
		}
		p, err := git.Open(t.Context(), partial, git.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close() }()
		if c, err := p.Change(t.Context(), fix); !git.Incomplete(err) || c == nil {
			t.Errorf("%s: the commit itself: %+v, %v", when, c, err)
		}
	}
	less("the remote is there")
	// What the advice says brings everything, in one fetch.
	full := clone("filled", "--bare", "--filter=blob:none", "file://"+g.Dir)
	fill := gittest.Repo{T: t, Dir: full}
	fill.Git("fetch", "-q", "--refetch", "--no-filter", "origin", "+refs/*:refs/*")
	for name, b := range facts(full, c) {
		if want := whole[name]; b.State != want.State || b.Applies != want.Applies {
			t.Errorf("filled, %s: %s %s, of the repository itself %s %s", name, b.State, b.Applies, want.State, want.Applies)
		}
	}
	away := g.Dir + ".away"
	if err := os.Rename(g.Dir, away); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Rename(away, g.Dir) })
	less("the remote is gone")
}
