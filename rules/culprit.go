package rules

import (
	"fmt"
	"strings"
)

// CulpritKnown asks whether the named culprit exists.
var CulpritKnown = &Rule{
	ID: "culprit",
	Doc: `the culprit can be found in the configured trees

A Fixes: tag may name a commit of a vendor tree, of a rebased branch, or none
at all by a slip. Then nobody can tell which branches have the bug. Needs a
tree; the commit is looked for by SHA and by title.

Met: the tag names a commit that mainline carries since 5.15.
Unmet: no configured tree has a commit of that SHA or title.`,
	Ref: Ref{submitting, "Using Reported-by:, Tested-by:, Reviewed-by:, Suggested-by: and Fixes:", "the tag lets others determine where a bug began and which stable versions need the fix"},
	Run: func(f *Facts) (Finding, error) {
		fixes := f.Change.Fixes
		if len(fixes) == 0 {
			return notApplicable("names no culprit")
		}
		if f.Tree == nil {
			return noTrees("whether " + short(fixes[0].SHA) + " exists, and where, is not known")
		}
		if len(f.Tree.Culprits) == 0 {
			return unknown("the culprit "+short(fixes[0].SHA)+" was not looked up", f.bodyLine(fixes[0].Line))
		}
		oldest := -1
		for i := range f.Tree.Culprits {
			c := &f.Tree.Culprits[i]
			if !c.Resolved {
				return unmet(fmt.Sprintf("no configured tree has the culprit %s (%q)", short(c.Named.SHA), c.Named.Subject), f.bodyLine(c.Named.Line))
			}
			if oldest < 0 || c.AgeDays > f.Tree.Culprits[oldest].AgeDays {
				oldest = i
			}
		}
		c := &f.Tree.Culprits[oldest]
		since := "in no release yet"
		if c.Release != "" {
			since = "released in " + c.Release
		}
		reason := fmt.Sprintf("the culprit is %s (%q), %s, %s old", short(c.SHA), c.Subject, since, plural(c.AgeDays, "day"))
		if len(c.Branches) > 0 {
			reason += ", in " + strings.Join(c.Branches, ", ")
		}
		out, err := met(reason, f.bodyLine(c.Named.Line))
		released := 0.0
		if c.Release != "" {
			released = 1
		}
		out.Values = map[string]float64{"age_days": float64(c.AgeDays), "branches": float64(len(c.Branches)), "released": released}
		return out, err
	},
}
