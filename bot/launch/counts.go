package launch

import (
	"strings"

	"github.com/stablebot/stablebot/rules/verdict"
)

// Counts reports whether a change is a row: a fix, by the judgement's own answer, that
// gets a label. Where it is none and claims to be one (it names a culprit, or asks for
// stable), why says what the judgement says of it.
func Counts(j verdict.Judgement, claims bool) (is bool, why string) {
	if j.IsFix() && j.Verdict != verdict.OutOfScope {
		return true, ""
	}
	if !claims {
		return false, ""
	}
	return false, strings.TrimPrefix(j.Reason, "not a fix: ")
}
