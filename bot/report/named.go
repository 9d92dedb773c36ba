package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// A reply on a series names what it speaks of by number and title, and passes over no patch
// in silence: those that are proposed and the closer calls one by one, the rest together.

// detail is how much of each patch is told. The fullest that there is room for is taken.
type detail int

const (
	inFull   detail = iota // number, title, chance, and what speaks for it and against it
	inTitles               // number, title and chance of each, then what is said of several at once
	inRanges               // the latter alone
)

// How much is shown of a title: one that is longer is nobody's to read in a list, and a word
// that does not fit behind the number would stand at the start of a line.
const (
	maxListed = 100
	maxWord   = 50
)

// named is a patch as the list names it: `2/5 "wifi: x: fix a leak"`.
func (v Values) named(r Row) string {
	title := cut(strings.ReplaceAll(plainTitle(clean(r.Title)), `"`, "'"), maxListed)
	if slices.ContainsFunc(strings.Fields(title), func(w string) bool { return utf8.RuneCountInString(w) > maxWord }) {
		title = cut(title, maxWord)
	}
	if title == "" {
		return v.numbered([]int{r.N})
	}
	return fmt.Sprintf(`%d/%d "%s"`, r.N, v.Of, title)
}

// figureOf is the chance of a patch in the list: where those of the series differ.
func (v Values) figureOf(r Row) string {
	if v.close(r) {
		return fmt.Sprintf(" (%d %%, a close call)", Percent(r.best()))
	}
	return v.chancesOf([]int{r.N})
}

// close reports whether a patch is told as a close call: one that stands beside, or comes
// along with what fixes the same. Where all are, the first sentence says that.
func (v Values) close(r Row) bool {
	return r.Beside || r.near() && slices.ContainsFunc(v.Rows, func(o Row) bool {
		return o.Verdict == verdict.StableEligible && !o.Beside && !o.near()
	})
}

// patches are the list below the first sentences.
func (v Values) patches(d detail) block {
	b := block{own: true}
	add := func(said string) {
		b.lines = append(b.lines, strings.Split(wrap(said, rowIndent, rowIndent+"  "), "\n")...)
	}
	if d != inRanges {
		v.titled(d, add)
	}
	if d != inFull {
		v.ranged(d, add)
	}
	v.leftOut(add)
	v.unproposed(d, add)
	return b
}

// listed are the patches that are named one by one: those that are proposed, what has to go
// in before them, and the closer calls.
func (v Values) listed() (out []Row) {
	for _, r := range v.Rows {
		if !v.alone() || r.N != v.Under {
			out = append(out, r)
		}
	}
	for _, r := range v.Rest {
		if v.first(r.N) {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Row) int { return a.N - b.N })
	return out
}

// first reports whether a patch has to go in before one that is proposed.
func (v Values) first(n int) bool {
	return slices.ContainsFunc(v.Rows, func(r Row) bool { return slices.Contains(r.BuildsOn, n) })
}

// titled names patches one by one; neighbours of which the same is said share it.
func (v Values) titled(d detail, add func(string)) {
	label := func(r Row) string {
		name, figure := v.named(r), v.figureOf(r)
		room := Columns - len(rowIndent) - utf8.RuneCountInString(figure)
		if d == inTitles && utf8.RuneCountInString(name) > room {
			name = cut(name, room-1) + `"`
		}
		return name + figure
	}
	for in := v.listed(); len(in) > 0; {
		why, n := v.why(d, in[0]), 1
		for why != "" && n < len(in) && v.why(d, in[n]) == why {
			n++
		}
		for _, r := range in[:n-1] {
			add(label(r) + ",")
		}
		s := label(in[n-1])
		if why != "" {
			s += ": " + inNumber(why, n)
		}
		add(s)
		in = in[n:]
	}
}

// why is what is said of a patch that is named.
func (v Values) why(d detail, r Row) string {
	switch {
	case !slices.ContainsFunc(v.Rows, func(o Row) bool { return o.N == r.N }):
		return "has to go in first"
	case d == inTitles || r.Tag.There:
		return ""
	}
	return r.because()
}

// ranged says what speaks for each patch that is named, and against it; patches of which
// the same is said share a line.
func (v Values) ranged(d detail, add func(string)) {
	var closer []int
	low, high := 1.0, 0.0
	for _, r := range v.Rows {
		if v.close(r) {
			closer, low, high = append(closer, r.N), min(low, r.best()), max(high, r.best())
		}
	}
	if n := len(closer); n > 0 && d == inRanges {
		add(v.numbered(closer) + ": " + change.Agree(n, "a close call", "close calls") + spread(low, high))
	}
	v.shared(v.Rows, add, func(r Row) string { return v.why(inRanges, r) }, func(ns []int) string {
		if d == inRanges {
			return v.chancesOf(ns)
		}
		return "" // with the titles
	})
}

// leftOut says why fixes by their own signs are left out, and the others with them that are
// for the same reason.
func (v Values) leftOut(add func(string)) {
	in := slices.Clone(v.Left)
	reasons := v.leftReasons()
	for _, r := range v.Rest {
		if reasons[r.leftOut()] && !v.first(r.N) {
			in = append(in, r)
		}
	}
	slices.SortStableFunc(in, func(a, b Row) int { return a.N - b.N })
	v.shared(in, add, Row.leftOut, func([]int) string { return "" })
}

// leftReasons are those of the fixes that are left out.
func (v Values) leftReasons() map[string]bool {
	out := map[string]bool{}
	for _, r := range v.Left {
		out[r.leftOut()] = true
	}
	return out
}

// shared says what is said of patches, each text once.
func (v Values) shared(in []Row, add func(string), say func(Row) string, figures func(ns []int) string) {
	var all []string
	of := map[string][]int{}
	for _, r := range in {
		why := say(r)
		if why == "" {
			continue
		}
		if of[why] == nil {
			all = append(all, why)
		}
		of[why] = append(of[why], r.N)
	}
	for _, why := range all {
		add(v.numbered(of[why]) + figures(of[why]) + ": " + inNumber(why, len(of[why])))
	}
}

// unproposed are the other patches that were judged, together.
func (v Values) unproposed(d detail, add func(string)) {
	var all []string
	of := map[string][]int{}
	left := v.leftReasons()
	for _, r := range v.Rest {
		if v.first(r.N) || left[r.leftOut()] {
			continue
		}
		why := r.notProposed()
		if d != inFull {
			why = ""
		}
		if of[why] == nil {
			all = append(all, why)
		}
		of[why] = append(of[why], r.N)
	}
	if len(all) == 0 {
		return
	}
	parts := make([]string, len(all))
	for i, why := range all {
		parts[i] = lower(v.numbered(of[why]))
		if why != "" {
			parts[i] += " (" + inNumber(why, len(of[why])) + ")"
		}
	}
	add("Not proposed: " + list(parts))
}

// notProposed is what a patch is of which nothing more is said.
func (r Row) notProposed() string {
	switch {
	case r.Brought != "":
		return cut(r.Brought, maxReason)
	case r.Tag.Never:
		return "kept out of stable by a noautosel tag"
	case r.Unreleased != "":
		return "perhaps no release has its bug yet"
	case r.Enables:
		return "brings something new"
	case r.Verdict == verdict.DKMSOnly && shorts[r.Class] != "":
		return shorts[r.Class]
	case r.Verdict == verdict.NotNeeded:
		return "needed by no stable branch"
	case r.Verdict == verdict.StableEligible, r.Verdict == verdict.Uncertain && r.undecided():
		return "too close to call"
	}
	why := strings.TrimRight(clean(strings.TrimPrefix(r.Reason, "not a fix: ")), ".")
	for _, more := range []string{" (", ", ", "; "} { // for the details
		why, _, _ = strings.Cut(why, more)
	}
	return cut(why, maxReason)
}

// main are the patches for which something is proposed.
func (v Values) main() (out []Row) {
	for _, r := range v.Rows {
		if !r.Beside {
			out = append(out, r)
		}
	}
	return out
}

// alone reports whether the reply stands under the mail of the one patch that it is about.
func (v Values) alone() bool {
	m := v.main()
	return v.Series && v.Under > 0 && len(m) == 1 && m[0].N == v.Under
}

// unseen says which patches were not read.
func (v Values) unseen() string {
	switch {
	case v.Missing == 0 || v.Lead.Verdict == verdict.Wait:
		return ""
	case len(v.Unseen) == v.Missing:
		return fmt.Sprintf("%s did not come to this list, and %s not read.", v.numbered(v.Unseen), change.Agree(v.Missing, "was", "were"))
	}
	return fmt.Sprintf("%d of its patches did not come to this list, and %s not read.", v.Missing, change.Agree(v.Missing, "was", "were"))
}

// cutOff tells the author of a Fixes tag that git does not read.
func (v Values) cutOff() string {
	const what = "blank line cuts the Fixes tag off from the trailers, where git reads none."
	var ns []int
	for _, r := range v.main() {
		if r.CutOff && r.Merged == "" {
			ns = append(ns, r.N)
		}
	}
	switch {
	case len(ns) == 0:
		return ""
	case !v.Series || v.alone():
		return "A " + what
	}
	return v.numbered(ns) + ": a " + what
}

// chancesOf are the chances of patches that are named together, where those of the series
// differ: one for all of them, one each of a few, or from the least to the best.
func (v Values) chancesOf(ns []int) string {
	var all, of []int
	for _, r := range v.Rows {
		if r.Verdict != verdict.StableEligible || r.Tag.There {
			continue
		}
		p := Percent(r.best())
		all = append(all, p)
		if slices.Contains(ns, r.N) {
			of = append(of, p)
		}
	}
	switch {
	case len(of) == 0 || len(of) != len(ns) || slices.Min(all) == slices.Max(all):
		return ""
	case slices.Min(of) == slices.Max(of):
		return fmt.Sprintf(" (%d %%)", of[0])
	case len(of) > maxNamed/2:
		return fmt.Sprintf(" (%d to %d %%)", slices.Min(of), slices.Max(of))
	}
	each := make([]string, len(of))
	for i, p := range of {
		each[i] = strconv.Itoa(p)
	}
	return " (" + list(each) + " %)"
}
