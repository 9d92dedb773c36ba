package rules

import "strings"

// BuildError tells build errors from warnings, and from code that is known to be broken.
var BuildError = &Rule{
	ID: "build-error",
	Doc: `a build fix mends an error, in code that is not marked BROKEN

A kernel that does not compile bothers everybody; a warning bothers nobody who
runs it, and code that depends on BROKEN is not built at all. Applies to
changes that speak of building.

Met: "fix the build without CONFIG_ACPI", with the linker's message.
Unmet: "silence a missing-prototypes warning".`,
	Ref: Ref{stableRules, ruleList, "build errors count, except where the code is marked CONFIG_BROKEN"},
	Run: func(f *Facts) (Finding, error) {
		w, c := f.Words(), f.Code()
		_, bug := w.Bug()
		// "fix build warnings" is about warnings, "fix build error: unused x" is not.
		warning := w.InTitle(WordWarning) && strings.Contains(f.Change.LowerSubject(), "warning")
		switch {
		case !warning && w.Has(WordBuild) && (w.InTitle(WordBuild) || f.claimsFix()) && w.Title&bugWords == 0:
			ev := c.conf.evidence()
			if c.Added[SignBroken]+c.Removed[SignBroken] > 0 {
				ev = c.Evidence(SignBroken)
			}
			if ev != (Evidence{}) {
				return unmet("a build fix for code that is marked BROKEN", ev)
			}
			return met("mends a build error", w.Evidence(WordBuild))
		case w.InTitle(WordWarning), w.Has(WordWarning) && !bug:
			return unmet("about a warning of a compiler or checker, not an error", w.Evidence(WordWarning))
		}
		return notApplicable("not about building")
	},
}
