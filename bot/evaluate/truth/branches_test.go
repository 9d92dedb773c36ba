package truth

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

// TestBranches builds a mainline and two stable branches, and asks for the fate
// of each mainline commit.
func TestBranches(t *testing.T) {
	r := gittest.New(t)
	text := func(n int) string {
		var b strings.Builder
		for i := range 40 {
			fmt.Fprintf(&b, "line %d\n", i)
			if i == n {
				fmt.Fprintf(&b, "changed for %d\n", n)
			}
		}
		return b.String()
	}
	old := r.Put("drv/a.c", text(-1), "drv: begin\n")
	r.Git("branch", "linux-6.1.y")
	ids := map[string]string{}
	ids["mark"] = r.Put("drv/b.c", text(1), "drv: b: by its mark\n")
	ids["bracket"] = r.Put("drv/c.c", text(2), "drv: c: by its mark in brackets\n")
	r.Git("branch", "linux-6.6.y")
	ids["pick"] = r.Put("drv/d.c", text(3), "drv: d: by a note\n")
	ids["title"] = r.Put("drv/e.c", text(4), "drv: e: by its Title\n")
	ids["diff"] = r.Put("drv/f.c", text(5), "drv: f: by its diff\n")
	ids["namesake"] = r.Put("drv/g.c", text(6), "drv: fix a typo\n")
	ids["left"] = r.Put("drv/h.c", text(7), "drv: h: nobody took it\n")

	r.Git("checkout", "-q", "linux-6.1.y")
	r.Put("drv/b.c", text(1)+"adjusted\n", "drv: other words\n\ncommit "+ids["mark"]+" upstream.\n")
	r.Put("drv/c.c", text(2)+"adjusted\n", "drv: more words\n\n[ Upstream commit "+ids["bracket"]+" ]\n")
	r.Put("Makefile", "6.1.1\n", "Linux 6.1.1\n")
	r.Git("checkout", "-q", "linux-6.6.y")
	r.Put("drv/d.c", text(3)+"adjusted\n", "drv: yet more words\n\n(cherry picked from commit "+ids["pick"]+")\n")
	r.Put("drv/e.c", text(4)+"adjusted\n", "drv: e: by its  title\n")
	r.Put("drv/f.c", text(5), "drv: f: renamed on the way\n")
	r.Write("other/g.c", text(8))
	r.Git("-c", "user.name=x", "add", "-A")
	r.Git("commit", "-q", "--author=Bo Backer <bo@example.org>", "-m", "drv: fix a typo")

	repo, err := git.Open(t.Context(), r.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = repo.Close() }()
	b, err := ReadBranches(t.Context(), repo, "main", []string{"linux-6.1.y", "linux-6.6.y"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if b.Base != old || b.Commits != 7 {
		t.Errorf("base %.7s, %d commits; want %.7s and 7", b.Base, b.Commits, old)
	}
	for name, want := range map[string]string{
		"mark": "linux-6.1.y upstream", "bracket": "linux-6.1.y upstream", "pick": "linux-6.6.y cherry-pick",
		"title": "linux-6.6.y subject", "diff": "linux-6.6.y patch-id", "namesake": "not", "left": "not",
	} {
		c, err := repo.Change(t.Context(), ids[name])
		if err != nil {
			t.Fatal(err)
		}
		l := b.Label(c)
		got := "not"
		if l.Taken {
			got = l.In[0] + " " + l.How
		}
		if !l.Known || got != want {
			t.Errorf("%s: got %q (known %v), want %q", name, got, l.Known, want)
		}
	}
	c, err := repo.Change(t.Context(), old)
	if err != nil {
		t.Fatal(err)
	}
	if l := b.Label(c); l.Known {
		t.Errorf("a commit that all branches have from the start has the label %+v", l)
	}
	// A mainline without anything in common, and a branch that is none.
	if _, err := ReadBranches(t.Context(), repo, "main", []string{"main~1"}, nil, nil); err == nil ||
		!strings.Contains(err.Error(), "is it a stable branch?") {
		t.Errorf("a branch without commits of its own: %v", err)
	}
}
