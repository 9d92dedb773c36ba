package signs

import (
	"slices"
	"strings"
)

// untested drops the kinds of a phrase at offset at that says of something else than this
// patch that it was not tested, or was not said by its author.
func untested(s string, at int, mask uint64) uint64 {
	switch before := wordBefore(s, at); {
	case quotedLine(s, at):
		return mask &^ (1<<WordNotRun | 1<<WordCompiled)
	case before == "be" || before == "being": // what a configuration allows: "can be compile tested"
		mask &^= 1 << WordCompiled
	}
	if mask&(1<<WordNotRun) != 0 && (ofOtherMachines(s, at) || !ofThisPatch(s, at) || strings.HasPrefix(s[at:], "access") && !lacks(s, at)) {
		mask &^= 1 << WordNotRun
	}
	return mask
}

// ofOtherMachines reports whether what was not tested is more than what was: "I haven't
// tested on any other systems", "not tested with the 1234:5678 device".
func ofOtherMachines(s string, at int) bool {
	said := s[at:min(len(s), at+meaningReach)]
	if i := strings.Index(said, "."); i >= 0 {
		said = said[:i]
	}
	said = oneLine(said) + " "
	for _, more := range [...]string{" other ", " all ", " every ", " each ", " except "} {
		if strings.Contains(said, more) {
			return true
		}
	}
	_, what, ok := cutAny(said, " with the ", " on the ")
	name, _, _ := strings.Cut(what, " ")
	return ok && strings.ContainsAny(name, "0123456789")
}

// quotedLine reports whether the line of offset at quotes another mail.
func quotedLine(s string, at int) bool {
	return strings.HasPrefix(strings.TrimLeft(lineBefore(s, at), " \t"), ">")
}

// lacks reports whether a clause denies what stands at offset at: "I do not have access to a
// real device".
func lacks(s string, at int) bool {
	clause := " " + oneLine(clauseBefore(s, at))
	return slices.ContainsFunc([]string{" no ", " not ", "n't ", "n’t ", " without ", " lack", " nor "}, func(w string) bool { return strings.Contains(clause, w) })
}

// ofThisPatch reports whether what is not tested, at offset at, is the patch that the
// message is of: nothing stands before it in its clause ("Compile tested only."), or the
// patch or its author does. "This HP model is untested hardware" says it of another thing.
func ofThisPatch(s string, at int) bool {
	if strings.HasPrefix(s[at:], "untested ") && !endsClause(s[at+len("untested "):]) {
		return false
	}
	sentence := strings.Fields(oneLine(lastSentence(s[max(0, at-whoseReach):at])))
	from := 0
	for i, w := range sentence {
		switch strings.TrimRight(w, ",:;)") {
		case "which", "previously", "formerly", "originally", "whose":
			return false
		case "but", "so", "and", "because", "since", "as", "though", "although", "while", "or":
			from = i + 1
		default:
			if strings.ContainsAny(w[len(w)-1:], ",:;)") || w == "-" || w == "--" {
				from = i + 1
			}
		}
	}
	if from > 0 && leavesOut(sentence[:from]) {
		return false
	}
	switch subject, verb := subjectOf(sentence[from:]); {
	case subject:
		return true
	case len(bare(sentence[from:])) > 0:
		return false
	case !verb:
		return true
	}
	subject, _ := subjectOf(sentence)
	return subject
}

// leavesOut reports whether the words before a reason say what the patch does not do.
func leavesOut(words []string) bool {
	i := slices.Index(words, "not")
	return slices.Contains(words, "omitted") || slices.Contains(words, "skipped") || i >= 0 && i+1 < len(words) &&
		slices.Contains([]string{"added", "included", "converted", "enabled", "done", "changed", "touched", "covered", "listed"}, strings.TrimRight(words[i+1], ","))
}

// endsClause reports whether what follows "untested" is no thing that is.
func endsClause(rest string) bool {
	word, _, _ := strings.Cut(strings.TrimLeft(rest, " \n"), " ")
	switch strings.TrimRight(word, ".,;:!)\n") {
	case "on", "with", "as", "because", "since", "and", "but", "so", "by", "in", "at", "due", "for", "beyond", "yet", "though", "-", "--", "(i", "(no", "i", "patch", "fix", "change", "":
		return true
	}
	return false
}

// subjectOf reports whether a clause begins with this patch or its author, and whether it
// has a verb that needs a subject.
func subjectOf(words []string) (subject, verb bool) {
	verb = slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"is", "was", "are", "were", "has", "have", "been", "had"}, w)
	})
	rest := bare(words)
	if len(rest) > 1 && rest[0] == "the" {
		rest = rest[1:]
		if !slices.Contains(ofPatch[:], strings.TrimRight(rest[0], ",:.")) {
			return false, verb
		}
	}
	if len(rest) == 0 {
		return false, verb
	}
	first := strings.TrimRight(rest[0], ",:.")
	return slices.Contains(ofPatch[:], first) || slices.Contains([]string{"this", "these", "it", "it's", "it’s", "i", "i'm", "i’m", "i've", "i’ve", "we", "we've", "myself",
		"both", "all", "don't", "don’t", "haven't", "haven’t", "couldn't"}, first), verb
}

// ofPatch are words for a patch, or for its author.
var ofPatch = [...]string{"patch", "patches", "patchset", "change", "changes", "series", "fix", "fixes", "commit", "author"}

// bare leaves out the words that a clause may begin with before its subject.
func bare(words []string) []string {
	for i, w := range words {
		switch strings.Trim(w, "*-•,:;!.([") {
		case "", "note", "note that", "that", "only", "just", "currently", "please", "unfortunately", "sadly", "sorry", "however", "also", "still", "yet", "totally", "completely",
			"entirely", "mostly", "warning", "disclaimer", "caveat", "fwiw", "nb", "beware", "again", "now", "is", "was", "are", "were", "has", "have", "been", "had", "be", "being", "rfc",
			"testing", "test", "tests", "status", "so", "far", "largely", "and", "but", "as":
		default:
			return words[i:]
		}
	}
	return nil
}
