package audit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/oracle"
)

// TestManyEdits: a backport of thousands of edits, each of another name than upstream's,
// costs by its size.
func TestManyEdits(t *testing.T) {
	const lines = 3000
	file := func(name string) string {
		var b strings.Builder
		for i := range lines {
			fmt.Fprintf(&b, "\t%s_%d_long(dev);\n\tstep_%d(dev);\n", name, i, i)
		}
		return b.String()
	}
	g, _ := batch(t)
	const path, signed = "drivers/gpu/big.c", "\n\nSigned-off-by: Ada Author <ada@example.org>\n"
	g.Put(path, file("first"), "gpu: big: add it"+signed)
	added := g.Git("rev-parse", "HEAD")
	fix := g.Put(path, file("theirs"), "gpu: big: fix it"+signed)
	g.Git("checkout", "-q", "linux-6.1.y")
	g.Git("cherry-pick", added)
	g.Put(path, file("ours"), "gpu: big: fix it\n\ncommit "+fix+" upstream."+signed)
	g.Git("checkout", "-q", "-f", "main")
	got := ""
	if err := oracle.Check(3*len(file("theirs")), func() { got = says(t, g, "linux-6.1.y", "") }); err != nil {
		t.Error(err)
	}
	if !strings.Contains(got, "differs") {
		t.Errorf("nothing is told of it: %.300s", got)
	}
}
