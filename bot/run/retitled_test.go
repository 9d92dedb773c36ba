package run_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
)

// TestRetitled: a later version under another title is known by its culprit and its code;
// that of another patch that fixes the same driver's first commit is not silenced.
func TestRetitled(t *testing.T) {
	b := newBench(t, t.TempDir())
	const tags = "The card hangs on reset.\n\nFixes: 0123456789ab (\"drm/amdgpu: add it\")\nSigned-off-by: Ada Example <ada@example.org>\n"
	one := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang", body: tags}
	b.once(one)
	renamed := post{id: "2@example.org", subject: "[PATCH v2] drm/amdgpu: keep the ring alive", body: tags}
	b.once(renamed)
	b.want(one.id)
	b.quiet(renamed.id, "nothing changed")
	const file = "drivers/gpu/drm/amd/amdgpu/x.c"
	other := post{id: "3@example.org", subject: "[PATCH v2] drm/amdgpu: free the fence", text: true,
		body: tags + "---\n x.c | 1 +\n\ndiff --git a/" + file + " b/" + file + "\nindex 1111111..2222222 100644\n" +
			"--- a/" + file + "\n+++ b/" + file + "\n@@ -1,3 +1,4 @@\n int a;\n+free(fence);\n int c;\n int d;\n--\n2.47.0\n"}
	b.once(other)
	b.want(one.id, other.id)
}

// counted is a journal that counts what is read of its mails.
type counted struct {
	flow.Journal
	reads int
}

func (c *counted) Raw(ctx context.Context, id string) ([]byte, error) {
	c.reads++
	return c.Journal.Raw(ctx, id)
}

// TestRetitledOnce: of a long series that fixes one culprit and is posted again under other
// titles each patch is read a few times, not once for each of the others.
func TestRetitledOnce(t *testing.T) {
	b := newBench(t, t.TempDir())
	const patches = 24
	posting := func(version int, title string) (out []post) {
		first := fmt.Sprintf("v%d-1@example.org", version)
		for n := 1; n <= patches; n++ {
			p := post{id: fmt.Sprintf("v%d-%d@example.org", version, n), text: true,
				subject: fmt.Sprintf("[PATCH v%d %d/%d] drm/amdgpu: %s %c", version, n, patches, title, 'a'+n),
				body: "The card hangs.\n\nFixes: 0123456789ab (\"drm/amdgpu: add it\")\nSigned-off-by: Ada Example <ada@example.org>\n" +
					"---\n x.c | 1 +\n\n" + strings.Replace(diff, "int b;", fmt.Sprintf("int of_v%d_%d;", version, n), 1)}
			if n > 1 {
				p.reply = first
			}
			out = append(out, p)
		}
		return out
	}
	b.once(posting(1, "keep the ring alive")...)
	b.want("v1-1@example.org")
	c := &counted{Journal: b.opts.Journal}
	b.opts.Journal = c
	b.once(posting(2, "free the fence")...)
	b.want("v1-1@example.org", "v2-1@example.org")
	if c.reads > 6*patches {
		t.Errorf("%d mails were read for %d patches", c.reads, patches)
	}
}
