package trees

import (
	"bytes"
	"context"
	"slices"

	"github.com/stablebot/stablebot/bot/budget"
	"github.com/stablebot/stablebot/bot/kernel/apply"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/bot/kernel/prereq"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// A mate is a patch of the same posting that stands before the change, or the change.
type mate struct {
	n int // in the posting
	*change.Change
	defined map[uint64]struct{} // names
	used    map[uint64]string
}

// Of a series of more than maxMates before a change nothing is told. Which of them can
// be left out is tried for up to maxTriedMates: that takes as many tries as there are pairs.
const (
	maxMates      = 256
	maxTriedMates = 32
)

// mates finds the patches of its own posting that have to go in before a change that
// mainline does not have: those without which it does not fit the branch, and those
// that bring the names it uses. It reports whether that is all it takes.
func (s *Set) mates(ctx context.Context, c *question, v view, t *objects.Snapshot, out *rules.Branch) bool {
	if c.me.at != 0 || len(c.before) == 0 || len(c.before) > maxMates {
		return false
	}
	if slices.Contains(c.before, nil) {
		return false // some were too large to keep
	}
	p := stack{ctx, t, map[string][]byte{}}
	var all []mate
	mates, own := c.posting(ctx)
	for _, m := range mates {
		if !s.takenMate(ctx, c, v, t, m.Change) {
			all = append(all, m)
		}
	}
	need := all
	if out.Applies != needsHand {
		if need = p.naming(all, own); len(need) == 0 {
			return false
		}
	}
	if !p.fits(need, own) {
		if need = p.fitting(all); !p.fits(need, own) {
			return false
		}
	}
	for i := len(need) - 1; i >= 0 && len(need) <= maxTriedMates; i-- {
		without := slices.Delete(slices.Clone(need), i, i+1)
		if !p.named(need[i], without, own) && p.fits(without, own) {
			need = without
		}
	}
	if len(need) == 0 || ctx.Err() != nil {
		return false
	}
	out.Applies, out.Why, out.PileLines = needsPre, "", c.Size.LinesWithContext
	for _, m := range need {
		out.Mates = append(out.Mates, m.n)
		out.PileLines += m.Size.LinesWithContext
	}
	return true
}

// posting are the mates of a change and the change, with their names read once.
func (c *question) posting(ctx context.Context) ([]mate, mate) {
	if c.own.Change != nil {
		return c.mates, c.own
	}
	for i, x := range c.before {
		if x == nil || ctx.Err() != nil {
			continue
		}
		m := mate{n: i + 1, Change: x}
		if x.Prefix.N > 0 {
			m.n = x.Prefix.N
		}
		m.defined, m.used = prereq.Names(x.Files)
		c.mates = append(c.mates, m)
	}
	c.own = mate{Change: c.Change}
	c.own.defined, c.own.used = prereq.Names(c.Files)
	return c.mates, c.own
}

// takenMate reports whether a branch has a mate already.
func (s *Set) takenMate(ctx context.Context, c *question, v view, t *objects.Snapshot, x *change.Change) bool {
	if me := s.find(x, c.asOf); me.at != 0 {
		if _, _, ok := s.has(v, me); ok {
			return true
		}
	}
	return len(x.Files) > 0 && apply.Check(ctx, t, apply.Reverse(x.Files)) <= apply.Offset
}

// stack is a tree that patches of a posting are put on.
type stack struct {
	ctx  context.Context //nolint:containedctx // for one question
	t    apply.Tree
	text map[string][]byte // of its files, by path
}

// fitting are the mates that go onto the tree one after the other: what a patch does
// elsewhere may be of no use to the next.
func (p stack) fitting(mates []mate) (out []mate) {
	o := apply.NewOverlay(p.t)
	for _, m := range mates {
		if r := apply.Files(p.ctx, o, m.Files); r.How <= apply.Offset {
			o.Add(&r)
			out = append(out, m)
		}
	}
	return out
}

// fits puts the mates onto the tree and the change on top; it reports whether all fit.
func (p stack) fits(mates []mate, top mate) bool {
	o := apply.NewOverlay(p.t)
	for _, m := range mates {
		r := apply.Files(p.ctx, o, m.Files)
		if r.How > apply.Offset || p.ctx.Err() != nil {
			return false
		}
		o.Add(&r)
	}
	return apply.Check(p.ctx, o, top.Files) <= apply.Offset
}

// named reports whether one of the patches uses a name that m brings.
func (p stack) named(m mate, by []mate, top mate) bool {
	for _, x := range append(slices.Clone(by), top) {
		for n := range m.defined {
			if text, ok := x.used[n]; ok && !p.knows(x, text) {
				return true
			}
		}
	}
	return false
}

// knows reports whether the tree has a name already in one of the files that a patch
// edits: then it is a usual one, and no patch brings it.
func (p stack) knows(x mate, name string) bool {
	for _, f := range x.Files {
		if f.IsNew || f.IsBinary {
			continue
		}
		text, ok := p.text[f.OldName]
		if !ok {
			if e, err := p.t.Entry(p.ctx, f.OldName); err == nil && e.Exists() {
				if img, err := p.t.Image(p.ctx, e); err == nil {
					text = img.Data
				}
			}
			p.text[f.OldName] = text
		}
		if !budget.Of(p.ctx).Spend(100 + len(text)/4) {
			return false
		}
		if hasWord(text, name) {
			return true
		}
	}
	return false
}

// hasWord reports whether a name stands in a text by itself.
func hasWord(text []byte, name string) bool {
	part := func(i int) bool {
		return i >= 0 && i < len(text) && (letter(text[i]) || text[i] >= '0' && text[i] <= '9')
	}
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte(name))
		if i < 0 || name == "" {
			return false
		}
		if i += at; !part(i-1) && !part(i+len(name)) {
			return true
		}
		at = i + len(name)
	}
}

// naming are the mates that bring the names of a patch, and of each other.
func (p stack) naming(all []mate, top mate) (out []mate) {
	for _, m := range slices.Backward(all) {
		if p.ctx.Err() == nil && p.named(m, out, top) {
			out = append(out, m)
		}
	}
	slices.Reverse(out)
	return out
}
