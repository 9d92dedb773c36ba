package rules

import (
	"path"
	"strings"

	"github.com/stablebot/stablebot/rules/signs"
)

// BuildError tells build errors from warnings, and from code that is known to be broken.
var BuildError = &Rule{
	ID: "build-error",
	Doc: `a build fix mends an error, in code that is not marked BROKEN

A kernel that does not compile bothers everybody; a warning bothers nobody who
runs it, and code that depends on BROKEN is not built at all. Applies to
changes that speak of building.

Met: "fix the build without CONFIG_ACPI", with the linker's message.
Unmet: "silence a missing-prototypes warning".`,
	Ref:    Ref{stableRules, ruleList, "build errors count, except where the code is marked CONFIG_BROKEN"},
	Values: wordValues("build", signs.WordBuild, "a build error"),
	Run: func(f *Facts) (Finding, error) {
		w, c := f.Words(), f.Code()
		_, bug := w.Bug()
		switch {
		case f.complete() && (f.Code().CommentsOnly || !f.hasCode()):
			return notApplicable("changes nothing that is compiled")
		case f.buildError():
			ev := c.Broken()
			if c.Added[signs.SignBroken]+c.Removed[signs.SignBroken] > 0 {
				ev = c.Evidence(signs.SignBroken)
			}
			if ev != (Evidence{}) {
				return unmet("a build fix for code that is marked BROKEN", ev)
			}
			return met("mends "+f.buildNoun(), f.buildEvidence())
		case w.InTitle(signs.WordCompiler), w.Has(signs.WordCompiler) && !bug:
			return unmet("about a compiler's warning, not an error", w.Evidence(signs.WordCompiler))
		case w.Has(signs.WordTool):
			return notApplicable("about what a checker found, which breaks no build", w.Evidence(signs.WordTool))
		}
		return notApplicable("not about building")
	},
}

// buildError reports whether the change is about a build that fails: it says so,
// or shows the compiler's error line. "Fix build warnings" is about warnings.
func (f *Facts) buildError() bool {
	w := f.Words()
	said := w.Has(signs.WordBuild) || w.CompilerError != (Evidence{})
	if !said {
		return false
	}
	if strings.Contains(f.Change.Body, "W=1") && !w.InTitle(signs.WordBuild) && (!w.Has(signs.WordBuild) || strings.Contains(w.Evidence(signs.WordBuild).Text, "W=1")) {
		return false // of a build that asks for more warnings than anybody's kernel
	}
	if len(f.Change.Fixes) == 0 && metInOwnTree(f.Change.LowerBody()) {
		return false
	}
	warning := w.InTitle(signs.WordCompiler) && strings.Contains(f.Change.LowerSubject(), "warning")
	return !warning && (w.InTitle(signs.WordBuild) || f.claimsFix() || w.CompilerError != (Evidence{}) && !f.feature()) && (!w.TitleHas(signs.Bugs) || w.InTitle(signs.WordBuild))
}

// metInOwnTree reports whether a build failed on the way to something else, in a tree that
// its author alone has: "when cleaning up another header I have met this error".
func metInOwnTree(body string) bool {
	body = " " + strings.ReplaceAll(body, "\n", " ")
	for _, way := range [...]string{" cleaning up ", " clean up of ", " reworking ", " refactoring ", " reshuffling ", " reordering "} {
		for _, when := range [...]string{" when", " while", " after", " during"} {
			if strings.Contains(body, when+way) {
				return true
			}
		}
	}
	return false
}

// buildNoun is what a change mends that a build stumbles over.
func (f *Facts) buildNoun() string {
	for _, file := range f.Change.Files {
		if path.Base(file.NewName) != "Kconfig" {
			return "a build error"
		}
	}
	if f.Words().CompilerError != (Evidence{}) {
		return "a build error"
	}
	return "a dependency in Kconfig"
}

func (f *Facts) buildEvidence() Evidence {
	if ev := f.Words().CompilerError; ev != (Evidence{}) {
		return ev
	}
	return f.Words().Evidence(signs.WordBuild)
}
