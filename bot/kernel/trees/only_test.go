package trees

import (
	"fmt"
	"testing"
	"time"
)

// TestAbout: a question that is about no branch is about all.
func TestAbout(t *testing.T) {
	about := About(t.Context(), "6.1")
	if !asked(t.Context(), "6.1") || !asked(about, "6.1") || asked(about, "6.6") {
		t.Error("another branch is asked, or this one is not")
	}
}

// TestStatesOnly: what histories and files say is told, what is only found out by putting
// the change on is said not to have been looked for.
func TestStatesOnly(t *testing.T) {
	s := newSmall(t)
	for name, c := range map[string]struct{ id, want string }{
		"a culprit that one has": {s.fix, "6.2 present unknown: \n6.1 affected unknown: " + unasked + "\n"},
		"no culprit":             {s.merged, "6.2 unknown unknown: " + unasked + "\n6.1 unknown unknown: " + unasked + "\n"},
		"no file": {s.newFile, "6.2 unknown unknown: gpu/new.c does not exist in 6.2; " + unmoved + "\n" +
			"6.1 unknown unknown: gpu/new.c does not exist in 6.1; " + unmoved + "\n"},
	} {
		ch, err := s.set.main.Change(t.Context(), c.id)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := s.set.Facts(StatesOnly(t.Context()), ch, nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, b := range tree.Branches {
			got += fmt.Sprintf("%s %s %s: %s\n", b.Name, b.State, b.Applies, b.Why)
		}
		if got != c.want {
			t.Errorf("%s:\n%swant\n%s", name, got, c.want)
		}
	}
}
