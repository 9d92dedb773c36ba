package rules

import (
	"slices"

	"github.com/stablebot/stablebot/rules/signs"
)

// Performance holds back speed-ups that no distribution asked for.
var Performance = &Rule{
	ID: "performance",
	Doc: `a performance fix comes with a distribution's request and a bug link

Such fixes are less obvious and break other things more easily, so stable asks
for a maintainer of a distribution's kernel to want it, with a link to the bug
entry and a word on what users see. Applies to changes that are about speed and
about nothing graver.

Met: a fix for stutter, with a link to a distribution's bug tracker.
Unmet: "speed up page clearing by 3 %", without a report.`,
	Ref: Ref{stableRules, ruleList, "notable performance or interactivity issues count if a distribution's kernel maintainer submits them with a link to the report and their impact"},
	Values: slices.Concat(
		wordValues("performance", signs.WordPerformance, "slowness"),
		wordValues("distro", signs.WordDistro, "a distribution"),
	),
	Run: func(f *Facts) (Finding, error) {
		w := f.Words()
		switch {
		case !w.InTitle(signs.WordPerformance) || !f.hasCode():
			return notApplicable("not about performance, by its title")
		case w.TitleHas(signs.Bugs):
			return notApplicable("about something graver than performance, by its title")
		}
		distro, link := w.Has(signs.WordDistro), w.Bugs() > 0
		for _, l := range w.Links {
			distro = distro || l.Kind == signs.LinkBug && signs.DistroLink(l.URL)
		}
		switch {
		case distro && link:
			return met("about performance, with a distribution named and a link to the report", w.Evidence(signs.WordDistro))
		case link:
			return unknown("about performance, with a link to a report but no distribution's request", w.Evidence(signs.WordPerformance))
		}
		return unmet("about performance, without a distribution's request and a link to the report", w.Evidence(signs.WordPerformance))
	},
}
