package live

import (
	"testing"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/trees"
)

// TestUse: a set that was opened again is closed when the last who asks it is done, however
// long that takes, and nobody begins with it.
func TestUse(t *testing.T) {
	g := gittest.New(t)
	g.Put("drivers/gpu/a.c", "int a;\n", "gpu: a: begin")
	read := func() *trees.Set {
		s, err := trees.Open(t.Context(), trees.Config{Remotes: []trees.Remote{{Role: trees.Mainline, Path: g.Dir, Ref: "main"}}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	works := func(s *trees.Set) bool {
		_, err := s.Mainline().Repo.Object(t.Context(), s.Mainline().Tip)
		return err == nil
	}
	l := &Trees{log: zap.NewNop()}
	l.replace(t.Context(), read(), nil, false)
	first, firstDone := l.use()
	same, sameDone := l.use()
	l.replace(t.Context(), read(), first, true)
	second, done := l.use()
	if same != first || second == first {
		t.Error("the newest set is the one in use")
	}
	firstDone()
	if !works(first) {
		t.Error("a set was closed while it was asked")
	}
	sameDone()
	if works(first) {
		t.Error("a set that nobody asks any more is open")
	}
	done()
	if !works(second) {
		t.Error("the newest set was closed")
	}
	if err := l.set.Swap(nil).of.retire(second); err != nil || works(second) {
		t.Errorf("it is open when its place is empty: %v", err)
	}
	if none, done := l.use(); none != nil {
		t.Error("there is a set after the end")
	} else {
		done()
	}
}
