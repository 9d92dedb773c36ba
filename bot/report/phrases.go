package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// commands is how a reader talks to the bot. Nothing of it stands at the start
// of a line, so to send it back commands nothing.
const commands = `Or answer with a line that begins with "#stablebot" and goes on with mute, recheck [BRANCH], override VERDICT reason, or omit-fix SHA reason.`

func list(in []string) string {
	switch len(in) {
	case 0:
		return ""
	case 1:
		return in[0]
	}
	return strings.Join(in[:len(in)-1], ", ") + " and " + in[len(in)-1]
}

// ranges are numbers in order, three or more in a row as "4 to 8".
func ranges(in []int) (out []string) {
	for i := 0; i < len(in); {
		last := i
		for last+1 < len(in) && in[last+1] == in[last]+1 {
			last++
		}
		if last < i+2 {
			out = append(out, strconv.Itoa(in[i]))
			i++
			continue
		}
		out = append(out, fmt.Sprintf("%d to %d", in[i], in[last]))
		i = last + 1
	}
	return out
}

func class(c verdict.Class) string {
	if s, ok := shorts[c]; ok {
		return " (" + s + ")"
	}
	return ""
}

// line is the verdict line. It has no numbers of patches, so that a new
// version with one more cleanup in it is not news.
func (v Values) line() string {
	if !v.Series {
		return v.Lead.Line()
	}
	parts := make([]string, len(v.Tally))
	for i, t := range v.Tally {
		parts[i] = fmt.Sprintf("%s %s%s", change.Count(t.N, "patch"), t.Verdict, class(t.Class))
	}
	return strings.Join(parts, ", ")
}

// Line is the verdict of one patch.
func (r Row) Line() string {
	switch {
	case len(r.Takes) > 0 && r.Mixed:
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
	var reasons []string
	names := map[string][]string{}
	for _, b := range r.Branches {
		if b.Verdict != verdict.DKMSOnly {
			continue
		}
		c := b.Class
		if c == "" {
			c = r.Class
		}
		why := class(c)
		if c == verdict.NoBase && b.Hardware {
			why = " (the chip is newer)"
		}
		if !slices.Contains(reasons, why) {
			reasons = append(reasons, why)
		}
		names[why] = append(names[why], b.Name)
	}
	parts := make([]string, len(reasons))
	for i, why := range reasons {
		parts[i] = list(names[why]) + why
	}
	return list(parts)
}

// applies says in a table how a change goes on a branch.
func (b Branch) applies() string {
	switch n := len(b.First); {
	case b.Applies == verdict.NeedsPrerequisites && n == 0 && len(b.Mates) > 0:
		return "applies after " + rules.PatchNumbers(b.Mates)
	case b.Applies == verdict.NeedsPrerequisites && n > 0:
		return "needs " + count(n) + " " + change.Agree(n, "commit", "commits") + " first"
	}
	if n := len(b.Followups); n > 0 && b.Verdict == "" {
		return "lacks " + count(n) + " " + change.Agree(n, "later fix", "later fixes") + " of it"
	}
	return going[b.Applies]
}

// said is the verdict of a branch in a table.
func (b Branch) said() string {
	switch {
	case b.Verdict == "":
		return ""
	case b.Verdict == verdict.StableEligible:
		return fmt.Sprintf("%s, %.2f", b.Verdict, b.Score)
	case b.Class != "":
		return string(b.Verdict) + ", " + string(b.Class)
	}
	return string(b.Verdict)
}
