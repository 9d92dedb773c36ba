package mail

import (
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/oracle"
)

// An address counts in whatever form and field a mail names it.
func TestReached(t *testing.T) {
	const who = "security@kernel.org"
	for _, field := range []string{
		"To: " + who, "CC: SECURITY@KERNEL.ORG", "Cc: a@b.example; " + who, "Cc: \"unclosed <a@b.example, " + who, "Cc: a@b@c, , ;;; <<" + who + ">>",
		"Cc: security(x)@kernel.org", "Cc: security@(x)kernel.org", "Cc: \"security\"@kernel.org", "Cc: security @ kernel . org", "Cc: <security@kernel.org >",
		"Cc: =?utf-8?q?security=40kernel=2Eorg?=", "Cc: a@b.example\nCc: " + who, "Cc: a@b.example,\n " + who, "Cc: sec: " + who + ";", "Cc: " + who + ".",
		"Cc: security＠kernel.org", "Cc: security\u200b@kernel.org", "Cc: (" + who + ") a@b.example", "Cc: a@b. " + who, "Bcc: " + who, "Resent-Cc: " + who,
		"Apparently-To: " + who, "Delivered-To: " + who, "X-Original-To: " + who, "Envelope-To: " + who, "Resent-To: a@b.example\nResent-To: " + who,
	} {
		m, err := Parse([]byte("From: a@b.example\n" + field + "\nSubject: x\n\ntext\n"))
		if err != nil || !slices.Contains(m.Reached(), who) {
			t.Errorf("%s: %q %v", field, m.Reached(), err)
		}
		m.Shed()
		if !slices.Contains(m.Reached(), who) {
			t.Errorf("%s: lost with the bytes of the mail", field)
		}
	}
	m, err := Parse([]byte("From: security@kernel.org\nTo: a@b.example, insecurity@kernel.org\nSubject: security@kernel.org\n\nsecurity@kernel.org\n"))
	if err != nil || !slices.Equal(m.Reached(), []string{"a@b.example", "insecurity@kernel.org"}) {
		t.Errorf("%q %v", m.Reached(), err)
	}
}

// A field of any form takes its share of time.
func TestReachedCost(t *testing.T) {
	for _, s := range []string{"@", "a@", "(", "a ", " .", "\"", "=?utf-8?q?=40?= ", "a@a."} {
		raw := []byte("From: a@b.example\nCc: " + strings.Repeat(s, maxHeader/4/len(s)) + "\n\ntext\n")
		if err := oracle.Check(len(raw), func() {
			if m, err := Parse(raw); err == nil {
				m.Reached()
			}
		}); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}
