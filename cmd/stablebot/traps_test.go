package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git/gittest"
)

// TestTrapsOfARepository: plan and export read a repository whose configuration,
// attributes, hooks and history are traps. Nothing of it runs, and the answer is the
// one that the objects give.
func TestTrapsOfARepository(t *testing.T) {
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(t.TempDir(), "gitconfig"))
	if err := os.WriteFile(os.Getenv("GIT_CONFIG_GLOBAL"), []byte("[user]\n\tname = Ana Ruiz\n\temail = ana@example.com\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	const file = "drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c"
	code := func(size, lock string) string {
		return "int gfx_v11_0_hw_init(struct amdgpu_device *adev)\n{\n\tint r;\n\n\tr = gfx_v11_0_start(adev, " + size +
			");\n\tif (r)\n\t\treturn r;\n\n" + lock + "\treturn 0;\n}\n"
	}
	g := gittest.New(t)
	g.Write(".gitattributes", gittest.EvilAttributes)
	g.Put(file, code("4", ""), "Linux 6.12")
	g.Git("tag", "v6.12")
	g.Git("branch", "linux-6.12.y")
	g.Git("checkout", "-q", "-b", "linux-6.6.y")
	g.Put(file, code("2 /* rings of the older chips */", ""), "drm/amdgpu: other rings\n\nSigned-off-by: Ana Ruiz <ana@example.com>")
	g.Git("checkout", "-q", "main")
	fix := g.Put(file, code("8", "\tmutex_unlock(&adev->lock);\n"), `drm/amdgpu: fix a hang of GFX11 on start

The card hangs on start, as it has more rings than are counted.

Cc: stable@vger.kernel.org # 6.6+
Signed-off-by: Ana Ruiz <ana@example.com>`)
	sprung := g.Trap(g.Git("rev-parse", "v6.12^{commit}"), g.Git("rev-parse", "linux-6.6.y"))
	_ = exec.Command("git", "-C", g.Dir, "merge-tree", "--write-tree", "main", "linux-6.6.y").Run()
	_ = exec.Command("git", "-C", g.Dir, "status").Run()
	if len(sprung()) < 2 {
		t.Fatalf("plain git fell into %v: the test shows nothing", sprung())
	}
	for _, f := range sprung() {
		_ = os.Remove(f)
	}
	do := func(args ...string) string {
		t.Helper()
		cmd := rootCommand()
		var out, said bytes.Buffer
		cmd.SetArgs(args)
		cmd.SetOut(&out)
		cmd.SetErr(&said)
		err := cmd.Execute()
		if got := sprung(); len(got) != 0 {
			t.Errorf("%s ran code of the repository: %v", args[0], got)
		}
		return out.String() + said.String() + func() string {
			if err != nil {
				return err.Error()
			}
			return ""
		}()
	}
	plan := do("plan", "--trees", g.Dir, "--mainline", "main", "--stable", "linux-6.12.y,linux-6.6.y", fix)
	for _, want := range []string{"6.12", "exact", "6.6"} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan lacks %q:\n%s", want, plan)
		}
	}
	for _, row := range strings.Split(plan, "\n") {
		if strings.Contains(row, "6.6 ") && strings.Contains(row, "exact") {
			t.Errorf("a conflict was merged away: %s", row)
		}
	}
	for branch, want := range map[string]string{"6.12": "applies as it is", "6.6": ""} {
		if out := do("export", "--trees", g.Dir, "--mainline", "main", "--stable", branch, "--whatever-the-verdict", "-o",
			filepath.Join(t.TempDir(), "out"), fix); !strings.Contains(out, want) {
			t.Errorf("export to %s:\n%s", branch, out)
		}
	}
}
