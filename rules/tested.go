package rules

import (
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// Tested asks whether anybody ran the change.
var Tested = &Rule{
	ID: "tested",
	Doc: `somebody ran the change

A tag is the usual way to say so; a sentence of the message counts as well.
Most changes that stable takes carry neither, so silence is unknown. Unmet is
the author's own word that it was not run, in the message or in the notes below
it, and a posting for comments only. To have been built is not to have been run.

Met: a patch with a Tested-by, or one that says on which board it was tested.
Unmet: a patch whose author could only compile it.`,
	Ref:  Ref{stableRules, ruleList, "the change has been tested"},
	Kind: OfOthers,
	Values: slices.Concat(
		[]Value{
			{Name: "vouch.tested", Doc: "tests, up to three", Kind: OfOthers, Of: func(f *Facts) float64 { return several(f.Tags().Tested) }},
		},
		wordValues("tested", signs.WordTested, "having been tested"),
		wordValues("untested", signs.WordUntested, "not having been tested"),
	),
	Run: func(f *Facts) (Finding, error) {
		t, w := f.Tags(), f.Words()
		note, noted := f.noted(signs.WordNotRun, "")
		told, ran := f.noted(signs.WordRan, "tested") // others "verify" what is wrong
		switch {
		case t.Ran != nil && signs.SamePerson(t.Ran.Value, f.Change.Author) && w.Has(signs.WordNotRun):
			return unmet("its author says that it was not run", w.Evidence(signs.WordNotRun))
		case t.Ran != nil:
			return met(change.Count(t.Tested-t.OnlyCompiled, "Tested-by tag"), signs.TagLine(t.Ran))
		case w.Has(signs.WordNotRun):
			return unmet("its author says that it was not run", w.Evidence(signs.WordNotRun))
		case w.Has(signs.WordCompiled) && !w.Has(signs.WordRan) && t.TestedOn == nil:
			return unmet("its author says that it was compiled, and nothing of running it", w.Evidence(signs.WordCompiled))
		case noted && !w.Has(signs.WordRan) && !ran:
			return unmet("its author says below the message that it was not run", note)
		case f.Change.Prefix.RFC:
			return unmet("posted " + f.postedFor() + ", not as a finished patch")
		case t.TestedOn != nil:
			return met("its message names what it was tested on, or how", signs.TagLine(t.TestedOn))
		case w.Has(signs.WordRan):
			return met("the message says that it was tested", w.Evidence(signs.WordRan))
		case t.OnlyCompiled > 0 && t.OnlyCompiled == t.Tested:
			return unmet(change.Count(t.OnlyCompiled, "Tested-by tag")+" of compiling alone, and no word of running it", t.Evidence("Tested-by"))
		}
		if ran {
			return met("the notes below the message say that it was tested", told)
		}
		if note, ok := f.noted(signs.WordCompiled, ""); ok {
			return unmet("its author says below the message that it was compiled, and nothing of running it", note)
		}
		if strings.Contains(f.Change.LowerBody(), "test") || strings.Contains(strings.ToLower(f.Change.Notes), "test") {
			return unknown("no Tested-by tag")
		}
		return unknown("no Tested-by tag; a word of a test was not found in its message")
	},
}

// postedFor says what a posting that is not to be merged asks for.
func (f *Facts) postedFor() string {
	if f.Change.Prefix.RFT {
		return "for testing"
	}
	return "for comments"
}

// noted looks for a kind of word in the notes between the message and the diff.
func (f *Facts) noted(k signs.Word, begins string) (Evidence, bool) {
	return signs.Noted(f.Change.Notes, k, begins)
}
