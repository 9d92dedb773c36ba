package history

import (
	"context"
	"encoding/hex"
	"maps"
	"os"
	"slices"

	"github.com/stablebot/stablebot/bot/git"
)

// Grow is Open for a branch that was read before: when it only went on from
// old, the commits since are read and nothing else. exclude is what reading tip
// leaves out; that of old may have been another one, as long as no commit of
// old is in it. old stays as it is.
func Grow(ctx context.Context, r *git.Repo, dir string, old *History, tip string, exclude ...string) (*History, error) {
	if old == nil || old.Len() == 0 {
		return Open(ctx, r, dir, tip, exclude...)
	}
	if old.Tip == tip {
		return old, nil
	}
	if forward, err := r.Ancestor(ctx, old.Tip, tip); err != nil || !forward {
		return Open(ctx, r, dir, tip, exclude...)
	}
	since, err := read(ctx, r, tip, append(slices.Clone(exclude), old.Tip))
	if err != nil {
		return nil, err
	}
	h := old.add(since)
	h.index()
	if dir != "" {
		if err := h.save(dir, exclude); err != nil {
			return nil, err
		}
		_ = os.Remove(file(dir, old.Tip, exclude)) // another process may need it: it reads the history then
	}
	return h, nil
}

// add puts the commits of more behind those of h.
func (h *History) add(more *History) *History {
	n := uint32(h.Len())
	out := &History{Tip: more.Tip, idLen: h.idLen, more: maps.Clone(h.more)}
	out.ids = slices.Concat(h.ids, more.ids)
	out.Author = slices.Concat(h.Author, more.Author)
	out.Commit = slices.Concat(h.Commit, more.Commit)
	out.titles = slices.Concat(h.titles, more.titles)
	out.flags = slices.Concat(h.flags, more.flags)
	out.first = slices.Concat(h.first, more.first)
	out.refs = slices.Concat(h.refs, more.refs)
	for i := range more.refs {
		out.refs[len(h.refs)+i].From += Position(n)
	}
	for i, p := range more.first {
		if p != 0 {
			out.first[int(n)+i] = p + n
		}
	}
	for p, qs := range more.more {
		for _, q := range qs {
			out.more[p+n] = append(out.more[p+n], q+n)
		}
	}
	outside := map[string]bool{}
	for i, par := range more.parents {
		for k := 0; k+h.idLen <= len(par); k += h.idLen {
			q := h.find(par[k : k+h.idLen])
			switch at := n + uint32(i) + 1; {
			case q == 0:
				outside[hex.EncodeToString(par[k:k+h.idLen])] = true
			case k == 0:
				out.first[at-1] = q
			default:
				out.more[at] = append(out.more[at], q)
			}
		}
	}
	out.Outside = slices.Clone(h.Outside)
	for _, id := range more.Outside {
		if outside[id] {
			out.Outside = append(out.Outside, id)
		}
	}
	return out
}

// find is the commit with this full id, 0 for none.
func (h *History) find(id []byte) uint32 {
	p := h.Find(hex.EncodeToString(id))
	return uint32(p)
}
