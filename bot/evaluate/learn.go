package evaluate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/release"
)

// Lesson is one labelled change to learn from.
type Lesson struct {
	model.Case
	Tagged bool
	In     []string // stable releases or branches that carry it
	// Culprit is the oldest mainline release that carries the bug, "" when that
	// is not known.
	Culprit string
	Merged  truth.Merging // how it is known that it was merged
	Rows    []ReachRow    // the branches that had the bug on its day
}

// ReachRow is a branch that had the bug on the day a fix was written.
type ReachRow struct {
	Branch string
	Terms  map[string]float64 // of model.ReachOf
	Taken  bool               // the branch took the fix
}

// NewLesson measures a change. A label that does not count teaches nothing.
func NewLesson(f *rules.Facts, group string, label truth.Label) Lesson {
	l := Lesson{Case: model.Measure(f, group, label.Taken, label.Trust), Tagged: Asks(f.Change), In: label.In, Merged: label.Merged}
	if f.Tree != nil {
		for _, c := range f.Tree.Culprits {
			if c.Resolved && c.Release != "" && (l.Culprit == "" || release.Newer(l.Culprit, c.Release)) {
				l.Culprit = c.Release
			}
		}
	}
	return l
}

// Asks reports whether the change asks for stable.
func Asks(c *change.Change) bool {
	return slices.ContainsFunc(c.Stable, func(t change.StableTag) bool { return !t.NoAutosel && !t.Recipient })
}

// Untag is the change without its requests to stable; c is not changed.
func Untag(c *change.Change) *change.Change {
	if !Asks(c) {
		return c
	}
	d := *c
	d.Stable = slices.DeleteFunc(slices.Clone(c.Stable), func(t change.StableTag) bool { return !t.NoAutosel })
	return &d
}

// What labels have to look like to be believed.
const (
	// wholeShare: stable takes nearly everything that asks for it, so labels that
	// know less of it as taken have holes. On the DRM tables the shares of 5.17 to
	// 6.3 are .83, .85, .76, .67, .91, .985, .91: the gap lies at .9.
	wholeShare = .9
	// wholeCases: with fewer tagged cases a share says nothing.
	wholeCases = 20
	// halfTrust is what an untaken change without a stable tag weighs in a release
	// whose labels have holes.
	halfTrust = .5
)

// Doubt sets the trust of each lesson and returns the releases whose labels are
// whole, and notes for the provenance. Only labels of "not taken" are doubted:
//
//   - in a release whose labels have holes, one that asks for stable has no
//     label, and any other counts half: what is pulled in for a fix is missing
//     where the fix is;
//   - a fix for a bug that was only in stable series of which the labels hold
//     nothing has no label.
func Doubt(ls []Lesson) (whole, notes []string) {
	type count struct{ tagged, taken int }
	groups := map[string]*count{}
	covered := map[string]bool{}
	var order []string
	for i := range ls {
		l := &ls[i]
		g := groups[l.Group]
		if g == nil {
			g = &count{}
			groups[l.Group] = g
			order = append(order, l.Group)
		}
		if l.Tagged {
			g.tagged++
			if l.Taken {
				g.taken++
			}
		}
		for _, r := range l.In {
			covered[series(r)] = true
		}
	}
	slices.SortFunc(order, release.Compare)
	holes := map[string]bool{}
	var holed []string
	for _, name := range order {
		g := groups[name]
		share := float64(g.taken) / float64(max(g.tagged, 1))
		if g.tagged >= wholeCases && share < wholeShare {
			holes[name] = true
			holed = append(holed, fmt.Sprintf("%s (%s)", name, number(share)))
		} else {
			whole = append(whole, name)
		}
	}
	if len(whole) == 0 {
		// Holes everywhere are how things are here: nothing tells which to doubt.
		notes = append(notes, fmt.Sprintf("in no release is %s of what asks for stable known as taken (%s): "+
			"the labels are believed as they stand", threshold(wholeShare), strings.Join(holed, ", ")))
		whole, holed = order, nil
		clear(holes)
	}
	var unknown, half, outside int
	for i := range ls {
		l := &ls[i]
		switch {
		case l.Taken || l.Trust == 0: // nothing is taken from the one, nothing is left of the other
		case l.Culprit != "" && !within(covered, l.Culprit, l.Group):
			l.Trust = 0
			outside++
		case holes[l.Group] && l.Tagged:
			l.Trust = 0
			unknown++
		case holes[l.Group]:
			l.Trust = halfTrust
			half++
		}
	}
	if len(holed) > 0 {
		notes = append(notes, fmt.Sprintf("the labels of these releases have holes, by the share of stable tags that they know as taken: %s; "+
			"there %d untaken changes with a tag count as unlabelled, the %d other untaken ones half",
			strings.Join(holed, ", "), unknown, half))
	}
	if outside > 0 {
		notes = append(notes, fmt.Sprintf("%d untaken fixes of bugs that were only in stable series of which the labels hold nothing count as "+
			"unlabelled", outside))
	}
	return whole, notes
}

// What of a list's taken patches must leave a trace of being merged there.
const (
	// traced: below that, what is known as merged is little else than what was taken.
	traced = .5
	// tracedCases: with fewer taken patches a share says nothing.
	tracedCases = 20
)

// Balance sets the trust of patches on lists so that the share that is taken of what
// was merged stays what it is. All that was taken is known as merged, of the rest only
// what a notice or a pull request tells of. On a list where some traces are lost, an
// untaken patch stands for those that left none: it weighs more, as the taken ones
// show. On one where most are lost, only what left a trace counts. The notes say which.
func Balance(ls []Lesson) []string {
	type count struct{ taken, traced, untaken int }
	lists := map[string]*count{}
	var order []string
	for i := range ls {
		l := &ls[i]
		k := lists[l.Group]
		if k == nil {
			k = &count{}
			lists[l.Group] = k
			order = append(order, l.Group)
		}
		switch {
		case l.Trust == 0:
		case !l.Taken:
			k.untaken++
		case l.Merged.Independent():
			k.taken++
			k.traced++
		default:
			k.taken++
		}
	}
	slices.Sort(order)
	var heavier, few []string
	for _, name := range order {
		k := lists[name]
		share := float64(k.traced) / float64(max(k.taken, 1))
		text := fmt.Sprintf("%s (%d of %d taken patches left a trace of being merged)", name, k.traced, k.taken)
		switch {
		case k.taken < tracedCases:
		case share < traced:
			few = append(few, text)
		case share < 1:
			heavier = append(heavier, text)
		}
		for i := range ls {
			l := &ls[i]
			if l.Group != name || k.taken < tracedCases || l.Trust == 0 {
				continue
			}
			switch {
			case share < traced && !l.Merged.Independent():
				l.Trust = 0
			case share >= traced && !l.Taken:
				l.Trust /= share
			}
		}
	}
	var notes []string
	if len(heavier) > 0 {
		notes = append(notes, "untaken patches weigh more, for those whose merging left no trace, on "+strings.Join(heavier, ", "))
	}
	if len(few) > 0 {
		notes = append(notes, "only what left a trace of being merged counts on "+strings.Join(few, ", "))
	}
	return notes
}

// series is "6.1" of "6.1.35", "linux-6.1.y" and "6.1-lts".
func series(name string) string {
	i := strings.IndexAny(name, "0123456789")
	if i < 0 {
		return name
	}
	r, ok := release.Parse(name[i:])
	if !ok {
		return name
	}
	return r.String()
}

// within reports whether a covered series lies between the release that brought
// the bug and the one that fixes it. What is no release number is not doubted.
func within(covered map[string]bool, from, to string) bool {
	if !release.Is(from) {
		return true
	}
	if !release.Newer(to, from) {
		return true // a bug of the same cycle: nobody has to take the fix, and that is known
	}
	for s := range covered {
		if release.Is(s) && !release.Newer(from, s) && release.Newer(to, s) {
			return true
		}
	}
	return false
}

// sortedReleases are names of branches, oldest first.
func sortedReleases(names []string) []string {
	slices.SortFunc(names, func(a, b string) int { return release.Compare(series(a), series(b)) })
	return names
}

// Span is the oldest and the youngest of some releases, or of quarters: what is no
// release goes by its text.
func Span(names []string) (first, last string) {
	if len(names) == 0 {
		return "", ""
	}
	return slices.MinFunc(names, release.Compare), slices.MaxFunc(names, release.Compare)
}

// Thresholds that stand when there is nothing to choose them by: those of the
// embedded weights.
func usual() model.Thresholds { return model.Default().Thresholds }

// The trade-offs of the thresholds, over claimed fixes judged by weights that
// their release had no part in.
const (
	// wrongAtMost: of what is called stable-eligible, so much was never taken. A
	// maintainer who is sent to stable in vain does not listen again.
	wrongAtMost = .12
	// lostAtMost: of what stable took, so much may lie below the dkms line.
	lostAtMost = .04
	// undecidedAtMost: so much may lie between the lines. A bot that says "uncertain"
	// of everything it could be wrong about says nothing.
	undecidedAtMost = .10
	// step: finer steps would follow the noise of a few hundred fixes.
	step = .02
)

// Choose picks the lines: the lowest eligible one at which at most wrongAtMost was
// never taken, so that the most of what is taken is found, and the highest dkms one
// below which at most lostAtMost of the taken fixes lie. Where more than undecidedAtMost
// lies between, the two move towards each other step by step: of what was so uncertain
// and read by hand, a maintainer called most eligible, and the rest below the bar.
func Choose(fixes []model.Scored) (model.Thresholds, string) {
	t := usual()
	taken := 0
	for _, s := range fixes {
		if s.Label {
			taken++
		}
	}
	if taken < wholeCases || len(fixes)-taken < wholeCases {
		return t, fmt.Sprintf("too few fixes (%d, %d taken) to choose thresholds by: the usual ones stand", len(fixes), taken)
	}
	above := func(x float64) (hit, called int) {
		for _, s := range fixes {
			if s.P >= x {
				called++
				if s.Label {
					hit++
				}
			}
		}
		return
	}
	wrong := func(x float64) float64 {
		hit, called := above(x)
		return float64(called-hit) / float64(max(called, 1))
	}
	lost := func(x float64) float64 {
		hit, _ := above(x)
		return float64(taken-hit) / float64(taken)
	}
	line := func(i int) float64 { return tidy(float64(i) * step) }
	eligible, last := 1, int(.9/step)
	for eligible < last && wrong(line(eligible)) > wrongAtMost {
		eligible++
	}
	dkms := 1
	for line(dkms+1) < line(eligible) && lost(line(dkms+1)) <= lostAtMost {
		dkms++
	}
	between := func() float64 {
		_, over := above(line(dkms))
		_, called := above(line(eligible))
		return float64(over-called) / float64(len(fixes))
	}
	first, low := eligible, dkms
	for down := true; eligible > dkms+1 && between() > undecidedAtMost; down = !down {
		if down {
			eligible--
		} else {
			dkms++
		}
	}
	t.Eligible, t.DKMS = line(eligible), line(dkms)
	hit, _ := above(t.Eligible)
	note := fmt.Sprintf("eligible %s: of the fixes scored so or more %s were never taken, and %s of the taken ones are found; dkms %s: %s "+
		"of the taken fixes lie below; %s lie between",
		threshold(t.Eligible), number(wrong(t.Eligible)), number(float64(hit)/float64(taken)), threshold(t.DKMS), number(lost(t.DKMS)),
		number(between()))
	if eligible < first || dkms > low {
		note += fmt.Sprintf("; between %s (at most %s of those called eligible never taken) and %s (at most %s of the taken below) more than "+
			"%s would have lain",
			threshold(line(first)), threshold(wrongAtMost), threshold(line(low)), threshold(lostAtMost), threshold(undecidedAtMost))
	}
	return t, note
}

func tidy(x float64) float64 { return math.Round(x*1000) / 1000 }

// LearnOptions say what the weights are to be called.
type LearnOptions struct {
	Version, Data, Made string
	Seed                uint64
	Fit                 model.FitOptions
	Told                func(step string) // progress, if set
}

// Learn turns lessons into a weights file, thresholds and figures included. It
// sets the trust of the lessons. It has no randomness. posted are patches as
// posted, the head for mails learns from them when there are any, each list a
// group of its own.
func Learn(ls, posted []Lesson, o LearnOptions) (*model.Weights, error) {
	told := o.Told
	if told == nil {
		told = func(string) {}
	}
	whole, notes := Doubt(ls)
	cases := make([]model.Case, len(ls))
	p := model.Provenance{Data: o.Data, Seed: o.Seed, Made: o.Made, Cases: len(ls), Figures: map[string]float64{}}
	for i := range ls {
		cases[i] = ls[i].Case
		if ls[i].Taken {
			p.Taken++
		}
		if !slices.Contains(p.Releases, ls[i].Group) {
			p.Releases = append(p.Releases, ls[i].Group)
		}
	}
	slices.SortFunc(p.Releases, release.Compare)
	out := &model.Weights{Format: model.Format, Version: o.Version, Thresholds: usual()}
	fit := o.Fit
	if len(p.Releases) > 1 {
		var held []heldOut
		best := math.Inf(1)
		for i, x := range strengths {
			told(fmt.Sprintf("cross-validation over %d releases, penalties × %g", len(p.Releases), x))
			try := o.Fit
			try.Ridge, try.Lasso = x*try.Ridge, x*try.Lasso
			got, err := holdOut(ls, cases, whole, try)
			if err != nil {
				return nil, err
			}
			// The weakest penalty stands unless a stronger one is better by more
			// than chance plays.
			if l := loss(got); i == 0 || l < best*(1-clearly) {
				best, held, fit = l, got, try
			}
		}
		var all, fixes []model.Scored
		for _, h := range held {
			all = append(all, h.Scored)
			if h.claims {
				fixes = append(fixes, h.Scored)
			}
		}
		for _, x := range []struct {
			name  string
			cases []model.Scored
		}{{"all", all}, {"fixes", fixes}} {
			for _, m := range []struct {
				name string
				of   func([]model.Scored) float64
			}{{"cv auc ", model.AUC}, {"cv ap ", model.AveragePrecision}, {"cv calibration error ", calibration}} {
				if len(x.cases) == 0 {
					continue
				}
				if v := m.of(x.cases); !math.IsNaN(v) {
					p.Figures[m.name+x.name] = tidy(v)
				}
			}
		}
		notes = append(notes, fmt.Sprintf("figures and thresholds rest on %s, each release judged by weights that it had no part in; ridge "+
			"%g, lasso %g",
			strings.Join(whole, ", "), fit.Ridge, fit.Lasso))
		var note string
		out.Thresholds, note = Choose(fixes)
		notes = append(notes, note)
	} else {
		notes = append(notes, "one release only: no cross-validation, the usual thresholds")
	}
	mails := make([]model.Case, len(posted))
	for i := range posted {
		mails[i] = posted[i].Case
	}
	if len(mails) > 0 {
		notes = append(notes, Balance(posted)...)
		for i := range posted {
			mails[i].Trust = posted[i].Trust
		}
		told("cross-validation over the lists")
		note, err := listFigures(posted, mails, o.Fit, p.Figures)
		if err != nil {
			return nil, err
		}
		notes = append(notes, note)
	}
	heads, err := model.Learn(append(cases, mails...), fit, func(h string) { told("learning the head " + h) })
	if err != nil {
		return nil, err
	}
	var note string
	if heads[model.HeadReach], note, err = learnReach(ls, cases, fit); err != nil {
		return nil, err
	}
	notes = append(notes, note)
	p.Notes = notes
	out.Heads, out.Provenance = heads, p
	return out, nil
}

// learnReach learns what a branch adds, with the worth of each fix as weights say that
// its release had no part in. Without rows what stands is kept.
func learnReach(ls []Lesson, cases []model.Case, fit model.FitOptions) (model.Weighed, string, error) {
	stands := model.Default().File().Heads[model.HeadReach]
	rows := 0
	for i := range ls {
		rows += len(ls[i].Rows)
	}
	if rows == 0 {
		return stands, "reach: no branches to learn from; what stood is kept", nil
	}
	worth, err := model.CrossValidate(model.HeadTree, cases, fit)
	if err != nil {
		return stands, "", err
	}
	var learn []model.ReachCase
	branches := map[string]bool{}
	taken := 0
	for i := range ls {
		if math.IsNaN(worth[i]) || !ls[i].Claims {
			continue
		}
		for _, r := range ls[i].Rows {
			learn = append(learn, model.ReachCase{Group: r.Branch, Worth: worth[i], Terms: r.Terms, Taken: r.Taken})
			branches[r.Branch] = true
			if r.Taken {
				taken++
			}
		}
	}
	reach, err := model.LearnReach(learn, stands)
	if err != nil {
		return stands, "reach: " + err.Error() + "; what stood is kept", nil //nolint:nilerr // too little to learn from is told, and no fault
	}
	return reach, fmt.Sprintf("reach: %d rows fix × branch that had the bug on the day it was written, %d taken, of %s", len(learn), taken,
		strings.Join(slices.Sorted(maps.Keys(branches)), ", ")), nil
}

// strengths of the penalties that are tried, beside those of model.DefaultFit,
// which were chosen on some 6,000 cases: fewer cases need stronger ones.
var strengths = []float64{1, 2, 4, 8}

// clearly is the part of the loss that a stronger penalty must save.
const clearly = .005

// heldOut is a case judged by weights that its release had no part in.
type heldOut struct {
	model.Scored
	claims bool
}

func holdOut(ls []Lesson, cases []model.Case, whole []string, fit model.FitOptions) ([]heldOut, error) {
	p, err := model.CrossValidate(model.HeadTree, cases, fit)
	if err != nil {
		return nil, err
	}
	var out []heldOut
	for i := range ls {
		if ls[i].Trust > 0 && !math.IsNaN(p[i]) && slices.Contains(whole, ls[i].Group) {
			out = append(out, heldOut{model.Scored{P: p[i], Label: ls[i].Taken}, ls[i].Claims})
		}
	}
	return out, nil
}

// loss is the mean logarithmic one, which rewards an honest probability.
func loss(s []heldOut) float64 {
	sum := 0.0
	for _, x := range s {
		p := x.P
		if !x.Label {
			p = 1 - p
		}
		sum -= math.Log(max(p, 1e-9))
	}
	return sum / float64(max(len(s), 1))
}

// listFigures judges each list by weights that it had no part in: what was merged
// and can be seen, and beside it all that was posted.
func listFigures(ls []Lesson, mails []model.Case, fit model.FitOptions, figures map[string]float64) (string, error) {
	p, err := model.CrossValidate(model.HeadMail, mails, fit)
	if err != nil {
		return "", err
	}
	const sets = 3
	names := [sets]string{"cv mail auc all", "cv mail auc fixes", "cv mail auc fixes as posted"}
	lists := map[string][sets][]model.Scored{}
	taken, counted, fixes := 0, 0, 0
	for i := range ls {
		s := model.Scored{P: p[i], Label: ls[i].Taken}
		l := lists[ls[i].Group]
		if ls[i].Trust > 0 {
			counted++
			l[0] = append(l[0], s)
			if ls[i].Taken {
				taken++
			}
			if ls[i].Claims {
				fixes++
				l[1] = append(l[1], s)
			}
		}
		if ls[i].Claims {
			l[2] = append(l[2], s)
		}
		lists[ls[i].Group] = l
	}
	for k, name := range names {
		sum, n := 0.0, 0.0
		for _, l := range lists {
			if v := model.AUC(l[k]); len(l[k]) > 0 && !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		}
		if n > 0 {
			figures[name] = tidy(sum / n)
		}
	}
	return fmt.Sprintf("mail: %d patches of %d lists, of which %d were merged and can be seen, %d of these taken and %d fixes; figures are "+
		"means over the lists, each left out in turn",
		len(ls), len(lists), counted, taken, fixes), nil
}
