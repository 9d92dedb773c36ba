package signs

import (
	"slices"
	"strings"
)

// Whose bug a word of harm is of: this change's, one that another change mended, one that
// the author thinks of as an example, or none of the kernel's.

// whoseReach is how far a sentence is read for whose bug a word in it is.
const whoseReach = 200

// ofElse drops the kinds of bug of a word that is not about the bug that is fixed.
func ofElse(s string, at int, mask uint64) uint64 {
	if mask&(1<<WordTool) != 0 && ranClean(s, at) {
		mask &^= 1 << WordTool
	}
	if mask&(Bugs|1<<WordFailure) == 0 {
		return mask
	}
	if asExample(s, at) || ofFixed(s, at) {
		mask &^= Bugs | 1<<WordFailure | 1<<WordCrash | 1<<WordRefcount
	}
	if mask&(1<<WordMemory) != 0 && strings.HasPrefix(s[at:], "uninit") && warnedOf(s, at) {
		mask &^= 1 << WordMemory
	}
	if mask&(1<<WordSymptom) != 0 && ofTests(s, at) {
		mask &^= 1 << WordSymptom
	}
	return mask
}

// asExample reports whether the word at offset at stands in brackets as an example of what
// no sentence says to happen: "failures of the bus are not handled (e.g. bus error)". What
// a bug does may be told so too: "it leads to trouble (e.g. a crash)".
func asExample(s string, at int) bool {
	before := s[max(0, at-whoseReach):at]
	open := strings.LastIndexByte(before, '(')
	if open < 0 || strings.Contains(before[open:], ")") {
		return false
	}
	inside := strings.TrimLeft(before[open+1:], " ")
	if !slices.ContainsFunc([]string{"e.g.", "eg.", "e.g,", "for example", "for instance"}, func(w string) bool { return strings.HasPrefix(inside, w) }) {
		return false
	}
	sentence := oneLine(lastSentence(before[:open]))
	return !slices.ContainsFunc([]string{" cause", " causing", " lead", " led ", " result", " trigger", " issue", " problem", " bug", " symptom", " behavio", " make", " break",
		" produce", " occur", " happen", " hit ", " see ", " seen ", " observe", " crash", " corrupt", " trouble",
		" fatal", " unreliable", " unsafe", " broken"}, func(w string) bool { return strings.Contains(sentence, w) })
}

// ofFixed reports whether the bug at offset at is one that another change mended: "the leak
// fix series", "jobs leak, which the series fixed", "commit 0123456789ab fixed a deadlock".
// Where a later sentence says that it is still there, it is this change's as well.
func ofFixed(s string, at int) bool {
	after := oneLine(s[at:min(len(s), at+whoseReach)])
	_, rest, _ := strings.Cut(strings.TrimLeft(after, " "), " ")
	for _, fix := range [...]string{"fix series", "fix patch", "fix commit", "fix from ", "fixes from ", "fixes series", "fix introduced", "fix itself"} {
		if strings.HasPrefix(rest, fix) {
			return true
		}
	}
	clause, _, _ := strings.Cut(after, ". ")
	for _, by := range [...]string{"which the series fixed", "that the series fixed", "which that series fixed", "which that commit fixed", "which it fixed", "which that patch fixed",
		"was fixed by commit", "was fixed in commit", "been fixed by commit", "been fixed in commit", "was already fixed", "were already fixed", "is already fixed", "been already fixed", "already been fixed"} {
		if strings.Contains(clause, by) {
			return !stillThere(s[min(len(s), at+strings.Index(clause, by)):])
		}
	}
	return mendedBefore(oneLine(lastSentence(s[max(0, at-whoseReach):at]))) && !stillThere(s[at:])
}

// mendedBefore reports whether the beginning of a sentence says of another change that it
// mended what comes next. A title in quotes says nothing of it.
func mendedBefore(said string) bool {
	if i := strings.LastIndex(said, `("`); i >= 0 {
		if j := strings.LastIndex(said, `")`); j > i {
			said = said[:i] + said[j+2:]
		} else {
			return false // the word stands in the title
		}
	}
	from := -1
	for _, other := range [...]string{"the previous commit ", "the earlier commit ", "the earlier series ", "the aforementioned ", "the original fix "} {
		if i := strings.LastIndex(said, other); i >= 0 {
			from = max(from, i+len(other))
		}
	}
	if i := strings.LastIndex(said, "commit "); i >= 0 && shaLength(said[i+len("commit "):]) >= 8 {
		from = max(from, i+len("commit "))
	}
	if from < 0 {
		return false
	}
	for _, verb := range [...]string{" fixed ", " fixes ", " addressed ", " solved ", " resolved "} {
		i := strings.LastIndex(said[from:], verb)
		if i < 0 {
			continue
		}
		between := said[from+i:] // the object: a long way, or a turn, leads elsewhere
		return len(between) < 60 && !slices.ContainsFunc([]string{",", " we ", " but ", " which ", " that ", " by ", " however", " and ", " because", " introduc", " caus", " when ", " where "},
			func(w string) bool { return strings.Contains(between, w) })
	}
	return false
}

// shaLength counts the digits of a SHA that begins s.
func shaLength(s string) int {
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] >= 'a' && s[n] <= 'f') {
		n++
	}
	return n
}

// stillThere reports whether the sentences that follow say that what another change mended
// goes on somewhere.
func stillThere(s string) bool {
	s = " " + oneLine(s[:min(len(s), 2*whoseReach)]) + " "
	return slices.ContainsFunc([]string{" still ", " incomplete", " missed", " forgot", " the same ", " similar", " remain", " not enough", " insufficient",
		" too.", " too,", " as well", " is also ", " are also ", " also leak", " also need", " also affect", " also happen", " also ha", " also suffer", " also exist", " also miss", " also fail", " likewise", " needs ", " came back", " reappear"},
		func(w string) bool { return strings.Contains(s, w) })
}

// ranClean reports whether a checker at offset at is named as one that the author ran, and
// that found nothing or not this first: "checked with smatch", "smatch also complains".
func ranClean(s string, at int) bool {
	if _, rest, _ := strings.Cut(s[at:min(len(s), at+meaningReach)], " "); strings.HasPrefix(rest, "also ") {
		return true // it complains as well, and something else was first
	}
	words := strings.Fields(oneLine(lastSentence(s[max(0, at-whoseReach):at])))
	n := len(words)
	if n == 0 {
		return false
	}
	switch words[n-1] {
	case "no", "without", "passes", "pass", "passed", "clean":
		return true
	case "new": // a robot's own report begins with "New smatch warnings:"
		return n > 1 && slices.Contains([]string{"no", "without", "any"}, words[n-2])
	case "with", "using", "by", "under", "through":
		return n > 1 && slices.Contains([]string{"tested", "test-built", "checked", "built", "compiled", "validated", "run", "ran", "clean", "cleanly"}, words[n-2])
	}
	return false
}

// warnedOf reports whether what is not initialised at offset at is what a warning speaks
// of, and so is printed: "the uninitialized cache warning". A sanitizer saw it being used.
func warnedOf(s string, at int) bool {
	if strings.Contains(s, "kmsan") {
		return false
	}
	after := oneLine(s[at:min(len(s), at+2*meaningReach)])
	if i := strings.IndexAny(after, ".:;,"); i >= 0 {
		after = after[:i]
	}
	words := strings.Fields(after)
	if i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "warning") }); i > 0 && i <= 3 &&
		!slices.ContainsFunc(words[:i], ofLocks) {
		return true
	}
	return strings.HasSuffix(strings.TrimRight(oneLine(s[max(0, at-meaningReach):at]), " "), " about")
}

// ofLocks reports whether a word is of what the kernel itself finds not to be initialised.
func ofLocks(word string) bool {
	return strings.Contains(word, "lock") || strings.Contains(word, "mutex") || word == "list" || word == "timer"
}

// ofTests reports whether what is unstable, or does not work, at offset at is a test: no
// user meets that.
func ofTests(s string, at int) bool {
	words := strings.Fields(oneLine(lastSentence(s[max(0, at-whoseReach):at])))
	for i := len(words) - 1; i >= 0; i-- {
		switch w := strings.TrimRight(words[i], ","); w {
		case "is", "are", "was", "were", "being", "be", "been", "becoming", "become", "to", "sometimes", "often", "does", "do", "did", "from", "the":
			continue
		default:
			return w == "test" || w == "tests" || strings.HasSuffix(w, "selftest") || strings.HasSuffix(w, "selftests") || strings.HasSuffix(w, "self-tests") ||
				strings.HasSuffix(w, "self-test") || strings.HasSuffix(w, "-tester") || strings.HasSuffix(w, "kunit")
		}
	}
	return false
}

// lastSentence is what stands behind the last end of a sentence in s.
func lastSentence(s string) string {
	from := 0
	for _, end := range [...]string{". ", ".\n", "\n\n", "; "} {
		if i := strings.LastIndex(s, end); i >= 0 {
			from = max(from, i+len(end))
		}
	}
	return s[from:]
}

// oneLine is s with its line ends as blanks.
func oneLine(s string) string {
	if strings.IndexByte(s, '\n') < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\n", " ")
}
