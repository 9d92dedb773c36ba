package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/silicon"
)

// Policy holds the three thresholds of the verdict, all probabilities.
type Policy struct {
	Fix      float64 `json:"fix"`      // at or above: a fix, an ID or a quirk
	Eligible float64 `json:"eligible"` // at or above: stable takes such changes
	DKMS     float64 `json:"dkms"`     // below: stable does not take such changes
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
	shipped  bool                 // somebody outside the vendor has the hardware
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
	older   bool // the code is in the newer branches only: a row without it says so
	reason  string
}

// rows are the policy, first match wins.
var rows = []struct {
	name string
	try  func(*judged) (decision, bool)
}{
	{"nothing to judge", nothingToJudge},
	{"reverted", reverted},
	{"declined", declined},
	{"wait", wait},
	{"vendor only", vendorOnly},
	{"not needed", notNeeded},
	{"eligible", eligible},
	{"out of reach", outOfReach},
	{"uncertain", uncertain},
}

func (j *judged) decide() decision {
	j.shipped = j.onSale()
	j.judgeBranches()
	for _, r := range rows {
		if d, ok := r.try(j); ok {
			j.settleBranches(d)
			return d
		}
	}
	panic("the last row always matches")
}

// onSale reports whether somebody outside the vendor has the hardware. The
// driver as a whole is always on sale with some chip, so where a change names
// the hardware it is for, that decides; unless its author asks stable to take
// it, who then knows of users, or of those that a release will have.
func (j *judged) onSale() bool {
	if !allIn(named(j.Silicon), silicon.PreProduction) {
		return slices.ContainsFunc(named(j.Silicon), func(m silicon.Match) bool { return m.State == silicon.Production })
	}
	return slices.ContainsFunc(j.Change.Stable, func(t change.StableTag) bool { return !t.NoAutosel && !t.Recipient })
}

// named leaves out the driver where a change names a chip or IP block.
func named(ms []silicon.Match) []silicon.Match {
	var out []silicon.Match
	for _, m := range ms {
		if m.Specific() {
			out = append(out, m)
		}
	}
	if out == nil {
		return ms
	}
	return out
}

// nothingToJudge: no patch, not a fix, or no silicon that anybody can buy.
func nothingToJudge(j *judged) (decision, bool) {
	out := func(format string, a ...any) (decision, bool) {
		return decision{verdict: OutOfScope, reason: fmt.Sprintf(format, a...)}, true
	}
	switch {
	case j.Change.ClosesRelease():
		return out("it gives a release its number and changes nothing else")
	case len(j.Change.Files) == 0 && !j.textRequest():
		return out("it changes no file")
	case len(j.Silicon) == 0:
		return out("no chip or IP block of the catalogue is in what it changes")
	case !slices.ContainsFunc(j.Silicon, func(m silicon.Match) bool { return m.Kind != silicon.KindBoard }):
		return out("it changes the device tree of a board")
	case j.Submission():
		// What is offered to a stable branch was found to be a fix, or to be
		// needed by one, by those who offer it.
	case j.fix < j.Fix, j.fix < sureFix && j.score < j.DKMS && !j.missingChip():
		return out("it reads like no fix, device ID or quirk (%.0f%%)", 100*j.fix)
	case j.unmet(rules.NotTrivial, rules.RealBug) && j.score < j.DKMS, j.unmet(rules.NotTrivial) && !j.met(rules.RealBug):
		return out("it changes style, comments or checker noise, and no bug that people meet")
	case allIn(named(j.Silicon), silicon.PreProduction) && !j.shipped:
		return out("%s is not on sale", names(j.Silicon, silicon.PreProduction))
	}
	return decision{}, false
}

// missingChip: it works around or mends hardware that some branch is too old for.
// That such a change is one for users needs no further sign.
func (j *judged) missingChip() bool {
	return j.met(rules.RealBug) && slices.ContainsFunc(j.branches, func(b Branch) bool { return b.Newer })
}

// reverted: mainline took it back, so nobody should have it.
func reverted(j *judged) (decision, bool) {
	if j.Tree == nil || !j.Tree.Mainline.Has {
		return decision{}, false
	}
	for _, f := range j.Tree.Followups {
		if f.Revert {
			return decision{verdict: OutOfScope, reason: fmt.Sprintf("mainline has reverted it, by %.12s", f.SHA)}, true
		}
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

// vendorOnly: the vendor tree has it and mainline is known not to, or the change
// says of itself that it is not for mainline, and no tree knows better.
func vendorOnly(j *judged) (decision, bool) {
	if says := j.Change.NotUpstream; says != "" && !j.Change.OnItsWay && (j.Tree == nil || !j.Tree.Mainline.Has) {
		return decision{verdict: DKMSOnly, class: NotUpstream, reason: fmt.Sprintf("%q says that mainline does not have it; stable takes nothing that is not in mainline", says)}, true
	}
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
	if j.unreleasedCode() {
		return decision{verdict: NotNeeded, reason: "the code it changes is in no released kernel yet"}, true
	}
	if len(j.branches) == 0 {
		return decision{}, false
	}
	served, spared := false, ""
	for _, b := range j.branches {
		switch {
		case b.Verdict == nil: // it has it, or never had the bug
			served = true
		case *b.Verdict == NotNeeded:
			served = served || b.State != "affected"
			spared = b.Name
		case b.State != "no-base":
			return decision{}, false
		}
	}
	switch {
	case !served && spared != "":
		return decision{verdict: NotNeeded, older: true, reason: "its author asks for branches newer than those that have the code"}, true
	case !served:
		return decision{}, false // the code is in no active branch
	}
	return decision{verdict: NotNeeded, older: true, reason: "every active branch that has the code has this too, is about to get it, or never had the bug"}, true
}

// unreleasedCode reports whether nothing of what the change touches stands in
// the last release, and neither its tags nor its author say otherwise. A stable
// tag does, unless the last release and every branch lack the very files: of four
// such changes that were called dkms-only, a reader called all not needed.
func (j *judged) unreleasedCode() bool {
	last := j.Tree.Last
	if !last.Known || last.Hunks == 0 || last.Near > 0 {
		return false
	}
	if j.met(rules.StableRequest) && (last.Have > 0 || len(j.branches) == 0 || slices.ContainsFunc(j.branches, func(b Branch) bool { return b.State != "no-base" })) {
		return false
	}
	return !slices.ContainsFunc(j.Tree.Culprits, func(c rules.Culprit) bool { return c.Resolved && c.Release != "" })
}

// eligible: some branch is affected and stable takes such changes there.
func eligible(j *judged) (decision, bool) {
	if !j.shipped {
		return decision{}, false
	}
	if len(j.branches) == 0 {
		switch {
		case j.Submission() && j.met(rules.UpstreamMark) && !j.unmet(rules.DiffSize):
			return decision{verdict: StableEligible, reason: "submitted to stable as the backport of a mainline commit that it names"}, true
		case j.score >= j.Eligible:
			return decision{verdict: StableEligible, reason: fmt.Sprintf("the learnt odds that stable takes it are %.0f%%", 100*j.score)}, true
		}
		return decision{}, false
	}
	can, cannot := j.named(StableEligible), j.named(DKMSOnly)
	if len(can) == 0 {
		return decision{}, false
	}
	d := decision{verdict: StableEligible, mixed: len(cannot) > 0, reason: "eligible for " + strings.Join(can, ", ")}
	if d.mixed {
		d.reason += "; out of reach for " + strings.Join(cannot, ", ")
	}
	return d, true
}

// named lists the branches of one verdict.
func (j *judged) named(v Verdict) []string {
	var out []string
	for _, b := range j.branches {
		if b.Verdict != nil && *b.Verdict == v {
			out = append(out, b.Name)
		}
	}
	return out
}

// outOfReach: shipped silicon, and no branch can take it, with a reason that
// has a name.
func outOfReach(j *judged) (decision, bool) {
	if !j.shipped {
		return decision{}, false
	}
	if len(j.branches) == 0 {
		class := j.heaviest(nil)
		if j.score >= j.DKMS || class == "" || j.Submission() {
			// What stable maintainers offer themselves they mostly take, whatever it
			// adds: of 13 such mails that were called dkms-only, two readers agreed
			// with none.
			return decision{}, false
		}
		return decision{verdict: DKMSOnly, class: class, reason: j.classReason(class)}, true
	}
	if cannot := j.named(DKMSOnly); len(cannot) == 0 || len(j.named(Uncertain)) > 0 {
		return decision{}, false
	}
	class := NoBase
	for _, b := range j.branches {
		if b.Verdict != nil && *b.Verdict == DKMSOnly && b.ReasonClass != NoBase {
			class = b.ReasonClass // what keeps it from a branch that has the code
		}
	}
	reason := j.classReason(class)
	if class == TooBig && !j.beyond() {
		reason = j.pileReason()
	}
	return decision{verdict: DKMSOnly, class: class, reason: reason}, true
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

// unmet and met report whether one of the rules found so.
func (j *judged) unmet(any ...*rules.Rule) bool { return j.has(rules.Unmet, any) }

func (j *judged) met(any ...*rules.Rule) bool { return j.has(rules.Met, any) }

func (j *judged) has(o rules.Outcome, any []*rules.Rule) bool {
	return slices.ContainsFunc(j.found, func(f rules.Finding) bool {
		return f.Outcome == o && slices.ContainsFunc(any, func(r *rules.Rule) bool { return r.ID == f.ID })
	})
}

func percent(p float64) string {
	if p < 0.01 {
		return "under 1%"
	}
	return fmt.Sprintf("%.0f%%", 100*p)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
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
