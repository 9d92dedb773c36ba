package run_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestNotedOnce: whoever repeats a command makes the bot write to nobody who did not ask,
// and once a day; the last word counts all the same.
func TestNotedOnce(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signer()
	p := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang",
		to: "drm@lists.example.org, one@other.example.net, two@other.example.net"}
	b.raw(sign(p))
	var last post
	for n := range 4 {
		last = post{id: fmt.Sprintf("c%d@example.org", n), subject: "Re: " + p.subject, reply: p.id, text: true,
			body: fmt.Sprintf("#stablebot override dkms-only buy pills %d\n", n)}
		b.raw(sign(last))
	}
	b.want(p.id, "c0@example.org")
	head, _, _ := strings.Cut(b.replies()["c0@example.org"], "\n\n")
	if strings.Contains(head, "other.example.net") || !strings.Contains(head, "drm@lists.example.org") {
		t.Errorf("the answer goes to\n%s", head)
	}
	s := b.seriesOf(p.id)
	if o, err := b.store.Orders(t.Context(), s.Key); err != nil || len(o) != 4 || o[3].Refused != "" || o[3].Mail != last.id {
		t.Errorf("the words: %+v, %v", o, err)
	}
}
