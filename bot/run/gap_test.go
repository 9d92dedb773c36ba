package run_test

import (
	"fmt"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
)

// threads are series of one author under Message-IDs without a common form, as mail
// systems make them that rewrite them: a cover letter and two patches each.
func threads(name string) (cover, one, two post) {
	id := func(n int) string { return fmt.Sprintf("%s%d@mailer.example.org", name, n) }
	cover = post{id: id(0), subject: "[PATCH 0/2] drm/amdgpu: series " + name, text: true}
	one = post{id: id(1), subject: "[PATCH 1/2] drm/amdgpu: fix a hang of " + name, reply: cover.id}
	two = post{id: id(2), subject: "[PATCH 2/2] drm/amdgpu: fix a leak of " + name, reply: cover.id}
	return cover, one, two
}

func (b *bench) seriesOf(id string) *flow.Series {
	b.t.Helper()
	c, err := b.store.Explain(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return c.Series
}

// TestGapsOfOtherThreads: what a stranger leaves over of one series of an author is
// filled by no other series of theirs, signed or not.
func TestGapsOfOtherThreads(t *testing.T) {
	for _, signed := range []bool{false, true} {
		t.Run(fmt.Sprintf("signed %v", signed), func(t *testing.T) {
			b := newBench(t, t.TempDir())
			sign := func(p post) []byte { return p.bytes() }
			if signed {
				sign = b.signer()
			}
			a0, a1, a2 := threads("a")
			forged := a2
			forged.id, forged.subject = "forged@evil.example.net", "[PATCH 2/2] drm/amdgpu: make a hang"
			b.raw(sign(a0), sign(a1), forged.bytes(), sign(a2))
			for _, name := range []string{"b", "c", "d"} {
				c0, c1, c2 := threads(name)
				b.raw(sign(c0), sign(c1), sign(c2))
				s := b.seriesOf(c0.id)
				if s.Have() != 2 || s.Title != "drm/amdgpu: series "+name || b.seriesOf(c1.id).Key != s.Key || b.seriesOf(c2.id).Key != s.Key {
					t.Errorf("series %s: %+v", name, s)
				}
			}
			if a, c := b.seriesOf(a1.id), b.seriesOf("b1@mailer.example.org"); a.Title != "drm/amdgpu: series a" || a.Key == c.Key {
				t.Errorf("series a: %+v", a)
			}
		})
	}
}

// TestGapOfOneThread: the patches of a series of which the Message-ID of the first mail was
// rewritten, or that was sent without a thread, are together, whatever comes first.
func TestGapOfOneThread(t *testing.T) {
	a0, a1, a2 := threads("a")
	a0.id = "rewritten@mailer.example.org"
	b0, b1, b2 := threads("b")
	b1.reply, b2.reply = "", ""
	for name, mails := range map[string][]post{
		"the first mail rewritten":         {a0, a1, a2},
		"the first mail rewritten, behind": {a1, a2, a0},
		"the first mail between":           {a2, a0, a1},
		"no thread":                        {b0, b1, b2},
		"no thread, the other way":         {b2, b1, b0},
	} {
		b := newBench(t, t.TempDir())
		b.once(mails...)
		if s := b.seriesOf(mails[1].id); s.Have() != 2 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
