package run_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

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

// TestAnswerToAnotherMail: a maintainer's answer to a mail that the bot never had is none to
// a patch that somebody posts here under its Message-ID, before or after; one that has the
// title of the patch, or cites it, is.
func TestAnswerToAnotherMail(t *testing.T) {
	const review, line = "Reviewed-by: Rae <rae@example.org>\n", "This brings the queues of the second ring up before its clock.\n"
	for name, c := range map[string]struct {
		subject, body string
		first, counts bool
	}{
		"another mail, which came first": {"Re: [PATCH 3/7] mm: something else entirely", "> Other words.\n\n" + review, true, false},
		"another mail, which came later": {"Re: [PATCH 3/7] mm: something else entirely", "> Other words.\n\n" + review, false, false},
		"the same subject":               {"Re: [External] Re: [PATCH v2 1/1] drm/amdgpu: fix a hang", review, false, true},
		"another subject, and a cite":    {"reset (was: a hang)", "> " + line + "\n" + review, false, true},
		"a line that it does not cite":   {"Re: [PATCH 3/7] mm: something else entirely", line + "\n" + review, false, false},
		"a trailer that it cites": {"Re: [PATCH 3/7] mm: something else entirely",
			"> Signed-off-by: Eve <eve@evil.example.net>\n\n" + review, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, t.TempDir())
			sign, h := b.signer(), b.hears()
			patch := post{id: "1@example.org", from: "Eve <eve@evil.example.net>", subject: "[PATCH] drm/amdgpu: fix a hang",
				to: "drm@lists.example.org, Rae <rae@example.org>", body: line + "\nSigned-off-by: Eve <eve@evil.example.net>\n"}
			answer := sign(post{id: "r@example.org", from: "Rae <rae@example.org>", subject: c.subject, reply: patch.id, text: true, body: c.body})
			if c.first {
				b.raw(answer, patch.bytes())
			} else {
				b.raw(patch.bytes(), answer)
			}
			if (len(h.tags) > 0) != c.counts {
				t.Errorf("the patch has %q", h.tags)
			}
			if !c.counts {
				b.quiet("r@example.org", "its subject is not that of the patch")
			}
		})
	}
}

// TestCopiedLookup: a name server that fails for a moment keeps no reply from being believed
// for good, where two mails have the Message-ID that it answers.
func TestCopiedLookup(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign, h := b.signer(), b.hears()
	plain := post{id: "1@example.org", subject: "[RFC] a question of design", text: true, body: "What do you think?\n"}
	b.raw(sign(plain))
	patch := post{id: plain.id, subject: "[PATCH] drm/amdgpu: fix a hang", to: "drm@lists.example.org, Rae <rae@example.org>"}
	b.raw(patch.bytes())
	find := b.opts.Lookup
	var asked atomic.Int32
	b.opts.Lookup = func(ctx context.Context, name string) ([]string, error) {
		if asked.Add(1) == 2 { // the first is for the reply itself
			return nil, errors.New("the name server is busy")
		}
		return find(ctx, name)
	}
	var ahead atomic.Int64
	b.opts.Clock.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	b.opts.Sources = []flow.Source{&feed{name: "f", mails: [][]byte{sign(post{id: "r@example.org", from: "Rae <rae@example.org>",
		subject: "Re: " + patch.subject, reply: plain.id, text: true, body: "Reviewed-by: Rae <rae@example.org>\n"})}}}
	defer b.start()()
	tags := func() int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.tags)
	}
	for end := time.Now().Add(time.Minute); tags() == 0; time.Sleep(20 * time.Millisecond) {
		if asked.Load() > 1 {
			ahead.Store(int64(5 * time.Minute))
		}
		if time.Now().After(end) {
			t.Fatal("the review is not believed")
		}
	}
}

// TestAnswerOvertakes: a review that comes before the part of the series that it is of, as
// two lists are read apart, counts when that part is there.
func TestAnswerOvertakes(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign, h := b.signer(), b.hears()
	var ahead atomic.Int64
	b.opts.Clock.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	to := "drm@lists.example.org, Rae <rae@example.org>"
	one := post{id: "s-1@example.org", subject: "[PATCH 1/2] drm/amdgpu: fix a hang", to: to}
	two := post{id: "s-2@example.org", subject: "[PATCH 2/2] drm/amdgpu: fix a leak", to: to, reply: one.id}
	answer := post{id: "r@example.org", from: "Rae <rae@example.org>", subject: "Re: " + two.subject, text: true,
		headers: "In-Reply-To: <" + two.id + ">\nReferences: <" + one.id + "> <" + two.id + ">\n", body: "Reviewed-by: Rae <rae@example.org>\n"}
	b.raw(one.bytes(), sign(answer))
	ahead.Store(int64(5 * time.Minute))
	b.raw(two.bytes())
	if len(h.tags) == 0 {
		t.Error("the review is not believed")
	}
}
