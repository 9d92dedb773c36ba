package rules

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
	Run: func(f *Facts) (Finding, error) {
		w := f.Words()
		if !w.InTitle(WordPerformance) || w.title&bugWords != 0 || !f.hasCode() {
			return notApplicable("not about performance, or about something graver as well")
		}
		distro, link := w.Has(WordDistro), w.Bugs() > 0
		for _, l := range w.Links {
			distro = distro || l.Kind == LinkBug && distroLink(l.URL)
		}
		switch {
		case distro && link:
			return met("about performance, with a distribution named and a link to the report", w.Evidence(WordDistro))
		case link:
			return unknown("about performance, with a link to a report but no distribution's request", w.Evidence(WordPerformance))
		}
		return unmet("about performance, without a distribution's request and a link to the report", w.Evidence(WordPerformance))
	},
}

// distroLink knows the trackers of distributions by words of their addresses.
func distroLink(url string) bool {
	var hit bool
	phraseTrie().scan(url, func(_ int, mask uint64) { hit = hit || mask&(1<<WordDistro) != 0 })
	return hit
}
