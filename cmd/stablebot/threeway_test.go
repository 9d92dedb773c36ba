//go:build measure

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestThreeWay compares how 300 changes of freebsd/drm-kmod, spread over what came
// after 6.1, go onto the branches that need them with what `git apply --3way` says:
//
//	STABLEBOT_DRM_KMOD=path go test -tags measure ./cmd/stablebot -run TestThreeWay -v
//
// Of 676 pairs of a change and a branch that needs it, 662 had the same answer. The
// other 14 are three-way here and a conflict to git apply. Seven of them were looked
// into: the files have another name on the branch, which git apply does not
// follow, and git merge-tree merges all seven.
//
// It reports only. git writes into a clone of its own, and into its own index.
func TestThreeWay(t *testing.T) {
	ctx := context.Background()
	p := realPlanner(t, "5.10-lts", "5.15-lts", "6.1-lts", "6.6-lts")
	dir := filepath.Join(t.TempDir(), "scratch")
	git := func(in []byte, args ...string) ([]byte, error) {
		c := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
		c.Env = append(os.Environ(), "GIT_INDEX_FILE="+filepath.Join(dir, ".git", "asked"))
		c.Stdin = bytes.NewReader(in)
		return c.Output()
	}
	if out, err := exec.CommandContext(ctx, "git", "clone", "-q", "-s", "-n", os.Getenv("STABLEBOT_DRM_KMOD"),
		dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	old, _ := p.Set.Place("6.1")
	all := realCommits(t, p, p.Set.Mainline().Tip, "^"+old.Tip)
	const n = 300
	clean, conflict, asked := map[string]int{}, map[string]int{}, 0
	for i := range n {
		c, err := p.Change(ctx, nil, all[i*len(all)/n])
		if err != nil {
			t.Log(err)
			continue
		}
		got, err := p.Plan(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		asked++
		diff, err := git(nil, "diff-tree", "-p", "--full-index", "--binary", c.ID+"^", c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range got.Branches {
			if b.State != "affected" {
				continue
			}
			place, _ := p.Set.Place(b.Name)
			if _, err := git(nil, "read-tree", place.Tip); err != nil {
				t.Fatal(err)
			}
			_, err := git(diff, "apply", "--3way", "--cached", "-")
			fits := b.Applies == "exact" || b.Applies == "offset" || b.Applies == "three-way"
			if err == nil {
				clean[string(b.Applies)]++
			} else {
				conflict[string(b.Applies)]++
			}
			if fits != (err == nil) {
				t.Logf("differs on %s: %.12s %s, git: %v", b.Name, c.ID, b.Applies, err)
			}
		}
	}
	t.Logf("%d changes; git applies them cleanly: %v; with conflicts: %v", asked, clean, conflict)
}
