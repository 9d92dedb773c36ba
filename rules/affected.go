package rules

import (
	"strings"

	"github.com/stablebot/stablebot/rules/tree"
)

// Affected asks whether any branch needs the change.
var Affected = &Rule{
	ID: "affected",
	Doc: `an active stable branch has the bug and not yet the fix

A bug that came and went within one development cycle never reached users, and
a branch that has the fix, or has it queued, needs nothing. Needs the stable
branches; they are looked at for the culprit, for backports of it, and for the
change itself.

Met: the culprit is in 6.12 and 6.6, neither has the fix.
Unmet: the culprit was merged after the newest release.`,
	Ref:    Ref{stableRules, ruleList, "a bug that people suffer from, in a tree that they run"},
	Kind:   OfBranch,
	Values: baseValues(),
	Run: func(f *Facts) (Finding, error) {
		if f.Tree == nil || len(f.Tree.Branches) == 0 {
			return noTrees("which stable branches have the bug is not known")
		}
		var need, have, clean, lack []string
		active := 0
		for i := range f.Tree.Branches {
			b := &f.Tree.Branches[i]
			if !b.Active {
				continue
			}
			active++
			switch b.State {
			case tree.Affected:
				need = append(need, b.Name)
			case tree.Present, tree.Queued:
				have = append(have, b.Name)
			case tree.NotAffected:
				clean = append(clean, b.Name)
			case tree.NoBase:
				lack = append(lack, b.Name)
			}
		}
		reason := branchSentence(need, have, clean, lack)
		var out Finding
		switch known := len(need) + len(have) + len(clean) + len(lack); {
		case len(need) > 0:
			out, _ = met(reason)
		case f.unreleased():
			out, _ = unmet("the culprit is in no release yet, so no branch has the bug")
		case active == 0:
			out, _ = unknown("no configured stable branch is active")
		case known < active:
			out, _ = unknown(strings.TrimPrefix(reason+"; the others are not known", "; "))
		default:
			out, _ = unmet(reason)
		}
		return out, nil
	},
}

// unreleased reports whether every culprit is known and none was released.
func (f *Facts) unreleased() bool {
	if len(f.Tree.Culprits) == 0 {
		return false
	}
	for i := range f.Tree.Culprits {
		if c := &f.Tree.Culprits[i]; !c.Resolved || c.Release != "" {
			return false
		}
	}
	return true
}

// branchSentence says which branches stand where.
func branchSentence(need, have, clean, lack []string) string {
	var parts []string
	for _, p := range [...]struct {
		what  string
		names []string
	}{{"needed in ", need}, {"already in or queued for ", have}, {"not affected: ", clean}, {"without the code it fixes: ", lack}} {
		if len(p.names) > 0 {
			parts = append(parts, p.what+strings.Join(p.names, ", "))
		}
	}
	return strings.Join(parts, "; ")
}
