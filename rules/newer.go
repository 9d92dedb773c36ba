package rules

import "strings"

// NewerBranches guards against fixes that get lost on update.
var NewerBranches = &Rule{
	ID: "newer-branches",
	Doc: `what is sent for one branch is in all newer active branches

Whoever updates from 5.10 to 5.15 must not lose a fix on the way. Asked of
patches that are already addressed to stable branches, by mail or by request;
the stable team sees to it itself when it picks a commit by its tag.

Met: a patch for 6.6.y whose mainline commit is in 6.12.y as well.
Unmet: a patch for 5.10.y that 5.15.y does not have.`,
	Ref:  Ref{stableRules, "Procedure for submitting patches to the -stable tree", "with options 2 and 3 the fix has to be present, or on its way, in every newer tree that is still supported"},
	Kind: OfBranch,
	Run: func(f *Facts) (Finding, error) {
		if !f.Submission() && !f.optionTwo() {
			return notApplicable("not addressed to particular stable branches")
		}
		if f.Tree == nil || len(f.Tree.Branches) == 0 {
			return noTrees("whether newer stable branches have it is not known")
		}
		var asked int
		for i := range f.Tree.Branches {
			b := &f.Tree.Branches[i]
			if !wants(f.Change.Prefix.Trees, b.Name) {
				continue
			}
			asked++
			if len(b.MissingNewer) > 0 {
				out, err := unmet("sent for " + b.Name + ", but " + strings.Join(b.MissingNewer, ", ") + " would lack it")
				return out, err
			}
		}
		if asked == 0 {
			return unknown("the branch that it was sent for is not among the configured ones")
		}
		return met("every newer active branch has it, or it is addressed to them too")
	},
}

// wants reports whether a mail names the branch; one that names none means all.
func wants(trees []string, name string) bool {
	for _, t := range trees {
		if t == name {
			return true
		}
	}
	return len(trees) == 0
}

// optionTwo reports whether the mail asks in prose for a commit to be picked.
func (f *Facts) optionTwo() bool {
	for i := range f.Change.Stable {
		if f.Change.Stable[i].Text {
			return true
		}
	}
	return false
}
