package report

import (
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/rules/verdict"
)

// TestAuditComment: what strangers wrote is text, findings stand beside their commits, and
// what could not be checked is told apart.
func TestAuditComment(t *testing.T) {
	a := Audit{Branch: "6.1", Commits: []Audited{
		{ID: strings.Repeat("a", 40), Title: "x: mend @all | <b>", Content: "differs",
			Findings: []Found{{"hunk-lost", "a change in y_init is lost"}, {"refused", "it was refused: no"}}},
		{ID: strings.Repeat("b", 40), Title: "x: fine", Unchecked: []string{"it was not read: too long"}},
	}}
	sound := Audit{Branch: "6.1", Commits: a.Commits[1:]}
	said := &Override{Verdict: verdict.StableEligible, Who: "mary", Reason: "looked at", At: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}
	for _, c := range []struct {
		name       string
		in         AuditComment
		title      string
		have, none []string
	}{
		{"findings", AuditComment{Audit: a}, "backport to 6.1: 1 of 2 commits with findings",
			[]string{"**1 of 2 commits should be looked at", "| 1 | `aaaaaaaaaaaa` x: mend @&#8203;all \\| &lt;b&gt; | differs | hunk-lost | a change in y\\_init is lost |",
				"|  |  |  | refused |", "Not all could be checked of 1 commit", "| 2 | `bbbbbbbbbbbb` x: fine | it was not read"}, []string{"<b>", "| 2 | `bbbbbbbbbbbb` x: fine | not compared"}},
		{"sound", AuditComment{Audit: sound}, "backport to 6.1: nothing found in 1 commit",
			[]string{"of 1 commit for 6\\.1 the audit finds nothing"}, []string{"| Finding |", "cherry-pick"}},
		{"a person's word", AuditComment{Audit: a, Override: said}, "stable-eligible says mary; the bot says backport to 6.1: 1 of 2",
			[]string{"**mary says stable-eligible**: looked at (2 Jan 2026)", "hunk-lost"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.in.Title(); !strings.HasPrefix(got, c.title) {
				t.Errorf("%q", got)
			}
			body := c.in.Body()
			for _, w := range append(c.have, Marker) {
				if !strings.Contains(body, w) {
					t.Errorf("no %q in\n%s", w, body)
				}
			}
			for _, w := range c.none {
				if strings.Contains(body, w) {
					t.Errorf("%q in\n%s", w, body)
				}
			}
		})
	}
}
