package rules

import (
	"fmt"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// FixesTag asks for the culprit in the form that tools can read.
var FixesTag = &Rule{
	ID: "fixes-tag",
	Doc: `a fix names its culprit in a Fixes: tag of the documented form

Twelve digits of the SHA and the title in brackets and quotes: that is what the
stable team's scripts read to know which branches have the bug. A change that
is no fix, by its own title, is not asked.

Met: Fixes: 0123456789ab ("foo: add the frobnicator")
Unmet: Fixes: 0123456 (foo: add the frobnicator)`,
	Ref:  Ref{submitting, "Describe your changes", "a fix of a known commit carries a one-line tag with at least twelve digits of its SHA and its title"},
	Kind: OfClaim,
	Values: []Value{
		{Name: "tag.fixes", Doc: "has a Fixes: tag", Kind: OfClaim, Of: func(f *Facts) float64 { return yes(len(f.Change.Fixes) > 0) }},
		{Name: "tag.fixes.alone", Doc: "has a Fixes: tag and does not ask for stable", Kind: OfClaim, Of: func(f *Facts) float64 { return yes(len(f.Change.Fixes) > 0 && !f.asks()) }},
		{Name: "tag.fixes.several", Doc: "more than one Fixes: tag", Kind: OfClaim, Of: func(f *Facts) float64 { return yes(len(f.Change.Fixes) > 1) }},
		{Name: "title.fix", Doc: "a word of the title begins with fix", Of: func(f *Facts) float64 { return yes(f.titled()) }},
		{Name: "title.fix.alone", Doc: "the title says fix, but there is neither a Fixes: tag nor a stable tag", Kind: OfClaim, Of: func(f *Facts) float64 {
			return yes(f.titled() && !f.asks() && len(f.Change.Fixes) == 0)
		}},
		{Name: "claims", Doc: "a Fixes: tag, a stable tag or fix in the title", Kind: OfClaim, Of: func(f *Facts) float64 { return yes(f.Claims()) }},
		{Name: "names.commit", Doc: "names another commit in the text, without a Fixes: tag", Of: func(f *Facts) float64 {
			return yes(len(f.Change.Fixes) == 0 && namesCommit(f.Change.LowerBody()))
		}},
		{Name: "tree.habit.tagged", Doc: "share of the fixes in this directory that carry a tag", Kind: OfTrees, Of: func(f *Facts) float64 {
			if f.Tree == nil || f.Tree.Habit.Claims == 0 {
				return 0
			}
			return float64(f.Tree.Habit.Tagged) / float64(f.Tree.Habit.Claims)
		}},
		{Name: "tree.habit.tagged.word", Doc: "the same, when this one claims to be a fix without any tag", Kind: OfTrees, Of: func(f *Facts) float64 {
			if f.Tree == nil || f.Tree.Habit.Claims == 0 || f.asks() || len(f.Change.Fixes) > 0 || !f.titled() {
				return 0
			}
			return float64(f.Tree.Habit.Tagged) / float64(f.Tree.Habit.Claims)
		}},
		{Name: "tree.habit.stable", Doc: "share of the fixes in this directory that ask for stable", Kind: OfTrees, Of: func(f *Facts) float64 {
			if f.Tree == nil || f.Tree.Habit.Claims == 0 {
				return 0
			}
			return float64(f.Tree.Habit.Stable) / float64(f.Tree.Habit.Claims)
		}},
		{Name: "tree.habit.stable.not", Doc: "the same, when this one claims to be a fix and does not ask", Kind: OfTrees, Of: func(f *Facts) float64 {
			if f.Tree == nil || f.Tree.Habit.Claims == 0 || f.asks() || !f.Claims() {
				return 0
			}
			return float64(f.Tree.Habit.Stable) / float64(f.Tree.Habit.Claims)
		}},
	},
	Run: func(f *Facts) (Finding, error) {
		fixes := f.Change.Fixes
		if len(fixes) == 0 {
			w := f.Words()
			switch {
			case f.has("Fixes"):
				return unmet("a Fixes: tag that is not of the form <12 digits> (\"title\")", f.Tags().Evidence("Fixes"))
			case w.Revert:
				return notApplicable("a revert names its culprit in its title")
			case w.InTitle(signs.WordFix):
				return unmet("its title says that it fixes something, but no Fixes: tag names the culprit")
			case f.asked() != nil:
				return unmet("asked for stable without a Fixes: tag: the branches it is for cannot be derived")
			}
			return notApplicable("does not present itself as a fix")
		}
		for i := range fixes {
			x := &fixes[i]
			if x.WellFormed {
				continue
			}
			ev := f.bodyLine(x.Line)
			switch {
			case x.SHA == "":
				return unmet("a Fixes: tag without a SHA", ev)
			case x.Subject == "":
				return unmet("a Fixes: tag without the culprit's title", ev)
			case len(x.SHA) < 12:
				return unmet(fmt.Sprintf("a Fixes: tag with %d digits of the SHA, twelve are asked for", len(x.SHA)), ev)
			}
			if x.Wrapped {
				return unmet("a Fixes: tag in several lines; tools read one", ev)
			}
			return unmet("a Fixes: tag that is not of the form <12 digits> (\"title\")", ev)
		}
		out, err := met(fmt.Sprintf("names %s in the documented form", change.Count(len(fixes), "culprit")), f.bodyLine(fixes[0].Line))
		return out, err
	},
}
