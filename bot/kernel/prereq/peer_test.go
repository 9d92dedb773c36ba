//go:build measure

package prereq

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
)

// TestGitDeps asks git-deps (github.com/aspiers/git-deps, with python3-pygit2)
// and Pile for the same groups of the reporting branch 6.1, in one run:
//
//	STABLEBOT_DRM_KMOD=path STABLEBOT_GIT_DEPS=clone go test -tags measure ./bot/kernel/prereq -run TestGitDeps -v -timeout 30m
//
// git-deps runs with -r and -e of the base, its context of one line, and 30 s
// a question, one after another; STABLEBOT_PEERS=2 runs two at a time, which its
// times suffer from. What it says up to then counts: it prints as it finds. What
// the branch had taken outside the group is followed no further and not counted,
// as it is for Pile. Nothing here is tuned, and nothing fails but the programs.
func TestGitDeps(t *testing.T) {
	path, peer := os.Getenv("STABLEBOT_DRM_KMOD"), os.Getenv("STABLEBOT_GIT_DEPS")
	if path == "" || peer == "" {
		t.Skip("STABLEBOT_DRM_KMOD and STABLEBOT_GIT_DEPS name no clones of freebsd/drm-kmod and aspiers/git-deps")
	}
	ctx := context.Background()
	r, err := git.Open(ctx, path, git.Options{Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	names, err := r.Names(ctx, "master", "6.1-lts")
	if err != nil {
		t.Fatal(err)
	}
	base, err := r.MergeBase(ctx, names[0], names[1])
	if err != nil {
		t.Fatal(err)
	}
	cache := os.Getenv("STABLEBOT_PREREQ_CACHE")
	if cache == "" {
		cache = t.TempDir()
	}
	f, err := New(ctx, r, names[0], base, Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Warm(ctx, base); err != nil {
		t.Fatal(err)
	}
	groups := readGroups(t, f, "6.1-lts", base)
	titles := map[string]string{}
	for i := range f.x.Commits {
		titles[f.x.Commits[i].ID] = plain(f.x.Commits[i].Title)
	}

	var ours tally
	for _, g := range groups {
		begin := time.Now()
		p, err := f.Pile(ctx, g.fix, Target{Tree: base, Version: "6.1", Has: func(id string) bool { return g.has[id] }})
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(begin)
		var found []string
		for _, c := range p.Commits {
			found = append(found, plain(c.Title))
		}
		ours.add(g, found, took)
	}

	theirs := tally{}
	var late, failed int
	var mu sync.Mutex
	var wg sync.WaitGroup
	work := make(chan group)
	workers := 1
	if os.Getenv("STABLEBOT_PEERS") == "2" {
		workers = 2
	}
	for range workers {
		wg.Go(func() {
			for g := range work {
				begin := time.Now()
				edges, inTime, err := gitDeps(ctx, peer, path, base, g.fix)
				took := time.Since(begin)
				mu.Lock()
				switch {
				case !inTime:
					late++
				case err != nil:
					failed++
					t.Logf("git-deps on %.12s: %v", g.fix, err)
				}
				theirs.add(g, reach(edges, g, titles), took)
				mu.Unlock()
			}
		})
	}
	for _, g := range groups {
		work <- g
	}
	close(work)
	wg.Wait()
	if failed == len(groups) {
		t.Fatal("git-deps answered nothing; does python3 find pygit2?")
	}
	t.Logf("Pile:     %s", ours.String())
	t.Logf("git-deps: %s; %d stopped after 30 s, %d failed; %d at a time on %d cores", theirs.String(), late, failed, workers,
		runtime.NumCPU())
}

// gitDeps are the pairs of commits that git-deps prints: which needs which.
func gitDeps(ctx context.Context, peer, repo, base, fix string) (edges map[string][]string, inTime bool, err error) {
	peer, err = filepath.Abs(peer)
	if err != nil {
		return nil, true, err
	}
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	c := exec.CommandContext(ctx, "python3", "-c", "from git_deps.cli import run; run()", "-r", "-e", base, fix+"^!")
	c.Dir = repo
	c.Env = append(os.Environ(), "PYTHONPATH="+peer, "PYTHONDONTWRITEBYTECODE=1")
	c.WaitDelay = time.Second
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	edges = map[string][]string{}
	for line := range strings.Lines(string(out)) {
		if ids := strings.Fields(line); len(ids) == 2 {
			edges[ids[0]] = append(edges[ids[0]], ids[1])
		}
	}
	if err != nil && said.Len() > 0 {
		last := strings.Split(strings.TrimSpace(said.String()), "\n")
		return edges, ctx.Err() == nil, &exec.Error{Name: last[len(last)-1], Err: err}
	}
	return edges, ctx.Err() == nil, err
}

// reach are the titles of what a fix stands on and the branch has not.
func reach(edges map[string][]string, g group, titles map[string]string) []string {
	seen := map[string]bool{g.fix: true}
	var out []string
	for todo := []string{g.fix}; len(todo) > 0; todo = todo[1:] {
		for _, id := range edges[todo[0]] {
			if seen[id] || g.has[id] {
				continue
			}
			seen[id] = true
			todo = append(todo, id)
			title := titles[id]
			if title == "" {
				title = id
			}
			if !slices.Contains(out, title) {
				out = append(out, title)
			}
		}
	}
	return out
}

// tally counts what was found of groups.
type tally struct {
	found, extra, missed int
	took                 []time.Duration
}

func (c *tally) add(g group, found []string, took time.Duration) {
	n := 0
	for _, title := range found {
		if slices.Contains(g.truth, title) {
			n++
		}
	}
	c.found, c.extra, c.missed = c.found+n, c.extra+len(found)-n, c.missed+len(g.truth)-n
	c.took = append(c.took, took)
}

func (c *tally) String() string {
	slices.Sort(c.took)
	return fmt.Sprintf("%d groups, %d found, %d too many, %d missed: recall %.3f, precision %.3f; median %v, longest %v",
		len(c.took), c.found, c.extra, c.missed, float64(c.found)/float64(c.found+c.missed), float64(c.found)/float64(c.found+c.extra),
		c.took[len(c.took)/2], c.took[len(c.took)-1])
}
