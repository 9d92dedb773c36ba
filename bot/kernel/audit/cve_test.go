package audit

import (
	"errors"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/kernel/cve"
	"github.com/stablebot/stablebot/rules/change"
)

// TestUnreadNumbers: numbers that could not be read are no numbers that are not there.
func TestUnreadNumbers(t *testing.T) {
	a := &auditor{Audit: &Audit{CVE: cve.Unread(errors.New("no such folder"))}}
	it := &Item{own: &change.Change{Body: "x\n\nCVE-2024-10001\n"}}
	if err := numbers(t.Context(), a, it); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(it.Unchecked, "\n"); !strings.Contains(got, "CVE-2024-10001: the numbers of the security team could not be read: no such folder") || len(it.Findings) > 0 {
		t.Errorf("%q, %v", got, it.Findings)
	}
}
