package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

// inlet keeps what it is given; fail makes the next Accept but n fail once.
type inlet struct {
	cursors map[string]string
	got     []string // "branch: title"
	errs    []error
	fail    int
}

func newInlet() *inlet { return &inlet{cursors: map[string]string{}, fail: -1} }

func (i *inlet) Cursor(_ context.Context, key string) (string, error) { return i.cursors[key], nil }

func (i *inlet) Advance(_ context.Context, key, cursor string) error {
	i.cursors[key] = cursor
	return nil
}

var errCrash = errors.New("crash")

func (i *inlet) Accept(_ context.Context, item flow.Item) error {
	if i.fail--; i.fail == -1 {
		return errCrash
	}
	i.got = append(i.got, item.Branch+": "+item.Commit.Subject)
	if item.Err != nil {
		i.errs = append(i.errs, item.Err)
	}
	i.cursors[item.Source] = item.Cursor
	return nil
}

func follow(t *testing.T, c Config) (*Source, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	c.Name = "x"
	if c.State == "" {
		c.State = t.TempDir()
	}
	s, err := New(c, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, logs
}

func poll(t *testing.T, s *Source, in *inlet, want ...string) {
	t.Helper()
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(in.got, want) {
		t.Errorf("got  %q\nwant %q", in.got, want)
	}
	in.got = nil
}

func TestFollowsBranches(t *testing.T) {
	g := gittest.New(t)
	g.Put("drivers/a.c", "0\n", "root")
	g.Git("branch", "linux-6.1.y")
	g.Git("branch", "unrelated")
	in := newInlet()
	s, logs := follow(t, Config{URL: g.Dir, Branches: []string{"main", "linux-*.y", "absent"}, Paths: []string{"drivers"}})
	poll(t, s, in) // from the tip on
	poll(t, s, in)
	if logs.FilterMessageSnippet("no such branch").Len() != 1 {
		t.Errorf("an absent branch was told %d times", logs.Len())
	}

	g.Put("drivers/a.c", "1\n", "fix one")
	g.Put("docs", "x\n", "elsewhere")
	g.Git("checkout", "-q", "-b", "side", "HEAD~2")
	g.Put("drivers/b.c", "1\n", "on the side")
	g.Git("checkout", "-q", "main")
	g.Git("merge", "-q", "--no-ff", "-m", "merge", "side")
	g.Git("checkout", "-q", "linux-6.1.y")
	g.Put("drivers/a.c", "2\n", "backport")
	poll(t, s, in, "linux-6.1.y: backport", "main: fix one", "main: on the side")
	poll(t, s, in)

	// A crash between two commits.
	g.Put("drivers/a.c", "3\n", "third")
	g.Put("drivers/a.c", "4\n", "fourth")
	in.fail = 1
	if err := s.Poll(t.Context(), in); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	in.got = nil
	poll(t, s, in, "linux-6.1.y: fourth")

	// The branch is written anew from "backport" on.
	g.Git("reset", "-q", "--hard", "HEAD~2")
	g.Put("drivers/a.c", "5\n", "third, again")
	poll(t, s, in, "linux-6.1.y: third, again")
	if logs.FilterMessageSnippet("histories part").Len() != 1 {
		t.Errorf("rewriting was not told: %v", logs.All())
	}
	// Another history altogether: from its tip on.
	g.Git("checkout", "-q", "--orphan", "new")
	g.Put("drivers/a.c", "6\n", "new root")
	g.Git("branch", "-f", "linux-6.1.y", "new")
	poll(t, s, in)
	g.Git("checkout", "-q", "linux-6.1.y")
	g.Put("drivers/a.c", "7\n", "after it")
	poll(t, s, in, "linux-6.1.y: after it")
}

// TestManyBranches: of thousands of branches that a pattern chooses the newest releases are
// followed, those that are named always, and it is told what is left out.
func TestManyBranches(t *testing.T) {
	g := gittest.New(t)
	g.Put("drivers/a.c", "0\n", "root")
	g.Branches(maxBranches+50, func(n int) string { return fmt.Sprintf("linux-6.%d.y", n) })
	g.Git("branch", "linux-5.4.y")
	in := newInlet()
	s, logs := follow(t, Config{URL: g.Dir, Branches: []string{"main", "linux-*.y", "linux-5.4.y"}})
	const told = "the newest 202 are followed"
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), told) {
		t.Errorf("checking: %v", err)
	}
	for range 2 {
		if err := s.Poll(t.Context(), in); err != nil {
			t.Errorf("polling: %v", err)
		}
	}
	if n := logs.FilterMessage("not all branches are followed").Len(); n != 1 {
		t.Errorf("told %d times", n)
	}
	for branch, want := range map[string]bool{
		"main": true, "linux-5.4.y": true, "linux-6.249.y": true, "linux-6.50.y": true, "linux-6.49.y": false,
	} {
		if got := in.cursors["git:x/"+branch] != ""; got != want {
			t.Errorf("%s is followed: %v", branch, got)
		}
	}
	if n := len(in.cursors); n != maxBranches+2 {
		t.Errorf("%d branches are followed", n)
	}
	g.Put("drivers/a.c", "1\n", "a fix")
	if err := s.Poll(t.Context(), in); err != nil || !slices.Equal(in.got, []string{"main: a fix"}) {
		t.Errorf("%q, %v", in.got, err)
	}
}

func TestDefaultBranchAndSince(t *testing.T) {
	g := gittest.New(t)
	first := g.Put("a", "0\n", "first")
	g.Put("a", "1\n", "second")
	g.Git("branch", "a-branch-at-the-same-commit")
	for _, since := range []string{first, "2024-01-01"} {
		s, _ := follow(t, Config{URL: g.Dir, Since: since})
		want := []string{"main: second"}
		if since == "2024-01-01" {
			want = []string{"main: first", "main: second"}
		}
		poll(t, s, newInlet(), want...)
	}
	s, _ := follow(t, Config{URL: g.Dir, Since: "nowhere"})
	if err := s.Poll(t.Context(), newInlet()); !errors.Is(err, git.ErrNoRevision) {
		t.Errorf("unknown revision: %v", err)
	}
}

func TestGoneRemote(t *testing.T) {
	g := gittest.New(t)
	g.Put("a", "0\n", "first")
	s, _ := follow(t, Config{URL: g.Dir})
	in := newInlet()
	poll(t, s, in)
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if err := os.Rename(g.Dir, g.Dir+".away"); err != nil {
		t.Fatal(err)
	}
	if err := s.Poll(t.Context(), in); !errors.Is(err, flow.ErrTemporary) || !errors.Is(err, git.ErrRemote) {
		t.Errorf("gone: %v", err)
	}
	if err := os.Rename(g.Dir+".away", g.Dir); err != nil {
		t.Fatal(err)
	}
	g.Put("a", "1\n", "second")
	poll(t, s, in, "main: second")
}

// Poll and Update make and fetch the copy at once, in this process and, as the
// second source does, in another one of the same bot.
func TestAtOnce(t *testing.T) {
	g := gittest.New(t)
	g.Put("a", "0\n", "first")
	for range 4 {
		state := t.TempDir()
		one, _ := follow(t, Config{URL: g.Dir, State: state})
		two, _ := follow(t, Config{URL: g.Dir, State: state})
		var wg sync.WaitGroup
		begin := make(chan struct{})
		for name, f := range map[string]func() error{
			"poll":                 func() error { return one.Poll(t.Context(), newInlet()) },
			"update":               func() error { return one.Update(t.Context()) },
			"another one's poll":   func() error { return two.Poll(t.Context(), newInlet()) },
			"another one's update": func() error { return two.Update(t.Context()) },
		} {
			wg.Go(func() {
				<-begin
				if err := f(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		close(begin)
		wg.Wait()
		g.Put("a", time.Now().String(), "more") // and all fetch it at once
	}
}

// TestReleases: what closes a release of a stable branch is no change that
// anybody could take; a fix that bears the name of one is.
func TestReleases(t *testing.T) {
	g := gittest.New(t)
	g.Put("Makefile", "SUBLEVEL = 3\n", "Linux 6.1.3")
	in := newInlet()
	s, _ := follow(t, Config{URL: g.Dir})
	poll(t, s, in)
	g.Put("Makefile", "SUBLEVEL = 4\n", "Linux 6.1.4\n\nTested-by: Ada <ada@example.org>")
	poll(t, s, in)
	if in.cursors["git:x/main"] != g.Git("rev-parse", "HEAD") {
		t.Error("the release was not passed")
	}
	g.Put("drivers/a.c", "1\n", "a fix")
	g.Put("Makefile", "SUBLEVEL = 5-rc1\n", "Linux 6.1.5-rc1")
	g.Put("Makefile", "KBUILD = 1\n", "kbuild: fix the flags")
	g.Write("drivers/a.c", "2\n")
	g.Put("Makefile", "SUBLEVEL = 5\n", "Linux 6.1.5")
	poll(t, s, in, "main: a fix", "main: kbuild: fix the flags", "main: Linux 6.1.5")
}

func TestConfig(t *testing.T) {
	_, err := New(Config{Name: "..", Branches: []string{"a b", "[x"}}, zap.NewNop())
	for _, word := range []string{"name", "url", "state", `"a b"`, `"[x"`} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%q is not in %v", word, err)
		}
	}
}
