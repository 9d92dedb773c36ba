package trees

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/rules/change"
)

// TestMates: a patch of a posted series goes in after those before it that it
// needs, and after no others.
func TestMates(t *testing.T) {
	s := newSmall(t)
	s.Git("checkout", "-q", "-b", "posted")
	var series []*change.Change
	post := func(file string, put map[int]string, title string, more ...string) {
		id := s.Put(file, text(60, put)+strings.Join(more, ""), title)
		c, err := s.set.main.Change(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		c.Kind, c.ID = change.Mail, fmt.Sprintf("%d@example.org", len(series)+1)
		for _, f := range c.Files { // the versions that it was made from are nowhere
			f.OldOIDPrefix, f.NewOIDPrefix = "", ""
		}
		series = append(series, c)
	}
	on := map[int]string{10: "\tbetter;", 13: "\tfixed;", 50: "\tgood;"}
	with := func(line int, text string) map[int]string { on[line] = text; return on }
	post("gpu/b.c", nil, "gpu: another file", "int gpu_quiesce(void)\n{\n}\n") // 1
	post("gpu/a.c", with(30, "\tthirty;"), "gpu: fix line 30")                 // 2
	post("gpu/a.c", with(31, "\tthirty-one;"), "gpu: fix line 31")             // 3
	post("gpu/a.c", with(40, "\tgpu_quiesce();"), "gpu: fix by another file")  // 4
	post("gpu/a.c", with(10, "\tbest;"), "gpu: fix what the branch has not")   // 5
	post("gpu/a.c", with(32, "\tthirty-two;"), "gpu: fix on top")              // 6
	s.Git("checkout", "-q", "main")
	for i, want := range []string{"exact", "exact", "[2] 16", "[1] ", "needs-backport", "[2 3] "} {
		tree, err := s.set.Facts(t.Context(), series[i], series[:i], time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		b := branchOf(tree, "6.2")
		got := b.Applies
		if len(b.Mates) > 0 {
			got = fmt.Sprint(b.Mates, " ", b.PileLines)
			if b.Applies != needsPre || b.Why != "" {
				t.Errorf("patch %d: %+v", i+1, b)
			}
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("patch %d: %s, want %s; %s %s", i+1, got, want, b.State, b.Why)
		}
		alone, err := s.set.Facts(t.Context(), series[i], nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if b := branchOf(alone, "6.2"); len(b.Mates) > 0 {
			t.Errorf("patch %d alone: %+v", i+1, b)
		}
	}
}
