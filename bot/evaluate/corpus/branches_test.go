package corpus

import (
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/rules/change"
)

// TestBranchFates: a branch's own commits and the tables say what it took; what it
// did not take is known up to three months before its youngest backport.
func TestBranchFates(t *testing.T) {
	r := gittest.New(t)
	r.Put("drv/a.c", "a\n", "drv: begin\n")
	r.Git("tag", "v6.1")
	r.Git("branch", "linux-6.1.y")
	ids := map[string]string{}
	for _, name := range []string{"picked", "listed", "left"} {
		ids[name] = r.Put("drv/"+name+".c", name+"\n", "drv: "+name+" by the branch\n")
	}
	r.Git("tag", "v6.2")
	r.Git("checkout", "-q", "linux-6.1.y")
	r.Put("drv/picked.c", "picked\n", "drv: picked by the branch\n\ncommit "+ids["picked"]+" upstream.\n")
	youngest := r.Git("log", "-1", "--format=%at")
	for range 20 { // of whoever keeps a copy
		r.Put("local.txt", r.Git("rev-parse", "HEAD"), "local: something\n")
	}
	set, err := trees.Open(t.Context(), trees.Config{State: t.TempDir(), Remotes: []trees.Remote{
		{Role: trees.Mainline, Path: r.Dir, Ref: "main"}, {Role: trees.Stable, Path: r.Dir, Ref: "linux-6.1.y"}}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBranches(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	table, err := truth.ReadTable(strings.NewReader("drv: listed by the branch\t6.1.9\n"), "t")
	if err != nil {
		t.Fatal(err)
	}
	c := &Corpus{labels: truth.Tables{table}}
	if last := b.ends["6.1"]; last.Add(arriving).Unix() != seconds(t, youngest) {
		t.Errorf("the youngest backport is of %s, want %s", last.Add(arriving), youngest)
	}
	for name, want := range map[string]Fate{"picked": {true, true}, "listed": {true, true}, "left": {false, false}} {
		ch := &change.Change{ID: ids[name], Kind: change.Commit, Subject: "drv: " + name + " by the branch", Date: b.ends["6.1"].AddDate(0, 0, 1)}
		if got := b.Fates(t.Context(), c, &Subject{Change: ch, AsOf: ch.Date})["6.1"]; got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	long := &change.Change{ID: ids["left"], Kind: change.Commit, Subject: "drv: left by the branch", Date: b.ends["6.1"].AddDate(0, 0, -1)}
	if got := b.Fates(t.Context(), c, &Subject{Change: long, AsOf: long.Date})["6.1"]; got != (Fate{true, false}) {
		t.Errorf("long before, it is known that the branch did not take it: %+v", got)
	}
}

func seconds(t *testing.T, s string) int64 {
	t.Helper()
	d, err := time.ParseDuration(s + "s")
	if err != nil {
		t.Fatal(err)
	}
	return int64(d.Seconds())
}
