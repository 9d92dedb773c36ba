package rules

import (
	"slices"

	"github.com/stablebot/stablebot/rules/signs"
)

// NoTheory holds back bugs that exist on paper.
var NoTheory = &Rule{
	ID: "no-theory",
	Doc: `no theoretical bug, unless it is explained how it can be hit

A race that nobody has met, a "potential" fault that a checker found: stable
wants to hear how it happens. A trace, a report, a reproducer or the two
threads written side by side are such explanations. Applies to changes that
speak of a race or of what could be.

Met: a race with the interleaving of both CPUs and a syzbot report.
Unmet: "in theory a reader could see a stale pointer here".`,
	Ref: Ref{stableRules, ruleList, "nothing of the kind that could become a problem, such as a theoretical race, without an explanation of how it can be exploited"},
	Values: slices.Concat(
		wordValues("theory", signs.WordTheory, "theory"),
		wordValues("race", signs.WordRace, "a race"),
		wordValues("trigger", signs.WordExploit, "how it is triggered"),
	),
	Run: func(f *Facts) (Finding, error) {
		w, t := f.Words(), f.Tags()
		race, theory := w.InTitle(signs.WordRace) || w.Has(signs.WordRace) && f.claimsFix(), w.InTitle(signs.WordTheory) || w.Has(signs.WordPaper) && f.claimsFix()
		could := w.InTitle(signs.WordCouldBe) || w.Has(signs.WordCouldBe) && f.claimsFix()
		potential := w.InTitle(signs.WordPotential) || could
		shown := w.Traced() || w.Has(signs.WordShown) || t.Reported+t.ReportedByBot-t.ByTool+w.Bugs()+w.Robots() > 0
		at := signs.WordPaper
		switch {
		case !theory && could:
			at = signs.WordCouldBe
		case !theory && potential:
			at = signs.WordPotential
		case !theory:
			at = signs.WordRace
		}
		switch {
		case w.InTitle(signs.WordBuild):
			return notApplicable("about building, not about what runs")
		case !race && !theory && !potential && (w.Has(signs.WordRace) || w.Has(signs.WordPaper) || w.Has(signs.WordCouldBe)):
			k := signs.WordRace
			for _, other := range [...]signs.Word{signs.WordPaper, signs.WordCouldBe} {
				if !w.Has(k) {
					k = other
				}
			}
			return notApplicable("mentions "+k.String()+", but neither tag nor title presents it as a fix of that", w.Evidence(k))
		case !race && !theory && !potential:
			return notApplicable("mentions neither a race nor a bug that is only possible")
		case shown:
			k := signs.WordShown
			if w.Traced() {
				k = signs.WordTrace
			}
			return met("says how it is hit, or that it was", w.Evidence(k))
		case theory:
			return unmet("theoretical by its own word; how it could be hit was not found in the message", w.Evidence(at))
		case potential && w.Has(signs.WordTool):
			return unmet("a possible fault that a checker found; how it is hit was not found in the message", w.Evidence(signs.WordTool))
		case potential && w.Has(signs.WordReading):
			return unmet("a possible fault that was found by reading; how it is hit was not found in the message", w.Evidence(signs.WordReading))
		case race:
			return unknown("a race; no trace, report or reproducer of it was found", w.Evidence(at))
		}
		return unknown("mentions a bug that is possible; that it was met was not found in the message", w.Evidence(at))
	},
}
