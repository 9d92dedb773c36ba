package verdict

import (
	"fmt"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/signs"
)

// Classes are all reason classes.
var Classes = []Class{TooBig, Conflicts, NoBase, Enablement, ABI, NotUpstream, Declined, BelowBar}

// evidence is what has to be found before a class may be named: a weight alone is no
// reason, or a patch of ten lines would be too big because a smaller one is taken more
// often.
var evidence = map[Class]func(*judged, *Branch) bool{
	TooBig: func(j *judged, b *Branch) bool {
		s := j.Change.Size // over the documented 100 lines is not yet beyond what stable takes
		return j.unmet(rules.DiffSize) && s.LinesWithContext-s.TableLines > rules.TooBigNamed && !j.Words().Revert || j.piled(b)
	},
	// What would be too much where nothing shows that the branch has the bug: of 22
	// branches that were called too big so, two readers called none too big.
	Conflicts: func(j *judged, b *Branch) bool {
		return b != nil && (b.Applies == NeedsBackport || b.tooBig() && !j.piled(b))
	},
	ABI: func(j *judged, _ *Branch) bool { return j.unmet(rules.NoNewUAPI, rules.NoNewKconfig) },
	Enablement: func(j *judged, b *Branch) bool {
		return j.unmet(rules.NoEnablement, rules.NoNewDriver, rules.NoFirmware) || b != nil && len(b.Enabling) > 0
	},
}

// heaviest is the class of what pulls the score of a branch, or with nil of the change,
// down most; BelowBar where nothing that has a class does.
func (j *judged) heaviest(b *Branch) Class {
	sum := map[Class]float64{}
	add := func(cs []model.Contribution) {
		for _, c := range cs {
			class := Class(model.ClassOf(c.Name))
			if class == TooBig && model.IsReach(c.Name) && !j.piled(b) {
				class = Conflicts
			}
			if class != "" {
				sum[class] += c.Add()
			}
		}
	}
	add(j.why)
	if b != nil {
		add(b.Reach)
	}
	best, low := BelowBar, 0.0
	for _, c := range Classes { // in order, so that equal sums give one answer
		if found := evidence[c]; found != nil && sum[c] < low && found(j, b) {
			best, low = c, sum[c]
		}
	}
	return best
}

// beyond reports whether the change by itself is more than stable has hardly ever
// taken. The documented limit is much lower, but no cliff: about a quarter of what
// stable takes is over it. What goes back to code that was reviewed and run before is
// not measured by its lines.
func (j *judged) beyond() bool {
	return j.Change.Size.LinesWithContext > rules.TooBigPile && !j.Words().Revert
}

// piled reports whether a branch that is known to have the bug needs more than stable
// takes along.
func (j *judged) piled(b *Branch) bool { return b != nil && b.tooBig() && j.infected(b) }

// classReason is the sentence of a class, true of the branch, or of the change with nil.
func (j *judged) classReason(c Class, b *Branch, score float64) string {
	s := j.Change.Size
	chance := "estimated chance that stable takes it: " + percent(score)
	in := ""
	if b != nil {
		in = " for " + b.Name
	}
	switch c {
	case TooBig:
		if j.piled(b) {
			return fmt.Sprintf("too big for %s: %d lines with context, prerequisites included; %s", b.Name, b.PileLines, chance)
		}
		return fmt.Sprintf("too big: %d lines with context in %s; %s", s.LinesWithContext, change.Count(s.Files, "file"), chance)
	case Conflicts:
		return fmt.Sprintf("does not apply to %s, and no adaptation was found; %s", b.Name, chance)
	case ABI:
		return "adds an interface that stable branches do not get" + in + "; " + chance
	case Enablement:
		return "enables hardware or a feature beyond a device ID or a quirk" + in + "; " + chance
	}
	if j.fix < j.Fix && !j.byTag() && !j.Words().InTitle(signs.WordFix) && j.finding(rules.Met, rules.RealBug) == nil {
		return "perhaps a fix, and stable is unlikely to take it" + in + " (" + percent(score) + ")"
	}
	return "a fix, but stable is unlikely to take it" + in + " (" + percent(score) + ")"
}
