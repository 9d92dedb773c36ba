package apply

import (
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/budget"
	"github.com/stablebot/stablebot/bot/internal/oracle"
)

// FuzzCost puts many copies of a hunk onto many copies of a text. What it may cost is
// counted by the budget, so that is held to the clock: a unit is about a nanosecond,
// and when it is spent, the rest costs nothing.
func FuzzCost(f *testing.F) {
	for _, s := range []struct{ hunks, text string }{
		{"@@ -2,3 +2,3 @@\n a\n-b\n+c\n d\n", "x\na\nb\nd\n"},
		{"@@ -9,3 +9,3 @@\n }\n-}\n+x\n }\n", "}\n"},
		{"@@ -9,2 +9,0 @@\n-a\n-b\n", "a\nb\n"},
		{"@@ -5,0 +5,1 @@\n+x\n", "\n"},
		{"@@ -1,2 +1,1 @@\n a\n-b\n\\ No newline at end of file\n", "a\nb"},
		{"--- a/f.c\n+++ b/g.c\n@@ -1,1 +1,1 @@\n-a\n+b\n", "a\n"},
		{"diff --git a/f.c b/g.c\nrename from f.c\nrename to g.c\n", "a\n"},
	} {
		f.Add(s.hunks, s.text, uint16(3), uint16(3))
		f.Add(s.hunks, s.text, uint16(100), uint16(1000))
	}
	const most = 64 << 10 // Go ends what takes ten seconds on a busy machine
	f.Fuzz(func(t *testing.T, hunks, text string, n, lines uint16) {
		diff := "diff --git a/f.c b/f.c\n--- a/f.c\n+++ b/f.c\n" + repeated(hunks, int(n), most)
		data := []byte(repeated(text, int(lines), most))
		size := len(diff) + len(data)
		if err := oracle.Check(size, func() {
			ctx, end := budget.With(t.Context(), int64(oracle.Allowed(size))/8)
			defer end()
			files, _, err := gitdiff.Parse(strings.NewReader(diff))
			if err != nil {
				return
			}
			tree := one{NewImage(data)}
			r := Files(ctx, tree, files)
			_ = r.Why()
			Check(ctx, tree, files)
			Files(ctx, tree, Reverse(files))
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func repeated(s string, n, most int) string {
	if len(s) == 0 {
		return ""
	}
	return strings.Repeat(s, max(1, min(n, most/len(s))))
}
