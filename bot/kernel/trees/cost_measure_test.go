//go:build measure

package trees

import (
	"bytes"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCost compares the processors' time of `stablebot classify --trees` for a range of
// mainline and five branches with that of a loop of `git apply --cached --check`, a patch
// and branch a process, over the same five:
//
//	STABLEBOT_DRM_KMOD=path go test -tags measure -run TestCost -v -timeout 60m ./bot/kernel/trees
//
// STABLEBOT_RANGE is another range, STABLEBOT_PEER_DIR keeps the indexes that the first
// run makes; without it they are made before the measured run, and told apart. Patches and
// the branches' indexes are made for the loop beforehand and are not counted.
func TestCost(t *testing.T) {
	repo := os.Getenv("STABLEBOT_DRM_KMOD")
	if repo == "" {
		t.Skip("set STABLEBOT_DRM_KMOD to a clone of freebsd/drm-kmod")
	}
	dir, revs := t.TempDir(), cmp.Or(os.Getenv("STABLEBOT_RANGE"), "0e47802c23..12243669a9")
	branches := []string{"5.4-lts", "5.10-lts", "5.15-lts", "6.1-lts", "6.6-lts"}
	run := func(env []string, name string, args ...string) (out []byte, used time.Duration, fine bool) {
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), env...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if err != nil && args[len(args)-2] != "--check" {
			t.Logf("%s: %v %s", name, err, bytes.TrimSpace(errs.Bytes()))
		}
		return out, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), err == nil
	}
	git := func(env []string, args ...string) ([]byte, time.Duration, bool) {
		return run(append(env, "GIT_NO_LAZY_FETCH=1"), "git", append([]string{"-C", repo}, args...)...)
	}

	bin := filepath.Join(dir, "stablebot")
	if _, _, ok := run(nil, "go", "build", "-o", bin, "github.com/stablebot/stablebot/cmd/stablebot"); !ok {
		t.Fatal("no program")
	}
	cache := []string{"XDG_CACHE_HOME=" + cmp.Or(os.Getenv("STABLEBOT_PEER_DIR"), filepath.Join(dir, "cache"))}
	classify := func(revs string) (int, time.Duration) {
		out, used, _ := run(cache, bin, "classify", "-q", "--json", "--git", repo, "--trees", repo, "--stable", strings.Join(branches, ","),
			"--releases", "title:Reduce diff with Linux %s", revs)
		return bytes.Count(out, []byte("\n")), used
	}
	_, first := classify("0e47802c23..0e47802c23")
	_, tip, _ := strings.Cut(revs, "..")
	_, indexes := classify(tip + "~12.." + tip)
	n, ours := classify(revs)
	if n == 0 {
		t.Fatal("nothing was judged")
	}

	out, _, _ := git(nil, "rev-list", "--reverse", "--no-merges", revs)
	var peer time.Duration
	asked, fits := 0, 0
	for _, b := range branches {
		git([]string{"GIT_INDEX_FILE=" + filepath.Join(dir, b)}, "read-tree", b)
	}
	patch := filepath.Join(dir, "patch")
	for id := range strings.FieldsSeq(string(out)) {
		diff, _, ok := git(nil, "diff-tree", "-p", "-M", "--full-index", "--no-commit-id", id)
		if !ok {
			continue // an object is missing
		}
		if err := os.WriteFile(patch, diff, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, b := range branches {
			_, used, ok := git([]string{"GIT_INDEX_FILE=" + filepath.Join(dir, b)}, "apply", "--cached", "--check", patch)
			if peer += used; ok {
				fits++
			}
			asked++
		}
	}
	t.Logf("opening %v of processor time, and %v with twelve commits: the indexes", first, indexes)
	t.Logf("classify: %d commits, %v, %v each; git apply: %d questions, %d yes, %v; %.2f times as much", n, ours, ours/time.Duration(n),
		asked, fits, peer, float64(ours)/float64(peer))
	if 2*ours > 3*peer {
		t.Error("more than 1.5 times as much as git")
	}
}
