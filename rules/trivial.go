package rules

import (
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/signs"
)

// NotTrivial holds back what users gain nothing from.
var NotTrivial = &Rule{
	ID: "not-trivial",
	Doc: `not a trivial change

Spelling, whitespace, comments, documentation, warnings of checkers, renaming,
debug output: fine for mainline, without benefit for the users of a stable kernel. Decided by
the diff where it can be (only blanks, comments, documentation, prints or words
such as const differ), else by what the title says the change is.

Met: a patch that adds a missing unlock.
Unmet: a patch that corrects the spelling of a comment.`,
	Ref: Ref{stableRules, ruleList, "no trivial changes that users have no benefit from, such as spelling and whitespace"},
	Values: slices.Concat(
		[]Value{
			{Name: "files.no-code", Doc: "changes no line of code", Of: func(f *Facts) float64 { return yes(f.Change.Size.CodeLines == 0) }},
			{Name: "files.whitespace", Doc: "changes white space only", Of: func(f *Facts) float64 { return yes(f.Code().WhitespaceOnly) }},
			{Name: "size.comments", Doc: "share of changed lines that are comments", Of: func(f *Facts) float64 {
				n := f.Change.Size.Added + f.Change.Size.Removed
				if n == 0 {
					return 0
				}
				return float64(f.Change.Size.Comment) / float64(n)
			}},
			{Name: "files.docs", Doc: "touches documentation", Of: func(f *Facts) float64 { return yes(f.Code().Docs > 0) }},
			{Name: "files.tests", Doc: "touches tests or tools", Of: func(f *Facts) float64 { return yes(f.Code().Tests > 0) }},
		},
		wordValues("trivial", signs.WordTrivial, "spelling or style"),
		wordValues("cleanup", signs.WordCleanup, "cleanup"),
		wordValues("checker", signs.WordWarning, "compiler or checker noise"),
		wordValues("docs", signs.WordDocs, "documentation"),
		wordValues("debug", signs.WordDebug, "debug output"),
		wordValues("version", signs.WordVersion, "a version bump"),
		wordValues("merge", signs.WordMerge, "gathering others"),
		lineValues("debug", signs.SignDebug, "prints"),
	),
	Run: func(f *Facts) (Finding, error) {
		w, c := f.Words(), f.Code()
		if !f.complete() {
			return unknown("there is no diff to look at")
		}
		first := Evidence{File: signs.FileName(f.Change.Files[0])}
		debugs, ev := f.onlyPrints()
		switch {
		case c.WhitespaceOnly:
			return unmet("only blanks and line breaks differ", first)
		case c.CommentsOnly:
			return unmet("only comments differ", first)
		case !f.hasCode() && c.Docs > 0:
			return unmet("only documentation changes: "+plural(c.Docs+c.Tests, "file"), first)
		case !f.hasCode() && c.Tests > 0:
			return unmet("only tests and tools change: "+plural(c.Tests, "file"), first)
		case debugs != "":
			return unmet(debugs, ev)
		case signs.OnlyQualifiers(f.Change.Files):
			return unmet("only const, static, inline or extern differ", first)
		case w.TitleHas(signs.Bugs), f.quirk(), w.InTitle(signs.WordDeviceID):
			return met(changesCode(f))
		case c.StringsOnly && (w.Has(signs.WordTrivial) || w.Has(signs.WordDebug) || w.Has(signs.WordDocs)):
			return unmet("only the text of messages differs", first)
		case w.InTitle(signs.WordVersion):
			return unmet("sets a version or date, nothing that a user meets")
		case c.Added[signs.SignValue] > 0 && strings.Contains(f.Change.LowerSubject(), "typo"):
			return met("a typo in a value that the code uses, not in a text", c.Evidence(signs.SignValue))
		case w.InTitle(signs.WordTrivial):
			return unmet("spelling or style, by its title", w.Evidence(signs.WordTrivial))
		case f.buildError():
			return met(changesCode(f))
		case c.IncludesDropped:
			return unmet("drops #include lines and nothing else", first)
		case c.DefinesDropped && w.Has(signs.WordDuplicate):
			return unmet("drops #define lines that stand elsewhere, and nothing else", first)
		case w.Has(signs.WordStyle) && !w.BodyHas(signs.Bugs&^(1<<signs.WordTrace)) && !w.StackTrace:
			return unmet("for a checker of style", w.Evidence(signs.WordStyle))
		case w.Has(signs.WordSparse) && !w.BodyHas(signs.Bugs) && !w.StackTrace && !c.BytesSwapped:
			return unmet("annotates the code for a checker", w.Evidence(signs.WordSparse))
		case w.InTitle(signs.WordCompiler), w.InTitle(signs.WordTool):
			return unmet("for a compiler or checker, by its title", w.Evidence(signs.WordCompiler), w.Evidence(signs.WordTool))
		case w.Has(signs.WordNoBug) && !w.BodyHas(signs.Bugs) && !w.StackTrace:
			return unmet(w.NoBug(), w.Evidence(signs.WordNoBug))
		case w.InTitle(signs.WordDocs) && !f.claimsFix():
			return unmet("documentation or comments, by its title")
		case w.InTitle(signs.WordCleanup) && tidies(w.Verb) && !f.claimsFix():
			return unmet("a cleanup or preparation, by its title", w.Evidence(signs.WordCleanup))
		case w.InTitle(signs.WordDebug) && !f.claimsFix():
			return unmet("debug output or tests, by its title")
		}
		return met(changesCode(f))
	},
}

// tidies tells the verbs of clean-ups: "power down unused links" has their words
// and is none.
func tidies(verb string) bool {
	switch verb {
	case "cleanup", "cleanups", "clean", "refactor", "rename", "remove", "removing", "drop", "delete", "kill", "get", "simplify", "tidy", "deduplicate",
		"consolidate", "reorganize", "reorganise", "restructure", "rework", "extract", "split", "factor", "move", "convert", "switch", "replace",
		"make", "use", "constify", "reorder", "unify", "prepare", "isolate", "encapsulate", "generalize", "abstract", "re-organize", "re-organizes", "utilize":
		return true
	}
	return false
}

func changesCode(f *Facts) string {
	if n := f.Change.Size.CodeLines; n > 0 {
		return "changes what the kernel does: " + plural(n, "line") + " of code"
	}
	return "changes what the kernel does"
}

// onlyPrints says that a change only adds to what is printed, or changes that
// without presenting it as a fix; "" when it does anything else. Who asks stable
// for it knows what for.
func (f *Facts) onlyPrints() (reason string, ev Evidence) {
	p := f.prints()
	_, bug := f.Words().Bug() // reading what is printed can crash
	switch {
	case !p.Only || f.asked() != nil:
	case p.Gone == 0:
		return "only adds prints or traces", p.First
	case !f.claimsFix() && !bug:
		return "changes only what is printed, and is not presented as a fix", p.First
	}
	return "", Evidence{}
}

// debugs reports whether the title promises more output, and nothing presents
// that as a fix.
func (f *Facts) debugs() bool {
	w := f.Words()
	if !w.InTitle(signs.WordDebug) || f.claimsFix() || w.TitleHas(signs.Bugs) {
		return false
	}
	switch w.Verb {
	case "print", "prints", "log", "dump", "trace", "show":
		return true
	}
	return false
}
