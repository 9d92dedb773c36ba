package verdict

import (
	"fmt"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/silicon"
)

// classes are the reasons that a change can give by itself, each with the rules
// that must have found it: a weight alone is no reason, or a patch of ten lines
// would be too big because a smaller one is taken more often.
var classes = []struct {
	class Class
	found []*rules.Rule // unmet: any of them
}{
	{TooBig, []*rules.Rule{rules.DiffSize}}, // and beyond what stable took, or a pile that is
	{ABI, []*rules.Rule{rules.NoNewUAPI, rules.NoNewKconfig}},
	{Enablement, []*rules.Rule{rules.NoEnablement, rules.NoNewDriver}},
}

// heaviest is the class of the reason that pulls the score down most, that of a
// branch or, with nil, of the change; "" when nothing that has a class does.
func (j *judged) heaviest(b *Branch) Class {
	sum := map[Class]float64{}
	for _, c := range j.why {
		if class := model.ClassOf(c.Name); class != "" && c.Add() < 0 {
			sum[Class(class)] += c.Add()
		}
	}
	pile := b != nil && b.tooBig() && j.infected(b)
	if pile {
		for _, c := range b.Contributions {
			sum[TooBig] += c.Add()
		}
	}
	best, low := Class(""), 0.0
	for _, c := range classes {
		found := j.unmet(c.found...)
		if c.class == TooBig {
			found = found && j.beyond() || pile
		}
		if sum[c.class] < low && found {
			best, low = c.class, sum[c.class]
		}
	}
	return best
}

// beyond reports whether the change by itself is more than stable has hardly
// ever taken. The documented limit is much lower, but no cliff: about a quarter
// of what stable takes is over it. What goes back to code that was reviewed and
// run before is not measured by its lines.
func (j *judged) beyond() bool {
	return j.Change.Size.LinesWithContext > rules.TooBigPile && !j.Words().Revert
}

func (j *judged) classReason(c Class) string {
	s := j.Change.Size
	switch c {
	case TooBig:
		return fmt.Sprintf("%d lines with context in %s, and the learnt odds that stable takes it are %.0f%%", s.LinesWithContext, plural(s.Files, "file"), 100*j.score)
	case ABI:
		return "it needs a kernel interface that stable branches do not get"
	case Enablement:
		return "it enables hardware beyond a device ID or a quirk"
	case NoBase:
		return "the code it fixes is in no active branch" + j.newerThanAll()
	}
	return string(c)
}

// pileReason says how much the first branch with too much would need.
func (j *judged) pileReason() string {
	for i := range j.branches {
		b := &j.branches[i]
		if b.ReasonClass != TooBig || !b.tooBig() {
			continue
		}
		return fmt.Sprintf("with what it stands on it is %d lines with context in %s, and stable has hardly taken more than %d", b.PileLines, b.Name, rules.TooBigPile)
	}
	return j.classReason(TooBig)
}

// newerThanAll names the hardware that is newer than every branch without a base.
func (j *judged) newerThanAll() string {
	for _, b := range j.branches {
		if b.State == "no-base" && !b.Newer {
			return ""
		}
	}
	var chips []silicon.Match
	for _, m := range j.Silicon {
		if m.Specific() && m.Since != "" {
			chips = append(chips, m)
		}
	}
	if name := names(chips, silicon.Production); name != "" && len(j.branches) > 0 {
		return ": " + name + " is newer than all of them"
	}
	return ""
}
