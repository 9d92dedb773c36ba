package rules

import (
	"strings"

	"github.com/stablebot/stablebot/rules/signs"
)

// What real-bug says where a fix by its tag tells of no symptom. The kinds are a list of
// words, so what was not found may be there in others.
const (
	noSymptom = "; no symptom was found in its message"
	// ByTag is said of a fix by its tag alone.
	ByTag = "a fix by its Fixes tag"
	// TidyByTag is said of one whose title is that of a clean-up.
	TidyByTag = "its title is a clean-up's, its Fixes tag calls it a fix"
	// Guards is said of a check against what nobody is said to have met.
	Guards = "a guard against what could happen" + noSymptom
	// Perhaps is said of one whose message says of what goes wrong that it could.
	Perhaps = "its message tells of what could happen" + noSymptom
)

// Listed reports whether what real-bug says is of a kind that stable-kernel-rules.rst
// names: of the others that document is no witness.
func Listed(reason string) bool {
	return !strings.HasPrefix(reason, messageTells) && !strings.HasSuffix(reason, noSymptom)
}

// Apart parts what real-bug says of a fix from what that lacks, which speaks against it.
func Apart(reason string) (favour, against string) {
	if reason == Guards || reason == Perhaps {
		return "", reason
	}
	if favour, lacks := strings.CutSuffix(reason, noSymptom); lacks {
		return favour, strings.TrimPrefix(noSymptom, "; ")
	}
	return reason, ""
}

// OfTag reports whether a reason, or the part of one that Apart returns, is that of a fix by its tag.
func OfTag(reason string) bool { return reason == ByTag || reason == TidyByTag }

// byTag is what a fix by its tag tells: where its title has no word for what was wrong, that
// the message has none either.
func (f *Facts) byTag() string {
	w := f.Words()
	const told = signs.Bugs | 1<<signs.WordWrong | 1<<signs.WordRace | 1<<signs.WordPerformance | 1<<signs.WordFailure
	switch {
	case w.TitleHas(told), strings.Contains(f.Change.LowerSubject(), "timeout"):
		return ByTag
	case !w.InTitle(signs.WordFix) && f.tidies():
		return TidyByTag + noSymptom
	}
	return ByTag + noSymptom
}

// tidies reports whether the title is that of a clean-up, by its words and its verb.
func (f *Facts) tidies() bool {
	w := f.Words()
	if w.InTitle(signs.WordRepair) || !tidies(w.Verb) {
		return false
	}
	title := f.Change.LowerSubject()
	return w.InTitle(signs.WordCleanup) || strings.Contains(title, "devm_") || strings.Contains(title, "helper")
}

// guards says where what goes wrong is what could, by the words of the message, or what a
// title that adds a check is against, and nobody is said to have met it; "" elsewhere.
func (f *Facts) guards() string {
	w := f.Words()
	if strings.Contains(f.Change.LowerSubject(), "warning") || f.met() || f.reported() || w.LogError || w.Has(signs.WordShown) || w.Has(signs.WordReport) {
		return ""
	}
	told, could := w.InMessage(signs.WordFailure)
	switch {
	case !w.InTitle(signs.WordFailure) && could:
		return Perhaps
	case !w.InTitle(signs.WordFailure), told && !could:
		return ""
	case checks(w.Verb):
		return Guards
	case w.Could(signs.WordFailure):
		return Perhaps
	}
	return ""
}

// checks tells the verbs of checks that were not there.
func checks(verb string) bool {
	switch verb {
	case "check", "checks", "validate", "validates", "verify", "verifies", "guard", "guards", "harden", "hardens", "clamp", "cap", "bound",
		"sanitize", "sanitise":
		return true
	}
	return false
}

// traced is what the message shows of what a kernel printed, where that alone says what it was.
func (f *Facts) traced() string {
	w := f.Words()
	noun := w.Noun(signs.WordTrace)
	switch {
	case f.Tags().Fuzzer() && w.StackTrace && noun != signs.WordTrace.String():
		return f.Tags().FuzzerName() + " reports " + noun + "; its trace is shown"
	case noun == signs.WordTrace.String():
		return strings.TrimSuffix(w.Shows(), " of it")
	}
	if w.StackTrace {
		return "reports " + noun + " and shows its trace"
	}
	return "reports " + noun + " and " + w.Shows()
}
