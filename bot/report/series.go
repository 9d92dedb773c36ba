package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// tells say of patches of a series what one patch of the kind would be told.
var tells = map[verdict.Verdict]func(Values, []Row) string{
	verdict.StableEligible: Values.takes,
	verdict.DKMSOnly:       Values.keeps,
	verdict.Wait: func(v Values, in []Row) string {
		return v.which(in) + change.Agree(len(in), " is", " are") + " to wait: " + strings.TrimRight(in[0].Reason, ".")
	},
	verdict.Uncertain: func(v Values, in []Row) string {
		s := v.which(in) + change.Agree(len(in), " is", " are") + " too close to call for stable"
		if len(in) == 1 {
			s += " (" + chance(in[0].best()) + ")"
		}
		return s
	},
	verdict.NotNeeded: func(v Values, in []Row) string {
		return v.which(in) + change.Agree(len(in), " is", " are") + " needed by no stable branch"
	},
	verdict.OutOfScope: func(v Values, in []Row) string {
		return v.which(in) + change.Agree(len(in), " is not one", " are none") + " for stable branches"
	},
}

// lead are the sentences that head the reply on a series.
func (v Values) lead() []string {
	switch {
	case !v.Series:
		return append(v.Lead.lead(), v.Lead.rival()...)
	case v.alone():
		return v.rest(v.Lead.lead())
	}
	var parts []string
	for _, verd := range order {
		var in []Row
		for _, r := range v.Rows {
			if r.Verdict == verd && !r.Beside {
				in = append(in, r)
			}
		}
		if len(in) == 0 {
			continue
		}
		s := tells[verd](v, in)
		if len(parts) > 1 {
			s = lower(s)
		}
		parts = append(parts, s)
	}
	out := parts[:1:1]
	if len(parts) > 1 {
		out = append(out, strings.Join(parts[1:], "; "))
	}
	for i, s := range out {
		if i > 0 {
			s = strings.ReplaceAll(s, " of this series", "")
		}
		head, tail, _ := strings.Cut(s, " of this series")
		if tail != "" {
			s = head + " of this series" + strings.ReplaceAll(tail, " of this series", "")
		}
		out[i] = strings.ToUpper(s[:1]) + s[1:] + "."
	}
	return v.rest(out)
}

// rest adds to the first sentences what is said of the series.
func (v Values) rest(out []string) []string {
	out = append(out, v.together()...)
	if len(v.Stands) > 0 {
		out = append(out, v.stands())
	}
	if v.blind() && !v.alone() {
		out = append(out, noTree)
	}
	if s := v.unseen(); s != "" {
		out = append(out, s)
	}
	return out
}

// stands names the patches of which the same was said before, with what that was.
func (v Values) stands() string {
	ns := make([]int, len(v.Stands))
	for i, r := range v.Stands {
		ns[i] = r.N
	}
	tally := tally(v.Stands)
	parts := make([]string, len(tally))
	for i, t := range tally {
		parts[i] = string(t.Verdict) + class(t.Class)
		if len(tally) > 1 {
			parts[i] = fmt.Sprintf("%d %s", t.N, parts[i])
		}
	}
	return "What was said before of " + lower(v.numbered(ns)) + " stands: " + list(parts) + "."
}

// together are the sentences on what the named patches need that is no fix itself.
func (v Values) together() (out []string) {
	if s := v.builds(); s != "" {
		out = append(out, s)
	}
	for _, g := range v.grouped(func(r Row) []int { return r.After }) {
		out = append(out, fmt.Sprintf("%s %s posted on top of %s, which %s something new; for stable %s to go in without %s.",
			v.numbered(g.of), change.Agree(len(g.of), "is", "are"), lower(v.numbered(g.on)), change.Agree(len(g.on), "adds", "add"),
			change.Agree(len(g.of), "it has", "they have"), change.Agree(len(g.on), "that", "those")))
	}
	for _, r := range v.Rows {
		out = append(out, r.rival()...)
	}
	return out
}

// group are patches that stand on the same ones.
type group struct{ on, of []int }

// grouped are the eligible patches that stand on others.
func (v Values) grouped(others func(Row) []int) (groups []group) {
	for _, r := range v.Rows {
		on := others(r)
		if r.Beside || len(on) == 0 || r.Verdict != verdict.StableEligible {
			continue
		}
		i := slices.IndexFunc(groups, func(g group) bool { return slices.Equal(g.on, on) })
		if i < 0 {
			i, groups = len(groups), append(groups, group{on: on})
		}
		groups[i].of = append(groups[i].of, r.N)
	}
	return groups
}

// builds says which patches go in before others: "Patches 2 and 3 build on patch 1".
func (v Values) builds() string {
	groups := v.grouped(func(r Row) []int { return r.BuildsOn })
	var parts []string
	for i, g := range groups {
		verb := ""
		if i == 0 {
			verb = change.Agree(len(g.of), "builds ", "build ")
		}
		parts = append(parts, lower(v.numbered(g.of))+" "+verb+"on "+lower(v.numbered(g.on)))
	}
	switch {
	case len(parts) == 0:
		return ""
	case len(parts) == 1:
		return strings.ToUpper(parts[0][:1]) + parts[0][1:] + change.Agree(len(groups[0].on), ", which has to go in first.", ", which have to go in first.")
	}
	s := list(parts)
	return strings.ToUpper(s[:1]) + s[1:] + "; those have to go in first."
}

// between says the chances of several that stable takes what it can take.
func between(low, high float64) string {
	return strings.TrimSuffix(spread(low, high), ")") + " that stable does)"
}

// spread is the chance of several, behind a sentence that says of what.
func spread(low, high float64) string {
	if Percent(low) == Percent(high) {
		return " (" + chance(low) + ")"
	}
	return fmt.Sprintf(" (estimated chances %d to %d %%)", Percent(low), Percent(high))
}

// blind reports whether some patch is called eligible, and no branch was looked at.
func (v Values) blind() bool {
	return slices.ContainsFunc(v.Rows, func(r Row) bool { return r.Verdict == verdict.StableEligible }) &&
		!slices.ContainsFunc(v.Rows, func(r Row) bool { return len(r.Branches) > 0 || r.Merged != "" })
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// which names patches as the subject of a sentence.
func (v Values) which(in []Row) string {
	ns := make([]int, len(in))
	for i, r := range in {
		ns[i] = r.N
	}
	return v.numbered(ns) + " of this series"
}

func (v Values) numbered(ns []int) string {
	switch n := len(ns); {
	case n == 1 && v.alone() && ns[0] == v.Under:
		return "This patch"
	case n == v.Of && n == 2:
		return "Both patches"
	case n == v.Of && n > 1:
		return fmt.Sprintf("All %d patches", n)
	case len(ranges(ns)) <= maxNamed:
		return change.Agree(n, "Patch ", "Patches ") + list(ranges(ns))
	default:
		return fmt.Sprintf("%d of the %s", n, change.Count(v.Of, "patch"))
	}
}

// maxNamed numbers and ranges of patches are named one by one.
const maxNamed = 8

func (v Values) takes(in []Row) string {
	n := len(in)
	seen := slices.ContainsFunc(in, func(r Row) bool { return len(r.Takes) > 0 })
	known := !slices.ContainsFunc(in, func(r Row) bool {
		return slices.ContainsFunc(r.affected(), func(b Branch) bool { return !b.Bug })
	})
	var s string
	switch {
	case seen && known:
		s = v.which(in) + change.Agree(n, " fixes a bug", " fix bugs") + " that stable branches have"
	case seen:
		s = v.which(in) + change.Agree(n, " changes code", " change code") + " that stable branches have, and they can take " + change.Agree(n, "it", "them")
	default:
		s = "If a stable branch " + lacking(in) + ", it can take " + lower(v.which(in)) + once(in) + chances(in)
	}
	if !slices.ContainsFunc(in, func(r Row) bool { return !r.near() }) {
		low, high := 1.0, 0.0
		for _, r := range in {
			low, high = min(low, r.best()), max(high, r.best())
		}
		s += "; whether stable does is a close call" + spread(low, high)
	}
	return s
}

// once says when stable takes patches: what is so of each.
func once(in []Row) string {
	for _, is := range [...]func(Row) bool{func(r Row) bool { return r.Merged != "" }, func(r Row) bool { return !r.untested() }} {
		if i := slices.IndexFunc(in, is); i >= 0 {
			return in[i].once(len(in))
		}
	}
	return in[0].once(len(in))
}

// lacking is what a branch has, or has not, that patches are for.
func lacking(in []Row) string {
	quirks := 0
	for _, r := range in {
		if r.Quirk {
			quirks++
		}
	}
	n := len(in)
	switch quirks {
	case n:
		return change.Agree(n, "lacks this quirk", "lacks these quirks")
	case 0:
		return change.Agree(n, "has the bug", "has the bugs")
	}
	return change.Agree(n-quirks, "has the bug", "has the bugs") + " or " + change.Agree(quirks, "lacks the quirk", "lacks the quirks")
}

// chances are the estimated chances of patches that nobody asks stable to take yet.
func chances(in []Row) string {
	low, high, n, clear := 1.0, 0.0, 0, false
	for _, r := range in {
		if !r.Tag.There && r.Score > 0 {
			low, high, n, clear = min(low, r.Score), max(high, r.Score), n+1, clear || !r.near()
		}
	}
	if n == 0 || !clear { // a close call is told as one
		return ""
	}
	return between(low, high)
}

func (v Values) keeps(in []Row) string {
	var classes []verdict.Class
	for _, r := range in {
		if !slices.Contains(classes, r.Class) {
			classes = append(classes, r.Class)
		}
	}
	parts := make([]string, len(classes))
	for i, c := range classes {
		var of []Row
		for _, r := range in {
			if r.Class == c {
				of = append(of, r)
			}
		}
		why := shorts[c]
		if c == verdict.TooBig && len(of) == 1 && of[0].Size.LinesWithContext > 0 {
			why += fmt.Sprintf(", %s with context", change.Count(of[0].Size.LinesWithContext, "line"))
		}
		parts[i] = lower(v.which(of))
		if why != "" {
			parts[i] += " (" + why + ")"
		}
	}
	return "stable does not take " + list(parts)
}

// leftOut is why a reply proposes nothing for a fix by its own signs.
func (r Row) leftOut() string {
	left := "left out: "
	if r.Culprit {
		left = "a fix by its Fixes tag, left out: "
	}
	switch {
	case r.Tag.There:
		return "asks for stable already"
	case r.Brought != "":
		return "left out: " + cut(r.Brought, maxReason)
	case r.Unreleased != "":
		return left + "perhaps no release has its bug yet"
	case r.Verdict == verdict.DKMSOnly && r.Class == verdict.TooBig && r.Size.LinesWithContext > 0:
		return left + fmt.Sprintf("%s, %s with context", shorts[r.Class], change.Count(r.Size.LinesWithContext, "line"))
	case r.Verdict == verdict.DKMSOnly && shorts[r.Class] != "":
		return left + shorts[r.Class]
	case r.Verdict == verdict.StableEligible, r.undecided():
		return left + "too close to call (" + chance(r.best()) + ")"
	}
	why := strings.TrimRight(clean(strings.TrimPrefix(r.Reason, "not a fix: ")), ".")
	return left + cut(why, maxReason)
}

// because are at most two findings on one patch of a series.
func (r Row) because() string {
	if r.factual() || r.Verdict != verdict.StableEligible && r.Verdict != verdict.DKMSOnly {
		return ""
	}
	side := r.sides()
	reason := func(i int) string { return strings.TrimRight(clean(side[i].Reason), ".") }
	favour := ""
	if side[0].ID != "" {
		favour = reason(0)
	}
	switch {
	case side[1].ID == "":
		return favour
	case favour == "":
		return "against it: " + reason(1)
	}
	return favour + "; against it: " + reason(1)
}

// rows are those of all patches; what stands in several is said once.
func (v Values) rows() (out [][2]string) {
	if !v.Series || v.alone() {
		return v.Lead.rows()
	}
	of := map[[2]string][]int{}
	for _, r := range v.Rows {
		for _, w := range r.rows() {
			if of[w] == nil {
				out = append(out, w)
			}
			of[w] = append(of[w], r.N)
		}
	}
	for i, w := range out {
		out[i][1] = lower(v.numbered(of[w])) + ": " + w[1]
	}
	return out
}

func (v Values) heading(rows int) string {
	switch {
	case rows == 0:
		return ""
	case v.Series && !v.alone():
		return "Branches that need something:"
	}
	return v.Lead.heading(rows)
}

// stepsOf is what to paste: of a single patch all, of a series each text once, with
// the patches that it is for.
func stepsOf(v Values) []Step {
	var out []Step
	for _, r := range v.Rows {
		if r.Beside {
			continue
		}
		for _, s := range r.Next {
			if v.Series && s.Say == SayFixes && !v.alone() {
				continue // once for each would be a lecture
			}
			i := slices.IndexFunc(out, func(o Step) bool {
				return o.Say == s.Say && slices.Equal(o.Lines, s.Lines) && slices.Equal(o.Where, s.Where)
			})
			if i < 0 {
				i, out = len(out), append(out, s)
			}
			out[i].Last = out[i].Last || s.Last
			if v.Series {
				out[i].For = append(out[i].For, r.N)
				if s.Say == SayTag || s.Say == SayEither {
					out[i].For = append(out[i].For, r.BuildsOn...)
				}
			}
		}
	}
	for i := range out {
		slices.Sort(out[i].For)
		out[i].For = slices.Compact(out[i].For)
	}
	for i, s := range out { // the first sentence has named them
		if v.whole() && len(s.For) == v.Of || v.alone() && slices.Equal(s.For, []int{v.Under}) {
			out[i].For = nil
		}
	}
	return out
}

// whole reports whether the first sentence of a reply is about every patch of the series.
func (v Values) whole() bool {
	n := 0
	for _, r := range v.Rows {
		if !r.Beside && r.Verdict == v.Lead.Verdict {
			n++
		}
	}
	return v.Series && n == v.Of
}
