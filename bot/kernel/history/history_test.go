package history_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/rules/change"
)

func opened(t *testing.T, g *gittest.Repo) *git.Repo {
	t.Helper()
	r, err := git.Open(t.Context(), g.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// kinds are what names a commit, sorted.
func kinds(rs []history.Reference) string {
	var out []string
	for _, r := range rs {
		out = append(out, [...]string{"?", "fixes", "upstream", "picked", "reverts", "dep"}[r.Kind])
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestHistory(t *testing.T) {
	g := gittest.New(t)
	bug := g.Put("a", "1\n", "gpu: add  a Feature")
	fix := g.Put("a", "2\n", "gpu: fix it\n\nFixes: "+bug[:12]+" (\"gpu: add a feature\")\nCc: stable@vger.kernel.org\n")
	g.Git("checkout", "-q", "-b", "side", bug)
	side := g.Put("b", "1\n", "gpu: beside\n\n(cherry picked from commit "+fix+")\n")
	g.Git("checkout", "-q", "main")
	g.Git("merge", "-q", "--no-edit", "side")
	merge := g.Git("rev-parse", "HEAD")
	revert := g.Put("a", "1\n", "Revert \"gpu: fix it\"\n\nThis reverts commit "+fix+".\n")
	g.Git("checkout", "-q", "-b", "linux-6.1.y", bug)
	back := g.Put("a", "2\n", "gpu: fix it\n\ncommit "+fix+" upstream.\n\nStable-dep-of: "+revert[:12]+" (\"x\")\n")
	r := opened(t, g)
	dir := t.TempDir()
	h, err := history.Open(t.Context(), r, dir, revert)
	if err != nil {
		t.Fatal(err)
	}
	again, err := history.Open(t.Context(), r, dir, revert) // from the disk
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []*history.History{h, again} {
		if h.Len() != 5 || h.ID(1) != bug || h.Find(revert[:9]) != 5 || h.Find("0000000") != 0 {
			t.Fatalf("%d commits, the first %s", h.Len(), h.ID(1))
		}
		if p := h.Titled(change.TitleKey("GPU: add a feature")); len(p) != 1 || p[0] != 1 {
			t.Errorf("titled %v", p)
		}
		at := h.Find(fix)
		if !h.Has(at, history.AsksStable) || !h.Has(at, history.IsFix) || !h.Has(at, history.SaysFix) || h.Has(1, history.SaysFix) {
			t.Error("the flags of the fix are wrong")
		}
		if got := kinds(h.Naming(bug, h.Title(1), nil)); got != "fixes" {
			t.Errorf("the culprit is named by %q", got)
		}
		if got := kinds(h.Naming(fix, h.Title(at), nil)); got != "picked reverts" {
			t.Errorf("the fix is named by %q", got)
		}
		set := h.Reachable(h.Find(side))
		if !set.In(1) || set.In(at) || !set.In(h.Find(side)) || set.In(h.Find(merge)) || set.In(0) {
			t.Error("what side reaches is wrong")
		}
		if set = h.Reachable(h.Find(merge)); !set.In(at) || !set.In(h.Find(side)) {
			t.Error("a merge reaches both its parents")
		}
	}
	own, err := history.Open(t.Context(), r, dir, back, revert)
	if err != nil {
		t.Fatal(err)
	}
	if own.Len() != 1 || !slices.Equal(own.Outside, []string{bug}) || kinds(own.From(1)) != "dep upstream" {
		t.Errorf("what the branch has beyond mainline: %d, outside %v, names %q", own.Len(), own.Outside, kinds(own.From(1)))
	}
}

// A file that is cut short or written over is read as if it were not there.
func TestDamagedIndex(t *testing.T) {
	g := gittest.New(t)
	for _, title := range []string{"one", "two\n\nFixes: 0123456789ab (\"one\")\n", "three"} {
		g.Commit(title)
	}
	r := opened(t, g)
	dir := t.TempDir()
	tip := g.Git("rev-parse", "HEAD")
	if _, err := history.Open(t.Context(), r, dir, tip); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "history-*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(whole); n += 7 {
		for _, bad := range [][]byte{whole[:n], append(append(slices.Clone(whole[:n]), 0xff), whole[n+1:]...)} {
			if err := os.WriteFile(files[0], bad, 0o644); err != nil {
				t.Fatal(err)
			}
			h, err := history.Open(t.Context(), r, dir, tip)
			if err != nil {
				t.Fatalf("byte %d: %v", n, err)
			}
			h.Reachable(history.Position(h.Len())) // must end
			_ = h.Naming(tip, change.TitleKey("one"), nil)
		}
	}
}

func TestNameOf(t *testing.T) {
	for _, c := range []struct {
		sha    string
		digits uint8
		id     uint64
	}{
		{"0123456", 7, 0x0123456 << 36},
		{"ABCDEF012345", 12, 0xabcdef012345 << 16},
		{strings.Repeat("f", 40), 16, 1<<64 - 1},
		{"12345", 0, 0}, // too short to mean one commit
		{"not a commit", 0, 0},
	} {
		if n := history.NameOf(c.sha, ""); n.Digits != c.digits || n.ID != c.id {
			t.Errorf("%q: %d digits, %x", c.sha, n.Digits, n.ID)
		}
	}
}

func FuzzNameOf(f *testing.F) {
	f.Add("0123456789abcdef", "gpu: fix")
	f.Fuzz(func(t *testing.T, sha, title string) {
		if n := history.NameOf(sha, title); n.Digits > 16 || n.Digits == 0 && n.ID != 0 || (n.Title == 0) != (title == "") {
			t.Errorf("%q %q: %+v", sha, title, n)
		}
	})
}
