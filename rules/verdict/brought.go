package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
)

// What a series brings along. A fix of what an earlier patch of its posting adds, or for a
// part that one adds support for, is needed by no branch: the bug came with the posting, or
// nothing that is released drives the part. What only uses a feature of its series may fix
// an old bug all the same; stable takes no feature for its sake, so nobody can say that
// stable takes it. A fix that comes first, or that uses a helper made for it, is neither.

// namesOf are what brought looks for in the patches of one posting; nil where the posting
// is of what is merged, or is for stable. Of a patch that is for no branch only what it
// brings is read.
func namesOf(f *rules.Facts, v Verdict) *change.Names {
	if f.Submission() || f.Tree != nil && f.Tree.Mainline.Has {
		return nil
	}
	n := f.Change.Names(v == StableEligible || v == DKMSOnly || v == Uncertain)
	n.Feature, n.Adds = f.Feature(), f.Adds()
	for _, m := range f.Silicon {
		if r, ok := release.Parse(m.Since); ok {
			if day, known := r.Due(); !known || f.Change.Date.IsZero() || day.Before(f.Change.Date) {
				n.Released = append(n.Released, strings.ToLower(m.Name))
			}
		}
	}
	if f.Tree != nil {
		n.Old = slices.ContainsFunc(f.Tree.Culprits, func(c rules.Culprit) bool { return c.Resolved && (c.Release != "" || len(c.Branches) > 0) })
	}
	return n
}

// brought settles what came with the posting. Its author may know better, and a tree does:
// who asks for stable keeps the verdict, and so does what a tree knows the culprit of.
func brought(js []Judgement) {
	in := make([]int, 0, len(js)) // places in js, in the order of the patches
	for i := range js {
		in = append(in, i)
	}
	slices.SortStableFunc(in, func(a, b int) int { return patchOf(js, a) - patchOf(js, b) })
	names := make([]*change.Names, len(in))
	for k, i := range in {
		names[k] = js[i].Names
	}
	parts := change.Brings(names)
	moves := change.Moves(names)
	number := func(k int) int { return patchOf(js, in[k]) }
	for k, i := range in {
		j := &js[i]
		if j.Names == nil {
			continue
		}
		part, by := partOf(j.Names, parts, k)
		j.Enables = j.Names.Feature || part != ""
		if j.asks() || j.Names.Old || j.Error != nil {
			continue
		}
		with := j.Names.FixesOnly(names[:k])
		made := -1
		if !moves && !j.Names.NamesCulprit() {
			made = j.Names.ChangesOnly(names[:k])
		}
		switch {
		case with >= 0:
			j.isNew(fmt.Sprintf("the Fixes tag names patch %d of its series, so no release has the bug; best folded into that patch", number(with)))
		case part != "" && by < k && !j.Names.NamesCulprit():
			j.isNew(fmt.Sprintf("support for %s comes with patch %d of its series", part, number(by)))
		case part != "" && by < k:
			j.mayBeNew(fmt.Sprintf("support for %s comes with patch %d of its series; the culprit named is an older one", part, number(by)), 0)
		case made >= 0 && !j.Names.Adds:
			j.isNew(fmt.Sprintf("nothing is changed but what patch %d of its series adds, so no release has the bug; best folded into that patch",
				number(made)))
		default:
			j.stands(js, in[:k])
		}
	}
}

// partOf is a part that a patch is for and that its series brings, as its title writes it,
// with the place of the patch that does; "" without.
func partOf(n *change.Names, parts map[string]int, at int) (string, int) {
	for _, p := range n.Parts() {
		if by, ok := parts[p]; ok && by <= at {
			return strings.ToUpper(p), by
		}
	}
	return "", -1
}

// isNew is the verdict where no release has the bug, or the hardware. What is no fix stays
// that; who may decide has decided.
func (j *Judgement) isNew(why string) {
	j.Brought = why
	if j.Verdict != StableEligible && j.Verdict != Uncertain && (j.Verdict != DKMSOnly || j.decided()) {
		return
	}
	j.Verdict, j.ReasonClass, j.When, j.WithPatch, j.Mixed, j.Reason = NotNeeded, "", "", 0, false, why
	j.Branches = slices.Clone(j.Branches)
	for k := range j.Branches {
		if b := &j.Branches[k]; b.State != Present && b.State != Queued {
			b.State, b.NoBase, b.Why, b.Verdict, b.ReasonClass, b.WithPatch = NotAffected, "", why, nil, "", 0
		}
	}
}

// mayBeNew takes eligible away where no branch was read; where some were, from the rows
// that need the patch with, which brings something new, 0 for none.
func (j *Judgement) mayBeNew(why string, with int) {
	read := !unreadBranches(j.Branches)
	if j.Verdict != StableEligible || read && with == 0 {
		return
	}
	rows, left := slices.Clone(j.Branches), false
	for k := range rows {
		b := &rows[k]
		if read && (!b.Is(StableEligible) || !slices.Contains(b.Mates, with)) {
			left = left || b.Is(StableEligible)
			continue
		}
		b.Verdict, b.ReasonClass, b.WithPatch = verdictOf(Uncertain), "", 0
	}
	j.Branches = rows
	if !left {
		j.Verdict, j.ReasonClass, j.When, j.WithPatch, j.Mixed, j.Reason = Uncertain, "", "", 0, false, why
	}
}

// stands looks among the patches before j, by their places in js, for what it uses of those
// that bring something new.
func (j *Judgement) stands(js []Judgement, before []int) {
	for _, k := range before {
		o := &js[k]
		if j.Verdict != StableEligible || o.Names == nil || !o.Enables {
			continue
		}
		if name := j.Names.Need(o.Names); name != "" {
			n := patchOf(js, k)
			j.mayBeNew(fmt.Sprintf("it needs patch %d of its series, which adds something new: it uses %s, which that patch defines", n, name), n)
		}
	}
}
