package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/rules/verdict"
)

// because says each reason class in words.
var because = map[verdict.Class]string{
	verdict.TooBig:      "too big for stable",
	verdict.NoBase:      "the code it fixes is not there",
	verdict.Enablement:  "hardware enablement",
	verdict.ABI:         "needs a new interface",
	verdict.NotUpstream: "not upstream",
	verdict.Declined:    "declined by a maintainer",
}

var steps = map[Say]string{
	SayTagged:   "Nothing. The stable tag is there; the stable team picks it up once it is in mainline.",
	SayTag:      "If you agree, add this tag, without the bar, above your sign-off.",
	SayAsk:      "It is in mainline. If you agree, write to the stable list which branches should have this commit, and why.",
	SayFixes:    "Name the commit that brought the bug, if there is one. This prints the tag.",
	SayPick:     "These come first, in this order.",
	SaySplit:    "If a smaller fix is possible, send it as a patch of its own, without the cleanups; those can follow.",
	SayVendor:   "To try it in the vendor's out-of-tree package, do this in its tree.",
	SayUpstream: "It is in the vendor's tree alone, so stable cannot take it. To send it upstream:",
	SayNothing:  "Nothing. A maintainer has declined it for stable, and that stands.",
	SayMissing:  "Send the missing patches, or the series again. It is judged anew when they arrive.",
	SayWait:     "Nothing yet. It is to wait, as the reason above says.",
	SayLook:     "A person should look at it; the evidence above does not settle it.",
}

// chance says a probability in words, by the bands of the calibrated language
// of the IPCC's assessment reports, so that the words mean what they say.
func chance(p float64) string {
	switch {
	case p < 0.10:
		return "very unlikely"
	case p < 0.33:
		return "unlikely"
	case p <= 0.66:
		return "about as likely as not"
	case p <= 0.90:
		return "likely"
	}
	return "very likely"
}

func list(in []string) string {
	switch len(in) {
	case 0:
		return ""
	case 1:
		return in[0]
	}
	return strings.Join(in[:len(in)-1], ", ") + " and " + in[len(in)-1]
}

func class(c verdict.Class) string {
	if s, ok := because[c]; ok {
		return " (" + s + ")"
	}
	return ""
}

// line is the verdict line. It has no numbers of patches, so that a new
// version with one more cleanup in it is not news.
func (v Values) line() string {
	if !v.Series {
		return v.Lead.line()
	}
	parts := make([]string, len(v.Tally))
	for i, t := range v.Tally {
		parts[i] = fmt.Sprintf("%d %s %s%s", t.N, plural(t.N, "patch", "patches"), t.Verdict, class(t.Class))
	}
	return strings.Join(parts, ", ")
}

func (r Row) line() string {
	switch {
	case len(r.Takes) > 0 && len(r.Misses) > 0:
		return fmt.Sprintf("%s for %s, %s for %s%s", verdict.StableEligible, list(r.Takes), verdict.DKMSOnly, list(r.Misses), class(r.missClass()))
	case r.Verdict == verdict.StableEligible && len(r.Takes) > 0:
		return fmt.Sprintf("%s for %s", r.Verdict, list(r.Takes))
	case r.Verdict == verdict.DKMSOnly && len(r.Misses) > 0:
		return fmt.Sprintf("%s for %s%s", r.Verdict, list(r.Misses), class(r.Class))
	case r.Verdict == verdict.StableEligible && r.When == verdict.AfterMainline:
		return string(r.Verdict) + " once it is in mainline"
	}
	return string(r.Verdict) + class(r.Class)
}

func (r Row) missClass() verdict.Class {
	for _, b := range r.Branches {
		if b.Verdict == verdict.DKMSOnly && b.Class != "" {
			return b.Class
		}
	}
	return r.Class
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// applies says in words how a change goes on a branch.
func (b Branch) applies() string {
	switch b.Applies {
	case "exact":
		return "applies"
	case "offset":
		return "with an offset"
	case "three-way":
		return "three-way merge"
	case "needs-prerequisites":
		n := len(b.Prerequisites)
		return strconv.Itoa(n) + " " + plural(n, "prerequisite", "prerequisites")
	case "needs-backport":
		return "backport by hand"
	}
	return ""
}

// said is the verdict of a branch row, short enough for its column.
func (b Branch) said() string {
	if b.Verdict == "" {
		return ""
	}
	if b.Verdict == verdict.StableEligible {
		return fmt.Sprintf("%s, %.2f", b.Verdict, b.Score)
	}
	if b.Class != "" {
		return string(b.Verdict) + ", " + string(b.Class)
	}
	return string(b.Verdict)
}

// meaning says what the verdicts of a reply mean, to a reader who never saw one.
func meaning(v Values) string {
	var takes, misses, open bool
	for _, r := range v.Rows {
		takes = takes || r.Verdict == verdict.StableEligible || len(r.Takes) > 0
		misses = misses || r.Verdict == verdict.DKMSOnly || len(r.Misses) > 0
		open = open || r.Verdict == verdict.Uncertain
	}
	switch {
	case takes && misses:
		return "What is dkms-only, stable kernels cannot take; users get it from the vendor's out-of-tree package alone."
	case takes:
		return "That is a fix that stable kernels can take."
	case misses:
		return "That is a fix that stable kernels cannot take; users get it from the vendor's out-of-tree package alone."
	case open:
		return "That is, the evidence does not settle whether stable kernels can take it."
	}
	return ""
}
