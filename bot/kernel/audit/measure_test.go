//go:build measure

package audit_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/audit"
	"github.com/stablebot/stablebot/bot/kernel/trees"
)

// real opens a copy of freebsd/drm-kmod; branches are what is judged, all when none is named.
func real(t *testing.T, path string, branches ...string) *trees.Set {
	cfg := trees.Config{TitleMarks: "Reduce diff with Linux %s", State: os.Getenv("STABLEBOT_PEER_DIR"), Git: git.Options{Trust: true}}
	main := os.Getenv("STABLEBOT_DRM_KMOD")
	cfg.Remotes = []trees.Remote{{Role: trees.Mainline, Path: main, Ref: "master"}}
	if len(branches) == 0 {
		branches = []string{"*-lts"}
	}
	for _, b := range branches {
		cfg.Remotes = append(cfg.Remotes, trees.Remote{Role: trees.Stable, Path: path, Ref: b})
	}
	set, err := trees.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	return set
}

func kmod(t *testing.T) string {
	path := os.Getenv("STABLEBOT_DRM_KMOD")
	if path == "" {
		t.Skip("set STABLEBOT_DRM_KMOD to a clone of freebsd/drm-kmod")
	}
	return path
}

// TestRealBackports audits the real backports of three branches at their parents and
// compares what replay says with git's own cherry-pick. STABLEBOT_AUDIT_OUT takes the rows;
// STABLEBOT_BRANCHES chooses, "6.6 6.1 5.15" when it is not set.
func TestRealBackports(t *testing.T) {
	path := kmod(t)
	set := real(t, path)
	names := os.Getenv("STABLEBOT_BRANCHES")
	if names == "" {
		names = "6.6 6.1 5.15"
	}
	for name := range strings.FieldsSeq(names) {
		start := time.Now()
		a, err := audit.Range(t.Context(), set, path, name+"-lts")
		if err != nil {
			t.Fatal(err)
		}
		r, err := a.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		r.Items = slices.DeleteFunc(r.Items, func(it *audit.Item) bool { return it.Named == "" })
		var text strings.Builder
		if err := r.Text(&text, 160, false); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(text.String()), "\n")
		t.Logf("%s: %v\n%s", name, took.Round(time.Second), strings.Join(lines[max(0, len(lines)-3):], "\n"))
		if out := os.Getenv("STABLEBOT_AUDIT_OUT"); out != "" {
			f, err := os.Create(filepath.Join(out, name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := r.JSON(f); err != nil {
				t.Error(err)
			}
			_ = f.Close()
		}
		agrees(t, path, name, r.Items)
	}
}

// agrees has git itself pick upstream commits onto the parent, of those called exact every
// fifth, of the others all: what comes out is the commit's tree where the content is called
// exact, and nowhere else. What reads objects that the copy lacks is left out.
func agrees(t *testing.T, path, name string, items []*audit.Item) {
	p := newPicker(t, path)
	agree, of := map[audit.Class]int{}, map[audit.Class]int{}
	exact := 0
	for _, it := range items {
		if it.Class == audit.Exact {
			exact++
		}
		if it.Class == audit.NoClass || it.Class == audit.Exact && exact%5 != 0 {
			continue
		}
		tree, err := p.pick(it.Upstream, it.ID+"^")
		if err != nil {
			continue
		}
		of[it.Class]++
		if same := tree == p.must("rev-parse", it.ID+"^{tree}"); same == (it.Class == audit.Exact) {
			agree[it.Class]++
		} else {
			t.Logf("%s %.12s %q: %s, git makes %s of it", name, it.ID, it.Title, it.Class, tree)
		}
	}
	for _, c := range []audit.Class{audit.Exact, audit.Context, audit.Different} {
		t.Logf("%s: %s: git cherry-pick agrees for %d of %d", name, c, agree[c], of[c])
	}
}

// picker is a clone with the objects of a repository in which git picks.
type picker struct {
	*testing.T
	dir string
}

func newPicker(t *testing.T, path string) *picker {
	dir := t.TempDir()
	p := &picker{t, dir}
	if out, err := exec.Command("git", "clone", "-q", "--shared", "--no-checkout", path, dir).CombinedOutput(); err != nil {
		t.Fatalf("git clone: %v %s", err, out)
	}
	return p
}

func (p *picker) git(args ...string) (string, error) { return p.fed("", args...) }

func (p *picker) fed(in string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = p.dir, strings.NewReader(in)
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x", "GIT_EDITOR=true", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("git %s: %w: %.300s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// pick is the tree that git cherry-pick makes of a commit on another one, "conflict" where
// it stops. Only the files that the commit touches are checked out.
func (p *picker) pick(id, onto string) (string, error) {
	files, err := p.git("diff-tree", "--no-commit-id", "--name-only", "-r", id)
	if err != nil {
		return "", err
	}
	var patterns strings.Builder
	for f := range strings.Lines(files) {
		patterns.WriteString("/" + f)
	}
	if err := os.WriteFile(filepath.Join(p.dir, ".git", "info", "sparse-checkout"), []byte(patterns.String()+"\n"), 0o600); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"config", "core.sparseCheckout", "true"}, {"update-ref", "--no-deref", "HEAD", p.must("rev-parse", onto)}, {"read-tree", "--reset", "-u", "HEAD"},
	} {
		if _, err := p.git(args...); err != nil {
			return "", err
		}
	}
	if out, err := p.git("cherry-pick", "--no-commit", "--allow-empty", id); err != nil {
		_, _ = p.git("reset", "-q", "--merge")
		if strings.Contains(out, "could not apply") || strings.Contains(out, "CONFLICT") {
			return "conflict", nil
		}
		return "", err
	}
	return p.git("write-tree")
}

func (p *picker) must(args ...string) string {
	out, err := p.git(args...)
	if err != nil {
		p.Fatal(err)
	}
	return out
}
