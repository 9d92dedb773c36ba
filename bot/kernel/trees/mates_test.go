package trees

import (
	"context"
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
	post("gpu/b.c", nil, "gpu: another file", "int gpu_quiesce(void)\n{\n}\nint gpu_init(void)\n{\n}\n") // 1
	post("gpu/a.c", with(30, "\tthirty;"), "gpu: fix line 30")                                           // 2
	post("gpu/a.c", with(31, "\tthirty-one;"), "gpu: fix line 31")                                       // 3
	post("gpu/a.c", with(40, "\tgpu_quiesce();"), "gpu: fix by another file")                            // 4
	post("gpu/a.c", with(10, "\tbest;"), "gpu: fix what the branch has not")                             // 5
	post("gpu/a.c", with(32, "\tthirty-two;"), "gpu: fix on top")                                        // 6
	post("gpu/a.c", with(20, "\tgpu_init();"), "gpu: fix by a name that is there")                       // 7
	s.Git("checkout", "-q", "main")
	for i, want := range []string{"exact", "exact", "[2] 16", "[1] ", "needs-backport", "[2 3] ", "exact"} {
		tree, err := s.set.Facts(t.Context(), series[i], series[:i], time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		b := branchOf(tree, "6.2")
		got := string(b.Applies)
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

// first answers that some commit has to go in first.
type first struct{ id string }

func (f first) Find(_ context.Context, w Wanted) (Pile, error) {
	if w.Fits {
		return Pile{}, nil
	}
	return Pile{Commits: []string{f.id}, Lines: 20}, nil
}

// TestTriedWhole: what cannot be put onto the pile is not said to go in after it: a
// posted patch with a conflict that also makes a file which one branch has.
func TestTriedWhole(t *testing.T) {
	s := newSmall(t)
	s.Git("checkout", "-q", "linux-6.2.y")
	s.Put("gpu/made.c", "int there;\n", "gpu: made here")
	s.Git("checkout", "-q", "main")
	s.again(t)
	s.set.Use(first{s.fix2})
	s.Git("checkout", "-q", "-b", "posted")
	s.Write("gpu/made.c", "int made;\n")
	id := s.Put("gpu/a.c", text(60, map[int]string{10: "\tbest;", 13: "\tfixed;", 50: "\tgood;"}), "gpu: fix and make")
	c, err := s.set.main.Change(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	s.Git("checkout", "-q", "main")
	c.Kind, c.ID = change.Mail, "1@example.org"
	tree, err := s.set.Facts(t.Context(), c, nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range tree.Branches {
		if b.Applies != needsHand || len(b.Prerequisites) > 0 {
			t.Errorf("%s: %+v", b.Name, b)
		}
	}
}
