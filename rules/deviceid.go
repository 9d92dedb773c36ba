package rules

import (
	"fmt"
	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// DeviceID recognises the one kind of new support that stable takes.
var DeviceID = &Rule{
	ID: "device-id",
	Doc: `just adds a device ID

A row in a PCI, USB, ACPI or device-tree match table, or the case of a version
in a switch, and nothing else: stable takes these as it takes fixes. Changes
that add no ID are not asked; one that adds an ID together with other code is
unmet and is judged as what the other code is.

Met: one added row PCI_DEVICE(0x1234, 0x5678).
Unmet: the same row with a new init function beside it.`,
	Ref: Ref{stableRules, ruleList, "instead of fixing a bug a change may just add a device ID"},
	Values: slices.Concat(
		wordValues("id", signs.WordDeviceID, "a device ID"),
		lineValues("id", signs.SignID, "ID tables"),
	),
	Run: func(f *Facts) (Finding, error) {
		c, s, w := f.Code(), &f.Change.Size, f.Words()
		ids, cases := c.Net(signs.SignID), c.Net(signs.SignCase)
		says := w.InTitle(signs.WordDeviceID) && (cases > 0 || f.feature())
		if c.Truncated {
			return notApplicable(notWhole)
		}
		// A case label alone is an ID only where the change is labels and adds support.
		if ids <= 0 && !says && (cases <= 0 || s.CodeLines > 2*cases || !f.feature()) {
			return notApplicable("adds no device ID")
		}
		if !f.hasCode() && f.complete() {
			return notApplicable("adds IDs to nothing that a kernel runs")
		}
		if f.onlyDefines() {
			return notApplicable("adds constants alone, and no table that has them")
		}
		if ids > 4 && !says && f.Change.Size.Removed >= ids {
			return notApplicable("writes the rows of its ID tables another way")
		}
		rows := max(ids, 0) + max(cases, 0)
		// A row may come with its constant, and with a line or two that hook it up
		// or change; a long table with as many lines as it has rows.
		other := s.CodeLines - c.IDRest - int(c.Added[signs.SignID]+c.Removed[signs.SignID]) - max(cases, 0) - int(c.Added[signs.SignMacro]) - int(c.Added[signs.SignQuirk])
		ev := c.Evidence(signs.SignID)
		if ev == (Evidence{}) {
			ev = c.Evidence(signs.SignCase)
		}
		var out Finding
		if other <= max(2, rows) && c.Net(signs.SignFunction) <= 0 {
			out, _ = met("adds "+change.Count(max(rows, 1), "ID")+" and nothing else of weight", ev)
		} else {
			out, _ = unmet(fmt.Sprintf("touches IDs, but %s of other code as well", change.Count(other, "line")), ev)
		}
		return out, nil
	},
}

// onlyDefines reports whether a change adds #define lines and nothing else.
func (f *Facts) onlyDefines() bool {
	some := false
	for _, file := range f.Change.Files {
		for _, hunk := range file.TextFragments {
			for _, line := range hunk.Lines {
				text := strings.TrimSpace(line.Line)
				switch {
				case line.Op == gitdiff.OpContext || text == "":
				case line.Op == gitdiff.OpAdd && strings.HasPrefix(text, "#define"):
					some = true
				default:
					return false
				}
			}
		}
	}
	return some
}
