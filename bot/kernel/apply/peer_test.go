//go:build measure

package apply_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/objects"
)

// The peer is a loop of `git apply --cached --check`, a patch a process, on the
// commits of three drivers that came after Linux 6.1, on the tree of 6.1:
//
//	STABLEBOT_DRM_KMOD=path/to/drm-kmod STABLEBOT_PEER_DIR=/tmp/peer \
//	    go test -tags measure -run TestPeer -v ./bot/kernel/apply
//
// STABLEBOT_PEER_DIR keeps the patches and git's answers for the next run; the
// times are compared only in a run that asked git.
const (
	peerRepo = "STABLEBOT_DRM_KMOD"
	peerDir  = "STABLEBOT_PEER_DIR"
)

// Register headers of up to 17 MB that some copies of the repository lack.
var peerPaths = []string{"drivers/gpu/drm/amd", "drivers/gpu/drm/i915", "drivers/gpu/drm/radeon"}

var noHeaders = []string{":!*_sh_mask.h", ":!*_offset.h"}

type peer struct {
	t     *testing.T
	repo  string
	dir   string
	base  string
	index string
	ids   []string
}

func openPeer(t *testing.T) *peer {
	repo := os.Getenv(peerRepo)
	if repo == "" {
		t.Skip("set " + peerRepo + " to a clone of freebsd/drm-kmod")
	}
	p := &peer{t: t, repo: repo, dir: os.Getenv(peerDir)}
	if p.dir == "" {
		p.dir = t.TempDir()
	}
	p.index = filepath.Join(p.dir, "index")
	p.base = strings.TrimSpace(string(p.git("merge-base", "master", "6.1-lts")))
	args := append([]string{"rev-list", "--no-merges", "--reverse", p.base + "..master", "--"}, peerPaths...)
	p.ids = strings.Fields(string(p.git(append(args, noHeaders...)...)))
	if err := os.MkdirAll(filepath.Join(p.dir, "patches"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.git("read-tree", p.base)
	for _, id := range p.ids {
		if _, err := os.Stat(p.patch(id)); err == nil {
			continue
		}
		diff := p.git(append([]string{"diff-tree", "-p", "-r", "-M", "-l1000", "--full-index", "--no-commit-id", id, "--", "."}, noHeaders...)...)
		if err := os.WriteFile(p.patch(id), diff, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *peer) patch(id string) string { return filepath.Join(p.dir, "patches", id) }

func (p *peer) command(args ...string) *exec.Cmd {
	cmd := exec.Command("git", append([]string{"-C", p.repo}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_INDEX_FILE="+p.index, "LC_ALL=C", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none")
	return cmd
}

func (p *peer) git(args ...string) []byte {
	p.t.Helper()
	var errs bytes.Buffer
	cmd := p.command(args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, errs.Bytes())
	}
	return out
}

// answers are git's, from the last run or asked now; took is 0 for the former.
func (p *peer) answers(name string, args ...string) (said map[string]string, took time.Duration) {
	said = map[string]string{}
	file := filepath.Join(p.dir, name)
	if b, err := os.ReadFile(file); err == nil {
		for line := range strings.Lines(string(b)) {
			id, answer, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			said[id] = answer
		}
		return said, 0
	}
	var b strings.Builder
	start := time.Now()
	for _, id := range p.ids {
		var errs bytes.Buffer
		cmd := p.command(append(append([]string{"apply"}, args...), p.patch(id))...)
		cmd.Stderr = &errs
		answer := "yes"
		if cmd.Run() != nil {
			answer = "no " + strings.ReplaceAll(strings.TrimSpace(errs.String()), "\n", " | ")
		}
		said[id] = answer
		fmt.Fprintf(&b, "%s\t%s\n", id, answer)
	}
	took = time.Since(start)
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		p.t.Fatal(err)
	}
	return said, took
}

func TestPeer(t *testing.T) {
	p := openPeer(t)
	said, peerTook := p.answers("check", "--cached", "--check")

	start := time.Now()
	ctx := context.Background()
	repo, err := git.Open(ctx, p.repo, git.Options{Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = repo.Close() }()
	base, err := objects.New(repo, 0).At(ctx, p.base)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]apply.How, len(p.ids))
	var group sync.WaitGroup
	work := make(chan int, 64)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := range work {
				got[i] = check(ctx, t, base, p.patch(p.ids[i]))
			}
		})
	}
	for i := range p.ids {
		work <- i
	}
	close(work)
	group.Wait()
	took := time.Since(start)

	count := map[apply.How]int{}
	var differ []string
	for i, id := range p.ids {
		count[got[i]]++
		if yes := said[id] == "yes"; yes != (got[i] <= apply.Offset) {
			differ = append(differ, fmt.Sprintf("%s: %v here, git says %s", id, got[i], said[id]))
		}
	}
	t.Logf("%d patches: %v in %v", len(p.ids), count, took)
	for _, d := range differ {
		t.Log(d)
	}
	if n := len(p.ids); 1000*len(differ) > n {
		t.Errorf("%d of %d answers differ, more than one in a thousand", len(differ), n)
	}
	if peerTook > 0 {
		t.Logf("git took %v: %.1f times as long", peerTook, float64(peerTook)/float64(took))
		if peerTook < 20*took {
			t.Error("less than 20 times as fast as git")
		}
	}
}

func check(ctx context.Context, t *testing.T, base apply.Tree, name string) apply.How {
	f, err := os.Open(name)
	if err != nil {
		t.Error(err)
		return apply.Unknown
	}
	defer func() { _ = f.Close() }()
	files, _, err := gitdiff.Parse(f)
	if err != nil || len(files) == 0 {
		return apply.Fails // git: no valid patches in input
	}
	return apply.Check(ctx, base, files)
}
