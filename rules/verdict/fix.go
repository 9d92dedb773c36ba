package verdict

import (
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/signs"
)

// answer is a yes or no with the reason for it.
type answer struct {
	yes bool
	why string
}

// fixOrNot decides whether the change is a fix, a device ID or a quirk: the one place
// that does. What a rule found decides, in this order; where none says enough, the
// probability that was learnt does.
func (j *judged) fixOrNot() answer {
	trivial := j.finding(rules.Unmet, rules.NotTrivial)
	mends := j.finding(rules.Met, rules.RealBug, rules.DeviceID, rules.BuildError)
	none := j.finding(rules.Unmet, rules.RealBug)
	switch {
	case j.Submission() && !j.Change.Prefix.AutoSel:
		return answer{true, "offered to stable by somebody who found it to be a fix, or to be needed by one"}
	case trivial != nil && mends == nil:
		return answer{false, trivial.Reason}
	case mends != nil:
		return answer{true, mends.Reason}
	case none != nil:
		return answer{false, none.Reason}
	case j.AsksAlone():
		return answer{true, rules.AsksStable}
	case j.byTag():
		return answer{true, "its author presents it as a fix by tag"}
	case j.Words().InTitle(signs.WordFix) || j.TitleNamesBug():
		return answer{true, "its title presents it as a fix"}
	}
	if what, _, ok := j.Repairs(); ok {
		return answer{true, "its title reads like a fix, and its diff adds " + what}
	}
	if new := j.finding(rules.Unmet, rules.NoEnablement, rules.NoNewDriver); new != nil {
		return answer{false, new.Reason}
	}
	if j.fix >= j.Fix {
		return answer{true, "by its words and its diff"}
	}
	return answer{false, "neither a tag nor its title calls it a fix"}
}

// byTag reports whether the author says so by a tag.
func (j *judged) byTag() bool { return len(j.Change.Fixes) > 0 || j.Asks() }

// agreeing brings the probability to the side of the line that was decided: the number
// and the words of one judgement never disagree.
func agreeing(p float64, yes bool, line float64) float64 {
	switch {
	case yes:
		return max(p, line)
	case p >= line:
		return line - 0.001
	}
	return p
}
