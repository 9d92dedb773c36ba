package series

import (
	"slices"
	"time"
)

// superseded decides for a patch or a cover letter. A patch is superseded by a
// later mail of the same sender, for the same trees, with the same title, or
// together with its series.
func (x *Index) superseded(at int32) bool {
	e := &x.mails[at]
	s := &x.postings[e.posting]
	kin := x.kin(e.posting)
	for _, o := range x.byTitle[e.title] {
		q := &x.mails[o]
		if o == at || slices.Contains(kin, q.posting) {
			continue
		}
		if n := &x.postings[q.posting]; newer(n.version > s.version || n.resend && n.version == s.version, e.date, q.date) {
			return true
		}
	}
	if x.outnumbered(at, kin) {
		return true
	}
	// Single patches of a series posted anew, perhaps under another title.
	for _, d := range e.down {
		q := &x.mails[d]
		if q.kind == Patch && x.target(d) == at && !slices.Contains(kin, q.posting) {
			o := &x.postings[q.posting]
			if o.sender == s.sender && o.trees == s.trees && o.version > s.version && (o.of == 0 || q.n == e.n && o.of == s.of) {
				return true
			}
		}
	}
	gone, ok := x.memo[e.posting]
	if !ok {
		for _, p := range kin {
			gone = gone || x.replaced(p, kin)
		}
		if x.memo == nil {
			x.memo = map[int32]bool{}
		}
		x.memo[e.posting] = gone
	}
	return gone
}

// outnumbered looks among titles that end in a bare version. Those of one stem
// are versions of one patch where the stem itself is a title that was posted.
func (x *Index) outnumbered(at int32, kin []int32) bool {
	e := &x.mails[at]
	stem := e.title
	if e.nth > 0 {
		stem = e.stem
	}
	plain, numbered := x.byTitle[stem], x.byStem[stem]
	if len(plain) == 0 || len(numbered) == 0 {
		return false
	}
	nth := func(o int32) int32 {
		if m := &x.mails[o]; m.nth > 0 {
			return m.nth
		}
		return int32(x.postings[x.mails[o].posting].version)
	}
	for _, o := range slices.Concat(plain, numbered) {
		q := &x.mails[o]
		if o != at && !slices.Contains(kin, q.posting) && nth(o) > nth(at) && newer(true, e.date, q.date) {
			return true
		}
	}
	return false
}

// newer compares the dates of two mails; higher says whether the second has the
// higher version. Without that the second must be later, but not so much later
// that it is another patch under a usual title.
func newer(higher bool, first, second int64) bool {
	later := time.Duration(second-first) * time.Second
	if higher {
		return later > -slack && later < Revision
	}
	return later > 0 && later < repost
}

// later reports whether the second of two dates is.
func later(first, second int64) bool { return second > first }

// replaced reports whether another posting takes the place of all of p. What
// connects two postings of one sender, by strength: the topic that b4 puts
// into Message-IDs, the title of the cover letter, a second version sent in
// reply to the first, at least half of the titles.
func (x *Index) replaced(p int32, kin []int32) bool {
	s := &x.postings[p]
	takes := func(q int32, titleCounts bool) bool {
		o := &x.postings[q]
		if slices.Contains(kin, q) || o.sender != s.sender || o.trees != s.trees {
			return false
		}
		shared := x.share(s, q)
		half := len(s.members) > 0 && shared*2 >= len(s.members)
		if o.version > s.version {
			// A series that grew, and changed its titles, has one of the old ones at least.
			grew := shared > 0 && s.of > 0 && o.of > s.of
			return (titleCounts || half || grew) && newer(true, s.first, o.first)
		}
		// The same posted again, however late: several titles are no usual title.
		if whole := shared == len(s.members) && shared > 1; whole && later(s.first, o.first) && newer(true, s.first, o.first) {
			return true
		}
		// A new start of the numbering.
		return newer(false, s.first, o.first) && (half || titleCounts && shared > 0)
	}
	if s.topic != 0 {
		for _, q := range x.byTopic[s.topic] {
			if takes(q, true) {
				return true
			}
		}
	}
	if s.cover >= 0 {
		for _, a := range x.byTitle[s.titleHash] {
			if takes(x.mails[a].posting, true) {
				return true
			}
		}
		if x.followed(s.cover, s, kin) {
			return true
		}
	}
	for _, m := range s.members {
		for _, a := range x.byTitle[x.mails[m].title] {
			if takes(x.mails[a].posting, false) {
				return true
			}
		}
		if x.followed(m, s, kin) {
			return true
		}
	}
	return false
}

// followed reports whether a newer version of all of s was sent in reply to
// at, or to what answers it.
func (x *Index) followed(at int32, s *posting, kin []int32) bool {
	for _, d := range x.mails[at].down {
		q := &x.mails[d]
		if q.kind != Patch && q.kind != Cover || slices.Contains(kin, q.posting) || x.target(d) != at {
			continue
		}
		o := &x.postings[q.posting]
		if o.sender != s.sender || o.trees != s.trees || o.version <= s.version || !newer(true, s.first, o.first) {
			continue
		}
		// In reply to a patch of a series, a patch may stand for that one alone.
		if q.kind == Cover || x.mails[at].kind == Cover || s.of == 0 || len(o.members)*2 >= max(o.of, 2) {
			return true
		}
	}
	return false
}

// share counts the titles of s that posting q has as well.
func (x *Index) share(s *posting, q int32) int {
	n := 0
	for _, m := range s.members {
		if slices.ContainsFunc(x.byTitle[x.mails[m].title], func(a int32) bool { return x.mails[a].posting == q && x.mails[a].kind == Patch }) {
			n++
		}
	}
	return n
}
