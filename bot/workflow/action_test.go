package workflow_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/internal/hub"
)

type composite struct {
	Inputs map[string]struct{ Default string }
	Runs   struct {
		Steps []struct {
			ID, Uses, Run string
			Env           map[string]string
		}
	}
}

func action(t *testing.T) composite {
	t.Helper()
	b, err := os.ReadFile("../../deploy/action/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a composite
	if err := yaml.Unmarshal(b, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestActionPinned: what the action uses is named by commit, and no text of a stranger
// stands in a script.
func TestActionPinned(t *testing.T) {
	pinned := regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`)
	for _, s := range action(t).Runs.Steps {
		if s.Uses != "" && !pinned.MatchString(s.Uses) {
			t.Errorf("step %s uses %s, which may move", s.ID, s.Uses)
		}
		if strings.Contains(s.Run, "${{") {
			t.Errorf("step %s has an expression in its script", s.ID)
		}
	}
}

const fixedFile = "drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c"

// TestAction runs the step that judges, as GitHub would, against the stand-in.
func TestAction(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "stablebot")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/stablebot").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	r := gittest.New(t)
	write := func(text string) {
		t.Helper()
		file := filepath.Join(r.Dir, fixedFile)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r.Git("add", ".")
	}
	write("int gfx_v11_0_ring(int a)\n{\n\treturn a;\n}\n")
	r.Git("commit", "-q", "-m", "drm/amdgpu: begin")
	base := strings.TrimSpace(r.Git("rev-parse", "HEAD"))
	write("int gfx_v11_0_ring(int a)\n{\n\tif (!a)\n\t\treturn 0;\n\treturn a;\n}\n")
	r.Git("commit", "-q", "-m", "drm/amdgpu: fix a NULL pointer dereference of the ring\n\nThe ring is gone after a reset, which oopses: "+
		"BUG: kernel NULL pointer dereference.\n\n"+
		"Cc: stable@vger.kernel.org\nSigned-off-by: Ana Ruiz <ana@example.com>")
	head := strings.TrimSpace(r.Git("rev-parse", "HEAD"))

	h := hub.New()
	defer h.Close()
	h.Pulls[7] = &hub.Pull{Number: 7, Title: "a fix", Author: "ana", State: "open", Commits: []hub.Commit{{SHA: head}}}
	tmp := t.TempDir()
	event := filepath.Join(tmp, "event.json")
	if err := os.WriteFile(event, []byte(`{"action":"opened","number":7,"pull_request":{"number":7,"title":"a fix","state":"open","user":{"login":"ana"},
		"head":{"sha":"`+head+`"},"base":{"sha":"`+base+`","ref":"main"}},"repository":{"full_name":"o/r","private":false}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	given := map[string]string{"binary": binary, "path": r.Dir, "labels": "true", "sarif": filepath.Join(tmp, "s.sarif"), "token": "t"}
	a := action(t)
	ran := false
	for _, s := range a.Runs.Steps {
		if s.ID != "judge" {
			continue
		}
		ran = true
		c := exec.Command("bash", "-c", s.Run)
		c.Env = append(os.Environ(), "GITHUB_EVENT_PATH="+event, "GITHUB_API_URL="+h.URL, "GITHUB_STEP_SUMMARY="+tmp+"/summary.md",
			"GITHUB_OUTPUT="+tmp+"/out", "RUNNER_TEMP="+tmp)
		for name, value := range s.Env {
			for input, x := range a.Inputs {
				text, ok := given[input]
				if !ok {
					text = x.Default
				}
				value = strings.ReplaceAll(value, "${{ inputs."+input+" }}", text)
			}
			c.Env = append(c.Env, name+"="+value)
		}
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("step %s: %v\n%s", s.ID, err, out)
		}
		if !strings.Contains(string(out), "o/r#7: stable-eligible") {
			t.Errorf("it says %s", out)
		}
	}
	if !ran {
		t.Fatal("there is no step that judges")
	}
	if got := h.Shown(7); !strings.Contains(got, "stable-eligible") {
		t.Errorf("the pull request shows %s", got)
	}
	if b, err := os.ReadFile(filepath.Join(tmp, "summary.md")); err != nil || strings.Contains(string(b), "in mainline as") {
		t.Errorf("what is only proposed is told to be in mainline: %s, %v", b, err)
	}
	for file, want := range map[string]string{"summary.md": "## stablebot: ", "out": "verdict=stable-eligible\nlabel=stable-eligible\n", "s.sarif": `"version": "2.1.0"`} {
		b, err := os.ReadFile(filepath.Join(tmp, file))
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s: %s, %v", file, b, err)
		}
	}
}
