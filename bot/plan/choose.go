package plan

import (
	"slices"

	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules/verdict"
)

// What is told of a posting. One mail answers all of it, so its patches are chosen
// together: those that the list wants to hear of, and with one that stable takes
//
//   - what fixes the same culprit, and what it builds on: a maintainer who takes one
//     needs the other;
//   - the others that stable takes. What is too close to call is named as that, and
//     nothing is proposed for it; what else is a fix by its own signs, with what stands against it.

// choose is the posting with the patches that a reply tells of: those of which wanted
// holds, and what belongs to them.
func (b Brief) choose(wanted func(verdict.Judgement) bool) report.Posting {
	main := map[int]bool{} // by place in Posts
	lead := false
	for i, p := range b.Posts {
		main[i] = p.Judgement != nil && wanted(*p.Judgement)
		lead = lead || main[i] && b.eligible(i)
	}
	out := b.postingOf(func(verdict.Judgement) bool { return false })
	for i := range b.Posts {
		main[i] = main[i] || lead && b.eligible(i) && report.Clear(b.patch(i))
	}
	b.kin(main)
	for i := range b.Posts {
		beside := lead && !main[i] && b.eligible(i) && report.CloseCall(b.patch(i))
		if !main[i] && !beside {
			if b.Posts[i].Judgement == nil {
				continue
			}
			q := b.patch(i)
			q.Unreleased = b.unreleased(q.ID)
			if lead && report.Passed(q) {
				out.Left = append(out.Left, q)
			} else {
				out.Rest = append(out.Rest, q)
			}
			continue
		}
		q := b.patch(i)
		q.Beside = beside
		for _, k := range b.needs(i) {
			switch n := b.Posts[k].Message.Prefix.N; {
			case beside || !b.eligible(i) || b.eligible(k):
			case b.enables(k):
				q.After = append(q.After, n)
			default:
				q.BuildsOn = append(q.BuildsOn, n)
			}
		}
		slices.Sort(q.BuildsOn)
		slices.Sort(q.After)
		out.Patches = append(out.Patches, q)
	}
	var left []report.Patch
	for _, q := range out.Left { // what has to go in first is not left out
		if slices.ContainsFunc(out.Patches, func(p report.Patch) bool { return slices.Contains(p.BuildsOn, q.N) }) {
			out.Rest = append(out.Rest, q)
		} else {
			left = append(left, q)
		}
	}
	out.Left = left
	slices.SortFunc(out.Rest, func(p, q report.Patch) int { return p.N - q.N })
	out.Unseen = b.unseen()
	return out
}

// unseen are the patches of the posting that did not arrive. What is kept from a version
// before was not posted again, and was seen then.
func (b Brief) unseen() (out []int) {
	for n := 1; n <= b.Series.Of && len(out) <= b.Series.Of-b.Have; n++ {
		if !slices.ContainsFunc(b.Posts, func(p Posted) bool { return p.Message.Prefix.N == n }) {
			out = append(out, n)
		}
	}
	return out
}

// eligible reports whether stable takes a patch of the posting.
func (b Brief) eligible(i int) bool {
	j := b.Posts[i].Judgement
	return j != nil && j.Verdict == verdict.StableEligible && b.Posts[i].Message.Change != nil && b.unreleased(j.ID) == ""
}

// unreleased is why no stable branch is known to have the bug of a patch: it came with a
// release candidate, and no tree says that a branch took it in. Nobody is to be told to
// ask stable for such a fix.
func (b Brief) unreleased(id string) string {
	for _, p := range b.Posts {
		if p.Judgement != nil && p.Judgement.ID == id && len(p.Judgement.Branches) == 0 {
			return p.Unreleased
		}
	}
	return ""
}

// allUnreleased is why nothing is said where all that the list would hear of is such.
func (b Brief) allUnreleased(heard func(verdict.Judgement) bool) string {
	for _, p := range b.Posts {
		if p.Judgement != nil && heard(*p.Judgement) {
			if why := b.unreleased(p.Judgement.ID); why != "" {
				return "perhaps no release has its bug yet: " + why
			}
		}
	}
	return ""
}

// kin adds to the chosen what fixes the same culprit as one of them, and what one of
// them needs, where stable takes it.
func (b Brief) kin(main map[int]bool) {
	for grew := true; grew; {
		grew = false
		for i := range b.Posts {
			if !main[i] && b.eligible(i) && b.belongs(i, main) {
				main[i], grew = true, true
			}
		}
	}
}

// belongs reports whether one of the chosen fixes the same as a patch, or needs it.
func (b Brief) belongs(i int, main map[int]bool) bool {
	for k := range b.Posts {
		if k == i || !main[k] || !b.eligible(k) {
			continue
		}
		if b.Posts[i].Message.Change.SameCulprit(b.Posts[k].Message.Change) || b.needsFirst(k, i) {
			return true
		}
	}
	return false
}

// enables reports whether a patch brings something new. No fix takes that along to stable.
func (b Brief) enables(i int) bool {
	return b.Posts[i].Judgement != nil && b.Posts[i].Judgement.Enables
}

// needs are the patches of the posting that one of them needs, those that these need
// included, but for what brings something new.
func (b Brief) needs(at int) (out []int) {
	for left := []int{at}; len(left) > 0; left = left[1:] {
		for k := left[0] - 1; k >= 0; k-- {
			if !slices.Contains(out, k) && b.needsFirst(left[0], k) {
				out = append(out, k)
				if !b.enables(k) {
					left = append(left, k)
				}
			}
		}
	}
	return out
}

// needsFirst reports whether a patch needs an earlier one: its trees say so, or the two
// patches do.
func (b Brief) needsFirst(i, k int) bool {
	p, n := b.Posts[i], b.Posts[k].Message.Prefix.N
	if n == 0 {
		return false
	}
	if p.Judgement != nil && slices.ContainsFunc(p.Judgement.Branches, func(r verdict.Branch) bool { return slices.Contains(r.Mates, n) }) {
		return true
	}
	return slices.Contains(p.BuildsOn, n)
}

// fresh leaves out the patches of which the same was told before, under this title and
// to the same author, wherever they were posted then. There is news where one of those
// that are left is wanted for itself.
func (b Brief) fresh(p report.Posting, wanted func(verdict.Judgement) bool) (left report.Posting, news bool) {
	left = p
	left.Patches = nil
	for i, r := range report.ValuesOf(p).Rows {
		q := p.Patches[i]
		if was, ok := b.Heard[q.ID]; ok && was == toldOf(r) {
			if !q.Beside && q.N > 0 {
				left.Stands = append(left.Stands, q)
			}
			continue
		}
		left.Patches = append(left.Patches, q)
		news = news || wanted(q.Judgement)
	}
	return left, news
}

// toldOf is what a reply says of one patch: what a correction goes by, and, below it,
// what stands in the reply.
func toldOf(r report.Row) string {
	said := string(r.Verdict)
	if r.Class == verdict.Declined {
		said += "/" + string(r.Class)
	}
	return said + "\n" + r.Line()
}
