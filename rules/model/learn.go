package model

import (
	"fmt"
	"math"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// Case is one change to learn from, measured. Make it with Measure, so that the
// change itself, with its diff, need not stay in memory.
type Case struct {
	Group string  // the release it went into: cross-validation leaves one out
	Taken bool    // a stable tree took it
	Trust float64 // 1; less for a label that is doubted, 0 for no label
	// Claims: a Fixes: tag, a stable tag or a title word that begins with "fix".
	Claims bool

	full, untagged []float64
	tagged, fixes  bool
	posted         bool // a mail: it has the tags that posted patches have
}

// claimsWeigh is what a claimed fix weighs beside another change: one in five
// is one, and the verdicts are about them. Cross-validation preferred 2 over 1
// and 3 by a hair.
const claimsWeigh = 2

// Measure makes a case of a change with all that is known of it.
func Measure(f *rules.Facts, group string, taken bool, trust float64) Case {
	c := Case{Group: group, Taken: taken, Trust: trust, Claims: f.Claims(), posted: f.Change.Kind == change.Mail}
	c.full = row(rules.Check(rules.Suite, f))
	c.fixes = fixLabel(f)
	c.untagged = c.full
	if f.Asks() {
		c.tagged = true
		without := &rules.Facts{Change: f.Change, Silicon: f.Silicon, Series: f.Series, Tree: f.Tree, Untagged: true}
		c.untagged = row(rules.Check(rules.Suite, without))
	}
	return c
}

// weight is what the case counts. Patches on lists count alike.
func (c *Case) weight() float64 {
	if c.Claims && !c.posted {
		return claimsWeigh * c.Trust
	}
	return c.Trust
}

// fixLabel is the label of the fix head: a tag says so, or the title says fix, or
// names a device ID or a quirk, and does not speak of spelling, documentation,
// checkers or cleanup.
func fixLabel(f *rules.Facts) bool {
	const noise = 1<<signs.WordTrivial | 1<<signs.WordDocs | 1<<signs.WordWarning | 1<<signs.WordCleanup
	const small = 1<<signs.WordQuirk | 1<<signs.WordDeviceID
	w := f.Words()
	return f.Asks() || len(f.Change.Fixes) > 0 || (f.Claims() || w.TitleHas(small)) && !w.TitleHas(noise)
}

// columnsOf says what a head may use; posted, whether it learns from patches as
// posted rather than from what became of them.
func columnsOf(head string, posted bool) []bool {
	out := make([]bool, len(columns))
	for i := range columns {
		k := columns[i].Kind
		is := func(kinds rules.Kind) bool { return k&kinds != 0 }
		value := columns[i].Outcome == ""
		switch {
		case is(rules.OfBranch) && !value:
			// its reach has that
		case said[columns[i].Name] != 0:
			// what is asserted is not learnt
		case head == HeadTree:
			// With the request at hand, cross-validation sees no use in how it landed.
			out[i] = !is(rules.OfPost | rules.OfLanding)
		case head == HeadUntagged:
			out[i] = !is(rules.OfRequest | rules.OfPost)
		case head == HeadCommit:
			out[i] = !is(rules.OfTrees | rules.OfPost)
		case head == HeadMail:
			out[i] = !is(rules.OfTrees) && (posted || !is(rules.OfOthers))
		case head == HeadFix:
			// What the labels are made of cannot teach it, nor outcomes that know them.
			out[i] = value && !is(rules.OfTrees|rules.OfPost|rules.OfRequest|rules.OfOthers|rules.OfClaim)
		}
	}
	return out
}

// sizeScale is the penalty on size: few changes are large, and of those fewer are taken,
// so that the usual penalty, which looks at how often a number is met, would make a
// patch of 500 lines as good as one of 50. Of the fixes with a Fixes: tag that were
// posted to linux-usb and linux-rdma, stable took .46 of 1,597 with up to 200 lines with
// context and 11 of 33 beyond.
const sizeScale = 0.1

// familyScale is the penalty on what comes in large families of which each
// member is met seldom: words and code signs. Cross-validation on 5.17 to 6.3
// preferred 2 over 1 and 5 by a hair.
const familyScale = 2

func (o FitOptions) forColumns(cols []int) FitOptions {
	o.Scale = make([]float64, len(cols))
	for k, i := range cols {
		o.Scale[k] = 1
		name := columns[i].Name
		if strings.HasPrefix(name, "size.over") {
			o.Scale[k] = sizeScale
		}
		if strings.HasPrefix(name, "text.") || strings.HasPrefix(name, "code.") || strings.HasPrefix(name, "verb.") || strings.HasPrefix(name, "title.") && !strings.HasPrefix(name, "title.fix") {
			o.Scale[k] = familyScale
		}
	}
	return o
}

// seldom: a feature that fewer cases have gets no weight. What a handful of
// cases say holds for them, and reads as a rule.
const seldom = 25

// fullSize is the number of cases that the penalties of DefaultFit are meant
// for. Counted in cases they stay what they are: of more cases more is believed.
const fullSize = 6000

func (o FitOptions) forRows(rows []Row) FitOptions {
	var total float64
	for i := range rows {
		total += rows[i].Weight
	}
	if total > fullSize {
		o.Lasso *= fullSize / total
		o.Ridge *= fullSize / total
	}
	return o
}

// LearnHead fits one head to the cases for which use is true.
func LearnHead(head string, cases []Case, opt FitOptions, use func(*Case) bool) (Weighed, error) {
	// Where mails are at hand, the mail head is theirs alone, and the others are
	// the commits': the two have different tags, and different fates.
	posted := false
	for i := range cases {
		posted = posted || head == HeadMail && cases[i].posted && use(&cases[i])
	}
	var cols []int
	for i, ok := range columnsOf(head, posted) {
		if ok {
			cols = append(cols, i)
		}
	}
	pick := func(v []float64) []float64 {
		out := make([]float64, len(cols))
		for k, i := range cols {
			out[k] = v[i]
		}
		return out
	}
	var rows []Row
	for i := range cases {
		c := &cases[i]
		if c.Trust == 0 && head != HeadFix || c.posted != posted || !use(c) {
			continue
		}
		switch {
		case head == HeadFix:
			rows = append(rows, Row{Values: pick(c.full), Label: c.fixes, Weight: 1})
		case head == HeadUntagged:
			rows = append(rows, Row{Values: pick(c.untagged), Label: c.Taken, Weight: c.weight()})
		case head == HeadMail && c.tagged && !posted:
			// The tag is often added by the one who applies the patch.
			rows = append(rows, Row{Values: pick(c.full), Label: c.Taken, Weight: c.weight() / 2}, Row{Values: pick(c.untagged), Label: c.Taken, Weight: c.weight() / 2})
		default:
			rows = append(rows, Row{Values: pick(c.full), Label: c.Taken, Weight: c.weight()})
		}
	}
	for k := range cols {
		met := 0
		for i := range rows {
			if rows[i].Values[k] != 0 {
				met++
			}
		}
		if met < seldom {
			for i := range rows {
				rows[i].Values[k] = 0
			}
		}
	}
	f, err := Fit(rows, opt.forColumns(cols).forRows(rows))
	if err != nil {
		return Weighed{}, fmt.Errorf("learn the head %q: %w", head, err)
	}
	out := Weighed{Bias: tidy(f.Bias), Weights: map[string]float64{}}
	for k, i := range cols {
		if w := tidy(f.Weights[k]); w != 0 {
			out.Weights[columns[i].Name] = w
		}
	}
	if head != HeadFix {
		for name, w := range said {
			out.Weights[name] = w
		}
	}
	if head == HeadFix {
		for name, w := range asserted {
			if out.Weights[name] = w; w == 0 {
				delete(out.Weights, name)
			}
		}
	}
	return out, nil
}

// asserted are the weights of the fix head that nobody can learn, because the
// labels are made of the same tags and words. Those of words stand in the fit,
// so that what takes away from them (spelling, documentation, cleanup) is learnt
// beside them, and are then replaced: an unbounded "fix" or "workaround" in a
// title would outweigh everything else. A workaround or an ID says less than a
// fix: new hardware comes with both.
var asserted = map[string]float64{"tag.fixes": 3, "stable-request=met": 4, "title.fix": 3.5, "verb.fix": 0, "title.quirk": 3, "title.id": 3}

// said are the weights of worth that are asserted, not learnt: too few changes show them.
// Of 15 fixes beyond rules.TooBigAlone that were posted to linux-usb and linux-rdma
// without a stable tag, 5 were taken, most of them not as they were posted. A new
// interface to user space is a promise that a stable kernel does not make, and those who
// know better ask for it by a tag.
var said = map[string]float64{"size.beyond": -2.5, "no-new-uapi=unmet": -2}

// tidy keeps three digits: a reader can check the sums, and more would be noise.
func tidy(x float64) float64 { return math.Round(x*1000) / 1000 }

// Learn fits every head.
func Learn(cases []Case, opt FitOptions, progress func(head string)) (map[string]Weighed, error) {
	out := map[string]Weighed{}
	for _, h := range Heads {
		if h == HeadReach {
			continue // learnt from branches, by LearnReach
		}
		if progress != nil {
			progress(h)
		}
		w, err := LearnHead(h, cases, opt, func(*Case) bool { return true })
		if err != nil {
			return nil, err
		}
		out[h] = w
	}
	return out, nil
}

// Apply is the probability that a head gives a case.
func (w Weighed) Apply(head string, c *Case) float64 {
	v := c.full
	if head == HeadUntagged {
		v = c.untagged
	}
	z := w.Bias
	for i := range columns {
		if x, ok := w.Weights[columns[i].Name]; ok {
			z += x * v[i]
		}
	}
	return Logistic(z)
}

// CrossValidate leaves one group out at a time: each case is judged by weights
// that its release had no part in. The result is in the order of cases; a case
// whose group stands alone gets NaN.
func CrossValidate(head string, cases []Case, opt FitOptions) ([]float64, error) {
	out := make([]float64, len(cases))
	done := map[string]bool{}
	for i := range cases {
		g := cases[i].Group
		if done[g] {
			continue
		}
		done[g] = true
		w, err := LearnHead(head, cases, opt, func(c *Case) bool { return c.Group != g })
		for j := i; j < len(cases); j++ {
			if cases[j].Group != g {
				continue
			}
			if err != nil {
				out[j] = math.NaN()
				continue
			}
			out[j] = w.Apply(head, &cases[j])
		}
	}
	return out, nil
}
