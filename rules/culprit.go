package rules

import (
	"fmt"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
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
	Ref:  Ref{submitting, "Using Reported-by:, Tested-by:, Reviewed-by:, Suggested-by: and Fixes:", "the tag lets others determine where a bug began and which stable versions need the fix"},
	Kind: OfTrees,
	Values: []Value{
		{Name: "tree.culprit", Doc: "the culprit was found in mainline", Kind: OfTrees, Of: func(f *Facts) float64 { return yes(f.oldest() != nil) }},
		{Name: "tree.culprit.same", Doc: "the culprit came in the release that the change goes to: the bug was never released", Kind: OfTrees, Of: func(f *Facts) float64 { return yes(f.sameCycle()) }},
		{Name: "tree.culprit.same.fix", Doc: "the same, but the culprit was itself a fix or asked for stable", Kind: OfTrees, Of: func(f *Facts) float64 {
			return yes(f.sameCycle() && (f.oldest().IsFix || f.oldest().AsksStable))
		}},
		{Name: "tree.culprit.same.stable", Doc: "the same, but the culprit asked for stable", Kind: OfTrees, Of: func(f *Facts) float64 {
			return yes(f.sameCycle() && (f.oldest().AsksStable))
		}},
		{Name: "tree.culprit.last", Doc: "the culprit came one release earlier", Kind: OfTrees, Of: func(f *Facts) float64 { return yes(f.oldest() != nil && f.oldest().Cycles == 1) }},
		{Name: "tree.culprit.two", Doc: "the culprit came two releases earlier", Kind: OfTrees, Of: func(f *Facts) float64 { return yes(f.oldest() != nil && f.oldest().Cycles == 2) }},
		{Name: "tree.culprit.age", Doc: "years between the culprit and the change, up to five", Kind: OfTrees, Of: func(f *Facts) float64 {
			if f.oldest() == nil {
				return 0
			}
			return min(max(float64(f.oldest().AgeDays)/365, 0), 5)
		}},
		{Name: "tree.culprit.unknown", Doc: "there are trees, but the culprit is not in them", Kind: OfTrees, Of: func(f *Facts) float64 {
			return yes(f.Tree != nil && len(f.Change.Fixes) > 0 && f.oldest() == nil)
		}},
	},
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
		reason := fmt.Sprintf("the culprit is %s (%q), %s, %s old", short(c.SHA), c.Subject, since, change.Count(c.AgeDays, "day"))
		if len(c.Branches) > 0 {
			reason += ", in " + strings.Join(c.Branches, ", ")
		}
		return met(reason, f.bodyLine(c.Named.Line))
	},
}
