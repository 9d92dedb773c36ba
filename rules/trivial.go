package rules

import "strings"

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
	Run: func(f *Facts) (Finding, error) {
		w, c := f.Words(), f.Code()
		if !f.complete() {
			return unknown("there is no diff to look at")
		}
		first := Evidence{File: fileName(f.Change.Files[0])}
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
		case f.onlyQualifiers():
			return unmet("only const, static, inline or extern differ", first)
		case w.title&bugWords != 0, f.quirk(), w.InTitle(WordDeviceID):
			return met(changesCode(f))
		case c.StringsOnly && (w.Has(WordTrivial) || w.Has(WordDebug) || w.Has(WordDocs)):
			return unmet("only the text of messages differs", first)
		case w.InTitle(WordVersion):
			return unmet("sets a version or date, nothing that a user meets")
		case c.Added[SignValue] > 0 && strings.Contains(f.Change.LowerSubject(), "typo"):
			return met("a typo in a value that the code uses, not in a text", c.Evidence(SignValue))
		case w.InTitle(WordTrivial):
			return unmet("spelling or style, by its title", w.Evidence(WordTrivial))
		case f.buildError():
			return met(changesCode(f))
		case c.IncludesDropped:
			return unmet("drops #include lines and nothing else", first)
		case c.DefinesDropped && w.Has(WordDuplicate):
			return unmet("drops #define lines that stand elsewhere, and nothing else", first)
		case w.Has(WordStyle) && w.body&bugWords&^(1<<WordTrace) == 0 && !w.StackTrace:
			return unmet("for a checker of style", w.Evidence(WordStyle))
		case w.Has(WordSparse) && w.body&bugWords == 0 && !w.StackTrace && !c.BytesSwapped:
			return unmet("annotates the code for a checker", w.Evidence(WordSparse))
		case w.InTitle(WordCompiler), w.InTitle(WordTool):
			return unmet("for a compiler or checker, by its title", w.Evidence(WordCompiler), w.Evidence(WordTool))
		case w.Has(WordNoBug) && w.body&bugWords == 0 && !w.StackTrace:
			return unmet(w.noBug(), w.Evidence(WordNoBug))
		case w.InTitle(WordDocs) && !f.claimsFix():
			return unmet("documentation or comments, by its title")
		case w.InTitle(WordCleanup) && tidies(w.Verb) && !f.claimsFix():
			return unmet("a cleanup or preparation, by its title", w.Evidence(WordCleanup))
		case w.InTitle(WordDebug) && !f.claimsFix():
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
