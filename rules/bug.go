package rules

import (
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/signs"
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
so a symptom told in other words may be missed, and the finding never says that none is there. A
print or a trace that is new fixes nothing, whatever report it was written for.

Met: "fix a use after free in the flip handler", with a KASAN report.
Unmet: "print the ring name in hex", without tag, report or symptom.`,
	Ref: Ref{stableRules, ruleList, "a bug that people suffer from: oops, hang, corruption, security, quirk and the like"},
	Values: slices.Concat(
		[]Value{
			{Name: "revert", Doc: "undoes another commit", Of: func(f *Facts) float64 { return yes(f.Words().Revert) }},
			{Name: "stack-trace", Doc: "a stack trace stands in the message", Of: func(f *Facts) float64 { return yes(f.Words().StackTrace) }},
			{Name: "code.power", Doc: "touches functions of suspend, resume or power", Of: func(f *Facts) float64 { return yes(f.Code().Power > 0) }},
			{Name: "code.reset", Doc: "touches functions of reset or recovery", Of: func(f *Facts) float64 { return yes(f.Code().Reset > 0) }},
			{Name: "text.length", Doc: "doublings of the message's lines, trailers apart", Of: func(f *Facts) float64 {
				return log2(strings.Count(f.Change.Body, "\n") - len(f.Change.Trailers))
			}},
			{Name: "text.none", Doc: "no text but trailers", Of: func(f *Facts) float64 {
				return yes(strings.Count(f.Change.Body, "\n")+1 <= len(f.Change.Trailers))
			}},
		},
		wordValues("oops", signs.WordOops, "a crash"),
		wordValues("memory", signs.WordMemory, "memory safety"),
		wordValues("security", signs.WordSecurity, "security"),
		wordValues("corruption", signs.WordCorruption, "corruption"),
		wordValues("hang", signs.WordHang, "a hang or deadlock"),
		wordValues("leak", signs.WordLeak, "a leak"),
		wordValues("regression", signs.WordRegression, "a regression"),
		wordValues("symptom", signs.WordSymptom, "a failure that users see"),
		wordValues("trace", signs.WordTrace, "a kernel warning or trace"),
		wordValues("quirk", signs.WordQuirk, "a quirk or workaround"),
		wordValues("fixes", signs.WordFix, "fixing"),
		wordValues("repair", signs.WordRepair, "avoiding, preventing, restoring"),
		wordValues("wrong", signs.WordWrong, "something wrong or missing"),
		wordValues("power", signs.WordPower, "suspend, resume, power"),
		wordValues("reset", signs.WordReset, "reset and recovery"),
		lineValues("null-check", signs.SignNullCheck, "NULL checks"),
		lineValues("bounds", signs.SignBounds, "bounds checks"),
		lineValues("lock", signs.SignLock, "locking"),
		lineValues("ref", signs.SignRef, "references"),
		lineValues("free", signs.SignFree, "freeing"),
		lineValues("alloc", signs.SignAlloc, "allocating"),
		lineValues("init", signs.SignInit, "initialising"),
		lineValues("error-path", signs.SignErrorPath, "error paths"),
		lineValues("quirk", signs.SignQuirk, "quirk tables"),
		lineValues("register", signs.SignRegister, "register writes"),
		lineValues("delay", signs.SignDelay, "delays"),
		lineValues("value", signs.SignValue, "changed numbers"),
		lineValues("macro", signs.SignMacro, "constants"),
	),
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
		for k := range signs.WordTrace + 1 {
			titled += flag(w.InTitle(k))
			told += flag(w.Has(k))
		}
		return out, err
	},
}

// quirk reports whether the change works around one device or board.
func (f *Facts) quirk() bool {
	switch f.Words().Verb {
	case "revert", "remove", "drop": // an end of one
		return false
	}
	return f.Words().InTitle(signs.WordQuirk) || f.Code().Net(signs.SignQuirk) > 0 && f.Words().Has(signs.WordQuirk)
}

func realBug(f *Facts, w *signs.Words) (Finding, error) {
	t, code := f.Tags(), f.Code()
	claims := f.claimsFix()
	reported := t.Reported+t.ReportedByBot-t.ByTool+w.Bugs()+w.Robots() > 0
	if w.Has(signs.WordSparse) && !w.StackTrace && t.Reported-(t.ByTool-t.BotTools)+w.Bugs() == 0 {
		reported = false // a robot that ran a checker met nothing
	}
	if code.CommentsOnly || !f.hasCode() && f.complete() {
		return unmet("changes nothing that a kernel runs, so it can fix no bug that people meet")
	}
	if (w.InTitle(signs.WordTrivial) || w.InTitle(signs.WordDocs)) && !w.TitleHas(signs.Bugs) && !reported && code.Added[signs.SignValue] == 0 {
		return unmet("about spelling, style or documentation, by its title")
	}
	if reason, ev := f.onlyPrints(); reason != "" {
		return unmet(reason, ev)
	}
	for k := range signs.WordTrace + 1 {
		if w.InTitle(k) && (claims || w.InTitle(signs.WordRepair) || w.InTitle(signs.WordWrong)) {
			return met("its title speaks of "+k.String(), w.Evidence(k))
		}
	}
	if f.quirk() {
		ev := code.Evidence(signs.SignQuirk)
		if ev == (Evidence{}) {
			ev = w.Evidence(signs.WordQuirk)
		}
		return met("a hardware quirk or workaround", ev)
	}
	k, bug := w.Bug()
	switch {
	case w.Has(signs.WordNoBug) && !w.StackTrace && !reported && !claims && !bug && w.NothingNew():
		return unmet(w.NoBug(), w.Evidence(signs.WordNoBug))
	case w.Has(signs.WordNoBug) && !w.StackTrace && !reported:
		return unknown(w.NoBug(), w.Evidence(signs.WordNoBug))
	case bug && w.StackTrace && (claims || reported || !f.feature()):
		ev := []Evidence{w.Evidence(k), w.Evidence(signs.WordTrace)}
		return met("speaks of "+k.String()+" and shows the kernel's trace of it", slices.Compact(ev)...)
	case bug && claims && k != signs.WordTrace:
		return met("a fix whose message speaks of "+k.String(), w.Evidence(k))
	case f.buildError():
		return met("fixes a build error", f.buildEvidence())
	case w.InTitle(signs.WordCompiler) && !reported && (claims || !bug):
		return unmet("silences a compiler: nobody who runs the kernel meets it", w.Evidence(signs.WordCompiler))
	case claims && w.Has(signs.WordFailure):
		return met("a fix whose message speaks of "+signs.WordFailure.String(), w.Evidence(signs.WordFailure))
	case claims && w.Has(signs.WordCompiler) && !reported:
		return unmet("about a compiler's warning", w.Evidence(signs.WordCompiler))
	case claims && w.Has(signs.WordTool) && !reported:
		return unknown("found by a checker; who met the bug is not said, as far as was understood", w.Evidence(signs.WordTool))
	case f.prints().Only && !bug:
		return unknown("changes only what is printed", f.prints().First)
	case reported && f.debugs():
		return unmet("about what is printed, by its title; the report is one of a bug that it does not mend", w.Evidence(signs.WordDebug))
	case reported && f.byRobots():
		return unknown("reported by a test robot", t.Evidence("Reported-by"))
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
		return unknown("takes back another commit; its message does not say for which bug, as far as was understood")
	case len(f.Change.Fixes) > 0:
		return unknown("names the commit that it fixes", f.bodyLine(f.Change.Fixes[0].Line))
	case claims:
		return unknown("presents itself as a fix")
	case bug && !f.feature() && w.Has(signs.WordFix):
		return met("speaks of a fix and of "+k.String(), w.Evidence(k))
	case bug && w.StackTrace && !f.feature():
		return met("shows the kernel's trace of "+k.String(), w.Evidence(signs.WordTrace))
	case bug && !f.feature():
		return unknown("speaks of "+k.String()+", but neither tag nor title presents it as a fix", w.Evidence(k))
	case f.feature() && (bug || reported) && !f.Submission():
		return unmet("adds something new, by its title ("+w.Verb+"), and nothing presents it as a fix", w.Evidence(k))
	case w.InTitle(signs.WordWrong) || w.InTitle(signs.WordRepair):
		return unknown("its title sounds like a fix; neither tag nor report says which bug")
	case f.Submission():
		return unknown("offered to stable; its message does not present it as a fix")
	}
	return unknown("neither tag, title nor report presents it as a fix")
}

// byRobots reports whether nobody but test robots reported it. They build and check
// more than they run; a fuzzer runs.
func (f *Facts) byRobots() bool {
	t, w := f.Tags(), f.Words()
	if t.Reported-(t.ByTool-t.BotTools)+w.Bugs() > 0 || t.ReportedByBot+w.Robots() == 0 {
		return false
	}
	return !t.Fuzzer() && !w.StackTrace
}

// hasCode reports whether a file changes that a kernel is made of.
func (f *Facts) hasCode() bool {
	c := f.Code()
	return c.Sources+c.UAPI+c.Build > 0 || f.Change.Size.Binary > 0
}
