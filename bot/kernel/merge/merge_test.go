package merge_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/merge"
)

func lines(s ...string) []byte {
	var b []byte
	for _, l := range s {
		b = append(b, l...)
		b = append(b, '\n')
	}
	return b
}

func open(t *testing.T, dir string) *merge.Merger {
	t.Helper()
	r, err := git.Open(context.Background(), dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := merge.New(r)
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func TestFiles(t *testing.T) {
	g := gittest.New(t)
	g.Put("a.c", "a\n", "a: begin")
	m := open(t, g.Dir)
	base := lines("1", "2", "3", "4", "5", "6", "7")
	for _, c := range []struct {
		name         string
		ours, theirs []byte
		clean        bool
	}{
		{"far apart", lines("one", "2", "3", "4", "5", "6", "7"), lines("1", "2", "3", "4", "5", "6", "seven"), true},
		{"one line between", lines("1", "2", "three", "4", "5", "6", "7"), lines("1", "2", "3", "4", "five", "6", "7"), true},
		{"neighbours", lines("1", "2", "three", "4", "5", "6", "7"), lines("1", "2", "3", "four", "5", "6", "7"), false},
		{"the same on both sides", lines("1", "2", "three", "4", "5", "6", "7"), lines("1", "2", "three", "4", "5", "6", "7"), true},
		{"same line", lines("1", "2", "x", "4", "5", "6", "7"), lines("1", "2", "y", "4", "5", "6", "7"), false},
	} {
		got, err := m.Files(context.Background(), []merge.File{
			{Path: "x/same.c", Base: merge.Blob{Data: base}, Ours: merge.Blob{Data: base}, Theirs: merge.Blob{Data: base}},
			{Path: "x/a.c", Base: merge.Blob{Data: base}, Ours: merge.Blob{Data: c.ours}, Theirs: merge.Blob{Data: c.theirs}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got.Clean != c.clean || c.clean == slices.Contains(got.Conflicts, "x/a.c") {
			t.Errorf("%s: %+v, want clean %v", c.name, got, c.clean)
		}
	}
}

// A file that our side renamed is found, as git finds it, and the repository
// gets no object of ours.
func TestTrees(t *testing.T) {
	g := gittest.New(t)
	text := string(lines("1", "2", "3", "4", "5", "6", "7", "8", "9"))
	base := g.Put("a.c", text, "a: begin")
	g.Write("a.c", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n")
	theirs := g.Commit("a: change the end")
	g.Git("reset", "-q", "--hard", base)
	g.Git("mv", "a.c", "b.c")
	ours := g.Commit("a: rename to b")
	before := objects(t, g.Dir)
	m := open(t, g.Dir)
	got, err := m.Trees(context.Background(), g.Git("rev-parse", base+"^{tree}"), g.Git("rev-parse", ours+"^{tree}"),
		g.Git("rev-parse", theirs+"^{tree}"))
	if err != nil || !got.Clean {
		t.Errorf("%+v, %v; want clean", got, err)
	}
	if after := objects(t, g.Dir); !slices.Equal(before, after) {
		t.Errorf("the repository was written to: %d files before, %d after", len(before), len(after))
	}
}

// A chain is picked in order, each onto the last; it ends where one conflicts, and
// answers the same when it is asked again.
func TestChain(t *testing.T) {
	g := gittest.New(t)
	text := func(second, last string) string {
		return string(lines("1", second, "3", "4", "5", "6", "7", "8", last))
	}
	base := g.Put("a.c", text("2", "9"), "a: begin")
	one := g.Put("a.c", text("two", "9"), "a: one")
	two := g.Put("a.c", text("TWO", "9"), "a: two, on one")
	three := g.Put("a.c", text("TWO", "nine"), "a: three")
	tree := func(id string) string { return g.Git("rev-parse", id+"^{tree}") }
	step := func(id string) [2]string { return [2]string{tree(id + "^"), tree(id)} }
	m := open(t, g.Dir)
	for range 2 {
		for _, c := range []struct {
			name  string
			trees [][2]string
			fits  int
		}{
			{"all", [][2]string{step(one), step(two), step(three)}, 3},
			{"the second without the first", [][2]string{step(three), step(two)}, 1},
			{"none", [][2]string{step(two)}, 0},
		} {
			fits, last, err := m.Chain(t.Context(), tree(base), c.trees, nil, nil)
			if err != nil || fits != c.fits || last.Clean != (fits == len(c.trees)) || last.Clean == slices.Contains(last.Conflicts, "a.c") {
				t.Errorf("%s: %d fit, %+v, %v", c.name, fits, last, err)
			}
		}
	}
}

// What is in no tree goes on top: onto the files that the chain left.
func TestChainTop(t *testing.T) {
	g := gittest.New(t)
	text := func(second, last string) []byte { return lines("1", second, "3", "4", "5", "6", "7", "8", last) }
	base := g.Put("a.c", string(text("2", "9")), "a: begin")
	one := g.Put("a.c", string(text("two", "9")), "a: one")
	tree := func(id string) string { return g.Git("rev-parse", id+"^{tree}") }
	chain := [][2]string{{tree(base), tree(one)}}
	m := open(t, g.Dir)
	for _, c := range []struct {
		name       string
		trees      [][2]string
		base, with []byte
		fits       int
	}{
		{"on the first", chain, text("two", "9"), text("TWO", "9"), 2},
		{"beside it", chain, text("2", "9"), text("2", "nine"), 2},
		{"without the first", nil, text("two", "9"), text("TWO", "9"), 0},
		{"against it", chain, text("2", "9"), text("TWO", "9"), 1},
	} {
		top := []merge.File{{Path: "a.c", Base: merge.Blob{Data: c.base}, Theirs: merge.Blob{Data: c.with}}}
		fits, last, err := m.Chain(t.Context(), tree(base), c.trees, top, nil)
		if err != nil || fits != c.fits || last.Clean != (fits == len(c.trees)+1) {
			t.Errorf("%s: %d fit, %+v, %v", c.name, fits, last, err)
		}
	}
}

func objects(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(filepath.Join(dir, ".git"), func(p string, _ os.DirEntry, err error) error {
		out = append(out, p)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What a chain left is looked at where all went in, and what is said of it is kept.
func TestChainLook(t *testing.T) {
	g := gittest.New(t)
	text := func(second, last string) string {
		return string(lines("1", second, "3", "4", "5", "6", "7", "8", last))
	}
	base := g.Put("a.c", text("2", "9"), "a: begin")
	g.Put("b.c", text("2", "9"), "b: begin")
	one := g.Put("a.c", text("two", "9"), "a: one")
	two := g.Put("a.c", text("TWO", "9"), "a: two, on one")
	tree := func(id string) string { return g.Git("rev-parse", id+"^{tree}") }
	step := func(id string) [2]string { return [2]string{tree(id + "^"), tree(id)} }
	m := open(t, g.Dir)
	seen := 0
	look := func(files map[string][]byte) (string, error) {
		seen++
		if len(files) != 1 || string(files["a.c"]) != text("TWO", "9") {
			t.Errorf("it saw %q", files)
		}
		return "odd", nil
	}
	for range 2 {
		if _, last, err := m.Chain(t.Context(), tree(base), [][2]string{step(one), step(two)}, nil, look); err != nil || last.Odd != "odd" {
			t.Errorf("%+v, %v", last, err)
		}
		if _, last, err := m.Chain(t.Context(), tree(base), [][2]string{step(two)}, nil, look); err != nil || last.Odd != "" {
			t.Errorf("of a conflict: %+v, %v", last, err)
		}
	}
	if seen != 1 {
		t.Errorf("it was looked at %d times", seen)
	}
	// A patch that is only posted goes on top, and what is odd below it stays odd.
	posted := []merge.File{{Path: "b.c", Base: merge.Blob{Data: []byte(text("2", "9"))}, Theirs: merge.Blob{Data: []byte(text("2", "nine"))}}}
	if _, last, err := m.Chain(t.Context(), tree(base), [][2]string{step(one), step(two)}, posted, look); err != nil || last.Odd != "odd" {
		t.Errorf("below a posted patch: %+v, %v", last, err)
	}
}

// TestOneOwner: of all that reads trees, this package alone has git make objects, and what is
// temporary stands in a folder of git.Scratch, which is swept away when a process was killed.
func TestOneOwner(t *testing.T) {
	err := filepath.WalkDir("..", func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return err
		}
		b, err := os.ReadFile(p)
		for _, word := range []string{".StartScratch(", `"merge-tree"`} {
			if strings.Contains(string(b), word) && filepath.Dir(p) != filepath.Join("..", "merge") {
				t.Errorf("%s has %s: git merges in bot/kernel/merge", p, word)
			}
		}
		for _, word := range []string{"os.MkdirTemp(", "os.CreateTemp(\"\""} {
			if strings.Contains(string(b), word) {
				t.Errorf("%s has %s: nobody sweeps that after a kill, git.Scratch is", p, word)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
