package rules

import "strings"

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
	Ref: Ref{stableRules, ruleList, "the change has been tested"},
	Run: func(f *Facts) (Finding, error) {
		t, w := f.Tags(), f.Words()
		note, noted := f.noted(WordNotRun, "")
		told, ran := f.noted(WordRan, "tested") // others "verify" what is wrong
		switch {
		case t.ran != nil && samePerson(t.ran.Value, f.Change.Author) && w.Has(WordNotRun):
			return unmet("its author says that it was not run", w.Evidence(WordNotRun))
		case t.ran != nil:
			return met(plural(t.Tested-t.OnlyCompiled, "Tested-by tag"), tagLine(t.ran))
		case w.Has(WordNotRun):
			return unmet("its author says that it was not run", w.Evidence(WordNotRun))
		case w.Has(WordCompiled) && !w.Has(WordRan):
			return unmet("its author says that it was compiled, and nothing of running it", w.Evidence(WordCompiled))
		case noted && !w.Has(WordRan) && !ran:
			return unmet("its author says below the message that it was not run", note)
		case f.Change.Prefix.RFC:
			return unmet("posted for comments, not as a finished patch")
		case w.Has(WordRan):
			return met("the message says that it was tested", w.Evidence(WordRan))
		case t.OnlyCompiled > 0 && t.OnlyCompiled == t.Tested:
			return unmet(plural(t.OnlyCompiled, "Tested-by tag")+" of compiling alone, and no word of running it", t.Evidence("Tested-by"))
		}
		if ran {
			return met("the notes below the message say that it was tested", told)
		}
		if note, ok := f.noted(WordCompiled, ""); ok {
			return unmet("its author says below the message that it was compiled, and nothing of running it", note)
		}
		return unknown("neither a tag nor the message says that it was tested")
	},
}

// noted looks for a kind of word, told by a phrase that begins so, in the notes between the message and the diff,
// the lists of what changed between versions left out.
func (f *Facts) noted(k Word, begins string) (ev Evidence, ok bool) {
	notes := f.Change.Notes
	if i := strings.Index(notes, "\nChanges "); i >= 0 {
		notes = notes[:i]
	}
	low := strings.ToLower(notes)
	if strings.HasPrefix(low, "changes ") || strings.HasPrefix(low, "changelog") || len(low) != len(notes) {
		return ev, false
	}
	phraseTrie().scan(low, func(at int, mask uint64) {
		if !ok && strings.HasPrefix(low[at:], begins) && meant(low, at, mask)&(1<<k) != 0 && !inChangelog(low, at) {
			ok, ev = true, Evidence{Text: lineAt(notes, at).Text}
		}
	})
	return ev, ok
}
