package run_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
)

// TestPostedTwice: whoever posts a patch again under other Message-IDs gets one answer for
// all of them, and no copy of a signed one counts as its author's. kernel.org signs no
// Message-ID.
func TestPostedTwice(t *testing.T) {
	for name, signed := range map[string]bool{"signed": true, "unsigned": false} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, t.TempDir())
			sign := b.signerOf("From", "Subject", "Date")
			one := post{id: "1@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
			raw := one.bytes()
			if signed {
				raw = sign(one)
			}
			mails := [][]byte{raw}
			copyID := func(n int) string { return fmt.Sprintf("copy%d@evil.example.net", n) }
			for n := range 30 {
				mails = append(mails, bytes.Replace(raw, []byte(one.id), []byte(copyID(n)), 1))
			}
			b.raw(mails...)
			b.want(one.id)
			b.raw(bytes.Replace(raw, []byte(one.id), []byte(copyID(30)), 1))
			b.want(one.id)
			for n := range 31 {
				if s := b.seriesOf(copyID(n)); s == nil || s.Signed != flow.Unsigned || s.Previous != "" || s.Quiet == "" {
					t.Errorf("copy %d: %+v", n, s)
				}
			}
			if s := b.seriesOf(one.id); s.Next != "" || signed != (s.Signed == flow.SenderProven) {
				t.Errorf("the author's: %+v", s)
			}
			two := post{id: "2@example.org", subject: "[PATCH v2] drm/amdgpu: fix a hang that is big"}
			b.raw(sign(two))
			b.want(one.id, two.id)
		})
	}
}

// TestCopiedPart: nor does a copy of one part keep a series from being whole, whichever
// comes first, or stand in another series of its author.
func TestCopiedPart(t *testing.T) {
	b := newBench(t, t.TempDir())
	sign := b.signerOf("From", "Subject", "Date")
	part := func(run string, n int) post {
		p := post{id: fmt.Sprintf("%s-%d@example.org", run, n), subject: fmt.Sprintf("[PATCH %d/2] drm/amdgpu: fix hang %s%d", n, run, n)}
		if n == 2 {
			p.reply = run + "-1@example.org"
		}
		return p
	}
	copied := func(raw []byte, p post, id string) []byte { return bytes.Replace(raw, []byte(p.id), []byte(id), 1) }
	whole := func(of post, want string) {
		t.Helper()
		titles := ""
		for _, m := range b.seriesOf(of.id).Members {
			titles += m.Title + "\n"
		}
		if titles != want {
			t.Errorf("the series of %s: %q", of.id, titles)
		}
	}
	one, two := part("s", 1), part("s", 2)
	first, second := sign(one), sign(two)
	b.raw(first, copied(first, one, "c-1@evil.example.net"), copied(second, two, "d-2@evil.example.net"), second)
	whole(one, "drm/amdgpu: fix hang s1\ndrm/amdgpu: fix hang s2\n")
	b.want(one.id)
	next, last := part("t", 1), part("t", 2)
	moved := bytes.Replace(copied(second, two, "t-2@example.org"), []byte("To: <s-1@"), []byte("To: <t-1@"), 1)
	b.raw(sign(next), moved, sign(last))
	whole(next, "drm/amdgpu: fix hang t1\ndrm/amdgpu: fix hang t2\n")
	b.want(one.id, next.id)
}

// TestPostedForAnother: a posting that gets no answer, as it is a draft, is meant for a
// stable branch or went to a list that hears nothing, keeps none from the same posted after.
func TestPostedForAnother(t *testing.T) {
	patch := post{id: "2@example.org", subject: "[PATCH] drm/amdgpu: fix a hang"}
	first := func(subject string) []byte { return post{id: "1@example.org", subject: subject}.bytes() }
	for name, before := range map[string][]byte{
		"draft":  first("[RFC PATCH] drm/amdgpu: fix a hang"),
		"stable": first("[PATCH 6.6.y] drm/amdgpu: fix a hang"),
		"muted":  bytes.ReplaceAll(first(patch.subject), []byte("List-Id: <"+drm), []byte("List-Id: <other."+drm)),
	} {
		t.Run(name, func(t *testing.T) {
			for _, batches := range [][][][]byte{{{before}, {patch.bytes()}}, {{before, patch.bytes()}}} {
				b := newBench(t, t.TempDir())
				for _, mails := range batches {
					b.raw(mails...)
				}
				b.want(patch.id)
			}
		})
	}
}
