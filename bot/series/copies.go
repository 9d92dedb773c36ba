package series

import (
	"slices"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// Copies. A patch is posted again as it was, as a proposal for a stable branch, in a batch
// under review. With the same title and patch id that is the same change, and what those
// who decide about it say of one copy counts for all. A version that changes other lines is
// no copy: what was said of a draft stays with the draft.

// Refused reports whether there are several patches of a title and one of them was
// declined, so that Copy is to be told of all that have it.
func (x *Index) Refused(title string) bool {
	if x.about == nil || x.refused == nil {
		x.index()
		posted := map[uint64]int{}
		for i := range x.mails {
			if e := &x.mails[i]; e.kind == Patch {
				posted[x.titleHash(e.name)]++
			}
		}
		x.refused = map[uint64]bool{}
		for to, replies := range x.about {
			if !slices.ContainsFunc(replies, func(r int32) bool { return len(x.mails[r].declined) > 0 }) {
				continue
			}
			patches := []int32{to}
			if e := &x.mails[to]; e.kind == Cover {
				patches = x.postings[e.posting].members
			}
			for _, p := range patches {
				if title := x.titleHash(x.mails[p].name); posted[title] > 1 {
					x.refused[title] = true
				}
			}
		}
	}
	title, _ = Versioned(title)
	return x.refused[x.titleHash(title)]
}

// AnyRefused reports whether Refused is true for some title.
func (x *Index) AnyRefused() bool {
	x.Refused("")
	return len(x.refused) > 0
}

// Copy says that a mail that was added carries a patch.
func (x *Index) Copy(patchID, id string) {
	at, e, ok := x.known(id)
	if !ok || e.kind != Patch || patchID == "" {
		return
	}
	if x.copies == nil {
		x.copies, x.patches = map[string][]int32{}, map[int32]string{}
	}
	if x.patches[at] == "" {
		x.patches[at], x.copies[patchID] = patchID, append(x.copies[patchID], at)
		x.against = nil
	}
}

// maxAgainst bounds how many copies of a patch are asked for what was said against them: a
// change is posted a few times, and what a hundred copies cost grows with their square.
const maxAgainst = 64

// saidAgainst finds the copies of each patch to which, or to whose cover letter, somebody
// proven said no.
func (x *Index) saidAgainst() map[string][]int32 {
	if x.against != nil {
		return x.against
	}
	x.index()
	no := func(to int32) bool {
		return slices.ContainsFunc(x.about[to], func(r int32) bool { return x.mails[r].proven != "" && len(x.mails[r].declined) > 0 })
	}
	x.against, x.posted = map[string][]int32{}, map[copied]bool{}
	for id, list := range x.copies {
		for _, c := range slices.Backward(list) { // the newest first
			p := x.mails[c].posting
			x.posted[copied{id, p}] = true
			cover := x.postings[p].cover
			if len(x.against[id]) < maxAgainst && (no(c) || cover >= 0 && no(cover)) {
				x.against[id] = append(x.against[id], c)
			}
		}
	}
	return x.against
}

// copied is a patch in a posting.
type copied struct {
	patchID string
	posting int32
}

// shared adds what was said of other copies of a patch by those who may decide about it.
// Anybody can post a copy: whoever sent it decides nothing by that.
func (x *Index) shared(m *mail.Message, at int32, kin []int32, f *rules.Series) {
	if m.Change == nil || len(x.copies) == 0 {
		return
	}
	e := &x.mails[at]
	said := func(to int32, forStable bool) {
		x.replies(to, func(r *entry) {
			if !x.decides(m, r) {
				return
			}
			for _, d := range r.declined {
				d.Stable = d.Stable || forStable
				decline(f, r, d)
			}
		})
	}
	for _, c := range x.saidAgainst()[change.PatchID(m.Change.Files)] {
		o := &x.mails[c]
		if c == at || slices.Contains(kin, o.posting) || x.titleHash(o.name) != x.titleHash(e.name) {
			continue
		}
		// Declined for a branch, the patch itself may well go on.
		p := &x.postings[o.posting]
		forStable := p.trees != x.postings[e.posting].trees
		said(c, forStable)
		if p.cover >= 0 && x.allCopied(p, kin) {
			said(p.cover, forStable)
		}
	}
}

// allCopied reports whether each patch of a posting has a copy in another one. Of a batch
// that has other patches too, what is said of the whole is not said of each.
func (x *Index) allCopied(p *posting, kin []int32) bool {
	for _, a := range p.members {
		id := x.patches[a]
		if id == "" || !slices.ContainsFunc(kin, func(k int32) bool { return x.posted[copied{id, k}] }) {
			return false
		}
	}
	return true
}
