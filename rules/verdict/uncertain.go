package verdict

import (
	"fmt"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/silicon"
)

// uncertain always matches.
func uncertain(j *judged) (decision, bool) {
	odds, where := j.odds()
	why := fmt.Sprintf("the learnt odds that stable takes it%s are %s: neither clearly in nor clearly out", where, percent(odds))
	switch hand := j.unsearched(); {
	case !j.shipped:
		why = "whether " + names(j.Silicon, silicon.Unknown) + " is on sale is not known"
	case odds >= j.Eligible && len(j.unread()) > 0:
		why = fmt.Sprintf("stable takes such changes (learnt odds %s), but whether %s has the bug is not known", percent(odds), strings.Join(j.unread(), " or "))
	case len(hand) > 0 && !j.beyond():
		why = fmt.Sprintf("its %d lines with context are within what stable takes, but it needs a backport by hand in %s, and the learnt odds that stable takes it%s are %s: what it stands on is not known in full, and whether the hunks that do not fit can be dropped or adjusted is for a human to see", j.Change.Size.LinesWithContext, strings.Join(hand, ", "), where, percent(odds))
	case odds < j.DKMS && len(j.branches) == 0 && j.Submission():
		why = fmt.Sprintf("the learnt odds of a change like it are only %s, but it is offered to stable: somebody found it to be a fix, or needed by one", percent(odds))
	case odds < j.DKMS && j.Words().Revert:
		why = fmt.Sprintf("the learnt odds that stable takes it%s are only %s, but a revert is needed wherever what it reverts went, and no tree says where that is", where, percent(odds))
	case odds < j.DKMS && j.unmet(rules.DiffSize) && !j.beyond():
		why = fmt.Sprintf("the learnt odds that stable takes it%s are only %s, but its %d lines with context alone are no reason: stable has taken up to %d", where, percent(odds), j.Change.Size.LinesWithContext, rules.TooBigPile)
	case odds < j.DKMS:
		why = fmt.Sprintf("the learnt odds that stable takes it%s are only %s, and neither its size nor a new interface nor enablement says why", where, percent(odds))
	}
	return decision{verdict: Uncertain, reason: why}, true
}

// odds are those of the branch where they are best, of those that are not decided;
// without such a branch, those of the change.
func (j *judged) odds() (p float64, where string) {
	best := -1
	for i, b := range j.branches {
		if b.State == "affected" && b.Verdict != nil && *b.Verdict == Uncertain && (best < 0 || b.Score > j.branches[best].Score) {
			best = i
		}
	}
	if best < 0 || j.branches[best].Score == j.score {
		return j.score, ""
	}
	return j.branches[best].Score, " into " + j.branches[best].Name
}

// unsearched names the branches that need an adjusted patch, and for which it is
// not known what else would do.
func (j *judged) unsearched() []string {
	var out []string
	for i := range j.branches {
		if b := &j.branches[i]; b.Verdict != nil && *b.Verdict == Uncertain && b.State == "affected" && b.Applies == "needs-backport" {
			out = append(out, b.Name)
		}
	}
	return out
}

// unread names the branches of which the trees do not tell whether they have the bug.
func (j *judged) unread() []string {
	var out []string
	for i := range j.branches {
		if b := &j.branches[i]; b.Verdict != nil && *b.Verdict == Uncertain && b.State == "unknown" {
			out = append(out, b.Name)
		}
	}
	return out
}
