package trees

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// text is a file of numbered lines, some replaced.
func text(n int, put map[int]string) string {
	var b strings.Builder
	b.WriteString("int gpu_init(void)\n")
	for i := 2; i <= n; i++ {
		if s, ok := put[i]; ok {
			b.WriteString(s + "\n")
		} else {
			fmt.Fprintf(&b, "\tline %d of the file;\n", i)
		}
	}
	return b.String()
}

// small is a history with two releases and two stable branches: 6.1 has the
// culprit as a backport, 6.2 as itself, and 6.2 got one fix.
type small struct {
	*gittest.Repo
	set              *Set
	culprit, fix     string
	fix2, newFile    string
	conflict, merged string
}

func newSmall(t *testing.T) *small {
	s := &small{Repo: gittest.New(t)}
	s.Put("gpu/a.c", text(60, nil), "gpu: begin")
	s.Git("tag", "v6.1")
	s.Git("branch", "linux-6.1.y")
	s.culprit = s.Put("gpu/a.c", text(60, map[int]string{10: "\tbug;"}), "gpu: add a feature")
	s.Git("tag", "v6.2")
	s.Git("branch", "linux-6.2.y")
	fixes := fmt.Sprintf("\n\nFixes: %.12s (\"gpu: add a feature\")\n", s.culprit)
	s.fix = s.Put("gpu/a.c", text(60, map[int]string{10: "\tno bug;"}), "gpu: fix the feature"+fixes)
	s.fix2 = s.Put("gpu/a.c", text(60, map[int]string{10: "\tno bug;", 50: "\tgood;"}), "gpu: fix the end")
	s.Put("gpu/new.c", text(20, nil), "gpu: add a chip")
	s.newFile = s.Put("gpu/new.c", text(20, map[int]string{5: "\tgood;"}), "gpu: fix the chip")
	s.conflict = s.Put("gpu/a.c", text(60, map[int]string{10: "\tbetter;", 50: "\tgood;"}), "gpu: fix it better")
	s.merged = s.Put("gpu/a.c", text(60, map[int]string{10: "\tbetter;", 13: "\tfixed;", 50: "\tgood;"}), "gpu: fix beside it")
	s.Git("checkout", "-q", "linux-6.2.y")
	s.Put("gpu/a.c", text(60, map[int]string{10: "\tno bug;"}), "gpu: fix the feature\n\ncommit "+s.fix+" upstream."+fixes)
	s.Git("checkout", "-q", "linux-6.1.y")
	s.Put("gpu/a.c", text(60, map[int]string{10: "\tbug;"}), "gpu: add a feature\n\n[ Upstream commit "+s.culprit+" ]\n")
	s.Git("checkout", "-q", "main")
	s.again(t)
	return s
}

// again opens the set on what the repository holds now.
func (s *small) again(t *testing.T) {
	t.Helper()
	set, err := Open(context.Background(), Config{Remotes: []Remote{
		{Role: Mainline, Path: s.Dir, Ref: "main"}, {Role: Stable, Path: s.Dir, Ref: "linux-*.y"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.set = set
	t.Cleanup(func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (s *small) facts(t *testing.T, id string, asOf time.Time) *rules.Tree {
	t.Helper()
	c, err := s.set.main.Change(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := s.set.Facts(context.Background(), c, nil, asOf)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// The newest release is a branch where its stable branch is not at hand: a bug that came
// with it is one that users have, though each older branch is without it.
func TestAsReleased(t *testing.T) {
	s := newSmall(t)
	s.Put("gpu/b.c", text(40, nil), "gpu: add more")
	bug := s.Put("gpu/b.c", text(40, map[int]string{20: "\tlate bug;"}), "gpu: add a late feature")
	s.Git("tag", "v6.3")
	fix := s.Put("gpu/b.c", text(40, map[int]string{20: "\tno late bug;"}),
		fmt.Sprintf("gpu: fix the late feature\n\nFixes: %.12s (\"gpu: add a late feature\")\n", bug))
	s.again(t)
	rows := func() (out []string) {
		for _, b := range s.facts(t, fix, time.Time{}).Branches {
			out = append(out, fmt.Sprint(b.Name, " ", b.State, " ", b.Applies, " ", b.AsReleased, " ", b.Active))
		}
		return out
	}
	if got := strings.Join(rows(), "; "); got !=
		"6.3 affected exact true true; 6.2 no-base unknown false true; 6.1 no-base unknown false true" {
		t.Errorf("with a release that has no branch: %s", got)
	}
	if _, ok := s.set.Place("6.3"); !ok {
		t.Error("what 6.3 had cannot be looked at")
	}
	s.Git("branch", "linux-6.3.y", "v6.3")
	s.again(t)
	if got := strings.Join(rows(), "; "); got != "6.3 affected exact false true; 6.2 no-base unknown false true; 6.1 no-base unknown false "+
		"true" {
		t.Errorf("with its branch: %s", got)
	}
}

func TestBranchesOf(t *testing.T) {
	s := newSmall(t)
	if got := strings.Join(s.set.Branches(), " "); got != "6.2 6.1" {
		t.Fatalf("branches %q, want the newest first", got)
	}
	for _, c := range []struct{ name, id, want string }{
		{"a backport of the culprit, the fix in the newer one", s.fix, "6.2 present -; 6.1 affected exact"},
		{"no culprit named: wherever the code is", s.fix2, "6.2 affected exact; 6.1 affected exact"},
		{"a file that no branch has", s.newFile, "6.2 no-base -; 6.1 no-base -"},
		{"the line is another one there", s.conflict, "6.2 affected exact; 6.1 affected needs-backport"},
		{"the culprit itself", s.culprit, "6.2 present -; 6.1 present -"},
		{"only its surroundings differ", s.merged, "6.2 affected three-way; 6.1 affected three-way"},
	} {
		var got []string
		for _, b := range s.facts(t, c.id, time.Time{}).Branches {
			applies := b.Applies
			if b.State != affected {
				applies = "-"
			}
			got = append(got, fmt.Sprintf("%s %s %s", b.Name, b.State, applies))
			if (b.State == present) != (b.As != "") || b.Applies == needsHand && b.Why == "" {
				t.Errorf("%s: %+v", c.name, b)
			}
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, g, c.want)
		}
	}
}

// A revert is for the branches that have what it takes back.
func TestReverts(t *testing.T) {
	s := newSmall(t)
	s.Git("checkout", "-q", "main")
	s.Git("revert", "--no-edit", s.merged)
	revert := s.Git("rev-parse", "HEAD")
	s.again(t)
	for _, b := range s.facts(t, revert, time.Time{}).Branches {
		if b.State != notAffected || !strings.Contains(b.Why, s.merged[:12]) {
			t.Errorf("%+v", b)
		}
	}
	s.Git("checkout", "-q", "linux-6.2.y")
	s.Put("gpu/a.c", text(60, map[int]string{10: "\tno bug;", 13: "\tfixed;"}), "gpu: fix beside it\n\ncommit "+s.merged+" upstream.\n")
	s.Git("checkout", "-q", "main")
	s.again(t)
	got := s.facts(t, revert, time.Time{}).Branches
	if got[0].State != affected || got[1].State != notAffected {
		t.Errorf("%+v", got)
	}
}

// A file that was split out has its functions elsewhere in an older branch: the
// code is there.
func TestSplitFile(t *testing.T) {
	const body = "\treturn 1;\n"
	function := func(name, inside string) string {
		return "int " + name + "(int a)\n{\n" + strings.Repeat("\ta++;\n", 8) + inside + strings.Repeat("\ta--;\n", 8) + "}\n"
	}
	r := gittest.New(t)
	r.Put("drivers/gpu/drm/demo/all.c", function("demo_first", body)+text(80, nil)+function("demo_aux_length", body), "demo: begin")
	r.Git("branch", "linux-6.1.y")
	r.Put("drivers/gpu/drm/demo/all.c", function("demo_first", body)+text(80, nil), "demo: take the end out")
	r.Put("drivers/gpu/drm/demo/aux.c", function("demo_aux_length", body), "demo: and put it there")
	fix := r.Put("drivers/gpu/drm/demo/aux.c", function("demo_aux_length", "\treturn 2;\n"), "demo: fix the length")
	set, err := Open(t.Context(), Config{Remotes: []Remote{{Role: Mainline, Path: r.Dir, Ref: "main"},
		{Role: Stable, Path: r.Dir, Ref: "linux-*.y"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	c, err := set.Commit(t.Context(), fix)
	if err != nil {
		t.Fatal(err)
	}
	got, err := set.Facts(t.Context(), c, nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if b := got.Branches[0]; b.State != affected || b.Applies != needsHand {
		t.Errorf("%+v", b)
	}
	// Where the ladder is asked for, it is adapted.
	set.Climb()
	if got, err = set.Facts(t.Context(), c, nil, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if b := got.Branches[0]; b.State != affected || b.Applies != adapted || b.Adapted == nil || b.Adapted.Rung != "moved" || b.Why == "" {
		t.Errorf("%+v", b)
	}
	a, err := set.Adapt(t.Context(), c, "6.1", time.Time{})
	if err != nil || a == nil || len(a.Files) != 1 || a.Files[0].Path != "drivers/gpu/drm/demo/all.c" ||
		!strings.Contains(string(a.Files[0].After), "return 2;") {
		t.Errorf("%+v, %v", a, err)
	}
}

// A later fix belongs with the change wherever the change is and the later fix
// is not.
func TestLacking(t *testing.T) {
	s := newSmall(t)
	var got []string
	for _, b := range s.facts(t, s.culprit, time.Time{}).Branches {
		for _, f := range b.Followups {
			got = append(got, b.Name+" "+f.Subject)
		}
	}
	if g := strings.Join(got, "; "); g != "6.1 gpu: fix the feature" {
		t.Errorf("lacking: %q", g)
	}
}

// A mail about a driver that mainline does not have says nothing of branches,
// also when its hardware is known.
func TestStranger(t *testing.T) {
	s := newSmall(t)
	files, _, err := gitdiff.Parse(strings.NewReader("diff --git a/drivers/net/ethernet/intel/igc/igc_main.c " +
		"b/drivers/net/ethernet/intel/igc/igc_main.c\n" +
		"--- a/drivers/net/ethernet/intel/igc/igc_main.c\n+++ b/drivers/net/ethernet/intel/igc/igc_main.c\n@@ -1,2 +1,3 @@\n int a;\n+int " +
		"b;\n int c;\n"))
	if err != nil {
		t.Fatal(err)
	}
	// The second is there by its title, as a history that lost the driver has it.
	for _, title := range []string{"igc: fix a hang", "gpu: fix the end"} {
		c := &change.Change{Kind: change.Mail, ID: "x@example.org", Subject: title, Date: time.Now(), Files: files}
		tree, err := s.set.Facts(t.Context(), c, nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if !tree.Absent {
			t.Errorf("%s: its code is taken to be there", title)
		}
		for _, b := range tree.Branches {
			if b.State != unknown || !strings.Contains(b.Why, "not in mainline") {
				t.Errorf("%s: %s is %s: %s", title, b.Name, b.State, b.Why)
			}
		}
	}
}

// A branch is active from the release on that it is named after.
func TestBegun(t *testing.T) {
	s := newSmall(t)
	for i, r := range s.set.main.releases { // the tags are of today
		at := map[string]time.Time{"6.1": time.Date(2022, 12, 11, 0, 0, 0, 0, time.UTC), "6.2": time.Date(2023, 2, 19, 0, 0, 0, 0, time.UTC)}
		s.set.main.releases[i].date = at[r.name]
	}
	for day, want := range map[string]string{"2022-12-01": "false false", "2023-01-01": "false true", "2023-03-01": "true true"} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range s.facts(t, s.fix2, at).Branches {
			got = append(got, fmt.Sprint(b.Active))
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: active %s, want %s", day, g, want)
		}
	}
}

// On a day before the backport the branch lacks it, and before its merge
// mainline does.
func TestAsOf(t *testing.T) {
	s := newSmall(t)
	c, err := s.set.main.repo.Commit(context.Background(), s.fix)
	if err != nil {
		t.Fatal(err)
	}
	at := c.Author.Date
	tree := s.facts(t, s.fix, at)
	if !tree.Mainline.Has || tree.Branches[0].State != affected {
		t.Errorf("on its own day: mainline %+v, 6.2 %s; want it there, and 6.2 affected", tree.Mainline, tree.Branches[0].State)
	}
	if tree.Branches[1].State != notAffected {
		t.Errorf("6.1 before it got the culprit: %s", tree.Branches[1].State)
	}
	if tree := s.facts(t, s.fix, at.Add(-time.Minute)); tree.Mainline.Has {
		t.Errorf("the day before: mainline %+v", tree.Mainline)
	}
}

// What was reverted in a branch is not there, and what was put in again is.
func TestReverted(t *testing.T) {
	s := newSmall(t)
	s.Git("checkout", "-q", "linux-6.2.y")
	s.Git("revert", "--no-edit", "HEAD")
	reopen := func() rules.Branch {
		t.Helper()
		set, err := Open(context.Background(), s.set.cfg)
		if err != nil {
			t.Fatal(err)
		}
		old := s.set
		s.set = set
		defer func() {
			s.set = old
			if err := set.Close(); err != nil {
				t.Error(err)
			}
		}()
		return s.facts(t, s.fix, time.Time{}).Branches[0]
	}
	if b := reopen(); b.State != affected {
		t.Errorf("after the revert: %+v", b)
	}
	s.Git("cherry-pick", s.fix)
	if b := reopen(); b.State != present {
		t.Errorf("picked again: %+v", b)
	}
}

func TestOpenErrors(t *testing.T) {
	g := gittest.New(t)
	g.Put("a", "a\n", "begin")
	ctx := context.Background()
	for _, c := range []struct {
		name string
		rs   []Remote
		want string
	}{
		{"no mainline", []Remote{{Role: Stable, Path: g.Dir, Ref: "main"}}, "mainline"},
		{"an unknown branch", []Remote{{Role: Mainline, Path: g.Dir, Ref: "nope"}}, "nope"},
		{"a pattern without a branch", []Remote{{Role: Mainline, Path: g.Dir, Ref: "main"}, {Role: Stable, Path: g.Dir, Ref: "linux-*.y"}},
			"linux-*.y"},
		{"two mainlines", []Remote{{Role: Mainline, Path: g.Dir, Ref: "main"}, {Role: Mainline, Path: g.Dir, Ref: "main"}}, "two"},
		{"no repository", []Remote{{Role: Mainline, Path: g.Dir + "/none", Ref: "main"}}, "none"},
	} {
		s, err := Open(ctx, Config{Remotes: c.rs})
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: no error", c.name)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v does not name %q", c.name, err, c.want)
		}
	}
}

func branchOf(t *rules.Tree, name string) rules.Branch {
	for _, b := range t.Branches {
		if b.Name == name {
			return b
		}
	}
	return rules.Branch{}
}
