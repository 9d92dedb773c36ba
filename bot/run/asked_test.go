package run_test

import (
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

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

// TestNothingToBelieve: a reply that says nothing which may count is not said to be
// disbelieved, where who sent it is asked all the same, as after an upgrade.
func TestNothingToBelieve(t *testing.T) {
	b := newBench(t, t.TempDir())
	b.signer()
	patch := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	b.once(patch)
	for id, body := range map[string]string{"chat@example.org": "Looks odd.\n", "tag@example.org": "Please add a stable tag.\n"} {
		reply := post{id: id, from: "Rae <rae@example.org>", subject: "Re: " + patch.subject, reply: patch.id, text: true, body: body}
		m := flow.Mail{ID: id, Source: "feed", List: drm, Received: time.Now(), Sender: "rae@example.org",
			Subject: reply.subject, Raw: reply.bytes()}
		if _, err := b.store.Keep(t.Context(), m, flow.Cursor{}); err != nil {
			t.Fatal(err)
		}
		if err := b.store.File(t.Context(), flow.Filing{ID: id, Kind: flow.KindReply, Series: b.seriesOf(patch.id),
			Prove: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	b.once()
	b.quiet("tag@example.org", "no signature")
	if c, err := b.store.Explain(t.Context(), "chat@example.org"); err != nil || c.Mail.Note != "" {
		t.Errorf("of what says nothing it is said %q, %v", c.Mail.Note, err)
	}
}
