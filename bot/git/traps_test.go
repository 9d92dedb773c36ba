package git

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git/gittest"
)

// trapped makes a repository in which everything that git can be told to run
// leaves its name in a folder, and in which history is not what it seems.
func trapped(t *testing.T) (g *gittest.Repo, sprung func() []string) {
	t.Helper()
	g = gittest.New(t)
	g.Put("f.c", "1\n2\n3\n4\n5\n", "base")
	g.Git("branch", "side")
	g.Put("f.c", "1\n2\nours\n4\n5\n", "ours")
	g.Put(".gitattributes", gittest.EvilAttributes, "attributes of the tree")
	g.Git("checkout", "-q", "side")
	g.Put("f.c", "1\n2\ntheirs\n4\n5\n", "theirs")
	g.Git("checkout", "-q", "main")
	g.Git("branch", "--set-upstream-to=side", "main")
	return g, g.Trap(g.Git("rev-parse", "main~2"), g.Git("rev-parse", "side"))
}

// A repository is read, whatever stands in its configuration: nothing of it is
// run, and the answer is that of the objects alone.
func TestTrapsOfARepository(t *testing.T) {
	g, sprung := trapped(t)
	// The traps are real: a plain git falls into one of them.
	cmd := exec.Command("git", "-C", g.Dir, "merge-tree", "--write-tree", "main", "side")
	_ = cmd.Run()
	cmd = exec.Command("git", "-C", g.Dir, "diff", "main", "side")
	_ = cmd.Run()
	if len(sprung()) < 2 {
		t.Fatalf("plain git fell into %v: the test shows nothing", sprung())
	}
	side := g.Git("rev-parse", "side")
	for _, f := range sprung() {
		_ = os.Remove(f)
	}

	r := open(t, g.Dir)
	commits := all(t, r, Query{Revs: []string{"main"}})
	if len(commits) != 3 || !strings.Contains(commits[1].Diff, "+ours") || commits[2].Title() != "base" {
		t.Errorf("grafts or replaced objects were believed: %d commits, %+v", len(commits), commits)
	}
	if o, err := r.Object(t.Context(), "main:f.c"); err != nil || string(o.Data) != "1\n2\nours\n4\n5\n" {
		t.Errorf("object: %q, %v", o.Data, err)
	}
	if names, err := r.Names(t.Context(), "main@{upstream}"); err != nil || names[0] != side {
		t.Errorf("the upstream of a branch: %v, %v", names, err)
	}
	if _, err := r.Object(t.Context(), strings.Repeat("1", 40)); !errors.Is(err, ErrMissing) {
		t.Errorf("an absent object: %v", err)
	}
	if who, err := r.Setting(t.Context(), "user.name"); err != nil {
		t.Errorf("a setting: %q, %v", who, err)
	}

	p, err := r.StartScratch(t.Context(), "merging", t.TempDir(), "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages",
		commits[1].ID, side)
	if err != nil {
		t.Fatal(err)
	}
	_ = p.In.Close()
	buf := make([]byte, 1<<10)
	n, _ := p.Out.Read(buf)
	if err := p.Wait(); (&Error{Err: err}).ExitCode() != 1 || !strings.Contains(string(buf[:n]), "f.c") {
		t.Errorf("a conflict was merged away: %q, %v", buf[:n], err)
	}

	if _, err := LookAt(t.Context(), g.Dir, Options{}); err != nil {
		t.Errorf("looking: %v", err)
	}
	for _, url := range []string{g.Dir, filepath.Join(g.Dir, ".git"), "file://" + g.Dir} {
		m := mirror(t, url, MirrorOptions{})
		fetch(t, m)
		if got := all(t, m.Repo, Query{Revs: []string{"main"}}); len(got) != 3 {
			t.Errorf("fetched from %s: %d commits", url, len(got))
		}
	}
	m := mirror(t, g.Dir, MirrorOptions{Borrow: g.Dir})
	fetch(t, m)

	c, err := NewClone(t.Context(), Options{}, r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Sparse(t.Context(), commits[0].ID, []string{"f.c", ".gitattributes"}); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(c.Tree, "f.c")); err != nil || string(b) != "1\n2\nours\n4\n5\n" {
		t.Errorf("attributes of the tree changed what is checked out: %q, %v", b, err)
	}
	patch := "From: A <a@example.org>\nSubject: [PATCH] x\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n\nx\n---\n" + commits[1].Diff
	patch = strings.NewReplacer(" 2\n-3\n+ours\n 4", " 2\n-ours\n+more\n 4").Replace(patch)
	if out, err := c.Do(t.Context(), Call{Doing: "applying", Args: []string{"am", "-3"}, In: []byte(patch)}); err != nil {
		t.Errorf("applying: %s, %v", out, err)
	}
	if got := sprung(); len(got) != 0 {
		t.Errorf("code of the repository ran: %v", got)
	}
}

// A repository that lacks objects, by agreement with a remote that is a trap.
func TestTrapsOfAPartialClone(t *testing.T) {
	g, sprung := trapped(t)
	blob := g.Git("rev-parse", "main:f.c")
	pack := filepath.Join(g.Dir, ".git", "objects", "pack")
	g.Git("-c", "core.alternateRefsCommand=true", "-c", "extensions.partialClone=", "repack", "-adq")
	packs, _ := filepath.Glob(filepath.Join(pack, "*.pack"))
	for _, p := range packs {
		if err := os.WriteFile(strings.TrimSuffix(p, ".pack")+".promisor", nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range sprung() {
		_ = os.Remove(f)
	}
	r := open(t, g.Dir)
	if !r.Partial {
		t.Error("not seen to be partial")
	}
	if _, err := r.Object(t.Context(), blob); err != nil {
		t.Errorf("an object that is there: %v", err)
	}
	if _, err := r.Object(t.Context(), strings.Repeat("1", 40)); !errors.Is(err, ErrMissing) {
		t.Errorf("an absent object: %v", err)
	}
	m := mirror(t, g.Dir, MirrorOptions{})
	fetch(t, m)
	if got := sprung(); len(got) != 0 {
		t.Errorf("code of the repository ran: %v", got)
	}
}

// Nothing is left behind, and what a killed process left is swept away.
func TestScratch(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	dead, young := filepath.Join(tmp, scratchPrefix+"dead"), filepath.Join(tmp, scratchPrefix+"young")
	for _, dir := range []string{dead, young} {
		if err := os.MkdirAll(filepath.Join(dir, "shadow-1"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "lock"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * youngest)
	if err := os.Chtimes(filepath.Join(dead, "lock"), old, old); err != nil {
		t.Fatal(err)
	}
	dir, remove, err := Scratch("x-")
	if err != nil {
		t.Fatal(err)
	}
	sweep(tmp)
	if _, err := os.Stat(dead); err == nil {
		t.Error("what a dead process left is still there")
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("a folder that is just being made was swept away: %v", err)
	}
	if strings.HasPrefix(dir, tmp) { // otherwise another test holds a folder elsewhere
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("a folder in use was swept away: %v", err)
		}
	}
	remove()
	remove()
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder is still there")
	}
}
