package git

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/internal/shapes"
)

func open(t *testing.T, path string) *Repo {
	t.Helper()
	r, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func all(t *testing.T, r *Repo, q Query) []*Commit {
	t.Helper()
	var commits []*Commit
	for c, err := range r.Commits(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		commits = append(commits, c)
	}
	return commits
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, "old-git")
	if err := os.WriteFile(old, []byte("#!/bin/sh\necho git version 2.30.2\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path string
		o          Options
		want       error
	}{
		{"no such folder", filepath.Join(dir, "absent"), Options{}, ErrNotFound},
		{"a file", file, Options{}, ErrNotRepository},
		{"an ordinary folder", dir, Options{}, ErrNotRepository},
		{"no git", dir, Options{Program: filepath.Join(dir, "none")}, fs.ErrNotExist},
		{"no git on the path", dir, Options{Program: "stablebot-no-such-git"}, ErrNoGit},
		{"old git", dir, Options{Program: old}, ErrTooOld},
	} {
		_, err := Open(t.Context(), c.path, c.o)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		var e *Error
		if !errors.As(err, &e) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q is not one line of *Error", c.name, err)
		}
	}
}

func TestAnotherUsersRepository(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a repository away: run the tests as root in a container")
	}
	g := gittest.New(t)
	g.Put("f", "a\n", "a")
	for _, path := range []string{g.Dir, filepath.Join(g.Dir, ".git")} {
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(t.Context(), g.Dir, Options{}); !errors.Is(err, ErrOwner) || !strings.Contains(err.Error(), "safe.directory") {
		t.Errorf("not trusted: %v", err)
	}
	r, err := Open(t.Context(), g.Dir, Options{Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	if got := all(t, r, Query{}); len(got) != 1 {
		t.Errorf("trusted: %d commits", len(got))
	}
	if _, err := r.Object(t.Context(), "HEAD:f"); err != nil {
		t.Errorf("trusted: %v", err)
	}
}

func TestVersions(t *testing.T) {
	for in, want := range map[string]string{
		"git version 2.39.5\n":                 "2.39",
		"git version 2.47.3 (Apple Git-154)":   "2.47",
		"git version 3.0.rc1":                  "3.0",
		"git version 2.49.GIT":                 "2.49",
		"hub version 1":                        "",
		"git version two":                      "",
		"git version 2.":                       "",
		"git version 2.100.0.windows.1\r\n":    "2.100",
		"git version 10.1.5-with-words beside": "10.1",
	} {
		if got := parseVersion(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if !less("2.37", Oldest) || less("2.38", Oldest) || less("2.100", Oldest) || less("3.0", Oldest) {
		t.Error("versions compare wrongly")
	}
}

// A commit's title and the names in it are read as their reader sees them.
func TestTitleIsPlain(t *testing.T) {
	g := gittest.New(t)
	g.Put("drivers/a.c", "one\n", shapes.Unseen+"\n\nThe body\u202e stays.\n")
	c, err := open(t, g.Dir).Commit(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Title(), "drm/a: [31mfix2J a gnah of the ring"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !strings.Contains(c.Body(), "The body\u202e stays.") {
		t.Errorf("the body is not what was committed: %q", c.Body())
	}
}

func TestKindsOfCommits(t *testing.T) {
	g := gittest.New(t)
	g.Put("drivers/a.c", "one\ntwo\nthree\nfour\nfive\nsix\nseven\n",
		"drm/a: add\n\nBody of the root.\n\nSigned-off-by: Ada Author <ada@example.org>\n")
	g.Git("mv", "drivers/a.c", "drivers/b.c")
	g.Commit("drm/a: rename\n")
	g.Put("blob.bin", "\x00\x01\x02\x00", "firmware: add a blob\n")
	g.Git("update-index", "--chmod=+x", "drivers/b.c")
	if err := os.Chmod(filepath.Join(g.Dir, "drivers/b.c"), 0o755); err != nil {
		t.Fatal(err)
	}
	g.Commit("drm/a: mode\n")
	if err := os.Symlink("b.c", filepath.Join(g.Dir, "drivers/link.c")); err != nil {
		t.Fatal(err)
	}
	g.Commit("drm/a: link\n")
	g.Commit("drm/a: empty\n")
	sub := gittest.New(t)
	sub.Put("x", "x\n", "x")
	g.Git("submodule", "--quiet", "add", sub.Dir, "sub")
	g.Commit("sub: add\n")
	g.Git("checkout", "-q", "-b", "side", "HEAD~1")
	g.Put("side", "s\n", "side\n")
	g.Git("checkout", "-q", "main")
	g.Git("merge", "-q", "--no-ff", "-m", "merge side\n\n:stablebot\n", "side")
	g.Put("drivers/b.c", "one\nTWO\nthree\nfour\nfive\nsix\nseven", "title that goes\non over two lines\n\n\n:stablebot\nbody\n")

	want := []struct {
		title string
		diff  []string // what the diff has in it; nil for no diff
	}{
		{"title that goes on over two lines", []string{"-two\n+TWO\n", "\\ No newline at end of file\n"}},
		{"merge side", nil},
		{"side", []string{"+++ b/side\n"}},
		{"sub: add", []string{"+Subproject commit ", "+++ b/.gitmodules\n"}},
		{"drm/a: empty", nil},
		{"drm/a: link", []string{"new file mode 120000\n"}},
		{"drm/a: mode", []string{"old mode 100644\nnew mode 100755\n"}},
		{"firmware: add a blob", []string{"Binary files /dev/null and b/blob.bin differ\n"}},
		{"drm/a: rename", []string{"similarity index 100%\nrename from drivers/a.c\nrename to drivers/b.c\n"}},
		{"drm/a: add", []string{"--- /dev/null\n+++ b/drivers/a.c\n@@ -0,0 +1,7 @@\n"}},
	}
	r := open(t, g.Dir)
	got := all(t, r, Query{Revs: []string{"main"}})
	if len(got) != len(want) {
		t.Fatalf("%d commits, want %d", len(got), len(want))
	}
	byTitle := map[string]*Commit{}
	for _, c := range got {
		byTitle[c.Title()] = c
		if len(c.Left) > 0 {
			t.Errorf("%s: left %v", c.Title(), c.Left)
		}
		if c.Author.Name != "Ada Author" || c.Committer.Email != "carl@example.org" || c.Author.Date.Before(gittest.Start) {
			t.Errorf("%s: author %v, committer %v", c.Title(), c.Author, c.Committer)
		}
		if _, zone := c.Author.Date.Zone(); zone != 3600 {
			t.Errorf("%s: zone %d", c.Title(), zone)
		}
	}
	for _, w := range want {
		c := byTitle[w.title]
		if c == nil {
			t.Errorf("%s: not found", w.title)
			continue
		}
		if w.diff == nil && c.Diff != "" {
			t.Errorf("%s: unexpected diff %q", w.title, c.Diff)
		}
		if c.Merge() != (w.title == "merge side") {
			t.Errorf("%s: parents %v", w.title, c.Parents)
		}
		for _, d := range w.diff {
			if !strings.Contains(c.Diff, d) {
				t.Errorf("%s: %q is not in\n%s", w.title, d, c.Diff)
			}
		}
		if len(w.diff) > 0 && !strings.HasPrefix(c.Diff, "diff --git ") {
			t.Errorf("%s: diff begins with %.40q", w.title, c.Diff)
		}
		// The same numbers as git counts, and the same when read alone.
		ch, err := r.Change(t.Context(), c.ID)
		if err != nil {
			t.Errorf("%s: %v", w.title, err)
			continue
		}
		added, removed := numstat(g, c.ID)
		if ch.Size.Added != added || ch.Size.Removed != removed || ch.Subject != w.title {
			t.Errorf("%s: %q +%d -%d, git says +%d -%d", w.title, ch.Subject, ch.Size.Added, ch.Size.Removed, added, removed)
		}
	}
	if b := byTitle["title that goes on over two lines"].Body(); b != ":stablebot\nbody\n" {
		t.Errorf("body %q", b)
	}
	oldest := all(t, r, Query{Revs: []string{"main"}, Paths: []string{"drivers"}, OldestFirst: true, NoMerges: true, Max: 2})
	if len(oldest) != 2 || oldest[1].Title() != "title that goes on over two lines" {
		t.Errorf("path, maximum and order: %d commits", len(oldest))
	}
}

func numstat(g *gittest.Repo, id string) (added, removed int) {
	for line := range strings.Lines(g.Git("diff-tree", "--root", "-r", "-M", "--numstat", "--no-commit-id", id) + "\n") {
		var a, d int
		if n, _ := fmt.Sscan(line, &a, &d); n == 2 {
			added, removed = added+a, removed+d
		}
	}
	return added, removed
}

// TestAbsentObjects: whatever is absent, the commits after it are read.
func TestAbsentObjects(t *testing.T) {
	g := gittest.New(t)
	g.Put("base", "base\n", "root")
	g.Write("lost.h", strings.Repeat("#define A 1\n", 50))
	g.Write("kept.c", "int kept;\n")
	lost := g.Commit("both")
	after := g.Put("kept.c", "int kept = 1;\n", "after")
	// Long, and of no pattern, so that the damage is behind the object's header:
	// before it, git takes the object for missing.
	var bad strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&bad, "#define R%d %x\n", i, sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
	}
	g.Write("bad.h", bad.String())
	g.Write("fine.c", "int fine;\n")
	damaged := g.Commit("damaged")
	tip := g.Put("fine.c", "int fine = 1;\n", "tip")
	g.Lose("HEAD:lost.h")
	g.Damage("HEAD:bad.h")
	r := open(t, g.Dir)
	got := map[string]*Commit{}
	for _, c := range all(t, r, Query{Revs: []string{"HEAD"}}) {
		got[c.ID] = c
	}
	if len(got) != 5 {
		t.Fatalf("%d commits, want 5", len(got))
	}
	for _, id := range []string{after, tip} {
		if len(got[id].Left) != 0 || got[id].Diff == "" {
			t.Errorf("%s: %v", got[id].Title(), got[id].Left)
		}
	}
	for id, want := range map[string]struct{ path, reason, kept string }{
		lost:    {"lost.h", "is missing", "+int kept;\n"},
		damaged: {"bad.h", "is damaged", "+int fine;\n"},
	} {
		c := got[id]
		if len(c.Left) != 1 || c.Left[0].Path != want.path || !strings.Contains(c.Left[0].Reason, want.reason) {
			t.Errorf("%s: left %v", c.Title(), c.Left)
		}
		if !strings.Contains(c.Diff, want.kept) || strings.Contains(c.Diff, want.path) {
			t.Errorf("%s: diff\n%s", c.Title(), c.Diff)
		}
		ch, err := r.Change(t.Context(), id)
		if !Incomplete(err) || ch == nil || len(ch.Files) != 1 || !strings.Contains(err.Error(), want.path) {
			t.Errorf("%s: %v", c.Title(), err)
		}
	}
	if _, err := r.Object(t.Context(), "HEAD:lost.h"); !errors.Is(err, ErrMissing) {
		t.Errorf("lost object: %v", err)
	}
	if _, err := r.Object(t.Context(), "HEAD:bad.h"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("damaged object: %v", err)
	}
	if o, err := r.Object(t.Context(), "HEAD:fine.c"); err != nil || string(o.Data) != "int fine = 1;\n" {
		t.Errorf("after the damaged object: %q, %v", o.Data, err)
	}
	// A tree that is absent takes the whole diff with it, not the message.
	g.Lose(tip + "^{tree}")
	c, err := r.Commit(t.Context(), after)
	if err != nil || c.Title() != "after" {
		t.Errorf("%v", err)
	}
	c, err = open(t, g.Dir).Commit(t.Context(), tip)
	if err != nil || len(c.Left) != 1 || c.Left[0].Path != "" {
		t.Errorf("without its tree: %+v, %v", c, err)
	}
	// A commit that is absent ends the list with an error that says so.
	g.Lose(after)
	err = nil
	for _, e := range r.Commits(t.Context(), Query{Revs: []string{"HEAD"}}) {
		err = e
	}
	if !errors.Is(err, ErrMissing) {
		t.Errorf("without a commit: %v", err)
	}
}

// TestPartialClone: nothing is fetched, though the remote is there.
func TestPartialClone(t *testing.T) {
	g := gittest.New(t)
	g.Put("a.c", "one\n", "root")
	g.Put("a.c", "two\n", "second")
	g.Git("config", "uploadpack.allowFilter", "true")
	dir := filepath.Join(t.TempDir(), "partial")
	g.Git("clone", "-q", "--bare", "--filter=blob:none", "file://"+g.Dir, dir)
	before := digest(t, dir)
	r := open(t, dir)
	if !r.Partial {
		t.Error("not seen to be partial")
	}
	got := all(t, r, Query{Revs: []string{"main"}})
	if len(got) != 2 || len(got[0].Left) != 1 || got[0].Left[0].Path != "a.c" || got[0].Title() != "second" {
		t.Errorf("got %d commits: %+v", len(got), got[0])
	}
	if _, err := r.Object(t.Context(), "main:a.c"); !errors.Is(err, ErrMissing) {
		t.Errorf("object: %v", err)
	}
	if o, err := r.Object(t.Context(), "main"); err != nil || o.Type != "commit" {
		t.Errorf("commit: %v", err)
	}
	if digest(t, dir) != before {
		t.Error("the clone was written to")
	}
}

func TestShallow(t *testing.T) {
	g := gittest.New(t)
	for i := range 4 {
		g.Put("f", strconv.Itoa(i)+"\n", "commit "+strconv.Itoa(i))
	}
	dir := filepath.Join(t.TempDir(), "shallow")
	g.Git("clone", "-q", "--depth=2", "file://"+g.Dir, dir)
	r := open(t, dir)
	if !r.Shallow {
		t.Error("not seen to be shallow")
	}
	if got := all(t, r, Query{}); len(got) != 2 || len(got[1].Parents) != 0 {
		t.Errorf("%d commits", len(got))
	}
	_, err := r.Names(t.Context(), "HEAD~3")
	if !errors.Is(err, ErrNoRevision) || !strings.Contains(err.Error(), "unshallow") {
		t.Errorf("beyond the cut: %v", err)
	}
}

func TestRevisions(t *testing.T) {
	g := gittest.New(t)
	a := g.Put("f", "a\n", "a")
	b := g.Put("f", "b\n", "b")
	r := open(t, filepath.Join(g.Dir))
	names, err := r.Names(t.Context(), "HEAD~1..HEAD")
	if err != nil || len(names) != 2 || names[0] != b || names[1] != "^"+a {
		t.Errorf("%v, %v", names, err)
	}
	for _, bad := range []string{"nothing", "--output=/tmp/x", "-h", "", "HEAD:nowhere"} {
		if _, err := r.Names(t.Context(), bad); !errors.Is(err, ErrNoRevision) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if id, err := r.Resolve(t.Context(), "main"); id != b || err != nil {
		t.Errorf("%s, %v", id, err)
	}
	if _, err := r.Resolve(t.Context(), "--help"); !errors.Is(err, ErrNoRevision) {
		t.Errorf("option: %v", err)
	}
	if base, err := r.MergeBase(t.Context(), a, b); base != a || err != nil {
		t.Errorf("%s, %v", base, err)
	}
	if yes, err := r.Ancestor(t.Context(), b, a); yes || err != nil {
		t.Errorf("%v, %v", yes, err)
	}
	if _, err := r.Object(t.Context(), "two\nlines"); err == nil {
		t.Error("a name of two lines was asked for")
	}
}

// TestReadsOnly: reading changes no file, and the environment cannot lead git
// elsewhere.
func TestReadsOnly(t *testing.T) {
	g := gittest.New(t)
	g.Put("f", "a\n", "a")
	g.Put("f", "b\n", "b")
	t.Setenv("GIT_DIR", t.TempDir())
	t.Setenv("GIT_EXTERNAL_DIFF", "false")
	t.Setenv("GIT_TRACE", "1")
	before := digest(t, g.Dir)
	r := open(t, g.Dir)
	if got := all(t, r, Query{}); len(got) != 2 {
		t.Errorf("%d commits", len(got))
	}
	if _, err := r.Object(t.Context(), "HEAD:f"); err != nil {
		t.Error(err)
	}
	if digest(t, g.Dir) != before {
		t.Error("the repository was written to")
	}
}

// digest is one hash over all names and contents below dir.
func digest(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(h, path, d.Type())
		if d.Type().IsRegular() {
			b, err := os.ReadFile(path)
			h.Write(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestConcurrentObjectsAndDeadProcess(t *testing.T) {
	g := gittest.New(t)
	for i := range 8 {
		g.Write("f"+strconv.Itoa(i), strings.Repeat(strconv.Itoa(i), 10000))
	}
	g.Commit("files")
	r := open(t, g.Dir)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 20 {
				o, err := r.Object(t.Context(), "HEAD:f"+strconv.Itoa(i))
				if err != nil || string(o.Data) != strings.Repeat(strconv.Itoa(i), 10000) {
					t.Errorf("file %d: %d bytes, %v", i, len(o.Data), err)
				}
				if i == 0 && k%5 == 0 { // somebody ends git
					r.mu.Lock()
					_ = killGroup(r.batch.p.cmd)
					r.mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Object(ctx, "HEAD:f0"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := r.Object(t.Context(), "HEAD:f0"); err != nil {
		t.Errorf("after a cancelled one: %v", err)
	}
}

// TestCancelEndsGroup: git and what it started are gone with the context.
func TestCancelEndsGroup(t *testing.T) {
	if _, err := exec.LookPath("sleep"); err != nil {
		t.Skip("needs sleep(1)")
	}
	program := filepath.Join(t.TempDir(), "git")
	pidFile := program + ".pid"
	script := "#!/bin/sh\nsleep 60 &\necho $! > " + pidFile + ".new; mv " + pidFile + ".new " + pidFile + "\nwait\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	p, err := start(ctx, invocation{git: program, doing: "sleeping", repo: "nowhere"})
	if err != nil {
		t.Fatal(err)
	}
	var pid string
	for range 200 {
		if b, err := os.ReadFile(pidFile); err == nil {
			pid = strings.TrimSpace(string(b))
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel(why)
	if err := p.Wait(); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	for range 200 {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the child outlived git")
}
