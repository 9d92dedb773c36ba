package git

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git/gittest"
)

// A message of any length is one commit's matter: it costs no memory here, the
// commit says why it was not read, and its neighbours are.
func TestHugeMessage(t *testing.T) {
	g := gittest.New(t)
	g.Put("f", "1\n", "first")
	long := g.Put("f", "2\n", "a long one\n\n"+strings.Repeat("A line of a message.\n", 2<<20/21))
	huge := g.Put("f", "3\n", "a huge one\n\n"+strings.Repeat("A line of a message.\n", 32<<20/21))
	g.Put("f", "4\n", "last")
	r := open(t, g.Dir)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := all(t, r, Query{Revs: []string{"main"}})
	runtime.ReadMemStats(&after)
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 16 {
		t.Errorf("%d MiB were allocated to read four commits", used)
	}
	if len(got) != 4 || got[0].Title() != "last" || got[3].Title() != "first" {
		t.Fatalf("%d commits", len(got))
	}
	if c := got[1]; c.ID != huge || len(c.Left) != 1 || !strings.Contains(c.Left[0].Reason, "bytes, more than") {
		t.Errorf("the huge one: %+v", c.Left)
	}
	if c := got[2]; c.ID != long || c.Title() != "a long one" || len(c.Message) != MaxMessage || len(c.Left) != 1 || c.Diff == "" {
		t.Errorf("the long one: %d bytes, %+v", len(c.Message), c.Left)
	}
	if c, err := r.Commit(t.Context(), huge); err != nil || len(c.Left) != 1 {
		t.Errorf("by its name: %v", err)
	}
}
