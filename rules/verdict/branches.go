package verdict

import (
	"slices"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/releases"
	"github.com/stablebot/stablebot/rules/silicon"
)

// judgeBranches gives each branch that needs something the verdict that its own
// state and score give it.
func (j *judged) judgeBranches() {
	for i := range j.branches {
		b := &j.branches[i]
		class := j.heaviest(b)
		switch {
		case b.State == "present" || b.State == "queued" || b.State == "not-affected":
			b.Verdict = nil
		case b.State == "affected" && j.spared(b):
			b.Verdict, b.Why = verdictOf(NotNeeded), "its author asks for newer branches only"
		case b.State == "no-base" && j.shipped:
			v := j.withoutBase(b)
			if b.Verdict = verdictOf(v); v == DKMSOnly {
				b.ReasonClass = NoBase
			}
		case b.State == "affected" && j.shipped && b.Score >= j.Eligible:
			b.Verdict = verdictOf(StableEligible)
		case b.State == "affected" && j.shipped && b.Score < j.DKMS && class != "":
			b.Verdict, b.ReasonClass = verdictOf(DKMSOnly), class
		default:
			b.Verdict = verdictOf(Uncertain)
		}
	}
}

// spared reports whether its author asks for newer branches only, and nothing says that
// this one has the bug. Of 141 commits of 5.17 to 6.3 with such a tag, for which a
// longterm branch was too old, none was taken there.
func (j *judged) spared(b *Branch) bool {
	return j.Change.AsksOnlyNewer(b.Name) && !j.infected(b)
}

// withoutBase says what it means for a branch that the code is not there. Its users
// go without where their hardware is newer than the branch, and where no branch has
// the files. Code that came later, into files and for hardware that the branch has,
// brought its bug with it, unless the author asks stable to take the fix. Files that
// a newer branch has and this one has not may have come later, or stood elsewhere.
// Blind readings led to this; bot/trees/README.md has them.
func (j *judged) withoutBase(b *Branch) Verdict {
	switch {
	case b.Newer || j.newerThan(b):
		return DKMSOnly
	case b.Later && j.met(rules.StableRequest) && !j.Change.AsksOnlyNewer(b.Name):
		return Uncertain
	case b.Later:
		return NotNeeded
	case b.NoFiles && slices.ContainsFunc(j.branches, func(o Branch) bool {
		return o.State != "no-base" && o.State != "unknown" && releases.Newer(o.Name, b.Name)
	}):
		return Uncertain
	}
	return DKMSOnly
}

// newerThan reports whether the change names hardware whose support came after the
// branch.
func (j *judged) newerThan(b *Branch) bool {
	return slices.ContainsFunc(j.Silicon, func(m silicon.Match) bool {
		return m.Specific() && m.State == silicon.Production && m.Since != "" && releases.Newer(m.Since, b.Name)
	})
}

// settleBranches lets what was decided for the change as a whole, whatever the
// branches say, stand in each row: a delay, a refusal, no fix at all.
func (j *judged) settleBranches(d decision) {
	whole := d.verdict == OutOfScope || d.verdict == NotNeeded || d.verdict == Wait || d.class == Declined || d.class == NotUpstream
	for i := range j.branches {
		b := &j.branches[i]
		if b.Verdict == nil || !whole || d.older && b.State == "no-base" {
			continue // it says what an older branch goes without
		}
		b.Verdict, b.ReasonClass = verdictOf(d.verdict), d.class
	}
}

// tooBig reports whether the branch is known to need more than stable takes
// along. A pile that was not found in full says nothing: of the small changes
// that were called too big for one, those that were read could be adjusted, or
// the branch had nothing to mend.
func (b *Branch) tooBig() bool { return !b.PileMore && b.PileLines > rules.TooBigPile }

// infected reports whether a branch is known to have the bug. Where nothing
// names the culprit, a large pile more often tells that the bug came with it:
// of 22 branches that were called too big on the pile alone, two readers called
// none so.
func (j *judged) infected(b *Branch) bool {
	return j.Tree != nil && slices.ContainsFunc(j.Tree.Culprits, func(c rules.Culprit) bool { return slices.Contains(c.Branches, b.Name) })
}
