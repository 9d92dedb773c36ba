package trees_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/trees"
)

// TestLast: a branch is known as far as it follows mainline in the form that it mostly uses.
func TestLast(t *testing.T) {
	const upstream, picked, own = "commit %s upstream.\n", "(cherry picked from commit %s)\n", "written here, not %.7s\n"
	for name, c := range map[string]struct {
		forms []string // of the branch's commits
		last  int      // the one that counts, from 1; 0: none
	}{
		"nothing":                        {nil, 0},
		"only work of its own":           {[]string{own, own}, 0},
		"stable":                         {[]string{upstream, upstream, own}, 2},
		"a distribution that picks":      {[]string{picked, upstream, picked, own}, 3},
		"stable, and picks of its own":   {[]string{upstream, upstream, picked}, 2},
		"as many of each":                {[]string{upstream, picked}, 2},
		"as many of each, upstream last": {[]string{picked, upstream}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			g := gittest.New(t)
			g.Put("a.c", "0\n", "begin")
			g.Git("branch", "linux-6.1.y")
			var ids []string
			for i := range c.forms {
				ids = append(ids, g.Put(fmt.Sprintf("m%d.c", i), "1\n", fmt.Sprintf("gpu: change %d", i)))
			}
			g.Git("checkout", "-q", "linux-6.1.y")
			for i, form := range c.forms {
				g.Put(fmt.Sprintf("m%d.c", i), "1\n", fmt.Sprintf("gpu: change %d\n\n", i)+fmt.Sprintf(form, ids[i]))
			}
			set, err := trees.Open(t.Context(), trees.Config{Git: git.Options{Trust: true}, Remotes: []trees.Remote{
				{Role: trees.Mainline, Path: g.Dir, Ref: "main"}, {Role: trees.Stable, Path: g.Dir, Ref: "linux-6.1.y"}}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = set.Close() }()
			l, err := set.Line(t.Context(), g.Dir, "linux-6.1.y", "6.1")
			if err != nil {
				t.Fatal(err)
			}
			want := time.Time{}
			if c.last > 0 {
				want = l.Day(c.last)
			}
			if got := l.Last(); !got.Equal(want) {
				t.Errorf("known up to %s, want %s", got, want)
			}
		})
	}
}
