package mail

import (
	"testing"

	"github.com/stablebot/stablebot/bot/internal/oracle"
	"github.com/stablebot/stablebot/bot/internal/shapes"
	"github.com/stablebot/stablebot/rules/change"
)

// costs runs f under the oracle of time and memory.
func costs(t *testing.T, size int, f func()) {
	t.Helper()
	if err := oracle.Check(size, f); err != nil {
		t.Fatal(err)
	}
}

// small are the hostile shapes, cut to what a fuzzer can turn over quickly.
func small(f *testing.F, add func([]byte)) {
	f.Helper()
	for _, s := range shapes.Mails() {
		add(s.Mail[:min(len(s.Mail), 8<<10)])
	}
}

func FuzzMailCost(f *testing.F) {
	small(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, raw []byte) {
		costs(t, len(raw), func() {
			m, err := Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			_ = m.Text()
			m.Shed()
		})
	})
}

func FuzzHeaderCost(f *testing.F) {
	for _, s := range []string{"To: a@b, c\nCc: \"x\" <y@z>\n", "From: =?utf-8?q?a?= <a@b>\n", "References: <a> <b>\n", "Content-Type: multipart/mixed; boundary=\"a\"\n", "Date: Mon, 5 Jan 2026 10:00:00 +0000\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		costs(t, len(head), func() {
			if _, err := Scan(append(head, "\n\nx\n"...)); err != nil {
				t.Fatal(err)
			}
		})
	})
}

func FuzzSubjectCost(f *testing.F) {
	for _, s := range []string{"[PATCH v2 1/3] x: y", "[patch-patch-v6.6.y/5.4 RESEND] x", "Re: [6.1.y 5.15.y] x", "[SRU][B/F][PATCH 1/1] x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		costs(t, len(s), func() {
			if _, title := change.ParseSubject(s); len(title) > change.MaxSubject {
				t.Fatalf("a title of %d bytes", len(title))
			}
		})
	})
}

func FuzzTrailerCost(f *testing.F) {
	for _, s := range []string{"x\n\nCc: stable@vger.kernel.org # 6.1: 0123456789ab: x\nFixes: 0123456789ab (\"x\")\n", "[ Upstream commit 0123456789abcdef0123456789abcdef01234567 ]\n", "A-b: c\n d\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		costs(t, len(s), func() { _, _ = change.Parse(change.Input{Kind: change.Commit, Subject: "x", Text: s}) })
	})
}

func FuzzPatchCost(f *testing.F) {
	small(f, func(b []byte) { f.Add(string(b)) })
	f.Fuzz(func(t *testing.T, s string) {
		costs(t, len(s), func() { _, _ = change.Parse(change.Input{Kind: change.Mail, Subject: "[PATCH] x: y", Text: s}) })
	})
}
