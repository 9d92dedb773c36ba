package mail

import (
	"strings"
	"testing"
)

// TestPoster: who is answered is the author, where the relay's address and a second
// place name the same one, and nobody that a stranger puts there.
func TestPoster(t *testing.T) {
	const patch = "\n\nIt hangs.\n\nSigned-off-by: Jane <jane@example.org>\n---\n a.c | 1 +\n\ndiff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1,2 @@\n a\n+b\n"
	relay := "Jane via B4 Relay <devnull+jane.example.org@kernel.org>"
	for _, c := range []struct {
		name, from, fields, body string
		want                     string
		known                    bool
	}{
		{"the body agrees", relay, "", "From: Jane <jane@example.org>" + patch, "Jane <jane@example.org>", true},
		{"Reply-To agrees", relay, "Reply-To: jane@example.org\n", "a cover letter\n", "Jane <jane@example.org>", true},
		{"the body is another's", relay, "", "From: Eve <eve@example.com>" + patch, relay, false},
		{"Reply-To is another's", relay, "Reply-To: eve@example.com\n", "a cover letter\n", relay, false},
		{"the author is another's, who posts it is known", relay, "Reply-To: jane@example.org\n", "From: Bob <bob@example.com>" + patch, "Jane <jane@example.org>", true},
		{"two of the same code", "J via B4 Relay <devnull+j.a.example.org@kernel.org>", "Reply-To: j@a.example.org\n",
			"From: J <j.a@example.org>" + patch, "J via B4 Relay <devnull+j.a.example.org@kernel.org>", false},
		{"another relay", "Jane via B4 Relay <devnull+jane.example.org@evil.example.com>", "", "From: Jane <jane@example.org>" + patch,
			"Jane via B4 Relay <devnull+jane.example.org@evil.example.com>", true},
		{"no relay", "Jane <jane@example.org>", "Reply-To: eve@example.com\n", "x\n", "Jane <jane@example.org>", true},
		{"X-Original-From alone", relay, "X-Original-From: Jane <jane@example.org>\n", "x\n", relay, false},
	} {
		m, err := Parse([]byte("From: " + c.from + "\n" + c.fields + "Subject: [PATCH] x\nMessage-ID: <a@b>\n\n" + c.body))
		if err != nil {
			t.Fatal(err)
		}
		if who, known := m.Poster(); who.String() != c.want || known != c.known {
			t.Errorf("%s: %s %v, want %s %v", c.name, who, known, c.want, c.known)
		}
	}
	cover, err := Parse([]byte("From: " + relay + "\nSubject: [PATCH 0/1] x\nMessage-ID: <a@b>\n\nx\n"))
	if err != nil {
		t.Fatal(err)
	}
	one, err := Parse([]byte("From: " + relay + "\nSubject: [PATCH 1/1] x\nMessage-ID: <a1@b>\n\nFrom: Jane <jane@example.org>" + patch))
	if err != nil {
		t.Fatal(err)
	}
	if who, known := cover.Poster(one); !known || !strings.EqualFold(who.Address, "jane@example.org") {
		t.Errorf("a cover letter with its patch: %s %v", who, known)
	}
}
