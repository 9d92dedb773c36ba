package trees

import (
	"context"
	"slices"

	"github.com/stablebot/stablebot/bot/trees/apply"
	"github.com/stablebot/stablebot/bot/trees/objects"
	"github.com/stablebot/stablebot/bot/trees/prereq"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// A mate is a patch of the same posting that stands before the change.
type mate struct {
	n int // in the posting
	*change.Change
	defined, used map[uint64]struct{} // names
}

// most mates for which it is tried which of them can be left out: that takes as many
// tries as there are pairs.
const maxTriedMates = 32

// mates finds the patches of its own posting that have to go in before a change that
// mainline does not have: those without which it does not fit the branch, and those
// that bring the names it uses. It reports whether that is all it takes.
func (s *Set) mates(ctx context.Context, c *question, v view, t *objects.Snapshot, out *rules.Branch) bool {
	if c.me.at != 0 || len(c.before) == 0 {
		return false
	}
	var all []mate
	for i, x := range c.before {
		if x == nil || s.takenMate(ctx, c, v, t, x) {
			continue
		}
		m := mate{n: i + 1, Change: x}
		if x.Prefix.N > 0 {
			m.n = x.Prefix.N
		}
		m.defined, m.used = prereq.Names(x.Files)
		all = append(all, m)
	}
	_, used := prereq.Names(c.Files)
	own := mate{Change: c.Change, used: used}
	need := all
	if out.Applies != needsHand {
		if need = naming(all, own); len(need) == 0 {
			return false
		}
	}
	if !stack(ctx, t, need, own) {
		if need = fitting(ctx, t, all); !stack(ctx, t, need, own) {
			return false
		}
	}
	for i := len(need) - 1; i >= 0 && len(need) <= maxTriedMates; i-- {
		without := slices.Delete(slices.Clone(need), i, i+1)
		if !named(need[i], without, own) && stack(ctx, t, without, own) {
			need = without
		}
	}
	if len(need) == 0 {
		return false
	}
	out.Applies, out.Why, out.PileLines = needsPre, "", c.Size.LinesWithContext
	for _, m := range need {
		out.Mates = append(out.Mates, m.n)
		out.PileLines += m.Size.LinesWithContext
	}
	return true
}

// takenMate reports whether a branch has a mate already.
func (s *Set) takenMate(ctx context.Context, c *question, v view, t *objects.Snapshot, x *change.Change) bool {
	if me := s.main.find(x, c.asOf); me.at != 0 {
		if _, _, ok := s.has(v, me); ok {
			return true
		}
	}
	return len(x.Files) > 0 && apply.Check(ctx, t, apply.Reverse(x.Files)) <= apply.Offset
}

// fitting are the mates that go onto a tree one after the other: what a patch does
// elsewhere may be of no use to the next.
func fitting(ctx context.Context, t apply.Tree, mates []mate) (out []mate) {
	o := apply.NewOverlay(t)
	for _, m := range mates {
		if r := apply.Files(ctx, o, m.Files); r.How <= apply.Offset {
			o.Add(&r)
			out = append(out, m)
		}
	}
	return out
}

// stack puts the mates onto a tree and the change on top; it reports whether all fit.
func stack(ctx context.Context, t apply.Tree, mates []mate, top mate) bool {
	o := apply.NewOverlay(t)
	for _, m := range mates {
		r := apply.Files(ctx, o, m.Files)
		if r.How > apply.Offset {
			return false
		}
		o.Add(&r)
	}
	return apply.Check(ctx, o, top.Files) <= apply.Offset
}

// named reports whether one of the patches uses a name that m brings.
func named(m mate, by []mate, top mate) bool {
	for _, x := range append(slices.Clone(by), top) {
		for n := range m.defined {
			if _, ok := x.used[n]; ok {
				return true
			}
		}
	}
	return false
}

// naming are the mates that bring the names of a patch, and of each other.
func naming(all []mate, top mate) (out []mate) {
	for _, m := range slices.Backward(all) {
		if named(m, out, top) {
			out = append(out, m)
		}
	}
	slices.Reverse(out)
	return out
}
