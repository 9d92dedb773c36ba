package rules

import (
	"fmt"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// Unmerged are the changes that a posted patch says it needs first and that are known
// not to be merged: mainline was read and lacks them, or they were posted too lately
// to be in a release.
func (f *Facts) Unmerged() []change.Need {
	unmerged, _ := f.needs()
	return unmerged
}

// needs parts what the change says it needs into what is not merged and what nothing
// is known of; what mainline has is in neither.
func (f *Facts) needs() (unmerged, missing []change.Need) {
	if f.Change.Kind != change.Mail || f.Tree != nil && f.Tree.Mainline.Has {
		return nil, nil
	}
	for i, n := range f.Change.Needs {
		var p Presence
		if f.Tree != nil && i < len(f.Tree.Needs) {
			p = f.Tree.Needs[i]
		}
		switch {
		case p.Known && p.Has:
		case p.Known || n.Fresh:
			unmerged = append(unmerged, n)
		default:
			missing = append(missing, n)
		}
	}
	return unmerged, missing
}

// NeedsFirst says which changes a patch waits for.
func NeedsFirst(needs []change.Need) string {
	late := true
	for _, n := range needs {
		late = late && n.Fresh
	}
	switch {
	case late && len(needs) > 1:
		return fmt.Sprintf("needs %s first, which were posted too late to be in a release", needNames(needs))
	case late:
		return fmt.Sprintf("needs %s first, which was posted too late to be in a release", needNames(needs))
	case len(needs) > 1:
		return fmt.Sprintf("needs %s first, which are not merged", needNames(needs))
	}
	return fmt.Sprintf("needs %s first, which is not merged", needNames(needs))
}

// needNames writes up to three of them.
func needNames(needs []change.Need) string {
	var names []string
	for i := range needs {
		if i == 3 {
			return strings.Join(names, ", ") + " and " + change.Count(len(needs)-3, "other")
		}
		n := &needs[i]
		name := signs.Shorten(n.What())
		if n.Title != "" || n.Subject != "" {
			name = `"` + name + `"`
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// notAtHand names what is missing, with the field that names it.
func notAtHand(needs []change.Need) string {
	names := needs[0].Form + " names " + needNames(needs)
	switch {
	case needs[0].Title != "" || needs[0].Subject != "":
		return names + "; whether that is merged is not known"
	case len(needs) > 1:
		return names + ", which are not at hand"
	}
	return names + ", which is not at hand"
}
