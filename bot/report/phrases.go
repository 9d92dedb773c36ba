package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/rules"
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

// commands is how a reader talks to the bot. Nothing of it stands at the start
// of a line, so to send it back commands nothing.
const commands = `Or answer with a line that begins with "#stablebot" and goes on with mute, recheck [BRANCH], override VERDICT reason, or omit-fix SHA reason.`

// chance says a probability in words, by the bands of the calibrated language
// of the IPCC's assessment reports, so that the words mean what they say.
func chance(p float64) string {
	switch {
	case p < 0.10:
		return "very unlikely"
	case p < evenFrom:
		return "unlikely"
	case p <= evenTo:
		return "about as likely as not"
	case p <= 0.90:
		return "likely"
	}
	return "very likely"
}

// Where the odds are as good as even: the band of chance that is called so.
const (
	evenFrom = 0.33
	evenTo   = 0.66
)

// near reports whether a change is called stable-eligible by so little that the
// reader has to know: no branch takes it at better than even odds.
func (r Row) near() bool {
	if r.Verdict != verdict.StableEligible {
		return false
	}
	best := -1.0
	for _, b := range r.Branches {
		if b.Verdict == verdict.StableEligible {
			best = max(best, b.Score)
		}
	}
	if best < 0 {
		best = r.Score
	}
	return best >= evenFrom && best <= evenTo
}

// closeCall says how little that is, after "What is so is".
const closeCall = "a close call: of fixes with its score, stable kernels take about one in two."

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

// counted is the verdict line of a series as a sentence.
func (v Values) counted() string {
	parts := make([]string, len(v.Tally))
	for i, t := range v.Tally {
		parts[i] = fmt.Sprintf("%d %s %s%s", t.N, plural(t.N, "is", "are"), t.Verdict, class(t.Class))
	}
	switch {
	case len(parts) == 1 && v.Tally[0].N == v.Of && v.Of == 2:
		return fmt.Sprintf("Both patches of this series are %s%s.", v.Tally[0].Verdict, class(v.Tally[0].Class))
	case len(parts) == 1 && v.Tally[0].N == v.Of:
		return fmt.Sprintf("All %d patches of this series are %s%s.", v.Of, v.Tally[0].Verdict, class(v.Tally[0].Class))
	}
	return fmt.Sprintf("Of the %d patches of this series %s.", v.Of, list(parts))
}

func (r Row) line() string {
	switch {
	case len(r.Takes) > 0 && len(r.Misses) > 0:
		return fmt.Sprintf("%s for %s, %s for %s", verdict.StableEligible, list(r.Takes), verdict.DKMSOnly, r.missed())
	case r.Verdict == verdict.StableEligible && len(r.Takes) > 0:
		return fmt.Sprintf("%s for %s", r.Verdict, list(r.Takes))
	case r.Verdict == verdict.DKMSOnly && len(r.Misses) > 0:
		return fmt.Sprintf("%s for %s", r.Verdict, r.missed())
	case r.Verdict == verdict.StableEligible && r.When == verdict.AfterMainline:
		return string(r.Verdict) + " once it is in mainline"
	}
	return string(r.Verdict) + class(r.Class)
}

// missed are the branches that cannot take it, those of one reason together.
func (r Row) missed() string {
	var classes []verdict.Class
	names := map[verdict.Class][]string{}
	for _, b := range r.Branches {
		if b.Verdict != verdict.DKMSOnly {
			continue
		}
		c := b.Class
		if c == "" {
			c = r.Class
		}
		if !slices.Contains(classes, c) {
			classes = append(classes, c)
		}
		names[c] = append(names[c], b.Name)
	}
	parts := make([]string, len(classes))
	for i, c := range classes {
		parts[i] = list(names[c]) + class(c)
	}
	return list(parts)
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
		if n == 0 && len(b.Mates) > 0 {
			return "after " + rules.PatchNumbers(b.Mates)
		}
		return strconv.Itoa(n) + " " + plural(n, "prerequisite", "prerequisites")
	case "needs-backport":
		return "backport by hand"
	}
	if n := len(b.Followups); n > 0 && b.Verdict == "" {
		return "lacks " + strconv.Itoa(n) + " " + plural(n, "later fix", "fixes")
	}
	return ""
}

// note is what the row of a branch has no room for.
func (b Branch) note() string {
	switch {
	case b.Verdict == "":
		return ""
	case b.Applies == "needs-prerequisites" && b.PileLines > 0:
		return fmt.Sprintf("%d lines with context in all", b.PileLines)
	case b.Applies == "needs-backport", b.Verdict == verdict.NotNeeded && b.State == "affected":
		return clean(b.Why)
	}
	return ""
}

// side says whether a finding raised the score.
func (r Rule) side() string {
	switch {
	case r.Weight > 0:
		return "for"
	case r.Weight < 0:
		return "against"
	}
	return "open"
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

// scored reports whether the odds are of any use: where somebody has decided,
// or nobody needs it, they are not.
func (r Row) scored() bool { return !r.Verdict.Silent() && r.Class != verdict.Declined }

// why is the reason of the verdict, where the odds and the branches do not say it.
func (r Row) why() string {
	if r.Verdict == verdict.StableEligible {
		return ""
	}
	return r.Reason
}

// meaning says what the verdicts of a reply mean, to a reader who never saw one.
func meaning(v Values) string {
	var takes, near, misses, open, declined int
	for _, r := range v.Rows {
		switch {
		case r.Class == verdict.Declined:
			declined++
		case r.Verdict == verdict.DKMSOnly || len(r.Misses) > 0:
			misses++
		}
		if r.Verdict == verdict.StableEligible || len(r.Takes) > 0 {
			takes++
			if r.near() {
				near++
			}
		}
		if r.Verdict == verdict.Uncertain {
			open++
		}
	}
	const vendor = "users get it from the vendor's out-of-tree package alone."
	switch {
	case takes > 0 && near == takes && misses+declined > 0:
		return "What is stable-eligible is " + closeCall + " What is dkms-only, they cannot take; " + vendor
	case takes > 0 && misses+declined > 0:
		return "What is dkms-only, stable kernels cannot take; " + vendor
	case v.Series && takes > 0 && near == takes:
		return "What is stable-eligible is " + closeCall
	case v.Series && near > 0:
		return "What is stable-eligible is a fix that stable kernels can take; where the score is about even, it is a close call."
	case v.Series && takes > 0:
		return "What is stable-eligible is a fix that stable kernels can take."
	case near > 0:
		return "That is " + closeCall
	case takes > 0:
		return "That is a fix that stable kernels can take."
	case misses > 0:
		return "That is a fix that stable kernels cannot take; " + vendor
	case declined > 0:
		return "That is a fix that is kept out of stable kernels; " + vendor
	case open > 0:
		return "That is, the evidence does not settle whether stable kernels can take it."
	case v.Lead.Verdict == verdict.NotNeeded:
		return "That is, stable kernels have it already or never had the bug."
	case v.Lead.Verdict == verdict.OutOfScope:
		return "That is, it is nothing for stable kernels."
	}
	return ""
}
