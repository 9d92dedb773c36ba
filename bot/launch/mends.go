package launch

import (
	"regexp"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/verdict"
)

// A change is a row when it mends something. The verdict alone does not say so: a
// chip's fixes are counted whether or not anybody is to be told of them, and some
// that maintainers ask stable for enable something or prepare the ground.
const (
	// mendsFrom is the probability from which a change of which no branch is told
	// counts: above it four of five are fixes, in three chips that were read.
	mendsFrom = 0.65
	// workaroundFrom is that for a change whose title names a workaround.
	workaroundFrom = 0.4
)

var (
	workaround = regexp.MustCompile(`(?i)\bwa_[0-9x]|\bw/a\b|work-?arounds?\b|\bwa [0-9]{6}`)
	// tidy changes nothing that anybody meets, whatever its tags.
	tidy = regexp.MustCompile(`(?i)^(make .* static|remove (the )?unused|return void|reduce else|export |add (a )?(logging|log |debug|trace)|add .*\bhelper$|tidy|clean ?up|s/)|kernel-?doc|\bcocci|\bspelling|\btypos?\b`)
	// reshape prepares the ground; move does too, and with a Fixes: tag mends what was
	// in the wrong place.
	reshape = regexp.MustCompile(`(?i)^(rename|share|split|factor|refactor|re-?organi[sz]e|consolidate|simplify|unify|define)\b`)
	move    = regexp.MustCompile(`(?i)^(move|convert|call)\b`)
	// enable brings what was not there.
	enable = regexp.MustCompile(`(?i)^(enable|support|expose|introduce|add .*support|add (the )?(first|initial)\b|add (a )?(callback|module param)|bump)|^(update|add)\b.*\b(header|version)\b`)
	// drop takes something away.
	drop = regexp.MustCompile(`(?i)^(remove|drop|delete)\b`)
)

// Mends reports whether a change is a fix, and if not, why not. fixes and asks say
// that it names a culprit, and that it asks for stable.
func Mends(j verdict.Judgement, fixes, asks bool) (bool, string) {
	title := j.Subject
	if i := strings.LastIndex(title, ": "); i >= 0 && !strings.Contains(title, "evert \"") { // what a revert takes back is not what it does
		title = title[i+2:]
	}
	outcome := func(id string) rules.Outcome {
		for _, f := range j.Rules {
			if f.ID == id {
				return f.Outcome
			}
		}
		return rules.Unknown
	}
	bug := outcome(rules.RealBug.ID) == rules.Met
	around := workaround.MatchString(title)
	untold := j.Verdict == verdict.OutOfScope
	switch {
	case untold && j.Fix < workaroundFrom, untold && j.Fix < mendsFrom && !around:
		return false, "" // nobody would take it for one
	case outcome(rules.NotTrivial.ID) == rules.Unmet && !around, tidy.MatchString(title):
		return false, "tidies"
	case reshape.MatchString(title) && (!fixes || !bug), move.MatchString(title) && !fixes:
		return false, "restructures"
	case enable.MatchString(title) && (!fixes || untold) && !bug && !around:
		return false, "enables"
	case drop.MatchString(title) && !fixes && !asks && (!bug || around):
		return false, "removes"
	}
	return true, ""
}
