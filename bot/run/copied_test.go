package run_test

import "testing"

// TestCopyOfAPlainMail: an answer to a signed mail that is no patch is none to a patch
// that somebody else posts later under its Message-ID.
func TestCopyOfAPlainMail(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign, h := b.signer(), b.hears()
	plain := post{id: "1@example.org", subject: "[RFC] a question of design", text: true, body: "What do you think?\n"}
	b.raw(sign(plain))
	junk := post{id: plain.id, from: "Eve <eve@evil.example.net>", subject: "[PATCH] drm/amdgpu: make a hang",
		to: "drm@lists.example.org, Rae <rae@example.org>"}
	b.raw(junk.bytes())
	b.raw(sign(post{id: "r@example.org", from: "Rae <rae@example.org>", subject: "Re: " + plain.subject, reply: plain.id, text: true,
		body: "Reviewed-by: Rae <rae@example.org>\n"}))
	if len(h.tags) != 0 {
		t.Errorf("the patch has %q", h.tags)
	}
}
