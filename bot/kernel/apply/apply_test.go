package apply_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/kernel/apply"
)

// memory is a tree of contents.
type memory map[string]string

func (m memory) Entry(_ context.Context, path string) (apply.Entry, error) {
	s, ok := m[path]
	if !ok {
		return apply.Entry{}, nil
	}
	return apply.Entry{Mode: apply.Regular, ID: s}, nil
}

func (m memory) Image(_ context.Context, e apply.Entry) (*apply.Image, error) {
	return apply.NewImage([]byte(e.ID)), nil
}

func parse(t testing.TB, diff string) []*gitdiff.File {
	t.Helper()
	files, _, err := gitdiff.Parse(strings.NewReader(diff))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func after(t testing.TB, m memory, r *apply.Result, path string) (string, bool) {
	t.Helper()
	o := apply.NewOverlay(m)
	o.Add(r)
	e, err := o.Entry(context.Background(), path)
	if err != nil || !e.Exists() {
		return "", false
	}
	img, err := o.Image(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	return string(img.Data), true
}

const hunk = `diff --git a/f.c b/f.c
--- a/f.c
+++ b/f.c
@@ -2,7 +2,7 @@ int f(void)
 2
 3
 4
-5
+five
 6
 7
 8
`

func numbers(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

func TestFiles(t *testing.T) {
	for _, c := range []struct {
		name, diff string
		tree       memory
		how        apply.How
		kind       apply.Fault
		why        string
	}{
		{"exact", hunk, memory{"f.c": numbers(1, 10)}, apply.Exact, "", ""},
		{"two lines further down", hunk, memory{"f.c": "a\nb\n" + numbers(1, 10)}, apply.Offset, "", ""},
		{"one line of context differs", hunk, memory{"f.c": "int f(void)\n" + strings.Replace(numbers(1, 10), "7\n", "seven\n", 1)}, apply.Fails, apply.Drift, `the line "7" is not there`},
		{"another order", hunk, memory{"f.c": "int f(void)\n8\n7\n6\n5\n4\n3\n2\n1\n"}, apply.Fails, apply.Drift, "not together"},
		{"the function is gone", hunk, memory{"f.c": "1\n"}, apply.Fails, apply.Drift, "f is not there"},
		{"the file is gone", hunk, memory{"g.c": numbers(1, 10)}, apply.Fails, apply.Missing, "f.c does not exist"},
		{"a new file that is there", "diff --git a/n.c b/n.c\nnew file mode 100644\n--- /dev/null\n+++ b/n.c\n@@ -0,0 +1 @@\n+x\n",
			memory{"n.c": "y\n"}, apply.Fails, apply.InTheWay, "n.c exists already"},
		{"a file to delete that has more", "diff --git a/n.c b/n.c\ndeleted file mode 100644\n--- a/n.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
			memory{"n.c": "x\ny\n"}, apply.Fails, apply.Drift, "n.c"},
		{"a rename alone", "diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\n", memory{"a": "x\n"}, apply.Exact, "", ""},
		{"a rename onto another file", "diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\n", memory{"a": "x\n", "b": "y\n"},
			apply.Fails, apply.InTheWay, "b exists already"},
		{"a mode alone", "diff --git a/a b/a\nold mode 100644\nnew mode 100755\n", memory{"a": "x\n"}, apply.Exact, "", ""},
		{"a binary file without its content", "diff --git a/a.bin b/a.bin\nindex 1234567..2345678 100644\nBinary files a/a.bin and b/a.bin " +
			"differ\n", memory{"a.bin": "x"}, apply.Fails, apply.Binary, "binary"},
		{"a submodule where a file is", "diff --git a/a b/a\nindex 1111111..2222222 160000\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-Subproject commit " +
			"1111111111111111111111111111111111111111\n+Subproject commit 2222222222222222222222222222222222222222\n", memory{"a": "x\n"},
			apply.Fails, apply.WrongType, "submodule"},
	} {
		files := parse(t, c.diff)
		r := apply.Files(context.Background(), c.tree, files)
		if r.How != c.how || len(r.Files) > 0 && r.Files[0].Kind != c.kind {
			t.Errorf("%s: %v %q, want %v %q", c.name, r.How, r.Files[0].Kind, c.how, c.kind)
		}
		if why := r.Why(); !strings.Contains(why, c.why) || (why == "") != (c.how < apply.Fails) {
			t.Errorf("%s: says %q, want %q in it", c.name, why, c.why)
		}
		if got := apply.Check(context.Background(), c.tree, files); got != c.how {
			t.Errorf("%s: checked, %v", c.name, got)
		}
	}
}

// What a patch did, its reverse takes back.
func TestReverse(t *testing.T) {
	m := memory{"f.c": numbers(1, 10)}
	files := parse(t, hunk)
	r := apply.Files(context.Background(), m, files)
	got, _ := after(t, m, &r, "f.c")
	m2 := memory{"f.c": got}
	back := apply.Files(context.Background(), m2, apply.Reverse(files))
	if got, _ := after(t, m2, &back, "f.c"); back.How != apply.Exact || got != m["f.c"] {
		t.Errorf("%v, %q", back.How, got)
	}
}

// randomText has few different lines, so that hunks find several places.
func randomText(r *rand.Rand, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strings.Repeat("\t", r.IntN(2)) + string(rune('a'+r.IntN(6)))
	}
	return out
}

func edit(r *rand.Rand, lines []string) []string {
	out := append([]string(nil), lines...)
	for range 1 + r.IntN(4) {
		at := r.IntN(len(out) + 1)
		switch k := r.IntN(3); {
		case k == 0 || at == len(out):
			out = append(out[:at], append(randomText(r, 1+r.IntN(3)), out[at:]...)...)
		case k == 1:
			out = append(out[:at], out[min(len(out), at+1+r.IntN(3)):]...)
		default:
			out[at] = "x"
		}
		if len(out) == 0 {
			out = []string{"y"}
		}
	}
	return out
}

func joined(r *rand.Rand, lines []string) string {
	s := strings.Join(lines, "\n")
	if r.IntN(8) > 0 {
		s += "\n"
	}
	return s
}

// TestAsGit puts random patches on random files, here and with git.
func TestAsGit(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 30
	}
	g := gittest.New(t)
	yes := 0
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		base := randomText(r, 1+r.IntN(30))
		old, target := joined(r, base), joined(r, edit(r, base))
		g.Write("a", old)
		g.Write("b", joined(r, edit(r, base)))
		diff, _ := g.Try("", "diff", "--no-index", fmt.Sprintf("-U%d", 1+r.IntN(3)), "a", "b") // 1: they differ
		if diff == "" || !strings.Contains(diff, "@@") {
			continue
		}
		diff = strings.ReplaceAll(strings.ReplaceAll(diff, "+++ b/b", "+++ b/f"), "--- a/a", "--- a/f")
		diff = strings.Replace(diff, "diff --git a/a b/b", "diff --git a/f b/f", 1)
		g.Write("f", target)
		_, err := g.Try(diff, "apply", "-")
		want := target
		if err == nil {
			b, rerr := os.ReadFile(filepath.Join(g.Dir, "f"))
			if rerr != nil {
				t.Fatal(rerr)
			}
			want = string(b)
			yes++
		}
		m := memory{"f": target}
		files := parse(t, diff)
		got := apply.Files(context.Background(), m, files)
		if (got.How <= apply.Offset) != (err == nil) {
			t.Fatalf("seed %d: %v here, git says %v\n%s\non\n%q", seed, got.How, err, diff, target)
		}
		if err == nil {
			if s, _ := after(t, m, &got, "f"); s != want {
				t.Fatalf("seed %d: %q, git makes %q\n%s\non\n%q", seed, s, want, diff, target)
			}
		}
	}
	if yes < rounds/10 || yes > rounds*9/10 {
		t.Errorf("%d of %d patches fit: the test tells little", yes, rounds)
	}
}

// FuzzFiles: a hostile patch may fail, and never panics.
func FuzzFiles(f *testing.F) {
	f.Add(hunk, numbers(1, 10))
	f.Add("diff --git a/f.c b/f.c\n--- a/f.c\n+++ b/f.c\n@@ -0,0 +1 @@\n+x\n", "")
	f.Fuzz(func(t *testing.T, diff, text string) {
		files, _, err := gitdiff.Parse(strings.NewReader(diff))
		if err != nil {
			return
		}
		m := memory{"f.c": text}
		r := apply.Files(context.Background(), m, files)
		_ = r.Why()
		if got := apply.Check(context.Background(), m, files); (got <= apply.Offset) != (r.How <= apply.Offset) {
			t.Errorf("%v and %v", got, r.How)
		}
		apply.Files(context.Background(), m, apply.Reverse(files))
	})
}

// An object stays what it is when its qualifiers or type change.
func TestHeading(t *testing.T) {
	for comment, want := range map[string]string{
		"static int acme_reset(struct acme *a, bool hard)":                 "acme_reset(",
		"static struct acme_soc_box acme_v3_soc = {":                       "acme_v3_soc = {",
		"static const struct acme_row rows[] = {":                          "rows[] = {",
		"struct acme_ring {":                                               "acme_ring {",
		"static const struct acme_very_long_name_that_git_cuts_short_some": "static const struct acme_very_long_name_that_git_cuts_short_some",
		"": "",
	} {
		if got := apply.Heading(&gitdiff.TextFragment{Comment: comment}); got != want {
			t.Errorf("%q: %q, want %q", comment, got, want)
		}
	}
}
