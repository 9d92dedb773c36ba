//go:build measure

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/planner"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules/change"
)

// TestKernelSize measures, on a repository of the kernel's size (TestMakeKernel
// makes it), what a start costs, a plan, and a fetch of 1,000 commits:
//
//	STABLEBOT_KERNEL_DIR=/big go test -tags measure ./cmd/stablebot -run TestKernelSize -v -timeout 60m
//
// STABLEBOT_KERNEL_ANEW=1 throws the indexes away first.
func TestKernelSize(t *testing.T) {
	dir, n := kernelAt(t)
	repo := makeKernel(t, dir, n)
	state := filepath.Join(dir, "state")
	if os.Getenv("STABLEBOT_KERNEL_ANEW") != "" {
		if err := os.RemoveAll(state); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("XDG_CACHE_HOME", state)
	ctx := context.Background()
	step := func(what string, do func()) {
		begin := time.Now()
		do()
		t.Logf("%-46s %10v  %s", what, time.Since(begin).Round(time.Millisecond), inMemory())
	}
	o := wire.Branches{Repo: repo, Stable: []string{"linux-*.y"}, Releases: "tags"}
	var p *planner.Planner
	open := func() {
		var err error
		if p, err = planner.Open(ctx, &o, "", time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	step("the first opening, or one with what was kept", open)
	p.Close()
	step("the next opening", open)
	defer func() { p.Close() }()
	var fixes []string
	out := runGit(t, repo, "log", "--no-merges", "--format=%H", "--grep=^Fixes:", "-n", "40000", "master")
	for _, i := range rand.New(rand.NewPCG(3, 4)).Perm(40000)[:300] {
		if ids := strings.Fields(out[:min(len(out), 41*40000)]); i < len(ids) {
			fixes = append(fixes, ids[i])
		}
	}
	one := func(id string) time.Duration {
		begin := time.Now()
		c, err := p.Change(ctx, nil, id)
		if err == nil {
			_, err = p.Plan(ctx, c)
		}
		if err != nil {
			t.Fatalf("%.12s: %v", id, err)
		}
		return time.Since(begin)
	}
	step("the first plan", func() { one(fixes[0]) })
	for _, what := range []string{"300 plans, each for the first time", "the same again"} {
		var took []time.Duration
		step(what, func() {
			for _, id := range fixes {
				took = append(took, one(id))
			}
		})
		slices.Sort(took)
		t.Logf("  median %v, 99%% %v, longest %v", took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
	}
	followKernel(t, ctx, repo, dir, p.Set, step)
}

// followKernel moves mainline and a branch on by 1,000 commits in a repository that
// borrows the large one's objects, as a bot's copy after a fetch.
func followKernel(t *testing.T, ctx context.Context, repo, dir string, set *trees.Set, step func(string, func())) {
	grown := filepath.Join(dir, "grown.git")
	_ = os.RemoveAll(grown)
	runGit(t, "", "clone", "-q", "--bare", "--shared", repo, grown)
	var s *trees.Set
	cfg := trees.Config{State: filepath.Join(dir, "state", "grown"), Remotes: []trees.Remote{
		{Role: trees.Mainline, Path: grown, Ref: "refs/heads/master"}, {Role: trees.Stable, Path: grown, Ref: "linux-*.y"}}}
	step("a set beside it, opened", func() {
		var err error
		if s, err = trees.Open(ctx, cfg); err != nil {
			t.Fatal(err)
		}
	})
	defer func() { _ = s.Close() }()
	moreCommits(t, grown, "refs/heads/master", 1000)
	moreCommits(t, grown, "refs/heads/linux-6.6.y", 200)
	step("following 1,000 commits and 200 of a branch", func() {
		next, err := s.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if next == s {
			t.Fatal("nothing moved")
		}
		s = next
	})
	tip := s.Mainline().Tip
	step("a change among them", func() {
		c, err := s.Commit(ctx, tip)
		if err != nil && !git.Incomplete(err) {
			t.Fatal(err)
		}
		if f, err := s.Facts(ctx, c, nil, time.Time{}); err != nil || f.Mainline.SHA != tip || c.Kind != change.Commit {
			t.Fatalf("%v, %v", f, err)
		}
	})
}

// moreCommits puts commits of one line on top of a branch.
func moreCommits(t *testing.T, repo, ref string, n int) {
	t.Helper()
	var b strings.Builder
	from := runGit(t, repo, "rev-parse", ref)
	for i := range n {
		text := fmt.Sprintf("more: step %d of %s\n\nSigned-off-by: Ada Author <ada@example.org>\n", i, ref)
		fmt.Fprintf(&b, "commit %s\ncommitter Carl Committer <carl@example.org> %d +0000\ndata %d\n%s\n", ref, 1732000000+i, len(text), text)
		if i == 0 {
			fmt.Fprintf(&b, "from %s\n", from)
		}
		line := fmt.Sprintf("/* %d */\n", i)
		fmt.Fprintf(&b, "M 100644 inline mm/more_%d.c\ndata %d\n%s\n", i%50, len(line), line)
	}
	cmd := exec.Command("git", "fast-import", "--quiet")
	cmd.Dir, cmd.Stdin = repo, strings.NewReader(b.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// inMemory is what the process holds now and held at most.
func inMemory() string {
	runtime.GC()
	var now, most string
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		f := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "VmRSS"):
			now = f[1]
		case strings.HasPrefix(line, "VmHWM"):
			most = f[1]
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("heap %d MB, resident %s kB, at most %s kB", m.HeapAlloc>>20, now, most)
}
