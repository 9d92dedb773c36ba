package workflow

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

// TestShallow: a checkout that is cut off says so, and is refused where it does not reach
// the place at which the pull request begins.
func TestShallow(t *testing.T) {
	r := gittest.New(t)
	r.Put("a.c", "0", "older")
	base := r.Put("a.c", "1", "base")
	r.Put("b.c", "1", "one")
	head := r.Put("b.c", "2", "two")
	e := &Event{}
	e.Pull.Base.SHA, e.Pull.Head.SHA = base, head
	for depth, want := range map[string]string{"": "", "3": "is shallow", "1": "fetch-depth: 0"} {
		dir := filepath.Join(t.TempDir(), "checkout")
		args := []string{"clone", "-q", "file://" + r.Dir, dir}
		if depth != "" {
			args = append(args, "--depth", depth)
		}
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		g, err := git.Open(t.Context(), dir, git.Options{})
		if err != nil {
			t.Fatal(err)
		}
		said, err := Shallow(t.Context(), g, e)
		if err != nil {
			said = err.Error()
		}
		if (err != nil) != (depth == "1") || !strings.Contains(said, want) || want == "" && said != "" {
			t.Errorf("depth %q: %q, %v", depth, said, err)
		}
		_ = g.Close()
	}
}

// TestSARIFPlaces: a result without a file is left out; code scanning takes no empty URI.
func TestSARIFPlaces(t *testing.T) {
	var out strings.Builder
	if err := WriteSARIF(&out, "1", []Annotation{{Rule: "size", Text: "too long"}, {Rule: "fixes", File: "a.c", Text: "none"}}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), `"uri": ""`) || strings.Contains(out.String(), "too long") || !strings.Contains(out.String(), `"uri": "a.c"`) {
		t.Errorf("%s", out.String())
	}
}

func TestReadEvent(t *testing.T) {
	for _, bad := range []string{"", "{", `{"action":"push","after":"0123"}`} {
		if e, err := ReadEvent(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is read as %+v", bad, e)
		}
	}
}

// TestAnnotationsAreCommands: what a stranger wrote is text of a command, never another.
func TestAnnotationsAreCommands(t *testing.T) {
	var out strings.Builder
	all := []Annotation{{Rule: "size", File: "a,b:c\n::error::x", Line: 3, Text: "100% of\n::set-output name=x::y",
		Commit: "0123456789abcdef"}}
	for range 12 {
		all = append(all, all[0])
	}
	if err := WriteAnnotations(&out, all); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 10 {
		t.Errorf("%d lines", len(lines))
	}
	if want := "::notice title=stablebot%3A size,file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3Ax,line=3::" +
		"100%25 of%0A::set-output name=x::y (0123456789ab)"; lines[0] != want {
		t.Errorf("%s", lines[0])
	}
}
