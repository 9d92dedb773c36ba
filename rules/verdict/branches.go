package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/silicon"
)

// judgeBranches gives each branch that needs something the verdict that its own state
// and score give it.
func (j *judged) judgeBranches() {
	for i := range j.branches {
		b := &j.branches[i]
		b.Verdict, b.ReasonClass = nil, ""
		if v, class, _ := j.cell(b); v != "" {
			b.Verdict, b.ReasonClass = verdictOf(v), class
		}
	}
}

// cell is the verdict of one branch, its class, and why; "" where nothing is to do.
// nil stands for any branch, taken to have the bug: without trees there is no other.
func (j *judged) cell(b *Branch) (Verdict, Class, string) {
	if b != nil {
		switch b.State {
		case Present, Queued, NotAffected:
			return "", "", ""
		case NoBaseThere:
			if j.inNone() {
				return "", "", "" // before the question what the branch lacks
			}
			return j.withoutBase(b)
		case Affected:
			if j.spared(b) {
				return NotNeeded, "", "its author asks for newer branches only"
			}
			if why := j.keptOut(b.Name); why != "" {
				return DKMSOnly, Declined, why
			}
		default:
			if why := j.keptOut(b.Name); why != "" {
				return DKMSOnly, Declined, why
			}
			return Uncertain, "", "whether " + b.Name + " has the bug is not known" + because(b.Why)
		}
	} else if why := j.keptOut(j.Change.Prefix.Trees...); why != "" {
		return DKMSOnly, Declined, why
	}
	return j.affected(b)
}

// keptOut says by whose word the change is for none of these branches, "" when it may be for
// one of them, and for no branches.
func (j *judged) keptOut(branches ...string) (why string) {
	for _, b := range branches {
		no := j.Series.Keeps(b)
		if no == nil {
			return ""
		}
		why = "declined for " + strings.Join(branches, ", ") + ": " + no.Text
	}
	return why
}

// affected is the verdict where the bug is.
func (j *judged) affected(b *Branch) (Verdict, Class, string) {
	score, where, if_ := j.worth, "", "if a stable branch has the bug: "
	if b != nil {
		score, where, if_ = b.Score, " in "+b.Name, ""
	}
	against := j.against(b)
	switch tag := j.refusal(); {
	case against == nil && j.covered(b):
		return StableEligible, "", if_ + j.asked(b, score)
	case against == nil && j.proposedFor(b) && (score >= j.DKMS || j.namesBug()):
		return StableEligible, "", j.asked(b, score)
	case score >= j.Eligible && tag != nil:
		return Uncertain, "", "a stable tag refuses automatic pickup, and does not say that it is not for stable"
	case score >= j.Eligible:
		return StableEligible, "", if_ + "estimated chance that stable takes it" + where + ": " + percent(score)
	case score < j.DKMS && j.unlisted():
		return Uncertain, "", "whether " + names(j.Silicon, silicon.Unknown) + " is on sale is not known"
	case score < j.DKMS && b == nil && j.Words().Revert:
		return Uncertain, "", "a revert is needed wherever what it takes back went, and no tree says where that is"
	case score < j.Eligible && j.proposedFor(b) && (score >= j.DKMS || j.heaviest(b) == BelowBar):
		if against == nil {
			return Uncertain, "", proposedToStable + "; nothing in it says which bug it fixes"
		}
		return Uncertain, "", proposedToStable + "; against it: " + against.Reason
	case score < j.DKMS:
		class := j.heaviest(b)
		return DKMSOnly, class, j.classReason(class, b, score)
	}
	return Uncertain, "", "estimated chance that stable takes it" + where + ": " + percent(score) + ", " + tooClose
}

// tooClose is said of a score between the two lines.
const tooClose = "too close to call"

// proposedToStable is said of what the stable team's tool proposes.
const proposedToStable = "proposed for stable by its own selection (AUTOSEL)"

// proposedFor reports whether the stable team's tool proposes the change for the branch,
// with nil for any. That is not its author's wish, but who takes changes has selected it:
// of the proposals on the ten lists of 2022-10 to 2025 that may be learnt from, stable
// took 759 of 1,047. One that names no bug and has the score of a clean-up may be either.
func (j *judged) proposedFor(b *Branch) bool {
	p := j.Change.Prefix
	if !p.AutoSel || j.refusal() != nil {
		return false
	}
	if b == nil || len(p.Trees) == 0 || slices.Contains(p.Trees, b.Name) {
		return true
	}
	oldest, newest := slices.MinFunc(p.Trees, byAge), slices.MaxFunc(p.Trees, byAge)
	return p.AndUp && !release.Newer(b.Name, newest) && !release.Newer(oldest, b.Name)
}

// namesBug reports whether a finding says what the change mends.
func (j *judged) namesBug() bool {
	return j.finding(rules.Met, rules.RealBug, rules.DeviceID, rules.BuildError) != nil
}

// byAge orders releases from the oldest.
func byAge(a, b string) int {
	switch {
	case release.Newer(b, a):
		return -1
	case release.Newer(a, b):
		return 1
	}
	return 0
}

// asked says why a request is enough.
func (j *judged) asked(b *Branch, score float64) string {
	why := "its author asks stable to take it"
	switch {
	case j.Change.Prefix.AutoSel:
		why = proposedToStable
	case j.Submission():
		why = "submitted to stable"
	}
	more := slices.ContainsFunc(j.found, func(f rules.Finding) bool { return f.Outcome == rules.Unmet && f.ID != rules.DiffSize.ID })
	n := j.Change.Size.LinesWithContext
	switch large := j.finding(rules.Unmet, rules.DiffSize) != nil; {
	case large && more:
		why += fmt.Sprintf(", and its size speaks against it (%d lines with context)", n)
	case large:
		why += fmt.Sprintf(", and its size alone speaks against it (%d lines with context)", n)
	case !more:
		why += ", and nothing speaks against it"
	}
	if b != nil && b.Applies == NeedsBackport {
		why += "; it needs a backport by hand in " + b.Name
	}
	return why
}

// covered reports whether the author's own request covers the branch: it names it, or
// the branch has the culprit, or the patch goes on there, or it is the newest. A request
// that names no version means that one, and others as far as the patch goes on: of the
// fixes of 5.17 to 6.3 with such a tag and without a culprit that did not apply to the
// newest release, stable took 24 of 33; where they did not apply to 5.10 or 5.15 these
// took 8 of 104.
func (j *judged) covered(b *Branch) bool {
	switch {
	case j.Untagged || j.Change.Prefix.AutoSel || j.refusal() != nil:
		return false
	case b == nil && j.Submission():
		return j.met(rules.UpstreamMark) || j.Asks()
	case !j.Asks():
		return false
	}
	return b == nil || !j.Change.AsksOnlyNewer(b.Name) && (goesOn(b) || j.newest(b) || j.Change.AsksFor(b.Name) || j.infected(b))
}

// newest reports whether no branch alive is newer.
func (j *judged) newest(b *Branch) bool {
	return !slices.ContainsFunc(j.branches, func(o Branch) bool { return release.Newer(o.Name, b.Name) })
}

// goesOn reports whether the patch applies to the branch, adapted with a proof included.
func goesOn(b *Branch) bool {
	switch b.Applies {
	case Exact, Offset, ThreeWay, Adapted:
		return true
	}
	return false
}

// against is the finding that speaks against taking a change whatever its author asks
// for, nil without.
func (j *judged) against(b *Branch) *rules.Finding {
	if !j.Submission() || j.Change.Prefix.AutoSel {
		if f := j.finding(rules.Unmet, rules.NoNewUAPI, rules.NoNewDriver, rules.NoEnablement, rules.NotTrivial, rules.RealBug, rules.ProductionSilicon); f != nil {
			return f
		}
	}
	if f := j.finding(rules.Unmet, rules.DiffSize); f != nil && j.beyond() {
		return f
	}
	if f := j.finding(rules.Unmet, rules.Prerequisites); f != nil && j.piled(b) {
		return f
	}
	return nil
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// spared reports whether its author asks for newer branches only, and nothing says that
// this one has the bug. Of 141 commits of 5.17 to 6.3 with such a tag, for which a
// longterm branch was too old, none was taken there.
func (j *judged) spared(b *Branch) bool {
	return j.Change.AsksOnlyNewer(b.Name) && !j.infected(b)
}

// withoutBase says what it means for a branch that the code is not there: its users go
// without where their hardware is newer than the branch; code that came later, for
// hardware that the branch knows, brought its bug with it.
func (j *judged) withoutBase(b *Branch) (Verdict, Class, string) {
	chip, newer := j.newerThan(b)
	switch {
	case b.NoBase == NewHardware || newer:
		if chip == "" {
			chip = "the hardware"
		}
		return DKMSOnly, NoBase, fmt.Sprintf("not for %s: %s is newer than that kernel", b.Name, chip)
	case b.NoBase == LaterCode || j.known(b):
		return "", "", ""
	case b.NoBase == NoFiles && slices.ContainsFunc(j.branches, func(o Branch) bool {
		return o.State != NoBaseThere && o.State != Unknown && release.Newer(o.Name, b.Name)
	}):
		return Uncertain, "", fmt.Sprintf("%s lacks the files; whether it knows the hardware is not known", b.Name)
	case b.NoBase == NoFiles:
		return DKMSOnly, NoBase, fmt.Sprintf("not for %s: the driver's files are not in that kernel", b.Name)
	}
	return Uncertain, "", fmt.Sprintf("%s lacks the code; whether it knows the hardware is not known%s", b.Name, because(b.Why))
}

// newerThan names the hardware of the change whose support came after the branch.
func (j *judged) newerThan(b *Branch) (string, bool) {
	for _, m := range silicon.Named(j.Silicon) {
		if m.State == silicon.Production && m.Since != "" && release.Newer(m.Since, b.Name) {
			return m.Name, true
		}
	}
	return "", false
}

// known reports whether the branch is known to drive all hardware that the change names.
func (j *judged) known(b *Branch) bool {
	ms := silicon.Named(j.Silicon)
	return len(ms) > 0 && !slices.ContainsFunc(ms, func(m silicon.Match) bool { return m.Since == "" || release.Newer(m.Since, b.Name) })
}

// settleBranches lets what was decided for the change as a whole, whatever the
// branches say, stand in each row: a delay, a refusal, no fix at all.
func (j *judged) settleBranches(d decision) {
	if d.rows {
		return
	}
	for i := range j.branches {
		if b := &j.branches[i]; b.Verdict != nil {
			b.Verdict, b.ReasonClass = verdictOf(d.verdict), d.class
		}
	}
}

// tooBig reports whether the branch is known to need more than stable takes along.
// Prerequisites that were not found in full say nothing: of the small changes that
// were called too big for one, those that were read could be adjusted, or the branch
// had nothing to mend.
func (b *Branch) tooBig() bool { return b.TooBig() }

// infected reports whether a branch is known to have the bug.
func (j *judged) infected(b *Branch) bool {
	return j.Tree != nil && slices.ContainsFunc(j.Tree.Culprits, func(c rules.Culprit) bool { return slices.Contains(c.Branches, b.Name) })
}
