package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/silicon"
)

// Policy holds the lines between the verdicts, all probabilities.
type Policy = model.Thresholds

// judged is everything the rows look at for one change.
type judged struct {
	*rules.Facts
	Policy
	found    []rules.Finding
	worth    float64
	fix      float64
	why      []model.Contribution // of worth, any order
	branches []Branch             // with state, applies and score; verdicts are filled in by judgeBranches
	isFix    answer
	nowhere  string // why there is no hardware in it, "" where there is some
	foreign  bool   // another project's: nowhere says whose
}

// decision is what the first matching row says.
type decision struct {
	verdict Verdict
	class   Class
	mixed   bool
	rows    bool // the rows of the branches keep what their own facts say
	reason  string
}

// rows are the policy of DESIGN §3, first match wins.
var rows = []func(*judged) (decision, bool){
	unreadable, nothingToJudge, reverted, declined, wait, vendorOnly, notNeeded, eligible, dkmsOnly, uncertain,
}

func (j *judged) decide() decision {
	j.isFix = j.fixOrNot()
	j.judgeBranches()
	for _, row := range rows {
		if d, ok := row(j); ok {
			j.settleBranches(d)
			return d
		}
	}
	panic("the last row always matches")
}

// shipped reports whether somebody outside the vendor has the hardware. The driver as a
// whole is always on sale with some chip, so where a change names the hardware it is
// for, that decides; unless its author asks stable to take it, who then knows of users,
// or of those that a release will have.
func (j *judged) shipped() bool {
	has := func(s silicon.State) bool {
		return slices.ContainsFunc(silicon.Named(j.Silicon), func(m silicon.Match) bool { return m.State == s })
	}
	switch {
	case has(silicon.Production):
		return true
	case has(silicon.PreProduction) && !has(silicon.Unknown):
		return j.Asks()
	}
	return false
}

// unlisted reports whether it is for hardware of which nobody knows whether it is on
// sale. What branches, tag and evidence say of it stands; it is never out-of-scope or
// dkms-only for that.
func (j *judged) unlisted() bool { return !j.shipped() && !j.unsold() && len(j.Silicon) > 0 }

// unsold reports whether all hardware that it names is known not to be on sale.
func (j *judged) unsold() bool {
	return allIn(silicon.Named(j.Silicon), silicon.PreProduction) && !j.Asks()
}

// unreadable: there is a patch, and nobody can say what it does.
func unreadable(j *judged) (decision, bool) {
	if j.Change.Damage == nil || j.foreign {
		return decision{}, false
	}
	return decision{verdict: Uncertain, reason: "its patch cannot be read: " + j.Change.Damage.Error()}, true
}

// notAFix begins the reason of a change that is no fix, device ID or quirk.
const notAFix = "not a fix: "

// nothingToJudge: no patch, not a fix, or no hardware that anybody can buy.
func nothingToJudge(j *judged) (decision, bool) {
	out := func(format string, a ...any) (decision, bool) {
		return decision{verdict: OutOfScope, reason: fmt.Sprintf(format, a...)}, true
	}
	switch {
	case j.Change.ClosesRelease():
		return out("it gives a release its number and changes nothing else")
	case len(j.Change.Files) == 0 && !j.textRequest():
		return out("it changes no file")
	case len(j.Silicon) == 0 && j.nowhere == "" && j.isFix.yes && j.Change.Kind == change.Mail && !j.Change.InKernel():
		return decision{verdict: Uncertain, reason: silicon.NoPath}, true
	case len(j.Silicon) == 0 && !j.isFix.yes && !j.foreign && j.Code().CommentsOnly: // for whatever hardware the comment is
		return out("%s%s", notAFix, j.isFix.why)
	case len(j.Silicon) == 0:
		return out("%s", cmp.Or(j.nowhere, "no hardware in what it changes"))
	case !j.isFix.yes && !slices.ContainsFunc(j.Silicon, func(m silicon.Match) bool { return m.Kind != silicon.KindBoard }):
		return out("it changes device trees and mends no bug of a board")
	case !j.isFix.yes:
		return out("%s%s", notAFix, j.isFix.why)
	case j.unsold():
		return out("%s is not on sale", names(j.Silicon, silicon.PreProduction))
	}
	return decision{}, false
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

// declined: somebody who may said no. Their word is for this change; what the score
// says does not matter. A draft that was rejected in review is nobody's fix yet.
func declined(j *judged) (decision, bool) {
	if s := j.Series; s != nil && len(s.Declined) > 0 {
		if s.Rejected && !j.merged() && !j.vendorHas() {
			return decision{verdict: OutOfScope, reason: "rejected in review: " + s.Declined[0].Text}, true
		}
		return decision{verdict: DKMSOnly, class: Declined, reason: "declined: " + s.Declined[0].Text}, true
	}
	if tag := j.refusal(); tag != nil && tag.RefusesStable() {
		return decision{verdict: DKMSOnly, class: Declined, reason: "its author asks stable not to take it: " + tag.Comment}, true
	}
	return decision{}, false
}

// refusal is the tag that refuses automatic pickup, nil without.
func (j *judged) refusal() *change.StableTag {
	for i := range j.Change.Stable {
		if t := &j.Change.Stable[i]; t.NoAutosel {
			return t
		}
	}
	return nil
}

func (j *judged) merged() bool {
	return j.Change.Kind == change.Commit && !j.Change.Proposed || j.Tree != nil && j.Tree.Mainline.Has
}

func (j *judged) vendorHas() bool { return j.Tree != nil && j.Tree.VendorHas }

// wait: asked for, or something it needs is not there yet.
func wait(j *judged) (decision, bool) {
	merged := j.Tree != nil && j.Tree.Mainline.Has && j.Tree.Mainline.Release != ""
	for _, t := range j.Change.Stable {
		if t.After != "" && !merged {
			return decision{verdict: Wait, reason: "its stable tag asks to wait: " + t.After}, true
		}
	}
	if needs := j.Unmerged(); len(needs) > 0 {
		return decision{verdict: Wait, reason: rules.NeedsFirst(needs)}, true
	}
	if s := j.Series; s != nil && s.Have < s.Of && !s.Elsewhere && !j.Change.Prefix.AutoSel {
		return decision{verdict: Wait, reason: fmt.Sprintf("%d of the %d patches of its series %s arrived", s.Have, s.Of, verbHas(s.Have))}, true
	}
	return decision{}, false
}

// vendorOnly: the vendor tree has it, mainline is known not to, and cannot take it,
// because it has not the files; what mainline could take is judged by its branches. Or
// the change says of itself that it is not for mainline, and no tree knows better.
func vendorOnly(j *judged) (decision, bool) {
	if says := j.Change.NotUpstream; says != "" && !j.Change.OnItsWay && (j.Tree == nil || !j.Tree.Mainline.Has) {
		return decision{verdict: DKMSOnly, class: NotUpstream, reason: fmt.Sprintf("%q says that mainline does not have it; stable takes nothing that is not in mainline", says)}, true
	}
	t := j.Tree
	if t == nil || !t.VendorHas || !t.Mainline.Known || t.Mainline.Has {
		return decision{}, false
	}
	if last := t.Last; last.Known && last.Have > 0 {
		return decision{}, false
	}
	return decision{verdict: DKMSOnly, class: NotUpstream, reason: "only the vendor tree has it, and mainline lacks the files that it changes"}, true
}

// notNeeded: no branch needs the fix. What a branch says comes first: a bug that no
// mainline release has can be in a branch that took its culprit.
func notNeeded(j *judged) (decision, bool) {
	if j.Tree == nil {
		return decision{}, false
	}
	if len(j.branches) == 0 {
		return j.neverReleased()
	}
	var there, spared bool
	for i := range j.branches {
		switch b := &j.branches[i]; {
		case b.Verdict != nil && *b.Verdict == NotNeeded:
			spared = true
		case b.Verdict != nil:
			return decision{}, false
		case b.State == Present || b.State == Queued:
			there = true
		}
	}
	if d, ok := j.neverReleased(); ok && !there {
		return d, true
	}
	reason := "no active branch has the bug"
	switch {
	case there:
		reason = "every active branch with the bug has this already, or is about to get it"
	case spared:
		reason = "its author asks for newer branches than those that have the code"
	}
	return decision{verdict: NotNeeded, rows: true, reason: reason}, true
}

// neverReleased: no mainline release has the culprit, or the code, as far as branches
// do not say otherwise.
func (j *judged) neverReleased() (decision, bool) {
	if j.inNone() {
		return decision{verdict: NotNeeded, reason: "the bug it fixes is in no release and in no active branch: " + j.Tree.Culprits[0].Subject}, true
	}
	if j.unreleasedCode() {
		return decision{verdict: NotNeeded, reason: "the code it changes is in no release yet"}, true
	}
	return decision{}, false
}

// inNone reports whether all culprits are known, and neither a mainline release nor a
// living branch has one.
func (j *judged) inNone() bool {
	return j.Tree != nil && len(j.Tree.Culprits) > 0 && !slices.ContainsFunc(j.Tree.Culprits, func(c rules.Culprit) bool {
		return !c.Resolved || c.Release != "" || j.inBranch(c)
	})
}

// inBranch reports whether a living branch has the culprit.
func (j *judged) inBranch(c rules.Culprit) bool {
	return slices.ContainsFunc(j.branches, func(b Branch) bool { return slices.Contains(c.Branches, b.Name) })
}

// unreleasedCode reports whether nothing of what the change touches stands in the last
// release, and neither its tags nor its author say otherwise.
func (j *judged) unreleasedCode() bool {
	last := j.Tree.Last
	if !last.Known || last.Hunks == 0 || last.Near > 0 {
		return false
	}
	if j.Asks() && (last.Have > 0 || len(j.branches) == 0) {
		return false
	}
	return !slices.ContainsFunc(j.Tree.Culprits, func(c rules.Culprit) bool { return c.Resolved && (c.Release != "" || j.inBranch(c)) })
}

// eligible: some branch is affected and stable takes such changes there.
func eligible(j *judged) (decision, bool) {
	if len(j.branches) == 0 {
		v, _, why := j.cell(nil)
		if v != StableEligible {
			return decision{}, false
		}
		return decision{verdict: StableEligible, reason: why}, true
	}
	can := j.names(func(b *Branch) bool { return b.Is(StableEligible) })
	if len(can) == 0 {
		return decision{}, false
	}
	cannot := j.names(func(b *Branch) bool { return b.Is(DKMSOnly) && b.State == Affected })
	d := decision{verdict: StableEligible, mixed: len(cannot) > 0, rows: true, reason: "eligible for " + strings.Join(can, ", ")}
	if d.mixed {
		d.reason += "; dkms-only for " + strings.Join(cannot, ", ")
	}
	return d, true
}

// names lists the branches for which is holds.
func (j *judged) names(is func(*Branch) bool) []string {
	var out []string
	for i := range j.branches {
		if is(&j.branches[i]) {
			out = append(out, j.branches[i].Name)
		}
	}
	return out
}

// dkmsOnly: some branch goes without, and none can take it. The newest such branch
// gives the class.
func dkmsOnly(j *judged) (decision, bool) {
	if len(j.branches) == 0 {
		v, class, why := j.cell(nil)
		if v != DKMSOnly {
			return decision{}, false
		}
		return decision{verdict: DKMSOnly, class: class, reason: why}, true
	}
	var last *Branch
	doubt := false
	for i := range j.branches { // newest first
		switch b := &j.branches[i]; {
		case b.Is(DKMSOnly) && (last == nil || last.ReasonClass == Declined && b.ReasonClass != Declined):
			last = b
		case b.Is(Uncertain):
			doubt = true
		}
	}
	// A no that is for one branch says nothing of the others.
	if last == nil || last.ReasonClass == Declined && doubt {
		return decision{}, false
	}
	_, _, why := j.cell(last)
	return decision{verdict: DKMSOnly, class: last.ReasonClass, rows: true, reason: why}, true
}

// uncertain always matches.
func uncertain(j *judged) (decision, bool) {
	if len(j.branches) == 0 {
		_, _, why := j.cell(nil)
		return decision{verdict: Uncertain, rows: true, reason: why}, true
	}
	why := "no branch says enough"
	for i := range j.branches {
		if b := &j.branches[i]; b.Is(Uncertain) {
			if _, _, why = j.cell(b); b.State == Affected {
				break // the best row to tell of
			}
		}
	}
	return decision{verdict: Uncertain, rows: true, reason: why}, true
}

// textRequest: a mail that asks stable in prose to take a commit.
func (j *judged) textRequest() bool {
	return slices.ContainsFunc(j.Change.Stable, func(t change.StableTag) bool { return t.Text })
}

// unmet and met report whether one of the rules found so.
func (j *judged) unmet(any ...*rules.Rule) bool { return j.finding(rules.Unmet, any...) != nil }

func (j *judged) met(any ...*rules.Rule) bool { return j.finding(rules.Met, any...) != nil }

// finding is the first of these rules' findings with that outcome, nil without.
func (j *judged) finding(o rules.Outcome, any ...*rules.Rule) *rules.Finding {
	for _, r := range any {
		for i := range j.found {
			if f := &j.found[i]; f.ID == r.ID && f.Outcome == o {
				return f
			}
		}
	}
	return nil
}

// percent writes a probability as the model gives it.
func percent(p float64) string {
	if p < 0.01 {
		return "under 1 %"
	}
	return fmt.Sprintf("%.0f %%", 100*p)
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

// verbHas agrees with the number before it.
func verbHas(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}
