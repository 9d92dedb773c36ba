package rules

// Tested asks whether anybody ran the change.
var Tested = &Rule{
	ID: "tested",
	Doc: `somebody ran the change

A tag is the usual way to say so; a sentence of the message counts as well.
Most changes that stable takes carry neither, so silence is unknown. Unmet is
the author's own word that it was not run, and a posting for comments only.

Met: a patch with a Tested-by, or one that says on which board it was tested.
Unmet: a patch whose author could only compile it.`,
	Ref: Ref{stableRules, ruleList, "the change has been tested"},
	Run: func(f *Facts) (Finding, error) {
		t, w := f.Tags(), f.Words()
		switch {
		case t.ran != nil:
			return met(plural(t.Tested-t.OnlyCompiled, "Tested-by tag"), tagLine(t.ran))
		case w.Has(WordNotRun):
			return unmet("its author says that it was not run", w.Evidence(WordNotRun))
		case w.Has(WordCompiled) && !w.Has(WordRan):
			return unmet("its author says that it was compiled, and nothing of running it", w.Evidence(WordCompiled))
		case f.Change.Prefix.RFC:
			return unmet("posted for comments, not as a finished patch")
		case w.Has(WordRan):
			return met("the message says that it was tested", w.Evidence(WordRan))
		case t.OnlyCompiled > 0:
			return unmet(plural(t.OnlyCompiled, "Tested-by tag")+" of compiling alone, and no word of running it", t.Evidence("Tested-by"))
		}
		return unknown("neither a tag nor the message says that it was tested")
	},
}
