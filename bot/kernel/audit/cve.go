package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/kernel/cve"
	"github.com/stablebot/stablebot/rules/change"
)

// numbers asks whether a CVE that a commit says it mends is that of its upstream commit.
func numbers(_ context.Context, a *auditor, it *Item) error {
	if a.CVE == nil || takenFor(it.own) {
		return nil // a prerequisite names what it is for
	}
	for _, n := range cve.Named(it.own.Body) {
		fixes := a.CVE.Fixes(n)
		switch err := a.CVE.Err(); {
		case err != nil:
			it.unchecked("%s: the numbers of the security team could not be read: %v", n, err)
		case len(fixes) == 0:
			it.unchecked("%s: it is not among the published ones here", n)
		case it.Named == "" && (it.Upstream == "" || a.Set.Rewritten()):
			it.unchecked("%s: the id of its upstream commit is not known", n)
		case !slices.ContainsFunc(fixes, func(id string) bool { return same(id, it.Named) || same(id, it.Upstream) }):
			it.add(Finding{Kind: OtherCVE, Commit: fixes[0], Name: n, Text: fmt.Sprintf("it names %s, which %.12s mends, another commit", n, fixes[0])})
		}
	}
	return nil
}

// takenFor reports whether a commit was taken for another one.
func takenFor(c *change.Change) bool {
	return slices.ContainsFunc(c.Trailers, func(t change.Trailer) bool { return strings.EqualFold(t.Key, "Stable-dep-of") })
}

// same compares ids of which one may be cut short.
func same(x, y string) bool {
	return min(len(x), len(y)) >= 7 && (strings.HasPrefix(x, y) || strings.HasPrefix(y, x))
}
