//go:build measure

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/build/ksource"
)

// graphics is a configuration that reaches the three drivers.
const graphics = `CONFIG_64BIT=y
# CONFIG_WERROR is not set
# CONFIG_SPECULATION_MITIGATIONS is not set
CONFIG_EXPERT=y
CONFIG_MODULES=y
CONFIG_PCI=y
CONFIG_ACPI=y
CONFIG_NET=y
CONFIG_DEBUG_FS=y
CONFIG_PERF_EVENTS=y
CONFIG_DRM=m
CONFIG_DRM_RADEON=m
CONFIG_DRM_I915=m
CONFIG_DRM_AMDGPU=m
CONFIG_DRM_AMDGPU_SI=y
CONFIG_DRM_AMDGPU_CIK=y
CONFIG_DRM_AMDGPU_USERPTR=y
CONFIG_DRM_AMD_DC=y
CONFIG_HSA_AMD=y
`

// TestTenFixes exports ten fixes of amdgpu, i915 and radeon to Debian's 6.1 and compiles
// what the series leave:
//
//	STABLEBOT_DRM_KMOD=path STABLEBOT_BUILD_DIR=folder \
//	    go test -tags measure ./cmd/stablebot -run TestTenFixes -v -timeout 60m
//
// The fixes are backports that the branch 6.1-lts of freebsd/drm-kmod has. Debian has them
// too, so each is first taken out of its source, newest first, where that goes. Mainline is
// made of the files that each commit of mainline found and left. They go through export
// --build, git am and then the objects without and with the series, until four, three and
// three were exported; those that export refuses are told.
func TestTenFixes(t *testing.T) {
	path := os.Getenv("STABLEBOT_DRM_KMOD")
	if path == "" {
		t.Skip("STABLEBOT_DRM_KMOD names no clone of freebsd/drm-kmod")
	}
	w := &workshop{T: t, kmod: path, Repo: ksource.Debian(t, "drivers/gpu/drm", "drivers/acpi", "drivers/video", "net/core", "block",
		"drivers/base")}
	w.Write(".git/objects/info/alternates", filepath.Join(path, "objects")+"\n")
	w.Git("read-tree", "main")
	var chosen []backported
	for i := range folders {
		chosen = append(chosen, w.choose(i, 3*folders[i].most)...)
	}
	tip := w.Feed("Linux 6.1\n", "commit-tree", w.Git("write-tree"))
	w.Git("tag", "-f", "v6.1", tip)
	w.Git("branch", "-f", "linux-6.1.y", tip)
	for i := range chosen {
		tip = w.mainline(tip, &chosen[i])
	}
	w.Git("update-ref", "refs/heads/main", tip)
	w.Git("tag", "v6.2", tip)
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte(graphics), 0o600); err != nil {
		t.Fatal(err)
	}
	out, kept := t.TempDir(), cmp.Or(os.Getenv("STABLEBOT_BUILD_DIR"), t.TempDir())
	var built, exported int
	done := map[int]int{}
	for i, c := range chosen {
		if done[c.of] == folders[c.of].most {
			continue
		}
		cmd := rootCommand()
		var said bytes.Buffer
		cmd.SetOut(&said)
		cmd.SetErr(&said)
		cmd.SetArgs([]string{"export", "--trees", w.Dir, "--stable", "6.1", "--whatever-the-verdict", "--build", "--config", config,
			"--build-dir", kept, "-o", filepath.Join(out, fmt.Sprint(i)), c.id})
		err := cmd.Execute()
		written := err == nil && (strings.Contains(said.String(), "applied with git am") || strings.Contains(said.String(), "tried with git am"))
		yes := strings.Contains(said.String(), "builds: yes")
		if written {
			exported++
			done[c.of]++
		}
		if yes {
			built++
		}
		t.Logf("%s: exported %v, builds %v: %v\n%s", c.title, written, yes, err, said.String())
	}
	t.Logf("%d fixes were exported and applied with git am, %d of them compiled", exported, built)
	if exported != 10 || built != 10 {
		t.Error("not all ten")
	}
}

// folders are the drivers, and how many fixes of each are wanted.
var folders = []struct {
	name string
	most int
}{{"drivers/gpu/drm/amd", 4}, {"drivers/gpu/drm/i915", 3}, {"drivers/gpu/drm/radeon", 3}}

// backported is a fix: mainline's commit in the other repository, then its own here; of is
// the driver's place among folders.
type backported struct {
	of                int
	theirs, id, title string
}

type workshop struct {
	*testing.T
	*gittest.Repo
	kmod string
}

func (w *workshop) theirs(args ...string) string {
	out, err := exec.Command("git", append([]string{"-C", w.kmod}, args...)...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimRight(string(out), "\n")
}

var onlyCode = regexp.MustCompile(`^drivers/gpu/drm/.*\.[ch]$`)

// choose takes backports of a driver out of the index.
func (w *workshop) choose(of, most int) (out []backported) {
	for own := range strings.FieldsSeq(w.theirs("rev-list", "--no-merges", "--grep=upstream", "6.1-lts", "^master", "--", folders[of].name)) {
		if len(out) == most {
			return out
		}
		files := strings.Fields(w.theirs("diff-tree", "-r", "--name-only", "--no-commit-id", own))
		code := len(files) > 0 && len(files) < 4
		objects := false
		for _, f := range files {
			code = code && onlyCode.MatchString(f)
			objects = objects || strings.HasSuffix(f, ".c")
		}
		if !code || !objects {
			continue
		}
		title := w.theirs("show", "-s", "--format=%s", own)
		main := strings.Fields(w.theirs("log", "--format=%H", "--fixed-strings", "--grep="+title, "master", "--", files[0]))
		if len(main) != 1 || w.theirs("show", "-s", "--format=%s", main[0]) != title {
			continue
		}
		patch := w.theirs("diff-tree", "-p", "--full-index", "--no-commit-id", own) + "\n"
		if _, err := w.Try(patch, "apply", "--cached", "-R", "-"); err != nil {
			continue
		}
		out = append(out, backported{of: of, theirs: main[0], title: title})
	}
	return out
}

// mainline puts a commit of mainline onto a tip: its files as it found them, then it.
func (w *workshop) mainline(tip string, c *backported) string {
	files := strings.Fields(w.theirs("diff-tree", "-r", "--name-only", "--no-commit-id", c.theirs))
	put := func(rev, message string) {
		w.Git("read-tree", tip)
		for _, f := range files {
			entry := strings.Fields(w.theirs("ls-tree", rev, "--", f))
			if len(entry) < 3 {
				w.Git("update-index", "--force-remove", "--", f)
				continue
			}
			w.Git("update-index", "--add", "--cacheinfo", entry[0]+","+entry[2]+","+f)
		}
		tip = w.Feed(message, "commit-tree", w.Git("write-tree"), "-p", tip)
	}
	put(c.theirs+"^", "drm: what came before\n")
	put(c.theirs, w.theirs("show", "-s", "--format=%B", c.theirs)+"\n")
	c.id = tip
	return tip
}
