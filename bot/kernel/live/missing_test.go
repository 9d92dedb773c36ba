package live

import (
	"path/filepath"
	"testing"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/trees"
)

// TestMissingRemote: the trees are opened anew when a remote that was missing is there, and
// not at each look as long as it is not.
func TestMissingRemote(t *testing.T) {
	g := gittest.New(t)
	g.Put("drivers/gpu/a.c", "int a;\n", "gpu: a: begin")
	g.Git("branch", "linux-6.6.y")
	l, err := New(Config{State: t.TempDir(), Log: zap.NewNop(), Remotes: []Remote{
		{Name: "m", Role: trees.Mainline, Branches: []string{"main"}},
		{Name: "s", Role: trees.Stable, Branches: []string{"linux-*.y"}},
		{Name: "never", Role: trees.Distro, Branches: []string{"linux-*.y"}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	stable := filepath.Join(t.TempDir(), "stable")
	l.Keep("m", none{g.Dir})
	l.Keep("s", none{stable})
	l.Keep("never", none{filepath.Join(t.TempDir(), "never")})
	look := func() *trees.Set {
		t.Helper()
		if _, err := l.Refresh(t.Context(), false); err == nil {
			t.Error("nothing is said of a remote that is not there")
		}
		return l.Set()
	}
	first := look()
	if first == nil || len(first.Branches()) != 0 {
		t.Fatalf("mainline alone: %v", first)
	}
	if look() != first {
		t.Error("the trees are opened anew, and nothing has moved")
	}
	g.Git("clone", "-q", "--bare", g.Dir, stable)
	second := look()
	if got := second.Branches(); len(got) != 1 || got[0] != "6.6" {
		t.Errorf("what was missing is there, and the branches are %q", got)
	}
	if look() != second {
		t.Error("the trees are opened anew after the other remote was fetched")
	}
	g.Put("drivers/gpu/a.c", "int b;\n", "gpu: a: go on")
	if look() == second {
		t.Error("mainline has moved, and the trees have not")
	}
}
