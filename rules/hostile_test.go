package rules

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules/change"
)

// Two megabytes of what the passes look for must not take longer than two
// megabytes of anything else: a quadratic pass would hold this test for minutes.
func TestHostileMails(t *testing.T) {
	for name, text := range map[string]string{
		"short links": strings.Repeat("a://b ", 300_000),
		"one link":    strings.Repeat("a", 1_000_000) + strings.Repeat("://", 300_000),
		"quotes":      strings.Repeat("(\"x ", 400_000),
		"phrases":     strings.Repeat("use-after ", 200_000),
		"trailers":    "x\n\n" + strings.Repeat("Reported-by: A B <a@example.org>\n", 60_000),
		"culprits":    "x\n\n" + strings.Repeat("Fixes: 0123456789ab (\"x\")\n", 60_000),
	} {
		c, _ := change.Parse(change.Input{Kind: change.Mail, Subject: "[PATCH] a: fix b", Text: text})
		for _, f := range Check(Suite, &Facts{Change: c}) {
			if strings.HasPrefix(f.Reason, "the rule failed") {
				t.Errorf("%s: %s: %s", name, f.ID, f.Reason)
			}
		}
	}
}
