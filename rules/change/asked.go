package change

import (
	"slices"

	"github.com/stablebot/stablebot/rules/releases"
)

// AsksOnlyNewer reports whether every request to stable names versions, and only such
// as are newer than the branch. A version means it and every newer tree, so its author
// has said that the branch is none of them.
func (c *Change) AsksOnlyNewer(branch string) bool {
	named := false
	for _, t := range c.Stable {
		if t.NoAutosel || t.Recipient || t.Text {
			continue
		}
		named = true
		if len(t.Versions) == 0 || slices.ContainsFunc(t.Versions, func(v string) bool { return !releases.Newer(v, branch) }) {
			return false
		}
	}
	return named
}
