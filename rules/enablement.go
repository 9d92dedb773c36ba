package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// NoEnablement holds back new functions and new hardware.
var NoEnablement = &Rule{
	ID: "no-enablement",
	Doc: `no new feature and no hardware enablement beyond an ID or a quirk

A stable kernel is repaired, not extended. Told by the first word of the title
(add, support, introduce, enable, ...) and by bring-up words, unless the change
presents itself as a fix, or is no more than an ID. A check or a lock that was
not there is no feature. New functions in the diff are counted beside it. Fixes
that need new code are not meant.

Met: "fix the clock of the second pipe".
Unmet: "add support for the second pipe", 300 lines with 9 new functions.`,
	Ref: Ref{stableRules, ruleList, "a fix or a device ID; what is neither is left to mainline"},
	Values: slices.Concat(
		wordValues("feature", signs.WordFeature, "adding or enabling"),
		wordValues("bringup", signs.WordBringup, "bring-up"),
		verbValues(),
		lineValues("function", signs.SignFunction, "functions"),
	),
	Run: func(f *Facts) (Finding, error) {
		w, c := f.Words(), f.Code()
		fn := max(0, c.Net(signs.SignFunction))
		var out Finding
		switch {
		case c.CommentsOnly && c.Docs > 0:
			out, _ = met("changes nothing but documentation, comments and blanks")
		case c.CommentsOnly:
			out, _ = met("changes nothing but comments and blanks")
		case f.feature() && f.justID():
			out, _ = met(f.byIDAlone())
		case f.feature() && !f.claimsFix() && fn == 0 && f.Change.Size.Added-f.Change.Size.Removed <= 1 && adds(w.Verb):
			out, _ = unknown("its title adds something new (" + w.Verb + "), and its diff leaves hardly more lines than there were")
		case f.feature() && !f.claimsFix():
			out, _ = unmet("adds something new, by its title ("+w.Verb+")"+newFunctions(c), c.Evidence(signs.SignFunction))
		case fn > 0 && f.asked() == nil && f.enablesToFix():
			out, _ = unmet("adds something new to end what it fixes, by its title ("+w.Verb+")"+newFunctions(c), c.Evidence(signs.SignFunction))
		case w.InTitle(signs.WordBringup) && !f.claimsFix():
			out, _ = unmet("early hardware work, by its title")
		case f.feature():
			out, _ = unknown("its title adds something new ("+w.Verb+"), "+f.presents(), f.tagEvidence())
		default:
			out, _ = met("adds no feature by its title" + newFunctions(c))
		}
		return out, nil
	},
}

// newFunctions counts the functions that were not there, and names those that went; ""
// where no more stand there than before, as some of them may be new all the same.
func newFunctions(c *signs.Code) string {
	switch net, gone := c.Net(signs.SignFunction), int(c.Removed[signs.SignFunction]); {
	case net <= 0:
		return ""
	case gone > 0:
		return ", with " + change.Count(net+gone, "new function") + " in place of " + strconv.Itoa(gone)
	default:
		return ", with " + change.Count(net, "new function")
	}
}

// byIDAlone says of an ID that ends a series that it is not alone.
func (f *Facts) byIDAlone() string {
	if p := f.Change.Prefix; p.Of > 1 {
		return fmt.Sprintf("enables hardware by an ID, as patch %d of %d", p.N, p.Of)
	}
	return "enables hardware by an ID alone"
}

// feature reports whether the title announces something new rather than a repair.
func (f *Facts) feature() bool {
	w := f.Words()
	if f.quirksToCome() {
		return true
	}
	if w.TitleHas(signs.Bugs) || w.InTitle(signs.WordFix) || w.InTitle(signs.WordWrong) || w.InTitle(signs.WordQuirk) || w.InTitle(signs.WordGuard) || w.Revert {
		return false
	}
	switch w.Verb {
	case "add", "adds", "adding", "added", "support", "introduce", "introduces", "implement", "implements", "enable", "enables", "enabling",
		"initial", "extend", "expose", "allow", "new", "provide", "create", "advertise", "export":
		return true
	}
	return false
}

// Feature reports whether the change brings something that a driver could not do before,
// by its title, and presents itself as no fix. A helper for what comes after it, or the
// definition of a register, is no such thing.
func (f *Facts) Feature() bool {
	if !f.feature() || f.claimsFix() {
		return false
	}
	title := " " + strings.ToLower(f.Change.Subject) + " "
	for _, part := range [...]string{"helper", "function", "macro", "wrapper", "accessor", "define", "definition", "struct", "member", "field", "register",
		"variable", "parameter", "constant", " enum "} {
		if strings.Contains(title, part) {
			return false
		}
	}
	switch f.Words().Verb {
	case "support", "enable", "enables", "enabling", "implement", "implements", "initial", "advertise":
		return true
	}
	return strings.Contains(title, " support ")
}

// Adds reports whether the change adds something by its title, a helper or a definition
// included, and neither presents itself as a fix nor is no more than an ID.
func (f *Facts) Adds() bool { return f.feature() && !f.claimsFix() && !f.justID() }

// enablesToFix reports whether a title mends something by what hardware or driver could
// not do before: "add EMLSR support to fix clients that are thrown out". A check, a quirk
// or a helper that is added to fix something is no such thing.
func (f *Facts) enablesToFix() bool {
	title := " " + strings.ToLower(f.Change.Subject) + " "
	if !strings.Contains(title, " to fix ") {
		return false
	}
	switch f.Words().Verb {
	case "support", "enable", "enables", "introduce", "introduces", "implement", "implements":
		return true
	case "add", "adds":
		return strings.Contains(title, " support ")
	}
	return false
}

// adds reports whether a verb promises new code, as enable or allow do not.
func adds(verb string) bool {
	switch verb {
	case "add", "adds", "adding", "added", "introduce", "introduces", "implement", "implements", "create", "provide":
		return true
	}
	return false
}

// justID reports whether DeviceID is met.
func (f *Facts) justID() bool {
	out, err := DeviceID.Run(f)
	return err == nil && out.Outcome == Met
}

// presents says what stands beside a title that adds something new.
func (f *Facts) presents() string {
	if f.AsksAlone() {
		return AsksStable
	}
	return "its tags present it as a fix"
}

// tagEvidence points at the tag that makes the change a fix.
func (f *Facts) tagEvidence() Evidence {
	if len(f.Change.Fixes) > 0 {
		return f.bodyLine(f.Change.Fixes[0].Line)
	}
	if t := f.asked(); t != nil {
		return f.bodyLine(t.Line)
	}
	return Evidence{}
}
