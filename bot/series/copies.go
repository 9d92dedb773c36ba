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
		x.copies, x.patches, x.posted = map[copies][]int32{}, map[int32]string{}, map[copied]bool{}
	}
	if x.patches[at] == "" {
		of := copies{patchID, x.titleHash(e.name)}
		x.patches[at], x.copies[of] = patchID, append(x.copies[of], at)
		x.posted[copied{patchID, e.posting}] = true
		x.against = nil
	}
}

// copies are the patches of one patch id and title.
type copies struct {
	patchID string
	title   uint64
}

// copied is a patch in a posting.
type copied struct {
	patchID string
	posting int32
}

// maxAgainst bounds how many noes of one person to copies of a patch are kept: a change is
// posted a few times. It is counted for each, so that nobody's noes are in the way of those
// of somebody else.
const maxAgainst = 64

// noes are what was said against the copies of a patch, the newest copy first: by those who
// may decide about its files, and by others, whose word counts for what they sent or wrote
// themselves.
type noes struct {
	deciders []no
	others   map[string][]no // by address
}

// no is one: of which copy, or of the cover letter of its posting, and in which reply.
type no struct {
	copy, reply int32
	cover       bool
}

// saidAgainst finds the noes to the copies of a patch, and to their cover letters, by those
// who are proven.
func (x *Index) saidAgainst(of copies, files []string) *noes {
	if said := x.against[of]; said != nil {
		return said
	}
	x.index()
	said := &noes{others: map[string][]no{}}
	type person struct {
		address string
		covers  bool
	}
	may, kept := map[string]bool{}, map[person]int{}
	take := func(to, c int32) {
		for _, at := range x.about[to] {
			r := &x.mails[at]
			who := person{r.proven, to != c}
			if r.proven == "" || len(r.declined) == 0 || kept[who] >= maxAgainst {
				continue
			}
			if _, asked := may[r.proven]; !asked {
				may[r.proven] = x.May != nil && x.May(r.proven, files)
			}
			kept[who]++
			n := no{c, at, to != c}
			if may[r.proven] {
				said.deciders = append(said.deciders, n)
			} else {
				who := whose(change.Person{Address: r.proven})
				said.others[who] = append(said.others[who], n)
			}
		}
	}
	covers := map[int32]bool{}
	for _, c := range slices.Backward(x.copies[of]) {
		take(c, c)
		p := x.mails[c].posting
		if cover := x.postings[p].cover; cover >= 0 && !covers[cover] {
			covers[cover] = true
			take(cover, c)
		}
	}
	if x.against == nil {
		x.against = map[copies]*noes{}
	}
	x.against[of] = said
	return said
}

// shared adds what was said of other copies of a patch by those who may decide about it.
// Anybody can post a copy: whoever sent it decides nothing by that.
func (x *Index) shared(m *mail.Message, at int32, kin []int32, f *rules.Series) {
	if m.Change == nil || len(x.copies) == 0 {
		return
	}
	e := &x.mails[at]
	of := copies{change.PatchID(m.Change.Files), x.titleHash(e.name)}
	if len(x.copies[of]) == 0 {
		return
	}
	against := x.saidAgainst(of, filesOf(m.Change))
	said := against.deciders
	own := []string{whose(m.From), whose(m.Change.Author)}
	slices.Sort(own)
	for _, who := range slices.Compact(own) {
		said = append(said[:len(said):len(said)], against.others[who]...)
	}
	for _, n := range said {
		o := &x.mails[n.copy]
		if n.copy == at || slices.Contains(kin, o.posting) {
			continue
		}
		p := &x.postings[o.posting]
		if n.cover && !x.allCopied(p, kin) {
			continue
		}
		r := &x.mails[n.reply]
		for _, d := range r.declined {
			// Declined for a branch, the patch itself may well go on.
			d.Stable = d.Stable || p.trees != x.postings[e.posting].trees
			decline(f, r, d)
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
