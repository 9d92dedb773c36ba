package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/silicon"
)

// Policy holds the three thresholds of the verdict, all probabilities.
type Policy struct {
	Fix      float64 // at or above: a fix, an ID or a quirk
	Eligible float64 // at or above: stable takes such changes
	DKMS     float64 // below: stable does not take such changes
}

// judged is everything the rows look at for one change.
type judged struct {
	*rules.Facts
	Policy
	found    []rules.Finding
	score    float64
	fix      float64
	why      []model.Contribution // of score, any order
	branches []Branch             // with state, applies and score; verdicts are filled in by the rows
	shipped  bool                 // some matched silicon is on sale
}

// sureFix is what a change that stable is not going to take must reach before
// anybody is told of it: of the patches of a DRM list that were called dkms-only
// without it, most were clean-ups that no user waits for.
const sureFix = 0.8

// decision is what the first matching row says.
type decision struct {
	verdict Verdict
	class   Class
	mixed   bool
	reason  string
}

// rows are the policy, first match wins.
var rows = []struct {
	name string
	try  func(*judged) (decision, bool)
}{
	{"nothing to judge", nothingToJudge},
	{"declined", declined},
	{"wait", wait},
	{"vendor only", vendorOnly},
	{"not needed", notNeeded},
	{"eligible", eligible},
	{"out of reach", outOfReach},
	{"uncertain", uncertain},
}

func (j *judged) decide() decision {
	for _, r := range rows {
		if d, ok := r.try(j); ok {
			return d
		}
	}
	panic("the last row always matches")
}

// nothingToJudge: no patch, not a fix, or no silicon that anybody can buy.
func nothingToJudge(j *judged) (decision, bool) {
	out := func(format string, a ...any) (decision, bool) {
		return decision{verdict: OutOfScope, reason: fmt.Sprintf(format, a...)}, true
	}
	switch {
	case len(j.Change.Files) == 0 && !j.textRequest():
		return out("it changes no file")
	case len(j.Silicon) == 0:
		return out("no chip or IP block of the catalogue is in what it changes")
	case j.fix < j.Fix, j.fix < sureFix && j.score < j.DKMS:
		return out("it reads like no fix, device ID or quirk (%.0f%%)", 100*j.fix)
	case j.unmet(rules.NotTrivial) && !j.met(rules.RealBug):
		return out("it changes style, comments or checker noise, and no bug that people meet")
	case allIn(j.Silicon, silicon.PreProduction):
		return out("%s is not on sale", names(j.Silicon, silicon.PreProduction))
	}
	return decision{}, false
}

// declined: a maintainer said no. Their word is for this change; what the
// score says does not matter.
func declined(j *judged) (decision, bool) {
	var who string
	switch {
	case j.Series != nil && len(j.Series.Declined) > 0:
		who = "a reviewer said no: " + j.Series.Declined[0].Text
	default:
		for _, t := range j.Change.Stable {
			if !t.NoAutosel {
				continue
			}
			who = "its author asks stable not to pick it up"
			if t.Comment != "" {
				who += ": " + t.Comment
			}
		}
	}
	if who == "" {
		return decision{}, false
	}
	if !j.shipped {
		return decision{verdict: OutOfScope, reason: who}, true
	}
	return decision{verdict: DKMSOnly, class: Declined, reason: who}, true
}

// wait: asked for, or something it needs is not there yet.
func wait(j *judged) (decision, bool) {
	merged := j.Tree != nil && j.Tree.Mainline.Has && j.Tree.Mainline.Release != ""
	for _, t := range j.Change.Stable {
		if t.After != "" && !merged {
			return decision{verdict: Wait, reason: "its stable tag asks to wait: " + t.After}, true
		}
	}
	if s := j.Series; s != nil && s.Have < s.Of && !s.Elsewhere {
		return decision{verdict: Wait, reason: fmt.Sprintf("%d of the %d patches of its series have arrived", s.Have, s.Of)}, true
	}
	return decision{}, false
}

// vendorOnly: the vendor tree has it and mainline is known not to.
func vendorOnly(j *judged) (decision, bool) {
	if t := j.Tree; t != nil && t.VendorHas && t.Mainline.Known && !t.Mainline.Has && j.shipped {
		return decision{verdict: DKMSOnly, class: NotUpstream, reason: "only the vendor tree has it; stable takes nothing that is not in mainline"}, true
	}
	return decision{}, false
}

// notNeeded: the bug never reached a release, or no active branch needs the fix.
func notNeeded(j *judged) (decision, bool) {
	if j.Tree == nil {
		return decision{}, false
	}
	if cs := j.Tree.Culprits; len(cs) > 0 {
		unreleased := 0
		for _, c := range cs {
			if c.Resolved && c.Release == "" {
				unreleased++
			}
		}
		if unreleased == len(cs) {
			return decision{verdict: NotNeeded, reason: "the bug it fixes was never released: " + cs[0].Subject}, true
		}
	}
	if len(j.branches) == 0 {
		return decision{}, false
	}
	for _, b := range j.branches {
		switch b.State {
		case "present", "queued", "not-affected":
		default:
			return decision{}, false
		}
	}
	return decision{verdict: NotNeeded, reason: "every active branch has it, is about to get it, or never had the bug"}, true
}

// eligible: some branch is affected and stable takes such changes there.
func eligible(j *judged) (decision, bool) {
	if !j.shipped {
		return decision{}, false
	}
	if len(j.branches) == 0 {
		if j.score < j.Eligible {
			return decision{}, false
		}
		return decision{verdict: StableEligible, reason: fmt.Sprintf("stable has taken %.0f%% of the changes like this one", 100*j.score)}, true
	}
	var can, cannot []string
	for i := range j.branches {
		b := &j.branches[i]
		switch {
		case b.State == "affected" && b.Score >= j.Eligible:
			b.Verdict, can = verdictOf(StableEligible), append(can, b.Name)
		case b.State == "affected" && b.Score < j.DKMS, b.State == "no-base":
			b.Verdict, cannot = verdictOf(DKMSOnly), append(cannot, b.Name)
			b.ReasonClass = j.branchClass(*b)
		}
	}
	if len(can) == 0 {
		return decision{}, false
	}
	d := decision{verdict: StableEligible, mixed: len(cannot) > 0, reason: "eligible for " + strings.Join(can, ", ")}
	if d.mixed {
		d.reason += "; out of reach for " + strings.Join(cannot, ", ")
	}
	return d, true
}

// outOfReach: shipped silicon, and no branch can take it, with a reason that
// has a name.
func outOfReach(j *judged) (decision, bool) {
	if !j.shipped {
		return decision{}, false
	}
	class := j.heaviest()
	if len(j.branches) == 0 {
		if j.score >= j.DKMS || class == "" {
			return decision{}, false
		}
		return decision{verdict: DKMSOnly, class: class, reason: j.classReason(class)}, true
	}
	noBase := 0
	for i := range j.branches {
		b := &j.branches[i]
		switch {
		case b.State == "no-base":
			noBase++
		case b.State == "affected" && b.Score >= j.DKMS, b.State == "unknown":
			return decision{}, false
		}
	}
	if noBase == len(j.branches) {
		class = NoBase
	}
	if class == "" {
		return decision{}, false
	}
	for i := range j.branches {
		if b := &j.branches[i]; b.State == "affected" || b.State == "no-base" {
			b.Verdict, b.ReasonClass = verdictOf(DKMSOnly), j.branchClass(*b)
		}
	}
	return decision{verdict: DKMSOnly, class: class, reason: j.classReason(class)}, true
}

// uncertain always matches.
func uncertain(j *judged) (decision, bool) {
	why := fmt.Sprintf("stable has taken %.0f%% of the changes like this one: neither clearly in nor clearly out", 100*j.score)
	switch {
	case !j.shipped:
		why = "whether " + names(j.Silicon, silicon.Unknown) + " is on sale is not known"
	case j.score < j.DKMS:
		why = fmt.Sprintf("stable has taken only %.0f%% of the changes like this one, and nothing says why it could not: not its size, not a new interface, not enablement", 100*j.score)
	}
	return decision{verdict: Uncertain, reason: why}, true
}

// textRequest: a mail that asks stable in prose to take a commit.
func (j *judged) textRequest() bool {
	for _, t := range j.Change.Stable {
		if t.Text {
			return true
		}
	}
	return false
}

func (j *judged) branchClass(b Branch) Class {
	if b.State == "no-base" {
		return NoBase
	}
	return j.heaviest()
}

// classes are the reasons that a change can give by itself, each with the rules
// that must have found it: a weight alone is no reason, or a patch of ten lines
// would be too big because a smaller one is taken more often.
var classes = []struct {
	class Class
	found []*rules.Rule // unmet: any of them
}{
	{TooBig, []*rules.Rule{rules.DiffSize}},
	{ABI, []*rules.Rule{rules.NoNewUAPI, rules.NoNewKconfig}},
	{Enablement, []*rules.Rule{rules.NoEnablement, rules.NoNewDriver}},
}

// heaviest is the class of the reason that pulls the score down most, "" when
// nothing that has a class does.
func (j *judged) heaviest() Class {
	sum := map[Class]float64{}
	for _, c := range j.why {
		if class := model.ClassOf(c.Name); class != "" && c.Add() < 0 {
			sum[Class(class)] += c.Add()
		}
	}
	best, low := Class(""), 0.0
	for _, c := range classes {
		if sum[c.class] < low && j.unmet(c.found...) {
			best, low = c.class, sum[c.class]
		}
	}
	return best
}

// unmet and met report whether one of the rules found so.
func (j *judged) unmet(any ...*rules.Rule) bool { return j.has(rules.Unmet, any) }
func (j *judged) met(any ...*rules.Rule) bool   { return j.has(rules.Met, any) }

func (j *judged) has(o rules.Outcome, any []*rules.Rule) bool {
	return slices.ContainsFunc(j.found, func(f rules.Finding) bool {
		return f.Outcome == o && slices.ContainsFunc(any, func(r *rules.Rule) bool { return r.ID == f.ID })
	})
}

func (j *judged) classReason(c Class) string {
	s := j.Change.Size
	switch c {
	case TooBig:
		return fmt.Sprintf("too big for what stable is known to take: %d lines with context in %d files", s.LinesWithContext, s.Files)
	case ABI:
		return "it needs a kernel interface that stable branches do not get"
	case Enablement:
		return "it enables hardware beyond a device ID or a quirk"
	case NoBase:
		return "the code it fixes is in no active branch: " + names(j.Silicon, silicon.Production) + " is newer than all of them"
	}
	return string(c)
}

func verdictOf(v Verdict) *Verdict { return &v }

func allIn(ms []silicon.Match, s silicon.State) bool {
	for _, m := range ms {
		if m.State != s {
			return false
		}
	}
	return len(ms) > 0
}

// names lists up to three matches in that state.
func names(ms []silicon.Match, s silicon.State) string {
	var out []string
	for _, m := range ms {
		if m.State == s && len(out) < 3 {
			out = append(out, m.Name)
		}
	}
	return strings.Join(out, ", ")
}
