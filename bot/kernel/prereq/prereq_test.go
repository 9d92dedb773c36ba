package prereq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

const sign = "\n\nSigned-off-by: Ada Author <ada@example.org>\n"

func lines(n int, with map[int]string) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		if s, ok := with[i]; ok {
			b.WriteString(s)
		} else {
			fmt.Fprintf(&b, "\tline_%d();\n", i)
		}
	}
	return b.String()
}

// ask returns the titles of the pile of the last commit on the first.
func ask(t *testing.T, g *gittest.Repo, base string, target Target) *Pile {
	t.Helper()
	ctx := context.Background()
	r, err := git.Open(ctx, g.Dir, git.Options{Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	cache := t.TempDir()
	var first *Pile
	for range 2 { // the second answer comes from the cache
		f, err := New(ctx, r, "HEAD", base, Options{Cache: cache})
		if err != nil {
			t.Fatal(err)
		}
		if target.Tree == "" {
			target.Tree = base
		}
		p, err := f.Pile(ctx, g.Git("rev-parse", "HEAD"), target)
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && fmt.Sprint(*first) != fmt.Sprint(*p) {
			t.Errorf("from the cache %+v, before %+v", *p, *first)
		}
		first = p
	}
	return first
}

func titles(p *Pile) []string {
	var out []string
	for _, c := range p.Commits {
		out = append(out, c.Title)
	}
	return out
}

func TestLines(t *testing.T) {
	g := gittest.New(t)
	base := g.Put("a.c", lines(30, nil), "base"+sign)
	g.Put("a.c", lines(30, map[int]string{10: "\tnew_10();\n"}), "drm/x: near"+sign)
	g.Put("a.c", lines(30, map[int]string{10: "\tnew_10();\n", 20: "\tnew_20();\n"}), "drm/x: far"+sign)
	g.Put("a.c", lines(30, map[int]string{9: "", 10: "\tnew_10();\n", 20: "\tnew_20();\n"}), "importer's own, unsigned, meets")
	g.Put("a.c", lines(30, map[int]string{9: "", 10: "\tfixed_10();\n", 20: "\tnew_20();\n"}), "drm/x: fix near"+sign)
	p := ask(t, g, base, Target{})
	if got := titles(p); !slices.Equal(got, []string{"drm/x: near"}) {
		t.Errorf("pile %q", got)
	}
	if !p.Complete() || p.Lines != 16 || !slices.Equal(p.Files, []string{"a.c"}) || !slices.Equal(p.Subsystems, []string{"drm/x"}) {
		t.Errorf("%+v", *p)
	}
	if len(p.Commits) == 1 && p.Commits[0].Why[0].String() != "touches the same lines of a.c" {
		t.Errorf("why %q", p.Commits[0].Why)
	}
	// What the branch has is not asked for.
	if p := ask(t, g, base, Target{Has: func(string) bool { return true }}); len(p.Commits) > 0 {
		t.Errorf("pile %q of a branch that has everything", titles(p))
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ name, header, use string }{
		{"macro", "#define NEW_LIMIT 4\n", "\tif (n > NEW_LIMIT)\n"},
		{"prototype", "int new_thing(int n);\n", "\tnew_thing(n);\n"},
		{"enumerator", "enum kind {\n\tKIND_NEW,\n};\n", "\tkind = KIND_NEW;\n"},
		{"member", "struct box {\n\tint new_member;\n};\n", "\tbox->new_member = 1;\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := gittest.New(t)
			g.Write("a.h", "/* header */\n")
			base := g.Put("a.c", lines(20, nil), "base"+sign)
			g.Put("a.h", "/* header */\n"+c.header, "x: define it"+sign)
			g.Put("b.c", lines(5, nil), "x: something else"+sign)
			g.Put("a.c", lines(20, map[int]string{10: c.use}), "x: use it"+sign)
			p := ask(t, g, base, Target{})
			if got := titles(p); !slices.Equal(got, []string{"x: define it"}) {
				t.Fatalf("pile %q", got)
			}
			if p.Commits[0].Why[0].Kind != Defines || p.Commits[0].Why[0].Name == "" {
				t.Errorf("why %+v", p.Commits[0].Why)
			}
			if p := ask(t, g, base, Target{Tree: "HEAD~1"}); len(p.Commits) > 0 {
				t.Errorf("pile %q on a tree that has the name", titles(p))
			}
		})
	}
}

func TestRevertLeavesNothing(t *testing.T) {
	g := gittest.New(t)
	base := g.Put("a.c", lines(20, nil), "base"+sign)
	g.Put("a.c", lines(20, map[int]string{10: "\tx();\n"}), "x: try"+sign)
	g.Put("a.c", lines(20, nil), "Revert \"x: try\""+sign)
	g.Put("a.c", lines(20, map[int]string{10: "\ty();\n"}), "x: fix"+sign)
	if got := titles(ask(t, g, base, Target{})); len(got) > 0 {
		t.Errorf("pile %q", got)
	}
}

func TestTag(t *testing.T) {
	g := gittest.New(t)
	base := g.Put("a.c", lines(20, nil), "base"+sign)
	id := g.Put("b.c", lines(3, nil), "x: first"+sign)
	g.Put("a.c", lines(20, map[int]string{10: "\ty();\n"}), fmt.Sprintf("x: fix\n\nCc: stable@vger.kernel.org # 6.1.x: %.12s: x: first%s", id,
		sign[1:]))
	if got := titles(ask(t, g, base, Target{Version: "6.1"})); !slices.Equal(got, []string{"x: first"}) {
		t.Errorf("pile %q", got)
	}
	if got := titles(ask(t, g, base, Target{Version: "6.6"})); len(got) > 0 {
		t.Errorf("pile %q for a branch that the tag does not name", got)
	}
}

// A chain that is longer than what anybody takes along is said to be there.
func TestBeyond(t *testing.T) {
	g := gittest.New(t)
	base := g.Put("a.c", lines(20, nil), "base"+sign)
	for i := range MaxTaken + 2 {
		g.Put("a.c", lines(20, map[int]string{10: fmt.Sprintf("\tx%d();\n", i)}), fmt.Sprintf("x: step %d%s", i, sign))
	}
	p := ask(t, g, base, Target{})
	if len(p.Beyond) != 1 || p.Beyond[0].Needs != MaxTaken+1 || p.Complete() {
		t.Errorf("%+v", *p)
	}
}

// Lines are followed across a merge to both sides.
func TestMerge(t *testing.T) {
	g := gittest.New(t)
	base := g.Put("a.c", lines(40, nil), "base"+sign)
	g.Git("checkout", "-q", "-b", "side")
	g.Put("a.c", lines(40, map[int]string{30: "\tside();\n\tmore();\n"}), "x: side"+sign)
	g.Git("checkout", "-q", "main")
	g.Put("a.c", lines(40, map[int]string{5: "\ta();\n\tb();\n\tc();\n", 15: "\tmain();\n"}), "x: main"+sign)
	g.Git("merge", "-q", "-m", "merge", "side")
	g.Put("a.c", lines(40, map[int]string{5: "\ta();\n\tb();\n\tc();\n", 15: "\tmain();\n", 30: "\tfixed();\n\tmore();\n"}), "x: fix"+sign)
	if got := titles(ask(t, g, base, Target{})); !slices.Equal(got, []string{"x: side"}) {
		t.Errorf("pile %q", got)
	}
}

func TestOutOfRange(t *testing.T) {
	g := gittest.New(t)
	base := g.Put("a.c", lines(3, nil), "base"+sign)
	g.Put("a.c", lines(4, nil), "x: next"+sign)
	ctx := context.Background()
	r, err := git.Open(ctx, g.Dir, git.Options{Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	f, err := New(ctx, r, "HEAD", base, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Pile(ctx, base, Target{Tree: base}); !errors.Is(err, ErrNotInRange) {
		t.Errorf("error %v", err)
	}
}
