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
so a symptom told in other words may be missed, and the finding says that none
was found, never that none is there. A print or a trace that is new fixes
nothing, whatever report it was written for.

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
		return realBug(f, f.Words())
	},
}

// quirk reports whether the change works around one device or board.
func (f *Facts) quirk() bool {
	if f.quirksToCome() {
		return false
	}
	c, verb := f.Code(), f.Words().Verb
	switch verb {
	case "revert", "constrain", "restrict", "limit", "narrow", "tighten": // an end of one, or less of it
		return false
	case "document", "validate", "verify":
		return false
	}
	// The code around one that is there; "use the quirk for the pad" may bring a row.
	if restructures(verb) || takesOut(verb) || exchanges(verb) && c.Net(signs.SignQuirk) <= 0 && c.Net(signs.SignID) <= 0 {
		return false
	}
	return f.Words().InTitle(signs.WordQuirk) || f.Code().Net(signs.SignQuirk) > 0 && f.Words().Has(signs.WordQuirk) && !f.Code().LoadList
}

// QuirkFound is what real-bug says of a row or a workaround for hardware: such has no
// culprit that a Fixes: tag could name.
const QuirkFound = "a hardware quirk or workaround"

// TitleWrong is what real-bug says of a title that speaks of something wrong and does not
// call the patch a fix.
const TitleWrong = "its title mentions something wrong, or avoiding it; which bug that is was not found in the message"

// quirksToCome reports whether the title brings a means for quirks, and none itself:
// "support quirks that the platform's data names".
func (f *Facts) quirksToCome() bool {
	w := f.Words()
	if c := f.Code(); !w.InTitle(signs.WordQuirk) || w.InTitle(signs.WordFix) || c.Net(signs.SignID) > 0 || c.Net(signs.SignQuirk) > 0 {
		return false
	}
	switch w.Verb {
	case "support", "supports", "introduce", "introduces", "implement", "implements", "provide", "expose", "export", "allow", "adapt", "adapts":
		return true
	}
	return false
}

// realBug asks in order: is there anything that a kernel runs; what the title says; what
// the message says of a bug; what others reported; how it presents itself.
func realBug(f *Facts, w *signs.Words) (Finding, error) {
	if f.isBug == nil {
		bug, err := findBug(f, w)
		if err != nil {
			return bug, err
		}
		f.isBug = &bug
	}
	return *f.isBug, nil
}

func findBug(f *Facts, w *signs.Words) (Finding, error) {
	for _, ask := range [...]func(*Facts, *signs.Words) (Finding, bool){bugNowhere, bugInTitle, bugInMessage, bugReported, bugPresented} {
		if out, ok := ask(f, w); ok {
			return out, nil
		}
	}
	if f.Submission() {
		return unknown("offered to stable; neither tag nor title presents it as a fix")
	}
	if f.justID() {
		return notApplicable("just adds a device ID, which counts as a fix")
	}
	for _, key := range [...]string{"Reported-by", "Reported-and-tested-by", "Closes"} {
		if f.has(key) {
			return unknown("somebody or something reported it; neither tag nor title presents it as a fix", f.Tags().Evidence(key))
		}
	}
	return unknown("neither tag, title nor report presents it as a fix")
}

// What a patch that presents itself as a fix says of its bug. A patch that does not
// mentions it.
const (
	titleReports   = "its title reports "
	messageReports = "a fix whose message reports "
	// messageTells is of what stable-kernel-rules.rst has no word for.
	messageTells = "a fix whose message tells of "
)

// answered drops the error that the forms of an answer never have.
func answered(out Finding, _ error) (Finding, bool) { return out, true }

// reported reports whether somebody or something reported it. A robot that ran a checker
// met nothing.
func (f *Facts) reported() bool {
	t, w := f.Tags(), f.Words()
	if w.Has(signs.WordSparse) && !w.Traced() && f.people()+w.Bugs() == 0 {
		return false
	}
	return f.people()+t.ReportedByBot-t.BotTools+w.Bugs()+w.Robots() > 0
}

// bugNowhere: nothing changes that anybody could meet.
func bugNowhere(f *Facts, w *signs.Words) (Finding, bool) {
	noise, at := f.noise()
	reason, ev := f.onlyPrints()
	put := signs.PutTwice(f.Change.Files, f.Change.Body)
	switch {
	case put.Only && put.Shown:
		return answered(unmet(put.Iterator+" gives back the reference itself when it goes on, so its "+put.Name+" is one too many", put.At))
	case put.Shown && !f.met():
		return answered(unknown("one "+put.Name+" is too many: "+put.Iterator+" gives back the reference itself when it goes on", put.At))
	case put.Name != "" && !f.met():
		return answered(unknown(put.Iterator+" gives back the reference itself when it goes on; whether "+put.Name+" stands in its loop does not show", put.At))
	case f.falseAlarm() != (Evidence{}):
		return answered(unmet("silences a warning that its author calls false", f.falseAlarm()))
	case f.warnsOnly() && w.Has(signs.WordNoBug):
		return answered(unmet("takes away a kernel warning that its author calls harmless", w.Evidence(signs.WordNoBug)))
	case f.signedShift():
		return answered(unmet("writes one bit another way, as C leaves a shift into the sign undefined; the kernel's compilers do not"))
	case f.Code().CommentsOnly || !f.hasCode() && f.complete():
		return answered(unmet("changes nothing that a kernel runs, so it can fix no bug that people meet"))
	case reason != "" && !f.buildError():
		return answered(unmet(reason, ev))
	case f.trivialByDiff() != "":
		return answered(unmet(f.trivialByDiff()))
	case f.styled():
		return answered(unmet("about spelling, style or documentation, by its title"))
	case noise != "":
		return answered(unmet(noise, at))
	}
	return Finding{}, false
}

// falseAlarm is where the author calls a compiler's or checker's warning false that no person
// has reported; a tracker may be that of the compiler.
func (f *Facts) falseAlarm() Evidence {
	if f.Words().Traced() || f.people() > 0 || f.asked() != nil || f.buildError() && !strings.Contains(strings.ToLower(f.Words().CompilerError.Text), "[-werror") {
		return Evidence{}
	}
	if ev := signs.FalseAlarm(f.Change.Body); ev != (Evidence{}) {
		return ev
	}
	ev := signs.FalseAlarm(f.Change.Subject)
	ev.Line = 0
	return ev
}

// warnsOnly reports whether nothing but warnings of the kernel goes, or becomes less, that
// nobody has met.
func (f *Facts) warnsOnly() bool {
	return !f.met() && f.asked() == nil && signs.OnlyWarnings(f.Change.Files)
}

// signedShift reports whether the change only writes a shift into the sign another way,
// for the letter of C. Where the value is widened, the sign goes along: that is a bug.
func (f *Facts) signedShift() bool {
	text := f.Change.LowerSubject() + "\n" + f.Change.LowerBody()
	for _, wider := range [...]string{"exten", "64 bit", "64-bit", "64bit", "32 bits", "negative", "u64", "upper", "high bits", "higher bits"} {
		if strings.Contains(text, wider) {
			return false
		}
	}
	return strings.Contains(text, "undefined") && !f.met() && !f.Tags().Fuzzer() && signs.SignedShift(f.Change.Files)
}

// bugInTitle: the title names the bug, or the device that it is for.
func bugInTitle(f *Facts, w *signs.Words) (Finding, bool) {
	if w.InTitle(signs.WordBuild) && f.buildError() {
		return answered(met("fixes "+f.buildNoun(), f.buildEvidence()))
	}
	if f.claimsFix() && (w.Traced() && w.BodyHas(signs.Bugs) || f.Tags().Fuzzer() && w.BodyHas(1<<signs.WordOops|1<<signs.WordMemory)) {
		return Finding{}, false // what a kernel printed says more
	}
	for k := range signs.WordTrace + 1 {
		if w.InTitle(k) && (f.claimsFix() || w.InTitle(signs.WordRepair) || w.InTitle(signs.WordWrong)) {
			return answered(met(titleReports+f.bug(k), w.Evidence(k)))
		}
	}
	if w.InTitle(signs.WordRefcount) && f.claimsFix() && !f.feature() { // one that is added was not wrong
		return answered(met(titleReports+signs.WordRefcount.String(), w.Evidence(signs.WordRefcount)))
	}
	if f.quirk() {
		ev := f.Code().Evidence(signs.SignQuirk)
		if ev == (Evidence{}) {
			ev = w.Evidence(signs.WordQuirk)
		}
		return answered(met(QuirkFound, ev))
	}
	return Finding{}, false
}

// bugInMessage: the message shows or names what happens.
func bugInMessage(f *Facts, w *signs.Words) (Finding, bool) {
	claims, reported := f.claimsFix(), f.reported()
	k, bug := w.Bug()
	switch {
	case !w.Traced() && !reported && !bug && f.asked() == nil && w.NothingChanges() != (Evidence{}):
		return answered(unmet("its message says that it changes nothing in function", w.NothingChanges()))
	case w.Has(signs.WordNoBug) && !w.Traced() && !reported && !claims && !bug && w.NothingNew():
		return answered(unmet(w.NoBug(), w.Evidence(signs.WordNoBug)))
	case w.Has(signs.WordNoBug) && !w.Traced() && !reported:
		return answered(unknown(w.NoBug(), w.Evidence(signs.WordNoBug)))
	case bug && w.Traced():
		ev := []Evidence{w.Evidence(k), w.Evidence(signs.WordTrace)}
		if k == signs.WordTrace {
			return answered(met(f.traced(), ev[0]))
		}
		return answered(met("reports "+w.Noun(k)+" and "+w.Shows(), slices.Compact(ev)...))
	case w.FixesBuild() && f.buildError():
		return answered(met("fixes "+f.buildNoun(), f.buildEvidence()))
	case bug && claims && k != signs.WordTrace:
		return answered(met(messageReports+f.bug(k), w.Evidence(k)))
	case f.buildError():
		return answered(met("fixes "+f.buildNoun(), f.buildEvidence()))
	case w.InTitle(signs.WordCompiler) && !reported && (claims || !bug):
		return answered(unmet("silences "+f.warner()+" warning: nobody who runs the kernel meets it", w.Evidence(signs.WordCompiler)))
	case claims && w.Has(signs.WordFailure) && f.guards() != "":
		return answered(unknown(f.guards(), w.Evidence(signs.WordFailure)))
	case claims && w.Has(signs.WordFailure):
		return answered(met(messageTells+f.bug(signs.WordFailure), w.Evidence(signs.WordFailure)))
	case claims && w.Has(signs.WordCompiler) && !reported:
		return answered(unmet("about "+f.warner()+" warning", w.Evidence(signs.WordCompiler)))
	case claims && w.Has(signs.WordTool) && !reported:
		return answered(unknown("found by a checker; who met the bug was not found in the message", w.Evidence(signs.WordTool)))
	case f.prints().Only && !bug:
		return answered(unknown("changes only what is printed", f.prints().First))
	}
	return Finding{}, false
}

// warner is whose warnings the title means: those of kernel-doc are of no compiler.
func (f *Facts) warner() string {
	if f.Words().InTitle(signs.WordDocs) {
		return "kernel-doc's"
	}
	return "a compiler's"
}

// bugReported: somebody reported it.
func bugReported(f *Facts, w *signs.Words) (Finding, bool) {
	t := f.Tags()
	switch {
	case !f.reported():
		return Finding{}, false
	case f.debugs():
		return answered(unmet("about what is printed, by its title; it does not mend what was reported", w.Evidence(signs.WordDebug)))
	case f.byRobots():
		return answered(unknown("reported by a test robot", t.Evidence("Reported-by")))
	case f.feature(), f.tidied(), !f.claimsFix() && w.InTitle(signs.WordCleanup) && tidies(w.Verb):
		return Finding{}, false // the report is what the new code, or the tidying, was asked for by
	case !f.claimsFix() && !f.goesWrong() && f.people() == 0 && !f.has("Closes"):
		return Finding{}, false // a task in a tracker that it links to need be no bug
	}
	ev := t.Evidence("Reported-by")
	if ev == (Evidence{}) {
		ev = t.Evidence("Closes")
	}
	if !f.claimsFix() {
		return answered(met("about something that was reported", ev))
	}
	return answered(met(f.reporter()+noSymptom, ev))
}

// reporter says who reported it.
func (f *Facts) reporter() string {
	switch {
	case f.people() > 0:
		return "somebody reported it"
	case f.Tags().Fuzzer():
		return f.Tags().FuzzerName() + " reported it"
	case f.Words().Bugs() > 0:
		return "a bug tracker has it"
	}
	return "a robot reported it"
}

// goesWrong reports whether title or message speaks of anything that is wrong or goes wrong.
func (f *Facts) goesWrong() bool {
	const wrong = signs.Bugs | 1<<signs.WordFailure | 1<<signs.WordWrong | 1<<signs.WordRepair | 1<<signs.WordFix | 1<<signs.WordRefcount | 1<<signs.WordRace
	w := f.Words()
	return w.TitleHas(wrong) || w.BodyHas(wrong) || w.Traced()
}

// bugPresented: what is left is how the change presents itself.
func bugPresented(f *Facts, w *signs.Words) (Finding, bool) {
	claims := f.claimsFix()
	k, bug := w.Bug()
	what, ev, repairs := f.Repairs()
	switch {
	case bug && claims && w.LogError:
		return answered(met("a fix whose message shows an error that the driver logs", w.Evidence(k)))
	case bug && claims:
		return answered(unknown("a fix whose message speaks of "+w.Noun(k)+" and shows none", w.Evidence(k)))
	case w.Revert:
		return answered(unknown("takes back another commit; for which bug was not found in the message"))
	case len(f.Change.Fixes) > 0:
		return answered(unknown(f.byTag(), f.bodyLine(f.Change.Fixes[0].Line)))
	case f.AsksAlone():
		return answered(unknown(AsksStable, f.bodyLine(f.asked().Line)))
	case claims:
		return answered(unknown("presents itself as a fix"))
	case repairs && bug && k != signs.WordTrace:
		return answered(met("mentions "+w.Noun(k)+", and its diff adds "+what, w.Evidence(k), ev))
	case repairs && w.Has(signs.WordFailure) && f.guards() == "":
		return answered(met("mentions "+w.Noun(signs.WordFailure)+", and its diff adds "+what, w.Evidence(signs.WordFailure), ev))
	case bug && k != signs.WordTrace && f.repairing():
		return answered(met("mentions "+w.Noun(k)+", and its title reads like a repair of it", w.Evidence(k)))
	case bug && !f.feature() && w.Has(signs.WordFix):
		return answered(met("mentions a fix and "+w.Noun(k), w.Evidence(k)))
	case bug && !f.feature():
		return answered(unknown("mentions "+w.Noun(k)+"; neither tag nor title presents it as a fix", w.Evidence(k)))
	case f.feature() && (bug || f.reported()) && !f.Submission():
		return answered(unmet("adds something new, by its title ("+w.Verb+"); neither tag nor title presents it as a fix", w.Evidence(k)))
	case repairs:
		reason := "its title (" + w.Verb + ") reads like a fix, and its diff adds " + what
		return answered(unknown(reason+"; whom the bug hits was not found in the message", ev))
	case w.InTitle(signs.WordWrong) || w.InTitle(signs.WordRepair):
		return answered(unknown(TitleWrong))
	}
	return Finding{}, false
}

// byRobots reports whether nobody but test robots reported it. They build and check
// more than they run; a fuzzer runs.
func (f *Facts) byRobots() bool {
	t, w := f.Tags(), f.Words()
	if f.people()+w.Bugs() > 0 || t.ReportedByBot+w.Robots() == 0 {
		return false
	}
	return !t.Fuzzer() && !w.Traced()
}

// hasCode reports whether a file changes that a kernel is made of.
func (f *Facts) hasCode() bool {
	c := f.Code()
	return c.Sources+c.UAPI+c.Build > 0 || f.Change.Size.Binary > 0
}
