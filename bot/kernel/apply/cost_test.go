package apply

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/bot/budget"
	"github.com/stablebot/stablebot/bot/internal/oracle"
)

// one is a tree of one file.
type one struct{ m *Image }

func (o one) Entry(_ context.Context, path string) (Entry, error) {
	if path == "f.c" {
		return Content(Regular, o.m), nil
	}
	return Entry{}, nil
}
func (one) Image(_ context.Context, e Entry) (*Image, error) { return e.image, nil }

// Hunks that are many, and hunks that fit nowhere or everywhere, are put in within
// a second a MB; where that is not to be had, the answer is unknown and never wrong.
func TestCost(t *testing.T) {
	file := func(n int, line func(int) string) []byte {
		var b strings.Builder
		for i := range n {
			b.WriteString(line(i))
		}
		return []byte(b.String())
	}
	plain := func(i int) string { return fmt.Sprintf("\tline(%d);\n", i) }
	equal := func(int) string { return "\t}\n" }
	for _, c := range []struct {
		name string
		data []byte
		diff func(b *strings.Builder)
		want How
	}{
		{"40,000 hunks in order", file(400000, plain), func(b *strings.Builder) {
			for i := range 40000 {
				fmt.Fprintf(b, "@@ -%d,2 +%d,2 @@\n \tline(%d);\n-\tline(%d);\n+\tx;\n", 2+10*i, 2+10*i, 1+10*i, 2+10*i)
			}
			fmt.Fprintf(b, "@@ -%d,3 +%d,3 @@\n \tline(%d);\n-\tline(%d);\n+\tx;\n \tline(%d);\n", 400000-4, 400000-4, 400000-5, 400000-4, 400000-3)
		}, Fails}, // a hunk without context behind it belongs to the end of the file
		{"39,000 hunks that fit", file(400000, plain), func(b *strings.Builder) {
			for i := range 39000 {
				fmt.Fprintf(b, "@@ -%d,3 +%d,3 @@\n \tline(%d);\n-\tline(%d);\n+\tx;\n \tline(%d);\n", 2+10*i, 2+10*i, 1+10*i, 2+10*i, 3+10*i)
			}
		}, Exact},
		{"39,000 hunks that have moved", file(400000, plain), func(b *strings.Builder) {
			for i := range 39000 {
				fmt.Fprintf(b, "@@ -%d,3 +%d,3 @@\n \tline(%d);\n-\tline(%d);\n+\tx;\n \tline(%d);\n", 5+10*i, 5+10*i, 1+10*i, 2+10*i, 3+10*i)
			}
		}, Offset},
		{"1,000 hunks of equal lines", file(100000, equal), func(b *strings.Builder) {
			for i := range 1000 {
				fmt.Fprintf(b, "@@ -%d,30 +%d,30 @@\n%s-\t}\n+x\n%s-\ty\n+\tz\n \t}\n", 100+40*i, 100+40*i, strings.Repeat(" \t}\n", 14),
					strings.Repeat(" \t}\n", 13))
			}
		}, Unknown},
		{"hunks in disorder", file(400000, plain), func(b *strings.Builder) {
			for i := range 39000 {
				k := 5 + 10*(i*7919%39000)
				fmt.Fprintf(b, "@@ -%d,3 +%d,3 @@\n \tline(%d);\n-\tline(%d);\n+\tx;\n \tline(%d);\n", k, k, k-1, k, k+1)
			}
		}, Exact},
		{"deletions", file(100000, plain), func(b *strings.Builder) {
			for i := range 9000 {
				fmt.Fprintf(b, "@@ -%d,2 +%d,0 @@\n-\tline(%d);\n-\tline(%d);\n", 90000-10*i, 90000-10*i, 90000-10*i-1, 90000-10*i)
			}
		}, Fails}, // so these belong there too
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString("diff --git a/f.c b/f.c\n--- a/f.c\n+++ b/f.c\n")
			c.diff(&b)
			files, _, err := gitdiff.Parse(strings.NewReader(b.String()))
			if err != nil {
				t.Fatal(err)
			}
			tree := one{NewImage(c.data)}
			var r Result
			cost := oracle.Measure(func() {
				ctx, cancel := budget.With(t.Context(), 4e8)
				defer cancel()
				r = Files(ctx, tree, files)
			})
			size := b.Len() + len(c.data)
			if cost.CPU > oracle.Allowed(size) || cost.Peak > oracle.Memory {
				t.Errorf("%d bytes took %v and %d MiB", size, cost.CPU, cost.Peak>>20)
			}
			t.Logf("%d bytes took %v and %d MiB: %v %s", size, cost.CPU, cost.Peak>>20, r.How, r.Why())
			if r.How != c.want && r.How != Unknown {
				t.Errorf("it %v; wanted is that it %v", r.How, c.want)
			}
		})
	}
}
