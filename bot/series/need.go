package series

import (
	"slices"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/change"
)

// Want notes the patches that a change says it needs by their patch ids, so that Carry
// can tell which mails carry them. It is for the first reading of an archive.
func (x *Index) Want(needs []change.Need) {
	for _, n := range needs {
		if n.PatchID == "" {
			continue
		}
		if x.wanted == nil {
			x.wanted = map[string]string{}
		}
		if _, ok := x.wanted[n.PatchID]; !ok {
			x.wanted[n.PatchID] = ""
		}
	}
}

// Wants reports whether some change needs a patch by its id, so that it is worth while
// to compute those of all patches.
func (x *Index) Wants() bool { return len(x.wanted) > 0 }

// Carry says which mail carries a patch; the first that was posted is kept.
func (x *Index) Carry(patchID, id string) {
	have, ok := x.wanted[patchID]
	if !ok {
		return
	}
	at, e, known := x.known(id)
	if !known || at < 0 {
		return
	}
	if _, o, there := x.known(have); !there || e.date < o.date || e.date == o.date && id < have {
		x.wanted[patchID] = id
	}
}

// Needs is what a patch, or what stands before its series, says that it needs first,
// with the titles of the mails that are at hand; a series that is named is all of its
// patches. Patches of its own series are left out.
func (x *Index) Needs(m *mail.Message) []change.Need {
	var named []change.Need
	if m.Change != nil {
		named = slices.Clone(m.Change.Needs)
		if m.Change.Amends() && m.InReplyTo != "" {
			named = append(named, change.Need{Form: change.NoteForm, Value: m.InReplyTo, MessageID: m.InReplyTo})
		}
	}
	at, e, ok := x.known(m.ID)
	if !ok || e.kind != Patch {
		return named
	}
	kin := x.kin(e.posting)
	for _, p := range kin {
		if c := x.postings[p].cover; c >= 0 {
			named = append(named, x.mails[c].needs...)
			continue
		}
		for _, first := range x.postings[p].members {
			named = append(named, x.mails[first].needs...)
		}
	}
	var out []change.Need
	for _, n := range named {
		for _, r := range x.resolve(n) {
			if r.at >= 0 && (r.at == at || slices.Contains(kin, x.mails[r.at].posting)) {
				continue
			}
			same := func(o change.Need) bool { return o.What() == r.need.What() }
			if !slices.ContainsFunc(out, same) {
				out = append(out, r.need)
			}
		}
	}
	return out
}

// resolved is a need and the mail that it is, -1 for none at hand.
type resolved struct {
	need change.Need
	at   int32
}

func (x *Index) resolve(n change.Need) []resolved {
	id := n.MessageID
	if n.PatchID != "" {
		id = x.wanted[n.PatchID]
	}
	at, e, ok := x.known(id)
	if !ok || e.kind == Other {
		return []resolved{{n, -1}}
	}
	n.Fresh = x.latest-e.date < int64(change.FreshFor.Seconds())
	if e.kind == Patch {
		n.Title = e.name
		return []resolved{{n, at}}
	}
	members := slices.Clone(x.postings[e.posting].members)
	if len(members) == 0 {
		return []resolved{{n, -1}}
	}
	slices.SortFunc(members, func(a, b int32) int { return int(x.mails[a].n - x.mails[b].n) })
	var out []resolved
	for _, p := range members {
		one := n
		one.Title = x.mails[p].name
		out = append(out, resolved{one, p})
	}
	return out
}
