package audit_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestMerges: what a merge brings that git's own merge of its parents does not give is told
// with its files, and of a merge that git makes by itself nothing.
func TestMerges(t *testing.T) {
	const a, b = "drivers/gpu/a.c", "drivers/gpu/b.c"
	for name, x := range map[string]struct {
		ours, theirs string // of b.c
		do           func(dir string)
		more         bool // a third parent
		want         string
	}{
		"git's own": {ours: "int x;\n", theirs: "int b;\n"},
		"a planted file": {ours: "int x;\n", theirs: "int b;\n", do: func(dir string) { write(t, filepath.Join(dir, "evil.c"), "int evil;\n") },
			want: "differs: the merge ID changes evil.c, where git"},
		"a planted line": {ours: "int x;\n", theirs: "int b;\n", do: func(dir string) { write(t, filepath.Join(dir, a), "int evil;\n") },
			want: "differs: the merge ID changes " + a + ", where"},
		"a file taken": {ours: "int x;\n", theirs: "int b;\n", do: func(dir string) { write(t, filepath.Join(dir, b), "int b;\n") },
			want: "differs: the merge ID changes " + b + ", where"},
		"conflicts": {ours: "int x;\n", theirs: "int y;\n", do: func(dir string) { write(t, filepath.Join(dir, b), "int z;\n") },
			want: "differs: the merge ID has " + b + " as somebody made it by hand"},
		"conflicts, ours": {ours: "int x;\n", theirs: "int y;\n", do: func(dir string) { write(t, filepath.Join(dir, b), "int x;\n") },
			want: "differs: the merge ID has " + b + " as somebody made it by hand"},
		"an octopus": {ours: "int x;\n", theirs: "int b;\n", more: true, want: "not checked: what the merge itself changes: it has 3 parents"},
	} {
		g, _ := batch(t)
		signed := "\n\nSigned-off-by: Ada Author <ada@example.org>\n"
		g.Git("checkout", "-q", "linux-6.1.y")
		g.Put(b, "int b;\n", "gpu: b"+signed)
		g.Git("checkout", "-q", "-b", "side")
		g.Put("drivers/gpu/c.c", "int c;\n", "gpu: c"+signed)
		if x.theirs != "int b;\n" {
			g.Put(b, x.theirs, "gpu: b: theirs"+signed)
		}
		g.Git("checkout", "-q", "linux-6.1.y")
		g.Put(b, x.ours, "gpu: b: ours"+signed)
		_, _ = g.Try("", "merge", "-q", "--no-ff", "--no-commit", "side")
		if x.do != nil {
			x.do(g.Dir)
		}
		g.Git("add", "-A")
		g.Git("commit", "-q", "-m", "Merge side")
		if x.more {
			tree := g.Git("rev-parse", "HEAD^{tree}")
			id := g.Git("commit-tree", tree, "-p", "HEAD^1", "-p", "HEAD^2", "-p", "main", "-m", "Merge all")
			g.Git("reset", "-q", "--hard", id)
		}
		id := g.Git("rev-parse", "HEAD")
		g.Git("checkout", "-q", "-f", "main")
		want := strings.ReplaceAll(x.want, "ID", fmt.Sprintf("%.12s", id))
		got := strings.Join(strings.Fields(says(t, g, "linux-6.1.y", "")), " ")
		if !strings.Contains(got, want) || want == "" && strings.Contains(got, "erge") {
			t.Errorf("%s: want %q in\n%s", name, want, got)
		}
	}
}
