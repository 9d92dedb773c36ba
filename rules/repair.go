package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

type repair struct {
	verbs []string
	signs []signs.Sign
	what  string
}

// repairs are the verbs by which titles tell of a repair without the word "fix", and what
// of the diff shows that it is one. By the verb alone "check" may as well begin a feature,
// and "free" a tidying.
var repairs = []repair{
	{[]string{"check", "checks", "validate", "verify", "ensure", "guard", "protect", "cap", "clamp", "sanitize", "sanitise",
		"limit", "restrict", "reject", "bail", "skip", "ignore",
		"avoid", "prevent", "don't", "dont", "stop", "disallow", "never", "forbid", "refuse", "bound", "harden"},
		[]signs.Sign{signs.SignNullCheck, signs.SignBounds, signs.SignErrorPath, signs.SignCondition}, "a check"},
	{[]string{"initialise", "initialize", "init", "zero", "clear", "reset"}, []signs.Sign{signs.SignInit}, "an initial value"},
	{[]string{"free", "release", "put", "unregister", "destroy", "cancel", "flush", "kill", "unmap", "wait"},
		[]signs.Sign{signs.SignFree, signs.SignRef}, "something that is given back"},
	{[]string{"lock", "take", "hold", "protect", "serialize", "serialise", "grab"},
		[]signs.Sign{signs.SignLock, signs.SignRef}, "a lock or a reference"},
	{[]string{"return", "propagate", "handle", "fail"}, []signs.Sign{signs.SignErrorPath, signs.SignCondition}, "an error path"},
	{[]string{"restore", "preserve", "save", "correct", "recover", "repair", "retry"},
		[]signs.Sign{signs.SignCondition, signs.SignRegister, signs.SignErrorPath, signs.SignValue, signs.SignInit}, "what it names"},
}

// repairLines is the most lines of code of which a title can be believed to say what all
// of them are for.
const repairLines = 60

// Repairs reports whether title and diff together show a repair that neither a tag nor the
// word "fix" tells of: "check the ring before its use", with a check that was not there.
func (f *Facts) Repairs() (what string, ev Evidence, ok bool) {
	w, c := f.Words(), f.Code()
	if f.feature() || f.Change.Size.CodeLines > repairLines || f.trivialByDiff() != "" {
		return "", Evidence{}, false
	}
	for _, k := range [...]signs.Word{signs.WordCleanup, signs.WordTrivial, signs.WordDocs, signs.WordDebug,
		signs.WordNoise, signs.WordCompiler, signs.WordVersion, signs.WordPerformance} {
		if w.InTitle(k) {
			return "", Evidence{}, false
		}
	}
	for i := range repairs {
		r := &repairs[i]
		if !slices.Contains(r.verbs, w.Verb) {
			continue
		}
		if s, ok := c.Mends(r.signs...); ok {
			return r.what, c.Evidence(s), true
		}
	}
	return "", Evidence{}, false
}

// repairing reports whether the title tells of a repair by its verb, or of a check that
// was not there; where the message tells of a bug as well, no line of the diff is needed.
func (f *Facts) repairing() bool {
	w := f.Words()
	if f.feature() || f.trivialByDiff() != "" || w.InTitle(signs.WordCleanup) || w.InTitle(signs.WordDebug) {
		return false
	}
	return w.InTitle(signs.WordGuard) || slices.ContainsFunc(repairs, func(r repair) bool { return slices.Contains(r.verbs, w.Verb) })
}

// trivialByDiff says why the diff alone shows that users gain nothing, "" where it does not.
func (f *Facts) trivialByDiff() string {
	if f.gain == nil {
		reason := f.gainNothing()
		f.gain = &reason
	}
	return *f.gain
}

func (f *Facts) gainNothing() string {
	c := f.Code()
	debugs, _ := f.onlyPrints()
	switch {
	case !f.complete():
		return ""
	case c.WhitespaceOnly:
		return "only blanks and line breaks differ"
	case !f.hasCode() && c.Docs > 0:
		return "only documentation changes: " + change.Count(c.Docs+c.Tests, "file")
	case c.CommentsOnly && c.Docs > 0:
		return "only comments and documentation differ"
	case c.CommentsOnly:
		return "only comments differ"
	case !f.hasCode() && c.Tests > 0:
		return "only tests and tools change: " + change.Count(c.Tests, "file")
	case debugs != "" && !f.buildError():
		return debugs
	case f.renames() && !f.buildError():
		return "only a name differs"
	case signs.OnlyQualifiers(f.Change.Files) && !f.buildError():
		return "only const, static, inline or extern differ"
	}
	return ""
}

// renames reports whether one name is spelt another way everywhere and nothing else differs.
func (f *Facts) renames() bool {
	renames, defined := signs.Renames(f.Change.Files)
	return renames && (defined || f.Words().Verb == "rename")
}

// TitleNamesBug reports whether the title says "bug", which is a fix by another word.
func (f *Facts) TitleNamesBug() bool {
	for w := range strings.FieldsSeq(f.Change.LowerSubject()) {
		if w = strings.Trim(w, ".,:;()"); w == "bug" || w == "bugs" {
			return true
		}
	}
	return false
}

// styled reports whether the title calls the change spelling, style or documentation, and
// the diff does not show another thing: "a typo in an assignment" is one of code.
func (f *Facts) styled() bool {
	w, c := f.Words(), f.Code()
	if !w.InTitle(signs.WordTrivial) && !w.InTitle(signs.WordDocs) && !w.InTitle(signs.WordStyle) || w.TitleHas(signs.Bugs) || f.met() {
		return false
	}
	renames, _ := signs.Renames(f.Change.Files)
	if c.StringsOnly || !f.complete() || f.onlyText() || renames || signs.Reorders(f.Change.Files) {
		return true
	}
	// The code differs. By its author's word that it mends something, or by a check that it
	// adds, it does something else as well.
	_, mends := c.Mends(signs.SignNullCheck, signs.SignBounds, signs.SignErrorPath, signs.SignLock, signs.SignFree, signs.SignValue)
	return len(f.Change.Fixes) == 0 && f.asked() == nil && !mends
}

// onlyText reports whether nothing but help texts of Kconfig changes.
func (f *Facts) onlyText() bool {
	c := f.Code()
	return c.Sources+c.UAPI == 0 && c.Added[signs.SignConfig]+c.Added[signs.SignConfigDep]+c.Removed[signs.SignConfigDep] == 0
}

// met reports whether somebody who runs kernels met it: a person reported it, a tracker has
// it, or a kernel printed what happened.
func (f *Facts) met() bool {
	w := f.Words()
	return w.Traced() || f.people()+w.Bugs() > 0
}

// noise says that the change is what a compiler or checker asks for and nobody meets,
// whatever its text claims; "" where it is not.
func (f *Facts) noise() (string, Evidence) {
	w := f.Words()
	told := w.BodyHas(signs.Bugs&^(1<<signs.WordTrace)) || w.Has(signs.WordFailure)
	tool := w.InTitle(signs.WordCompiler) || w.InTitle(signs.WordTool) || w.InTitle(signs.WordNoise) ||
		w.InTitle(signs.WordStyle) && printed(Evidence{Text: f.Change.Subject})
	switch {
	case w.TitleHas(signs.Bugs), w.Traced(), f.buildError():
	case tool:
		at := cmp.Or(w.Evidence(signs.WordNoise), w.Evidence(signs.WordCompiler), w.Evidence(signs.WordTool))
		return "for a compiler or checker, by its title", at
	case f.met() || !w.Has(signs.WordNoise):
	case (w.Has(signs.WordTool) || w.Has(signs.WordCompiler)) && !told:
		return "mends what a checker asks for", w.Evidence(signs.WordNoise)
	}
	return "", Evidence{}
}
