package rules

import (
	"slices"
	"strings"
)

// RealBug asks whether the change fixes something that people meet.
var RealBug = &Rule{
	ID: "real-bug",
	Doc: `fixes a real bug that bothers people

A crash, a hang, corruption, a leak, a hole, a regression, a failure that users
see, a hardware quirk. What the message says counts most: the words for such
bugs, a trace of the kernel, a report or a link to one. The words count when
the change presents itself as a fix (a tag, its title), for many features speak
of errors too. A fix that names its culprit but not what people meet is
unknown: one sentence from its author settles it. The kinds are a list of words,
so a symptom told in other words is not found, and the finding says no more. A
print or a trace that is new fixes nothing, whatever report it was written for.

Met: "fix a use after free in the flip handler", with a KASAN report.
Unmet: "print the ring name in hex", without tag, report or symptom.`,
	Ref: Ref{stableRules, ruleList, "a bug that people suffer from: oops, hang, corruption, security, quirk and the like"},
	Run: func(f *Facts) (Finding, error) {
		w := f.Words()
		out, err := realBug(f, w)
		flag := func(b bool) float64 {
			if b {
				return 1
			}
			return 0
		}
		var titled, told float64
		for k := range WordTrace + 1 {
			titled += flag(w.InTitle(k))
			told += flag(w.Has(k))
		}
		out.Values = map[string]float64{"kinds": told, "kinds_in_title": titled, "trace": flag(w.StackTrace),
			"claims": flag(f.claimsFix()), "quirk": flag(f.quirk())}
		return out, err
	},
}

// quirk reports whether the change works around one device or board.
func (f *Facts) quirk() bool {
	switch f.Words().Verb {
	case "revert", "remove", "drop": // an end of one
		return false
	}
	return f.Words().InTitle(WordQuirk) || f.Code().Net(SignQuirk) > 0 && f.Words().Has(WordQuirk)
}

func realBug(f *Facts, w *Words) (Finding, error) {
	t, code := f.Tags(), f.Code()
	claims := f.claimsFix()
	reported := t.Reported+t.ReportedByBot-t.ByTool+w.Bugs()+w.Robots() > 0
	if w.Has(WordSparse) && !w.StackTrace && t.Reported-(t.ByTool-t.botTools)+w.Bugs() == 0 {
		reported = false // a robot that ran a checker met nothing
	}
	if code.CommentsOnly || !f.hasCode() && f.complete() {
		return unmet("changes nothing that a kernel runs, so it can fix no bug that people meet")
	}
	if (w.InTitle(WordTrivial) || w.InTitle(WordDocs)) && w.title&bugWords == 0 && !reported && code.Added[SignValue] == 0 {
		return unmet("about spelling, style or documentation, by its title")
	}
	if reason, ev := f.onlyPrints(); reason != "" {
		return unmet(reason, ev)
	}
	for k := range WordTrace + 1 {
		if w.InTitle(k) && (claims || w.InTitle(WordRepair) || w.InTitle(WordWrong)) {
			return met("its title speaks of "+k.String(), w.Evidence(k))
		}
	}
	if f.quirk() {
		ev := code.Evidence(SignQuirk)
		if ev == (Evidence{}) {
			ev = w.Evidence(WordQuirk)
		}
		return met("a hardware quirk or workaround", ev)
	}
	k, bug := w.Bug()
	switch {
	case w.Has(WordNoBug) && !w.StackTrace && !reported && !claims && !bug && w.nothingNew():
		return unmet(w.noBug(), w.Evidence(WordNoBug))
	case w.Has(WordNoBug) && !w.StackTrace && !reported:
		return unknown(w.noBug(), w.Evidence(WordNoBug))
	case bug && w.StackTrace && (claims || reported || !f.feature()):
		ev := []Evidence{w.Evidence(k), w.Evidence(WordTrace)}
		return met("speaks of "+k.String()+" and shows the kernel's trace of it", slices.Compact(ev)...)
	case bug && claims && k != WordTrace:
		return met("a fix whose message speaks of "+k.String(), w.Evidence(k))
	case f.buildError():
		return met("fixes a build error", f.buildEvidence())
	case w.InTitle(WordCompiler) && !reported && (claims || !bug):
		return unmet("silences a compiler: nobody who runs the kernel meets it", w.Evidence(WordCompiler))
	case claims && w.Has(WordFailure):
		return met("a fix whose message speaks of "+WordFailure.String(), w.Evidence(WordFailure))
	case claims && w.Has(WordCompiler) && !reported:
		return unmet("about a compiler's warning; no symptom of the known kinds is named", w.Evidence(WordCompiler))
	case claims && w.Has(WordTool) && !reported:
		return unknown("found by a checker; no symptom of the known kinds is named", w.Evidence(WordTool))
	case f.prints().only && !bug:
		return unknown("changes only what is printed; whether that bothers anybody the known kinds do not tell", f.prints().first)
	case reported && f.debugs():
		return unmet("about what is printed, by its title; the report is one of a bug that it does not mend", w.Evidence(WordDebug))
	case reported && f.byRobots():
		return unknown("reported by a test robot alone; no symptom of the known kinds is named", t.Evidence("Reported-by"))
	case reported && !f.feature():
		ev := t.Evidence("Reported-by")
		if ev == (Evidence{}) {
			ev = t.Evidence("Closes")
		}
		if !claims {
			return met("about something that was reported", ev)
		}
		return met("a fix for something that was reported", ev)
	case bug && claims && w.LogError:
		return met("a fix whose message shows an error that the driver logs", w.Evidence(k))
	case bug && claims:
		return unknown("a fix whose message speaks of "+k.String()+" and shows none", w.Evidence(k))
	case w.Revert:
		return unknown("a revert; no symptom of the known kinds is named")
	case len(f.Change.Fixes) > 0:
		return unknown("names the commit that it fixes; no symptom of the known kinds is named", f.bodyLine(f.Change.Fixes[0].Line))
	case claims:
		return unknown("presents itself as a fix; no symptom of the known kinds is named")
	case bug && !f.feature() && w.Has(WordFix):
		return met("speaks of a fix and of "+k.String(), w.Evidence(k))
	case bug && !f.feature():
		return unknown("speaks of "+k.String()+", but neither tag nor title presents it as a fix", w.Evidence(k))
	}
	// Outside a fix the looser words are no symptom, and their absence is no claim.
	loose := w.Has(WordBuild) || w.Has(WordFailure)
	switch sounds := w.InTitle(WordWrong) || w.InTitle(WordRepair); {
	case f.feature() && (bug || reported) && !f.Submission():
		return unmet("adds something new, by its title ("+w.Verb+"), and nothing presents it as a fix", w.Evidence(k))
	case sounds && loose:
		return unknown("its title sounds like a fix; no tag and no report")
	case sounds:
		return unknown("its title sounds like a fix; no tag, no report, and no symptom of the known kinds")
	case f.Submission() && loose:
		return unknown("offered to stable, and not presented as a fix")
	case f.Submission():
		return unknown("offered to stable; no symptom of the known kinds is named")
	case loose:
		return unmet("not presented as a fix: no tag and no report")
	}
	return unmet("not presented as a fix: no tag, no report, and no symptom of the known kinds is named")
}

// byRobots reports whether nobody but test robots reported it. They build and check
// more than they run; a fuzzer runs.
func (f *Facts) byRobots() bool {
	t, w := f.Tags(), f.Words()
	if t.Reported-(t.ByTool-t.botTools)+w.Bugs() > 0 || t.ReportedByBot+w.Robots() == 0 {
		return false
	}
	for i := range t.list {
		if strings.Contains(strings.ToLower(t.list[i].Value), "syz") {
			return false
		}
	}
	return !w.StackTrace
}

// noBug says what the message says of itself.
func (w *Words) noBug() string {
	if w.nothingNew() {
		return "its message says that it changes nothing in function"
	}
	return "its message calls something harmless, or no bug"
}

// nothingNew reports whether the message says that no function changes.
func (w *Words) nothingNew() bool {
	return strings.Contains(strings.ToLower(w.Evidence(WordNoBug).Text), "functional")
}

// hasCode reports whether a file changes that a kernel is made of.
func (f *Facts) hasCode() bool {
	c := f.Code()
	return c.Sources+c.UAPI+c.Build > 0 || f.Change.Size.Binary > 0
}
