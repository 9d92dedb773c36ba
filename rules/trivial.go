package rules

import (
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
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
			return unknown(f.noDiff())
		}
		first := Evidence{File: signs.FileName(f.Change.Files[0])}
		if reason := f.trivialByDiff(); reason != "" {
			if _, ev := f.onlyPrints(); ev != (Evidence{}) {
				first = ev
			}
			return unmet(reason, first)
		}
		// What mends a bug is not trivial, whatever its title calls it.
		if bug, _ := realBug(f, w); bug.Outcome == Met || f.quirk() || f.justID() || f.buildError() || w.TitleHas(signs.Bugs) || w.InTitle(signs.WordDeviceID) {
			return met(changesCode(f))
		}
		reason, ev := trivialByWord(f, w, c)
		if reason != "" {
			return unmet(reason, ev...)
		}
		return met(changesCode(f))
	},
}

// trivialByWord goes by what the title, and in part the message, says the change is.
func trivialByWord(f *Facts, w *signs.Words, c *signs.Code) (string, []Evidence) {
	first := Evidence{File: signs.FileName(f.Change.Files[0])}
	noise, at := f.noise()
	switch {
	case w.InTitle(signs.WordTrivial) && f.complete() && signs.Reorders(f.Change.Files):
		return "only the order of lines differs", []Evidence{first}
	case c.StringsOnly && (w.Has(signs.WordTrivial) || w.Has(signs.WordDebug) || w.Has(signs.WordDocs)):
		return "only the text of messages differs", []Evidence{first}
	case w.InTitle(signs.WordVersion):
		return "sets a version or date, nothing that a user meets", nil
	case f.styled():
		return "spelling, style or documentation, by its title", []Evidence{w.Evidence(signs.WordTrivial)}
	case noise != "":
		return noise, []Evidence{at}
	case c.IncludesDropped:
		return "drops #include lines and nothing else", []Evidence{first}
	case c.DefinesDropped && w.Has(signs.WordDuplicate):
		return "drops #define lines that stand elsewhere, and nothing else", []Evidence{first}
	}
	return trivialByTool(f, w, c)
}

// trivialByTool: for a checker, or a tidying, by what is said.
func trivialByTool(f *Facts, w *signs.Words, c *signs.Code) (string, []Evidence) {
	switch {
	case w.Has(signs.WordStyle) && (printed(w.Evidence(signs.WordStyle)) || !f.has("Fixes")) && !w.BodyHas(signs.Bugs&^(1<<signs.WordTrace)) && !w.Traced():
		return "about style alone", []Evidence{w.Evidence(signs.WordStyle)}
	case w.Has(signs.WordSparse) && !w.BodyHas(signs.Bugs) && !w.Traced() && !c.BytesSwapped:
		return "mends what sparse, a checker, warns of", []Evidence{w.Evidence(signs.WordSparse)}
	case w.Has(signs.WordNoBug) && !w.BodyHas(signs.Bugs) && !w.Traced():
		return w.NoBug(), []Evidence{w.Evidence(signs.WordNoBug)}
	case f.claimsFix() && !f.tidied():
	case w.InTitle(signs.WordCleanup) && tidies(w.Verb):
		return "a cleanup or preparation, by its title", []Evidence{w.Evidence(signs.WordCleanup)}
	case w.InTitle(signs.WordDebug):
		return "debug output or tests, by its title", nil
	}
	return "", nil
}

// printed reports whether a line is what checkpatch prints, which speaks of style even of a
// patch with a Fixes: tag; "fix spacing" there may be of a bus.
func printed(line Evidence) bool {
	low := strings.ToLower(line.Text)
	return strings.Contains(low, "warning:") || strings.Contains(low, "error:") || strings.Contains(low, "check:")
}

// tidied reports whether a change takes out, by its title, what does nothing, and
// neither asks for stable nor tells of a bug: a Fixes: tag then names what left it there.
// Of 13 such commits of 5.17 to 6.3 stable took two.
func (f *Facts) tidied() bool {
	w := f.Words()
	if takesOut(w.Verb) || w.Verb == "simplify" {
		return w.InTitle(signs.WordCleanup) && f.asked() == nil && !w.TitleHas(signs.Bugs) && !w.BodyHas(signs.Bugs&^(1<<signs.WordTrace)) && !w.Has(signs.WordFailure) && !w.Traced()
	}
	return false
}

func changesCode(f *Facts) string {
	if n := f.Change.Size.CodeLines; n > 0 {
		return "changes " + change.Count(n, "line") + " of code"
	}
	return "changes more than words"
}

// onlyPrints says that a change only adds to what is printed, or changes that
// without presenting it as a fix; "" when it does anything else.
func (f *Facts) onlyPrints() (reason string, ev Evidence) {
	p := f.prints()
	_, bug := f.Words().Bug() // reading what is printed can crash
	switch {
	case !p.Only:
	case p.Gone == 0:
		return "only adds prints or traces", p.First
	case f.asked() != nil || bug || f.Words().Has(signs.WordFailure):
	case !f.claimsFix():
		return "only what is printed differs; neither tag nor title presents that as a fix", p.First
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
