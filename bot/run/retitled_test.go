package run_test

import "testing"

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
