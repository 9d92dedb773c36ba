package trees

import (
	"slices"

	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/rules/change"
)

// A message that is taken over brings along what its author wrote, marks among it. Only
// those who took it over say what a commit of a branch carries: in the first mark that names
// mainline's commit, which stands above the message, else in the last cherry-pick note, which
// git puts below it.

// says reports whether a commit of a branch says by itself, in the reference r, that it
// carries the change of that title. A further mark counts where the commit has the title too.
func (s *Set) says(h *history.History, r history.Reference, title uint64) bool {
	if r.Kind != history.Upstream && r.Kind != history.Picked {
		return false
	}
	own, ok := s.ownMark(h, r.From)
	return ok && own == r || title != 0 && h.Title(r.From) == title
}

// ownMark is the mark of those who took a commit over: one that names a commit of the same
// title. Where mainline has that title and no mark names it, an author wrote the marks. Of
// a commit with a title of its own, notes of commits that no tree at hand has tell nothing:
// the one above is asked.
func (s *Set) ownMark(h *history.History, p history.Position) (own history.Reference, ok bool) {
	refs := h.From(p)
	title := h.Title(p)
	for _, r := range refs {
		if m := s.main.Find(r.Named.Hex()); m != 0 && (r.Kind == history.Upstream || r.Kind == history.Picked) && s.main.Title(m) == title {
			return r, true
		}
	}
	if title != 0 && len(s.main.Titled(title)) > 0 {
		return own, false
	}
	for _, r := range refs {
		if r.Kind == history.Upstream {
			return r, true
		}
	}
	for _, r := range slices.Backward(refs) {
		if r.Kind != history.Picked {
			continue
		}
		if !ok {
			own, ok = r, true
		}
		if s.atHand(r.Named.Hex()) {
			return r, true
		}
	}
	return own, ok
}

// atHand reports whether mainline or a branch has a commit of that id.
func (s *Set) atHand(id string) bool {
	return s.main.Find(id) != 0 || slices.ContainsFunc(s.branches, func(b *branch) bool { return b.own.Find(id) != 0 })
}

// marks are the origins of a change, the ones by which it is known first: those that name
// mainline's commit from the top, cherry-pick notes from the bottom.
func marks(c *change.Change) (out []change.Origin) {
	for _, o := range c.Origin {
		if o.Form != change.FormPick {
			out = append(out, o)
		}
	}
	for _, o := range slices.Backward(c.Origin) {
		if o.Form == change.FormPick {
			out = append(out, o)
		}
	}
	return out
}
