package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// UserReport asks whether anybody met the bug.
var UserReport = &Rule{
	ID: "reported",
	Doc: `somebody met the bug and said so

A Reported-by or Closes tag, a link to a bug tracker, a distribution's bug
number: the strongest sign that a bug bothers people. A robot's or fuzzer's
report counts too and is counted apart. Most fixes have none, so silence is
unknown; unmet is a fix whose author says that it was found by reading code or
by a checker, or that he made it happen: injected a fault, or played the device.

Met: Reported-by with a Closes link to a tracker.
Unmet: "found by code inspection, not observed".`,
	Ref: Ref{stableRules, ruleList, "a bug that people suffer from, or a serious issue reported by a distribution's user"},
	Values: slices.Concat(
		[]Value{
			{Name: "vouch.reported", Doc: "reported by people", Of: func(f *Facts) float64 { return yes(f.people() > 0) }},
			{Name: "vouch.robot", Doc: "reported by a robot", Of: func(f *Facts) float64 { return yes(f.Tags().ReportedByBot > 0) }},
			{Name: "vouch.bug", Doc: "links a bug tracker", Of: func(f *Facts) float64 { return yes(f.Words().Bugs() > 0) }},
		},
		wordValues("user", signs.WordUser, "users"),
	),
	Run: func(f *Facts) (Finding, error) {
		t, w := f.Tags(), f.Words()
		robots, people, tools := t.ReportedByBot+w.Robots()-t.BotTools, f.people(), t.ByTool > 0 || w.Has(signs.WordTool)
		var out Finding
		switch {
		case !f.claimsFix() && !w.Traced() && people == 0:
			out, _ = notApplicable("does not present itself as a fix")
		case people > 0 || w.Bugs() > 0 && robots == 0:
			var ev Evidence
			if people > 0 {
				ev = t.Evidence("Reported-by")
			}
			for _, l := range w.Links {
				if ev == (Evidence{}) && l.Kind == signs.LinkBug {
					ev = Evidence{Line: l.Line, Text: signs.Shorten(l.URL)}
				}
			}
			var parts []string
			if people > 0 {
				parts = append(parts, "reported by "+persons(people))
			}
			switch n := w.Bugs(); {
			case n == 1:
				parts = append(parts, "1 link to a bug tracker")
			case n > 1:
				parts = append(parts, change.Count(n, "link")+" to bug trackers")
			}
			out, _ = met(strings.Join(parts, ", "), ev)
		case robots == 0 && f.staged() != (Evidence{}):
			out, _ = unmet(FoundStaged, f.staged())
		case w.Traced():
			what := "the message shows the trace of a kernel that met it"
			if !w.StackTrace && !w.Report {
				what = "the message names what a kernel printed that met it"
			}
			out, _ = met(what, w.Evidence(signs.WordTrace))
		case robots > 0 && !f.robotRead():
			out, _ = unknown("reported by a robot or fuzzer only", t.Evidence("Reported-by"))
		case tools:
			ev := w.Evidence(signs.WordTool)
			if ev == (Evidence{}) {
				ev = t.Evidence("Reported-by")
			}
			out, _ = unmet(FoundByChecker, ev)
		case w.CheckedLate != (Evidence{}) && !w.Has(signs.WordShown) && !w.Has(signs.WordReport) && robots == 0:
			out, _ = unmet(FoundInSource, w.CheckedLate)
		case w.Has(signs.WordReading) && !w.Has(signs.WordShown) && !w.Has(signs.WordReport) && findsByReading(w.Evidence(signs.WordReading)):
			out, _ = unmet(FoundByReading, w.Evidence(signs.WordReading))
		case w.Has(signs.WordReading):
			out, _ = unmet("found by reading the code", w.Evidence(signs.WordReading))
		case w.InTitle(signs.WordCompiler) && !f.buildError():
			out, _ = unmet("about "+f.warner()+" warning, which nobody who runs the kernel meets", w.Evidence(signs.WordCompiler))
		case w.Has(signs.WordReport):
			out, _ = unknown("the message tells of a report: no Reported-by tag says whose, and no link leads to it", w.Evidence(signs.WordReport))
		default:
			out, _ = unknown("no Reported-by tag, and no link to a bug tracker")
		}
		return out, nil
	},
}

// FoundByChecker is what reported says of a bug that a program found in the source: whether
// anybody can meet it is another question.
const FoundByChecker = "found by a static checker, and that somebody met it was not found in the message"

// FoundInSource is what it says of a pointer that is checked too late. Static checkers find
// such, and mostly it is the check that nobody needs.
const FoundInSource = "dereferenced before its check, as static checkers find it; that somebody met it was not found in the message"

// FoundByReading and FoundStaged are what it says of a bug that its author read, or made
// happen.
const (
	FoundByReading = "found by reading the code, and that somebody met it was not found in the message"
	FoundStaged    = "its author made it happen, by an injected fault or delay or a simulated device; that somebody met it was not found in the message"
)

// OnPaper reports whether a reason of reported says that the bug stands in the source alone,
// as far as the message tells, or in what its author did to meet it.
func OnPaper(reason string) bool {
	switch reason {
	case FoundByChecker, FoundInSource, FoundByReading, FoundStaged:
		return true
	}
	return false
}

// findsByReading tells a bug that was read from what a reader of the code thinks besides.
func findsByReading(line Evidence) bool {
	low := strings.ToLower(line.Text)
	for _, w := range [...]string{"found", "noticed", "spotted", "discovered", "identified", "detected", "caught"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// staged is where the author says that he made the bug happen.
func (f *Facts) staged() Evidence {
	if ev := signs.Staged(f.Change.Body); ev != (Evidence{}) {
		return ev
	}
	ev := signs.Staged(f.Change.Notes)
	ev.Line = 0
	return ev
}

// ByChecker ends what real-bug says of such a bug.
const ByChecker = ", which a checker found"

// people counts those who reported the bug. Whoever stands beside a robot that ran a
// checker passed on what that printed, and a program that reads the source is nobody.
func (f *Facts) people() int {
	if f.robotRead() {
		return 0
	}
	t := f.Tags()
	return t.Reported - (t.ByTool - t.BotTools)
}

// robotRead reports whether a robot passed on what a checker found, and nothing ran.
func (f *Facts) robotRead() bool {
	t, w := f.Tags(), f.Words()
	return t.ReportedByBot > t.BotTools && w.Has(signs.WordTool) && !w.Traced() && w.Bugs() == 0 && !t.Fuzzer()
}

// onlyRead reports whether the bug stands in the source by the word of a checker, and
// nothing in the message says that it was met or how it can be.
func (f *Facts) onlyRead() bool {
	t, w := f.Tags(), f.Words()
	return (t.ByTool > 0 || w.Has(signs.WordTool)) && !f.met() && !w.LogError && !t.Fuzzer() && !w.Has(signs.WordShown) && !w.Has(signs.WordReport)
}

// bug is what the title, or else the message, says of its gravest kind: a crash, one that a
// checker found, one that is possible by its own words or, of a title's, by the message.
func (f *Facts) bug(k signs.Word) string {
	w := f.Words()
	noun := w.Noun(k)
	_, could := w.InMessage(k)
	happened := w.Traced() || f.met() || f.reported() || w.Has(signs.WordShown)
	switch {
	case f.onlyRead():
		return noun + ByChecker
	case w.Could(k) && (!happened || w.InTitle(k) && !w.Traced()):
		return possible(noun)
	case could && !happened && !w.Could(k):
		return noun + ", which its message calls possible"
	}
	return noun
}

// possible is a bug that could be: "a possible crash".
func possible(noun string) string {
	for _, article := range [...]string{"a ", "an "} {
		if name, ok := strings.CutPrefix(noun, article); ok {
			return "a possible " + name
		}
	}
	if strings.HasPrefix(noun, "something ") {
		return noun + ", which its message calls possible"
	}
	return "possible " + noun
}

func persons(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
