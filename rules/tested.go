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
it or in the cover letter, and a posting for comments only. To have been built is not
to have been run. What somebody else ran takes it back.

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
		[]Value{
			{Name: notRun, Doc: "its author says that it was not run", Kind: OfPost, Of: saysOf(saidNotRun)},
			{Name: onlyBuilt, Doc: "its author says that it was compiled, and nothing more", Kind: OfPost, Of: saysOf(saidBuilt)},
		},
	),
	Run: func(f *Facts) (Finding, error) {
		t, w := f.Tags(), f.Words()
		how, reason, ev := f.untested()
		told, ran := f.noted(signs.WordRan, "tested") // others "verify" what is wrong
		switch {
		case how != saidNothing:
			return unmet(reason, ev)
		case t.Ran != nil:
			return met(change.Count(t.Tested-t.OnlyCompiled, "Tested-by tag"), signs.TagLine(t.Ran))
		case f.Change.Prefix.RFC:
			return unmet("posted " + f.postedFor() + ", not as a finished patch")
		case t.TestedOn != nil:
			return met("its message names what it was tested on, or how", signs.TagLine(t.TestedOn))
		case w.Has(signs.WordRan):
			return met("the message says that it was tested", w.Evidence(signs.WordRan))
		case t.OnlyCompiled > 0 && t.OnlyCompiled == t.Tested:
			return unmet(change.Count(t.OnlyCompiled, "Tested-by tag")+" of compiling alone, and no word of running it", t.Evidence("Tested-by"))
		case ran:
			return met("the notes below the message say that it was tested", told)
		}
		if strings.Contains(f.Change.LowerBody(), "test") || strings.Contains(strings.ToLower(f.Change.Notes), "test") {
			return unknown("no Tested-by tag")
		}
		return unknown("no Tested-by tag; a word of a test was not found in its message")
	},
}

// untold is what an author says of his own patch: that nobody ran it, the most that can be
// said against it, or that it was built.
type untold uint8

const (
	saidNothing untold = iota
	saidBuilt
	saidNotRun
)

// The values by which a finding says so.
const (
	notRun    = "untested.author"
	onlyBuilt = "untested.built"
)

// Untested reports whether a finding is the author's word that nobody has run the change.
func Untested(f *Finding) bool {
	return f.ID == Tested.ID && f.Outcome == Unmet && f.Values[notRun]+f.Values[onlyBuilt] > 0
}

func saysOf(how untold) func(*Facts) float64 {
	return func(f *Facts) float64 {
		said, _, _ := f.untested()
		return yes(said == how)
	}
}

// untested finds such a word in the message, in the notes below it, or in the cover letter.
func (f *Facts) untested() (untold, string, Evidence) {
	t, w := f.Tags(), f.Words()
	if t.Ran != nil && (!signs.SamePerson(t.Ran.Value, f.Change.Author) || !w.Has(signs.WordNotRun)) {
		return saidNothing, "", Evidence{}
	}
	note, noted := f.noted(signs.WordNotRun, "")
	_, ran := f.noted(signs.WordRan, "tested")
	ran = ran || w.Has(signs.WordRan) || t.TestedOn != nil
	switch {
	case w.Has(signs.WordNotRun):
		return neverRun("its author says", w.Evidence(signs.WordNotRun))
	case w.Has(signs.WordCompiled) && !w.Has(signs.WordRan) && t.TestedOn == nil:
		return saidBuilt, "its author says that it was compiled, and nothing of running it", w.Evidence(signs.WordCompiled)
	case noted && !ran:
		return neverRun("its author says below the message", note)
	case ran || f.Change.Prefix.RFC || t.Tested > 0:
		return saidNothing, "", Evidence{}
	}
	if note, ok := f.noted(signs.WordCompiled, ""); ok {
		return saidBuilt, "its author says below the message that it was compiled, and nothing of running it", note
	}
	if f.Series != nil && f.Series.Untested != (Evidence{}) {
		return neverRun("its cover letter says", f.Series.Untested)
	}
	return saidNothing, "", Evidence{}
}

// neverRun tells "compile tested only" from "untested".
func neverRun(who string, ev Evidence) (untold, string, Evidence) {
	if said := strings.ToLower(ev.Text); strings.Contains(said, "compil") || strings.Contains(said, "build") || strings.Contains(said, "built") {
		return saidBuilt, who + " that it was only compiled", ev
	}
	return saidNotRun, who + " that it was not run", ev
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
