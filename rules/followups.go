package rules

import (
	"fmt"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// Followups asks what mainline learnt about the change afterwards.
var Followups = &Rule{
	ID: "no-followups",
	Doc: `no later mainline commit reverts or fixes the change

A revert says that the change was not correct after all; a later fix of it has
to be taken along. Both are only known with a mainline remote, and only those
that existed on the day of the judgement count.

Met: a commit that nothing in mainline names as its culprit.
Unmet: a commit that was reverted two weeks later.`,
	Ref:  Ref{stableRules, ruleList, "the change has to be obviously correct, and tested"},
	Kind: OfTrees,
	Run: func(f *Facts) (Finding, error) {
		if f.Tree == nil {
			return noTrees("whether later commits fix or revert it is not known")
		}
		if !f.Tree.Mainline.Known {
			return unknown("no mainline remote is configured: whether later commits fix or revert it is not known")
		}
		var reverts, fixes int
		var ev []Evidence
		for _, u := range f.Tree.Followups {
			if u.Revert {
				reverts++
			} else {
				fixes++
			}
			if len(ev) < 3 {
				ev = append(ev, Evidence{Text: signs.Shorten(short(u.SHA) + " " + u.Subject)})
			}
		}
		var out Finding
		switch {
		case reverts > 0:
			out, _ = unmet(fmt.Sprintf("reverted later in mainline (%s, %s)", change.Count(reverts, "revert"), change.Count(fixes, "later fix")), ev...)
		case fixes > 0:
			out, _ = unmet(fmt.Sprintf("mainline has %s of it, which would have to come along", change.Count(fixes, "later fix")), ev...)
		default:
			out, _ = met("no later mainline commit fixes or reverts it")
		}
		return out, nil
	},
}
