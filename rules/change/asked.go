package change

import (
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/release"
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
		if len(t.Versions) == 0 || slices.ContainsFunc(t.Versions, func(v string) bool { return !release.Newer(v, branch) }) {
			return false
		}
	}
	return named
}

// AsksFor reports whether a request to stable names versions that reach down to the
// branch. A request without versions names no branch.
func (c *Change) AsksFor(branch string) bool {
	return slices.ContainsFunc(c.Stable, func(t StableTag) bool {
		return !t.NoAutosel && !t.Recipient && slices.ContainsFunc(t.Versions, func(v string) bool { return !release.Newer(v, branch) })
	})
}

// RefusesStable reports whether the reason of a refusal of automatic pickup says that
// the change is not for stable at all. Without such a reason the tag only keeps robots
// from picking it by themselves.
func (t *StableTag) RefusesStable() bool {
	if !t.NoAutosel {
		return false
	}
	low := " " + strings.ToLower(t.Comment) + " "
	for _, no := range [...]string{"not for stable", "not stable material", "not suitable", "not appropriate", "not intended for", "not needed in stable", "no need to backport",
		"do not backport", "don't backport", "not be backported", "no backport", "do not apply", "don't apply", "not to be backported", "must not", "should not be", "shouldn't be",
		"too risky", "too invasive", "too intrusive", "new feature", "feature,", "would break", "breaks older", "will break"} {
		if strings.Contains(low, no) {
			return true
		}
	}
	return false
}
