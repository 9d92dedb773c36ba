package backport

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

// TestTouched: what is remembered of a range answers as git's own walk does, with a file that
// was renamed, one that nobody touched, and a merge, where it is not asked.
func TestTouched(t *testing.T) {
	for _, merged := range []bool{false, true} {
		t.Run(fmt.Sprintf("merged=%v", merged), func(t *testing.T) {
			g := gittest.New(t)
			text := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }
			g.Write("d/still.c", text("s"))
			g.Write("d/was.c", text("w1", "w2", "w3", "w4", "w5"))
			g.Put("d/a.c", text("1", "2", "3", "4"), "begin")
			g.Git("checkout", "-q", "-b", "stable")
			own := g.Put("d/a.c", text("1", "own", "3", "4"), "own")
			g.Git("checkout", "-q", "main")
			ids := []string{g.Put("d/a.c", text("one", "2", "3", "4"), "first")}
			ids = append(ids, g.Put("d/b.c", text("b"), "other"))
			if merged {
				g.Git("checkout", "-q", "-b", "side", "HEAD~1")
				g.Put("d/side.c", text("x"), "aside")
				g.Git("checkout", "-q", "main")
				g.Git("merge", "-q", "--no-ff", "-m", "merge", "side")
			}
			ids = append(ids, g.Put("d/a.c", text("one", "2", "4"), "takes three away"))
			g.Git("mv", "d/was.c", "d/is.c")
			ids = append(ids, g.Put("d/is.c", text("w1", "w2", "w3", "w4", "five"), "renamed"), g.Put("d/a.c", text("one", "2", "four"), "last"))
			r, err := git.Open(t.Context(), g.Dir, git.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.Close() }()
			fork := g.Git("merge-base", "main", "stable")
			all := &Touched{}
			for _, c := range []struct {
				at, path  string
				last, own string // the newest commit, and who changed lines 1 to 2
				gone      string // who took "3" away
			}{
				{"main", "d/a.c", ids[4], ids[0], ids[2]},
				{ids[2], "d/a.c", ids[2], ids[0], ids[2]},
				{ids[1], "d/a.c", ids[0], ids[0], ""},
				{"main", "d/still.c", "", "", ""},
				{"main", "d/is.c", ids[3], "", ""},
				{fork, "d/a.c", "", "", ""},
			} {
				at := g.Git("rev-parse", c.at)
				a := &asker{Range{Fork: fork, Base: at, Ours: own, Tip: g.Git("rev-parse", "main"), Touched: all}, r}
				last, err := a.last(t.Context(), at, c.path)
				if err != nil || last != c.last {
					t.Errorf("%s of %s: last %q, not %q, %v", c.path, c.at, last, c.last, err)
				}
				who, err := a.blame(t.Context(), at, c.path, 0, 1)
				if err != nil || len(who) > 1 || strings.Join(who, "") != c.own {
					t.Errorf("%s of %s: blame %v, not %q, %v", c.path, c.at, who, c.own, err)
				}
				gone, err := a.removed(t.Context(), c.path, "3")
				if err != nil || gone != c.gone && c.path == "d/a.c" {
					t.Errorf("%s of %s: removed by %q, not %q, %v", c.path, c.at, gone, c.gone, err)
				}
			}
			a := &asker{Range{Fork: fork, Base: fork, Ours: own, Tip: fork, Touched: all}, r}
			if who, err := a.blame(t.Context(), own, "d/a.c", 1, 2); err != nil || !slices.Equal(who, []string{own}) {
				t.Errorf("the branch's own: %v, %v", who, err)
			}
		})
	}
}
