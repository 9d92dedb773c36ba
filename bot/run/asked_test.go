package run_test

import "testing"

// TestAskedByStranger: that somebody in the thread has spoken of the stable tag keeps the bot
// quiet only when it is proven who did: a stranger silences nobody.
func TestAskedByStranger(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signer()
	thread := func(n string) (patch, asks post) {
		patch = post{id: n + "@example.org", subject: "[PATCH] drm/amdgpu: fix a hang of ring " + n}
		asks = post{id: "r" + n + "@example.org", from: "Rae <rae@example.org>", subject: "Re: " + patch.subject, reply: patch.id, text: true,
			body: "Should this go to stable@vger.kernel.org?\n"}
		return patch, asks
	}
	patch, asks := thread("1")
	b.raw(patch.bytes(), asks.bytes())
	b.want(patch.id)
	other, asks := thread("2")
	b.raw(other.bytes(), sign(asks))
	b.want(patch.id)
	b.quiet(other.id, "spoken of the stable tag: rae@example.org")
}
