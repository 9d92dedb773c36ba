package export

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/internal/shapes"
)

// step writes the files of one folder of the fixture.
func step(t *testing.T, r *gittest.Repo, folder, message string) string {
	t.Helper()
	data, err := os.ReadFile("../../fixtures/export/module.txtar")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range txtar.Parse(data).Files {
		if name, ok := strings.CutPrefix(f.Name, folder+"/"); ok {
			r.Write(name, string(f.Data))
			n++
		}
	}
	if n == 0 {
		t.Fatalf("the fixture has nothing below %s", folder)
	}
	return r.Commit(message)
}

func open(t *testing.T, r *gittest.Repo) *git.Repo {
	t.Helper()
	g, err := git.Open(t.Context(), r.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

// numbered is a file of lines, with some of them replaced.
func numbered(n int, replace map[int]string) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		if s, ok := replace[i]; ok {
			b.WriteString(s)
			continue
		}
		b.WriteString("line " + string(rune('a'+i%26)) + strings.Repeat("x", i) + "\n")
	}
	return b.String()
}

// history is a mainline and a 6.12 that lacks one preparation.
func history(t *testing.T) (r *gittest.Repo, prepare, fix string) {
	r = gittest.New(t)
	r.Put("drivers/a.c", numbered(30, nil), "demo: begin")
	r.Put("drivers/b.c", numbered(10, nil), "demo: begin b")
	r.Git("branch", "linux-6.12.y")
	prepare = r.Put("drivers/a.c", numbered(30, map[int]string{12: "prepared();\n"}),
		"demo: say it in one place\n\nA preparation – with a dash.\n\nReviewed-by: Rita Reviewer <rita@example.org>\nSigned-off-by: Ada Author <ada@example.org>")
	fix = r.Put("drivers/a.c", numbered(30, map[int]string{12: "prepared();\n", 13: "fixed();\n"}),
		"demo: do not hang\n\nIt hangs.\n\nFixes: 123456789abc (\"demo: begin\")\nSigned-off-by: Ada Author <ada@example.org>")
	r.Git("checkout", "-q", "linux-6.12.y")
	r.Put("drivers/a.c", numbered(30, map[int]string{1: "stable only\n", 9: "drifted\n"}), "Linux 6.12.1")
	r.Git("checkout", "-q", "main")
	return r, prepare, fix
}

var ana = Identity{"Ana Ruiz", "ana@example.com"}

func wanted(r *gittest.Repo, g *git.Repo, id string, first ...string) Wanted {
	return Wanted{Mainline: g, ID: id, Prerequisites: first, Who: ana,
		Branch: Branch{Name: "6.12", Tip: r.Git("rev-parse", "linux-6.12.y"), Repo: g}}
}

func TestBackport(t *testing.T) {
	r, prepare, fix := history(t)
	g := open(t, r)
	refs := r.Git("for-each-ref")
	objects := r.Git("count-objects", "-v")
	if _, err := Backport(t.Context(), wanted(r, g, fix), git.Options{}); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "drivers/a.c") {
		t.Errorf("without its prerequisite: %v, want a conflict in drivers/a.c", err)
	}
	s, err := Backport(t.Context(), wanted(r, g, fix, prepare), git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Patches) != 2 || !s.Patches[0].Needed || s.Patches[1].Needed {
		t.Fatalf("patches: %+v", s.Patches)
	}
	first, second := string(s.Patches[0].Mail), string(s.Patches[1].Mail)
	for _, want := range []string{
		"From: Ana Ruiz <ana@example.com>\n", "To: stable@vger.kernel.org\n", "[PATCH 6.12.y 1/2] demo: say it in one place\n",
		"\nFrom: Ada Author <ada@example.org>\n", "\ncommit " + prepare + " upstream.\n", "A preparation – with a dash.",
		"Reviewed-by: Rita Reviewer <rita@example.org>\nSigned-off-by: Ada Author <ada@example.org>\nStable-dep-of: " + fix[:12] + " (\"demo: do not hang\")\n",
		"[ drivers/a.c: the same lines change, the context around them differs ]\nSigned-off-by: Ana Ruiz <ana@example.com>\n",
	} {
		if !strings.Contains(first, want) {
			t.Errorf("the first mail lacks %q:\n%s", want, first)
		}
	}
	if strings.Contains(second, "Stable-dep-of") || !strings.Contains(second, "[PATCH 6.12.y 2/2] demo: do not hang\n") {
		t.Errorf("the second mail:\n%s", second)
	}
	if now := r.Git("for-each-ref"); now != refs || r.Git("count-objects", "-v") != objects {
		t.Error("the user's repository was written to")
	}
	// What a maintainer does with them.
	out := filepath.Join(t.TempDir(), "mails")
	if err := s.Write(out); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(out); err == nil {
		t.Error("a folder with something in it was written over")
	}
	r.Git("checkout", "-q", "--detach", "linux-6.12.y")
	r.Git("am", "-q", filepath.Join(out, s.Patches[0].File), filepath.Join(out, s.Patches[1].File))
	if got := r.Git("log", "-2", "--format=%an <%ae> %aI"); strings.Count(got, "Ada Author <ada@example.org> 2024-01-01T") != 2 {
		t.Errorf("authors and dates after git am: %s", got)
	}
	if got := r.Git("rev-parse", "HEAD^{tree}"); got != s.Tree {
		t.Errorf("git am leaves the tree %s, the series says %s", got, s.Tree)
	}
	if len(s.Files) != 1 || s.Files[0].Path != "drivers/a.c" || strings.TrimSpace(string(s.Files[0].Data)) != r.Git("show", "HEAD:drivers/a.c") {
		t.Errorf("the files that it leaves: %+v", s.Files)
	}
}

// Without an identity nothing is signed for anybody; and a prerequisite that is
// in the branch under another name is left out.
func TestBackportAnonymous(t *testing.T) {
	r, prepare, fix := history(t)
	r.Git("checkout", "-q", "linux-6.12.y")
	r.Put("drivers/a.c", numbered(30, map[int]string{1: "stable only\n", 9: "drifted\n", 12: "prepared();\n"}), "the same, by hand")
	r.Git("checkout", "-q", "main")
	g := open(t, r)
	w := wanted(r, g, fix, prepare)
	w.Who = Identity{}
	s, err := Backport(t.Context(), w, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Patches) != 1 || len(s.Left) != 1 || s.Left[0] != prepare {
		t.Fatalf("patches %+v, left %v", s.Patches, s.Left)
	}
	m := string(s.Patches[0].Mail)
	if strings.Count(m, "Signed-off-by") != 1 || !strings.Contains(m, "[PATCH 6.12.y] demo") || !strings.Contains(m, "\nFrom: Ada Author <ada@example.org>\n") {
		t.Errorf("the mail:\n%s", m)
	}
	if _, err := Backport(t.Context(), wanted(r, g, prepare), git.Options{}); !errors.Is(err, ErrPresent) {
		t.Errorf("a change that is there: %v, want ErrPresent", err)
	}
}

func TestRequest(t *testing.T) {
	r, _, _ := history(t)
	id := r.Put("drivers/b.c", numbered(10, map[int]string{5: "mended\n"}), "demo: mend ü in b")
	g := open(t, r)
	br := wanted(r, g, id).Branch
	q, err := Ask(t.Context(), g, id, []Branch{br}, []string{"it hangs on cards that are on sale " + strings.Repeat("and on and on ", 9)}, ana, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := string(q.Mail())
	for _, want := range []string{"From: Ana Ruiz <ana@example.com>\n", "Subject: =?utf-8?q?please_apply", "    commit:   " + id + "\n", "    for:      6.12.y\n", "- it hangs on cards", "with git am on 6.12.y (at " + br.Tip[:12] + ")"} {
		if !strings.Contains(m, want) {
			t.Errorf("the mail lacks %q:\n%s", want, m)
		}
	}
	for _, l := range strings.Split(m[strings.Index(m, "\n\n"):], "\n") {
		if len(l) > 80 {
			t.Errorf("a line of %d bytes: %s", len(l), l)
		}
	}
	_, prepare, _ := strings.Cut(r.Git("log", "-1", "--format=x%H", "HEAD~1"), "x")
	if _, err := Ask(t.Context(), g, prepare, []Branch{br}, nil, ana, git.Options{}); !errors.Is(err, ErrConflict) {
		t.Errorf("what does not apply as it is: %v, want a conflict", err)
	}
}

// A title and a reason are strangers' words, and stand in mails and pages that we write.
func TestRequestIsPlain(t *testing.T) {
	q := &Request{ID: strings.Repeat("a", 40), Title: shapes.Unseen, Branches: []Branch{{Name: "6.12", Tip: strings.Repeat("b", 40)}}, Why: []string{shapes.Unseen}}
	if m := string(q.Mail()); shapes.Drives(m) != "" || !strings.Contains(m, "fix2J a gnah of the ring") {
		t.Errorf("%q", m)
	}
	if got := plain(shapes.Unseen); shapes.Drives(got) != "" || !strings.Contains(got, `\[31mfix`) {
		t.Errorf("in a README: %q", got)
	}
}

// What no mail can carry is refused with the reason, before anything is done.
func TestUnfit(t *testing.T) {
	r := gittest.New(t)
	root := r.Put("a.c", "int a;\n", "begin")
	symlink := func() string {
		if err := os.Symlink("a.c", filepath.Join(r.Dir, "l")); err != nil {
			t.Fatal(err)
		}
		return r.Commit("a link")
	}
	cases := []struct{ name, id, says string }{
		{"root", root, "first commit"},
		{"symlink", symlink(), "symbolic link"},
		{"binary", r.Put("fw.bin", "\x00\x01\x02", "a firmware"), "binary"},
		{"mode", func() string {
			r.Git("update-index", "--chmod=+x", "a.c")
			r.Git("commit", "-q", "-m", "mode")
			return r.Git("rev-parse", "HEAD")
		}(), "only renames"},
		{"rename", func() string {
			r.Git("mv", "a.c", "b.c")
			r.Git("commit", "-q", "-m", "rename")
			return r.Git("rev-parse", "HEAD")
		}(), "only renames"},
		{"submodule", func() string {
			r.Git("update-index", "--add", "--cacheinfo", "160000,"+root+",sub")
			r.Git("commit", "-q", "-m", "sub")
			return r.Git("rev-parse", "HEAD")
		}(), "submodule"},
		{"empty", func() string {
			r.Git("commit", "-q", "--allow-empty", "-m", "empty")
			return r.Git("rev-parse", "HEAD")
		}(), "changes nothing"},
		{"merge", func() string {
			r.Git("branch", "side", root)
			tree := r.Git("rev-parse", "HEAD^{tree}")
			return r.Git("commit-tree", tree, "-p", "HEAD", "-p", "side", "-m", "merge")
		}(), "merge"},
	}
	g := open(t, r)
	for _, c := range cases {
		w := Wanted{Mainline: g, ID: c.id, Branch: Branch{Name: "6.12", Tip: root, Repo: g}}
		if _, err := Backport(t.Context(), w, git.Options{}); !errors.Is(err, ErrUnfit) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want one that says %q", c.name, err, c.says)
		}
	}
	lost := r.Put("b.c", "int lost;\n", "lost")
	r.Lose("HEAD:b.c")
	w := Wanted{Mainline: g, ID: lost, Branch: Branch{Name: "6.12", Tip: root, Repo: g}}
	if _, err := Backport(t.Context(), w, git.Options{}); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a missing object: %v", err)
	}
}

func TestWhoAmI(t *testing.T) {
	r := gittest.New(t)
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	g := open(t, r)
	if id, err := WhoAmI(t.Context(), g); err != nil || id.Known() {
		t.Errorf("nobody: %v, %v", id, err)
	}
	r.Git("config", "user.name", ana.Name)
	r.Git("config", "user.email", ana.Email)
	if id, err := WhoAmI(t.Context(), g); err != nil || id != ana {
		t.Errorf("%v, %v; want %v", id, err, ana)
	}
}

func TestMessage(t *testing.T) {
	c := &git.Commit{ID: strings.Repeat("a", 40), Message: "x: y\n\nProse only: see\nthere.\n", Author: git.Signature{Date: time.Unix(0, 0)}}
	want := "x: y\n\ncommit " + c.ID + " upstream.\n\nProse only: see\nthere.\n\n[ one\n  two ]\nSigned-off-by: Ana Ruiz <ana@example.com>\n"
	if got := message(c, nil, []string{"one", "two"}, ana); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
