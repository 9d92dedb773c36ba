package rules

import (
	"strings"

	"github.com/stablebot/stablebot/rules/tree"
)

// Applies asks how the change fits the branches that need it.
var Applies = &Rule{
	ID: "applies",
	Doc: `fits the branches that need it, as it is or by a merge

What applies exactly, with an offset or by a three-way merge needs nobody. What
has to be adjusted by hand is allowed as well, but somebody has to do it, and
has to say in the message what was changed.

Met: applies exactly to 6.12 and with an offset to 6.6.
Unmet: a function that it changes does not exist in 6.6, the only affected branch.`,
	Ref:  Ref{stableRules, "Option 3", "where a change has to be adjusted for an older branch, the adjusted patch is sent with an explanation"},
	Kind: OfBranch,
	Run: func(f *Facts) (Finding, error) {
		if f.Tree == nil || len(f.Tree.Branches) == 0 {
			return noTrees("whether it applies to the stable branches is not known")
		}
		var fit, hand, dark []string
		var why string
		for i := range f.Tree.Branches {
			b := &f.Tree.Branches[i]
			if b.State != tree.Affected {
				continue
			}
			switch b.Applies {
			case tree.Exact, tree.Offset, tree.ThreeWay, tree.NeedsPrerequisites:
				how := b.Name + " (" + string(b.Applies) + ")"
				fit = append(fit, how)
			case tree.NeedsBackport:
				hand = append(hand, b.Name)
				if why == "" && b.Why != "" {
					why = ": " + b.Why
				}
			default:
				dark = append(dark, b.Name)
			}
		}
		var out Finding
		switch {
		case len(fit) > 0 && len(hand) > 0:
			out, _ = met("applies to " + strings.Join(fit, ", ") + "; has to be adjusted for " + strings.Join(hand, ", ") + why)
		case len(fit) > 0:
			out, _ = met("applies to " + strings.Join(fit, ", "))
		case len(hand) > 0:
			out, _ = unmet("has to be adjusted by hand for " + strings.Join(hand, ", ") + why)
		case len(dark) > 0:
			out, _ = unknown("whether it applies to " + strings.Join(dark, ", ") + " was not found out")
		default:
			out, _ = notApplicable("no branch is known to need it")
		}
		return out, nil
	},
}
