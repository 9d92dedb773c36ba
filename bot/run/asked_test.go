package run_test

import "testing"

// TestAskedByStranger: that somebody in the thread has spoken of the stable tag keeps the bot
// quiet only when it is proven to be somebody to whom the patch was sent: a stranger, who may
// have a domain and a signature as well, silences nobody.
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
	signed, asks := thread("2")
	b.raw(signed.bytes(), sign(asks))
	b.want(patch.id, signed.id)
	other, asks := thread("3")
	other.to = "drm@lists.example.org, Rae <rae@example.org>"
	b.raw(other.bytes(), sign(asks))
	b.want(patch.id, signed.id)
	b.quiet(other.id, "spoken of the stable tag: rae@example.org")
}
