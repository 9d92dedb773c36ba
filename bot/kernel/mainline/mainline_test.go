package mainline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// tree is a mainline written with fast-import: dates are the test's.
type tree struct {
	*gittest.Repo
	in   strings.Builder
	mark int
}

func (w *tree) commit(day, message, file, content string) int {
	w.T.Helper()
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		w.T.Fatal(err)
	}
	w.mark++
	fmt.Fprintf(&w.in, "commit refs/heads/main\nmark :%d\nauthor Ada Author <ada@example.org> %d +0000\ncommitter Carl Committer "+
		"<carl@example.org> %d +0000\ndata %d\n%s\n", w.mark, t.Unix(), t.Unix(), len(message), message)
	fmt.Fprintf(&w.in, "M 100644 inline %s\ndata %d\n%s\n", file, len(content), content)
	return w.mark
}

func (w *tree) tag(name string) { fmt.Fprintf(&w.in, "reset refs/tags/%s\nfrom :%d\n\n", name, w.mark) }

func (w *tree) branch(name string) {
	fmt.Fprintf(&w.in, "commit refs/heads/%s\ncommitter Carl Committer <carl@example.org> 1700000000 +0000\ndata 5\nmore\n\nfrom :%d\nM "+
		"100644 inline Makefile\ndata 2\n1\n\n", name, w.mark)
}

// open writes the history and returns the ids in the order of writing.
func (w *tree) open(marks string) (*Mainline, *git.Repo, []string) {
	w.T.Helper()
	w.Feed(w.in.String(), "fast-import", "--quiet")
	ids := strings.Fields(w.Git("rev-list", "--reverse", "main"))
	r, err := git.Open(w.T.Context(), w.Dir, git.Options{})
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { _ = r.Close() })
	m, err := Open(w.T.Context(), r, Options{Ref: "main", Marks: marks})
	if err != nil {
		w.T.Fatal(err)
	}
	return m, r, ids
}

func body(n int) string {
	var b strings.Builder
	for i := range 20 {
		fmt.Fprintf(&b, "line %d\n", i)
		if i == n {
			b.WriteString("one more\n")
		}
	}
	return b.String()
}

// build writes: 6.1 with the code and a bug, 6.2 with another, 6.3 with fixes of
// both, of a bug of 6.3 itself, and of one that nobody knows. close marks the
// end of a release.
func build(t *testing.T, close func(w *tree, release, day string)) *tree {
	w := &tree{Repo: gittest.New(t)}
	w.commit("2022-09-01", "drv: begin\n", "drv/a.c", body(-1))
	w.commit("2022-10-20", "drv: Add the engine\n\nCc: stable@vger.kernel.org\n", "drv/a.c", body(2))
	close(w, "6.1", "2022-12-11")
	w.commit("2022-12-20", "drv: Add the clock\n", "drv/b.c", body(-1))
	close(w, "6.2", "2023-02-19")
	w.commit("2023-02-25", "drv: Add the lamp\n", "drv/c.c", body(-1))
	w.commit("2023-03-10", "drv: Fix the engine\n\nFixes: 0123456789ab (\"drv: Add the engine\")\n", "drv/a.c", body(9))
	w.commit("2023-03-11", "drv: Fix the clock\n\nFixes: 0123456789ac (\"drv: add  the Clock\")\n", "drv/b.c", body(9))
	w.commit("2023-03-12", "drv: Fix the lamp\n\nFixes: 0123456789ad (\"drv: Add the lamp\")\n", "drv/c.c", body(9))
	w.commit("2023-03-08", "drv: Fix the wheel\n\nFixes: 0123456789ae (\"drv: Add the wheel\")\n", "drv/c.c", body(12))
	close(w, "6.3", "2023-04-23")
	w.commit("2023-05-05", "drv: Fix the lamp again\n\nFixes: 0123456789ad (\"drv: Fix the lamp\")\n", "drv/c.c", body(15))
	return w
}

func facts(t *testing.T, m *Mainline, r *git.Repo, id string) *rules.Tree {
	t.Helper()
	c, err := r.Change(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	f, err := m.Facts(t.Context(), c, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFacts(t *testing.T) {
	for name, c := range map[string]struct {
		close func(w *tree, release, day string)
		marks string
	}{
		"tags": {func(w *tree, release, day string) {
			w.commit(day, "Linux "+release+"\n", "Makefile", release+"\n")
			w.tag("v" + release)
		}, ""},
		"marks": {func(w *tree, release, _ string) {
			// A history that was imported later: its dates say nothing.
			w.commit("2024-06-01", "Reduce the difference to "+release+"\n", "Makefile", release+"\n")
		}, "Reduce the difference to %s"},
		"branches": {func(w *tree, release, day string) {
			w.commit(day, "something else\n", "Makefile", release+"\n")
			w.branch("linux-" + release + ".y")
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, r, ids := build(t, c.close).open(c.marks)
			if got := strings.Join(m.Releases(), " "); got != "6.1 6.2 6.3" {
				t.Fatalf("releases %q", got)
			}
			// begin engine [6.1] clock [6.2] lamp, four fixes [6.3] the last
			id := func(i int) string { return ids[i] }
			for i, want := range map[int]string{3: "6.2", 5: "6.3", 6: "6.3", 9: "6.3", 11: "6.4"} {
				if got := m.Release(id(i)); got != want {
					t.Errorf("commit %d is of %q, want %s", i, got, want)
				}
			}
			engine, clock, lamp, wheel, again := facts(t, m, r, id(6)), facts(t, m, r, id(7)), facts(t, m, r, id(8)), facts(t, m, r, id(9)),
				facts(t, m, r, id(11))
			if !engine.Mainline.Has || engine.Mainline.Release != "6.3" {
				t.Errorf("mainline: %+v", engine.Mainline)
			}
			for what, x := range map[string]struct {
				got     rules.Culprit
				release string
				cycles  int
				stable  bool
				fix     bool
				age     int
			}{
				"of 6.1":          {engine.Culprits[0], "6.1", 2, true, false, 141},
				"by its title":    {clock.Culprits[0], "6.2", 1, false, false, 81},
				"of the same":     {lamp.Culprits[0], "", 0, false, false, 15},
				"unknown":         {wheel.Culprits[0], "", -1, false, false, 0},
				"of a fix before": {again.Culprits[0], "6.3", 1, false, true, 54},
			} {
				g := x.got
				if g.Release != x.release || g.Cycles != x.cycles || g.AsksStable != x.stable || g.IsFix != x.fix || g.AgeDays != x.age ||
					g.Resolved != (x.cycles >= 0) {
					t.Errorf("a culprit %s: %+v", what, g)
				}
			}
			// The engine is in 6.2 and in 6.1, the lamp in neither.
			if b := engine.Last; !b.Known || b.Hunks != 2 || b.Exact != 2 || b.Files != 1 || b.Have != 1 {
				t.Errorf("the engine in 6.2: %+v", b)
			}
			if b := engine.LTS; !b.Known || b.Exact != 2 {
				t.Errorf("the engine in 6.1: %+v", b)
			}
			if engine.OldLTS.Known {
				t.Errorf("5.15 is not in this history: %+v", engine.OldLTS)
			}
			if b := lamp.Last; !b.Known || b.Files != 1 || b.Have != 0 || b.Exact != 0 {
				t.Errorf("the lamp in 6.2: %+v", b)
			}
			// Written 19 days after 6.2 opened the window.
			if l := engine.Landing; !l.Known || l.WindowDays != 19 {
				t.Errorf("landing: %+v", l)
			}
			// The one behind the mark of 6.2 came when it was written, whenever the
			// mark was.
			if l := facts(t, m, r, id(5)).Landing; l.WindowDays != 6 || l.ArrivedDays != 6 {
				t.Errorf("landing behind a mark: %+v", l)
			}
			// Written before the fix of the lamp, on which it stands.
			if l := wheel.Landing; l.WindowDays != 17 || l.ArrivedDays != 21 {
				t.Errorf("landing of the last: %+v", l)
			}
		})
	}
}

// TestPosted: a patch that is in no history is judged as of the given day.
func TestPosted(t *testing.T) {
	m, _, _ := build(t, func(w *tree, release, day string) {
		w.commit(day, "Linux "+release+"\n", "Makefile", release+"\n")
		w.tag("v" + release)
	}).open("")
	day := time.Date(2023, 1, 5, 0, 0, 0, 0, time.UTC)
	c := &change.Change{ID: "x@example.org", Kind: change.Mail, Date: day,
		Fixes: []change.Fixes{{Subject: "drv: Add the clock"}, {Subject: "drv: Add the lamp"}, {Subject: "drv: Add the engine"}}}
	f, err := m.Facts(t.Context(), c, day)
	if err != nil {
		t.Fatal(err)
	}
	if f.Mainline.Has {
		t.Error("a posted patch is in mainline")
	}
	if g := f.Culprits[0]; !g.Resolved || g.Cycles != 0 || g.Release != "" {
		t.Errorf("a bug of the open cycle: %+v", g)
	}
	if g := f.Culprits[1]; g.Resolved {
		t.Errorf("a culprit from the future: %+v", g)
	}
	if g := f.Culprits[2]; !g.Resolved || g.Cycles != 1 || g.Release != "6.1" {
		t.Errorf("a bug of 6.1: %+v", g)
	}
}

// TestWaits: what is posted in the weeks of -rc goes in as a fix when it claims to be
// one, and waits for the next merge window otherwise.
func TestWaits(t *testing.T) {
	m, _, _ := build(t, func(w *tree, release, day string) {
		w.commit(day, "Linux "+release+"\n", "Makefile", release+"\n")
		w.tag("v" + release)
	}).open("")
	day := time.Date(2023, 1, 25, 0, 0, 0, 0, time.UTC) // six weeks behind 6.1
	fix := []change.Fixes{{Subject: "drv: Add the engine"}}
	for _, c := range []struct {
		name string
		c    change.Change
		want int
	}{
		{"a feature", change.Change{Subject: "drv: Add a wheel"}, 45 - cycle},
		{"by its title", change.Change{Subject: "drv: Fix a wheel"}, 45},
		{"by its tag", change.Change{Subject: "drv: Count from one", Fixes: fix}, 45},
		{"a fix for the next tree", change.Change{Subject: "drv: Count from one", Fixes: fix,
			Prefix: change.Prefix{Words: []string{"drm-misc-next"}}}, 45 - cycle},
	} {
		c.c.Kind, c.c.Date, c.c.ID = change.Mail, day, "x@example.org"
		f, err := m.Facts(t.Context(), &c.c, day)
		if err != nil || !f.Landing.Known || f.Landing.WindowDays != c.want {
			t.Errorf("%s: %+v, want %d days, %v", c.name, f.Landing, c.want, err)
		}
	}
}

// TestHabit: the folder needs 40 claimed fixes in the four releases before.
func TestHabit(t *testing.T) {
	w := &tree{Repo: gittest.New(t)}
	w.commit("2022-06-01", "begin\n", "drv/deep/a.c", "0\n")
	close := func(release, day string) {
		w.commit(day, "Linux "+release+"\n", "Makefile", release+"\n")
		w.tag("v" + release)
	}
	close("6.0", "2022-10-02")
	for i := range 60 {
		message := fmt.Sprintf("drv: Fix number %d\n", i)
		switch i % 3 {
		case 0:
			message += "\nCc: stable@vger.kernel.org\n"
		case 1:
			message += "\nFixes: 0123456789ab (\"begin\")\n"
		}
		file := "drv/deep/a.c"
		if i >= 36 { // 36 fixes are in the deep folder, too few
			file = "drv/b c.c"
		}
		w.commit("2022-11-01", message, file, fmt.Sprintln("number", i))
	}
	close("6.1", "2022-12-11")
	w.commit("2023-01-10", "drv: Fix what came later\n\nCc: stable@vger.kernel.org\n", "drv/deep/a.c", "x\n")
	m, r, ids := w.open("")
	f := facts(t, m, r, ids[len(ids)-1])
	if want := (rules.Habit{Claims: 60, Tagged: 40, Stable: 20}); f.Habit != want {
		t.Errorf("got %+v, want %+v", f.Habit, want)
	}
	if f := facts(t, m, r, ids[3]); f.Habit != (rules.Habit{}) {
		t.Errorf("before any fix: %+v", f.Habit)
	}
}

func TestMarksErrors(t *testing.T) {
	w := build(t, func(*tree, string, string) {})
	w.Feed(w.in.String(), "fast-import", "--quiet")
	r, err := git.Open(t.Context(), w.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for marks, want := range map[string]string{"End of %s": "no commit", "End": "needs one %s", "%s of 100%": "needs one %s"} {
		if _, err := Open(t.Context(), r, Options{Ref: "main", Marks: marks}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", marks, err)
		}
	}
}
