package rules

import "fmt"

// FixesTag asks for the culprit in the form that tools can read.
var FixesTag = &Rule{
	ID: "fixes-tag",
	Doc: `a fix names its culprit in a Fixes: tag of the documented form

Twelve digits of the SHA and the title in brackets and quotes: that is what the
stable team's scripts read to know which branches have the bug. A change that
is no fix, by its own title, is not asked.

Met: Fixes: 0123456789ab ("foo: add the frobnicator")
Unmet: Fixes: 0123456 (foo: add the frobnicator)`,
	Ref: Ref{submitting, "Describe your changes", "a fix of a known commit carries a one-line tag with at least twelve digits of its SHA and its title"},
	Run: func(f *Facts) (Finding, error) {
		fixes := f.Change.Fixes
		if len(fixes) == 0 {
			w := f.Words()
			switch {
			case w.Revert:
				return notApplicable("a revert names its culprit in its title")
			case w.InTitle(WordFix):
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
			return unmet("a Fixes: tag that is not of the form <12 digits> (\"title\")", ev)
		}
		out, err := met(fmt.Sprintf("names %s in the documented form", plural(len(fixes), "culprit")), f.bodyLine(fixes[0].Line))
		out.Values = map[string]float64{"culprits": float64(len(fixes))}
		return out, err
	},
}
