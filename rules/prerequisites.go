package rules

import (
	"fmt"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
	"github.com/stablebot/stablebot/rules/tree"
)

// Prerequisites asks what else would have to come along.
var Prerequisites = &Rule{
	ID: "prerequisites",
	Doc: `needs no other change that a branch lacks

A stable tag may list commits to pick first; a message may say that it builds
on another patch, and so may the notes below it; a tree shows what is really missing. Patches of the same
series need not be listed. Prerequisites are no reason against a change, but
they make up the pile, and an unmerged one has to be waited for.

Met: the change applies to every affected branch by itself.
Unmet: Cc: stable@vger.kernel.org # 6.1: 0123456789ab: foo: split bar`,
	Ref:    Ref{stableRules, "Option 1", "commits that have to be picked before this one are named in the tag"},
	Kind:   OfBranch,
	Values: wordValues("needs", signs.WordNeeds, "needing another change"),
	Run: func(f *Facts) (Finding, error) {
		c := f.Change
		named := 0
		var ev Evidence
		for i := range c.Stable {
			if n := len(c.Stable[i].Needs); n > 0 && named == 0 {
				ev = f.bodyLine(c.Stable[i].Line)
			}
			named += len(c.Stable[i].Needs)
		}
		for i := range c.DependsOn {
			if d := &c.DependsOn[i]; d.Form != "tag" && d.Form != "dep-of" {
				if named == 0 {
					ev = f.bodyLine(d.Line)
				}
				named++
			}
		}
		out, err := prerequisites(f, named, ev)
		return withNeeds(f, out), err
	},
}

// withNeeds adds what fields of the mail name. What is not merged is unmet whatever
// the branches say; what is not at hand is told, and nothing is made of it.
func withNeeds(f *Facts, out Finding) Finding {
	unmerged, missing := f.needs()
	say := func(s string) {
		if out.Outcome == Met || out.Outcome == Unmet {
			s = out.Reason + "; " + s
		}
		out.Reason = s
	}
	if len(missing) > 0 {
		say(notAtHand(missing))
		if out.Outcome != Unmet {
			out.Outcome = Unknown
		}
	}
	if len(unmerged) > 0 {
		say(NeedsFirst(unmerged))
		out.Outcome = Unmet
	}
	return out
}

func prerequisites(f *Facts, named int, ev Evidence) (Finding, error) {
	if f.Tree == nil {
		w := f.Words()
		switch {
		case named > 0:
			return unmet("names "+change.Count(named, "commit")+" to be picked first", ev)
		case w.Has(signs.WordBuildsOn):
			return unknown("the message may mention another change that it builds on", w.Evidence(signs.WordBuildsOn))
		}
		if note, ok := f.noted(signs.WordBuildsOn, ""); ok {
			return unknown("its author says below the message that another change goes first", note)
		}
		return noTrees("whether a branch lacks code that it builds on is not known")
	}
	var alone, with, enabling []string
	var most *Branch
	for i := range f.Tree.Branches {
		b := &f.Tree.Branches[i]
		if b.State != tree.Affected {
			continue
		}
		switch {
		case len(b.Prerequisites) > 0 || b.Applies == tree.NeedsPrerequisites:
			with = append(with, b.Name)
			if len(b.Enabling) > 0 {
				enabling = append(enabling, fmt.Sprintf("%d in %s", len(b.Enabling), b.Name))
			}
			if most == nil || b.PileLines > most.PileLines {
				most = b
			}
		case b.Applies != tree.NotTried && b.Applies != "":
			alone = append(alone, b.Name)
		}
	}
	switch {
	case most != nil:
		more := ""
		if most.PileMore {
			more = "more than "
		}
		also := ""
		if enabling != nil {
			also = "; some of them enable hardware or add interfaces (" + strings.Join(enabling, ", ") + ")"
		}
		what := change.Count(len(most.Prerequisites), "commit")
		if len(most.Mates) > 0 {
			what = PatchNumbers(most.Mates) + " of its series"
		}
		out, err := unmet(fmt.Sprintf("needs %s first in %s: %s%d lines with context in all%s; by itself in: %s",
			what, strings.Join(with, ", "), more, most.PileLines, also, orNone(alone)), ev)
		return out, err
	case named > 0:
		return unmet("names "+change.Count(named, "commit")+" to be picked first", ev)
	case len(alone) > 0:
		return met("needs nothing else in " + strings.Join(alone, ", "))
	}
	return notApplicable("no configured branch is known to need it")
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
