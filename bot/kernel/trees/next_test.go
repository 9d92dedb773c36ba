package trees

import (
	"context"
	"testing"
	"time"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/tree"
)

// A set that follows its branches says what one that is opened anew says, keeps
// what did not move, and the old one goes on to answer as before.
func TestNext(t *testing.T) {
	s := newSmall(t)
	ctx := context.Background()
	same, err := s.set.Next(ctx)
	if err != nil || same != s.set {
		t.Fatalf("nothing moved, and it is another set (%v)", err)
	}
	check := func(step, id string, want ...tree.State) {
		t.Helper()
		before := s.set
		next, err := s.set.Next(ctx)
		if err != nil || next == before {
			t.Fatalf("%s: the same set, or %v", step, err)
		}
		s.set = next
		fresh, err := Open(ctx, before.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if fresh.State() != next.State() {
			t.Errorf("%s: it stands at\n%s, one opened anew at\n%s", step, next.State(), fresh.State())
		}
		got := s.facts(t, id, time.Time{})
		s.set = fresh
		again := s.facts(t, id, time.Time{})
		s.set = next
		if err := fresh.Close(); err != nil {
			t.Error(err)
		}
		for i, w := range want {
			if got.Branches[i].State != w || again.Branches[i].State != w || got.Branches[i].As != again.Branches[i].As {
				t.Errorf("%s: %s is %+v, opened anew %+v; want %s", step, got.Branches[i].Name, got.Branches[i], again.Branches[i], w)
			}
		}
		if len(got.Followups) != len(again.Followups) {
			t.Errorf("%s: %d follow-ups, opened anew %d", step, len(got.Followups), len(again.Followups))
		}
	}
	old := s.set
	s.Git("checkout", "-q", "linux-6.1.y")
	s.Put("gpu/a.c", text(60, map[int]string{10: "\tno bug;"}), "gpu: fix the feature\n\ncommit "+s.fix+" upstream.")
	check("a backport", s.fix, present, present)
	if set := s.set; set.main.History != old.main.History {
		t.Error("mainline did not move and was read again")
	}
	if b := s.set.branches[0]; b.own != old.branches[0].own {
		t.Error("6.2 did not move and was read again")
	}
	s.Git("checkout", "-q", "main")
	s.Put("gpu/b.c", text(9, nil), "Revert \"gpu: fix the feature\"\n\nThis reverts commit "+s.fix+".")
	s.Git("checkout", "-q", "-b", "side", "main~3")
	s.Put("gpu/c.c", text(9, nil), "gpu: beside it")
	s.Git("checkout", "-q", "main")
	s.Git("merge", "-q", "--no-ff", "-m", "merge", "side")
	check("a revert and a merge in mainline", s.fix, present, present)
	if f := s.facts(t, s.fix, time.Time{}).Followups; len(f) == 0 || !f[len(f)-1].Revert {
		t.Errorf("the revert is not known: %+v", f)
	}
	s.Git("checkout", "-q", "linux-6.1.y")
	s.Git("reset", "-q", "--hard", "HEAD~1")
	check("a branch that was rewritten", s.fix, present, affected)
	s.Git("checkout", "-q", "main")
	s.Git("branch", "linux-6.3.y", "main~5")
	check("a branch that appeared", s.fix, present)
	s.Git("branch", "-D", "linux-6.3.y")
	s.Git("reset", "-q", "--hard", "HEAD~1")
	check("mainline was rewritten", s.fix, present, affected)

	f, err := old.Facts(ctx, mustChange(t, old, s.fix), nil, time.Time{})
	if err != nil || len(f.Branches) != 2 || f.Branches[1].State != affected {
		t.Errorf("the first set answers otherwise now: %+v (%v)", f, err)
	}
}

func mustChange(t *testing.T, s *Set, id string) *change.Change {
	t.Helper()
	c, err := s.Commit(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
