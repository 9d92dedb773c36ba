package series

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// Distances in time. They are wide where only authors are compared with
// themselves, and were checked by reading threads of a DRM list.
const (
	// slack is how far the clocks and queues of one sender may put mails out of order.
	slack = 10 * time.Minute
	// oneRun is how long the sending of one series may take.
	oneRun = time.Hour
	// repost is how long the same title without a higher version is taken for
	// the same patch posted again; later it is another patch with a usual title.
	repost = 90 * 24 * time.Hour
	// Revision is how long a higher version may take, or what says that it is posted
	// again: two years and some, since some wait for a maintainer that long.
	Revision = 800 * 24 * time.Hour
)

// Index answers questions about threads from the notes that were added to it.
// It is not safe for concurrent use. The zero value is ready.
type Index struct {
	// AsOf leaves out whatever is dated later; zero leaves out nothing.
	AsOf time.Time
	// Trust believes that every mail is from whom it names, as where somebody has
	// seen to that before. Else a reply counts when its note is proven.
	Trust bool
	// May says who decides about files besides a patch's author: their
	// maintainers, the stable team and those that the bot's owner names; nil: nobody.
	May func(address string, files []string) bool

	ids      map[string]int32 // message id → place in mails, mentioned ones included
	mails    []entry
	postings []posting
	byKey    map[string]int32
	byGroup  map[uint64][]int32 // sender, trees, version and number → postings
	byTitle  map[uint64][]int32 // sender, trees and title → mails
	byTopic  map[uint64][]int32 // b4 topic → postings
	byStem   map[uint64][]int32 // like byTitle, of titles that end in a bare version: without it

	// Made when first asked for, until the next mail comes.
	latest  int64             // date of the newest mail
	memo    map[int32]bool    // postings → replaced
	wanted  map[string]string // patch id that something needs → mail that carries it, "" while none does
	about   map[int32][]int32 // patches and covers → mails that say something of them
	refused map[uint64]bool   // titles of several patches of which one was declined
	against map[copies]*noes  // what was said of copies

	// As Copy was told.
	copies  map[copies][]int32
	patches map[int32]string // their patch ids
	posted  map[copied]bool
}

// entry is a mail, or the mere mention of one (kind "").
type entry struct {
	kind     Kind
	n, of    int32 // as in the subject
	posting  int32 // of a patch or cover
	date     int64
	title    uint64
	stem     uint64 // of a title with a bare version, nth: as if it had none
	nth      int32
	up       []int32         // ancestors, nearest first
	down     []int32         // all mails that have this one among their ancestors
	needs    []change.Need   // of what stands before a series
	name     string          // title of a patch or cover letter
	untested *rules.Evidence // by the word of a cover letter
	aim      string          // the release that a cover letter means its series for
	aimed    *rules.Evidence // where it says so
	given    []Given
	declined []Refusal
	from     string // address of a reply
	proven   string
}

// posting is one version of one series.
type posting struct {
	sender, trees uint64
	group         uint64
	topic         uint64
	title         string // of the cover
	titleHash     uint64
	version, of   int
	run, resend   bool
	first         int64 // the earliest date of a member
	cover         int32 // -1 without one
	members       []int32
}

// Add takes in one mail. A mail that was added before changes nothing.
func (x *Index) Add(m *mail.Message) {
	if x.late(m.Date) {
		return
	}
	x.AddNote(NoteOf(m))
}

func (x *Index) late(t time.Time) bool { return !x.AsOf.IsZero() && t.After(x.AsOf) }

// AddNote is Add from a stored note.
func (x *Index) AddNote(n Note) {
	if x.late(n.Date) {
		return
	}
	if x.ids == nil {
		x.ids, x.byKey = map[string]int32{}, map[string]int32{}
		x.byGroup, x.byTitle, x.byTopic = map[uint64][]int32{}, map[uint64][]int32{}, map[uint64][]int32{}
		x.byStem = map[uint64][]int32{}
	}
	at := x.place(n.ID)
	if x.mails[at].kind != "" {
		return
	}
	x.memo, x.about, x.refused, x.against = nil, nil, nil, nil
	up := make([]int32, 0, len(n.Ancestors))
	for _, id := range n.Ancestors {
		if a := x.place(id); a != at {
			up = append(up, a)
			x.mails[a].down = append(x.mails[a].down, at)
		}
	}
	e := &x.mails[at]
	e.kind, e.date, e.up, e.posting = n.Kind, n.Date.Unix(), up, -1
	x.latest = max(x.latest, e.date)
	e.n, e.of = int32(n.N), int32(n.Of)
	e.given, e.declined, e.needs, e.untested = n.Given, n.Declined, n.Needs, n.Untested
	e.aim, e.aimed = n.Aim, n.Aimed
	if n.Says() {
		e.from, e.proven = strings.ToLower(n.Sender.Address), strings.ToLower(n.Proven)
		if x.Trust {
			e.proven = e.from
		}
	}
	if n.Kind == Other {
		return
	}
	sender, trees := x.hash(whose(n.Sender)), x.hash(n.Trees...)
	title := x.titleHash(n.Title)
	e.title, e.name = title^sender^trees, strings.Clone(n.Title)
	if stem, version := Stem(n.Title); version > 0 {
		e.stem, e.nth = x.titleHash(stem)^sender^trees, int32(version)
		x.byStem[e.stem] = append(x.byStem[e.stem], at)
	}
	x.byTitle[e.title] = append(x.byTitle[e.title], at)
	key := n.Key
	p, ok := x.byKey[key]
	if ok && x.postings[p].sender != sender {
		// Anybody may take the run of a series for a number that has not come yet; a
		// member has its sender.
		key += "\x00" + whose(n.Sender)
		p, ok = x.byKey[key]
	}
	if !ok {
		p = int32(len(x.postings))
		x.byKey[strings.Clone(key)] = p
		group := sender ^ trees ^ uint64(n.Version)<<32 ^ uint64(n.Of)
		s := posting{sender: sender, trees: trees, group: group, version: n.Version, of: n.Of, run: n.Run, first: e.date, cover: -1}
		if n.Of > 0 {
			x.byGroup[group] = append(x.byGroup[group], p)
		}
		if n.Topic != "" {
			s.topic = x.hash(n.Topic)
			x.byTopic[s.topic] = append(x.byTopic[s.topic], p)
		}
		x.postings = append(x.postings, s)
	}
	e.posting = p
	s := &x.postings[p]
	s.first = min(s.first, e.date)
	s.version = max(s.version, n.Version)
	s.resend = s.resend || n.Resend
	if n.Kind == Cover {
		if s.cover < 0 {
			s.cover, s.title, s.titleHash = at, strings.Clone(n.Title), e.title
		}
		return
	}
	s.members = append(s.members, at)
}

// whose tells senders apart: by their address. A name is what anybody may write; it
// only tells those apart who have none.
func whose(p change.Person) string {
	if p.Address == "" {
		return "\x00" + strings.ToLower(p.Name)
	}
	return strings.ToLower(plainAddress(p.Address))
}

// place returns where a mail is kept, and makes room for it.
func (x *Index) place(id string) int32 {
	at, ok := x.ids[id]
	if !ok {
		at = int32(len(x.mails))
		x.ids[strings.Clone(id)] = at // id may be part of a larger text
		x.mails = append(x.mails, entry{posting: -1})
	}
	return at
}

// seed is one for the process, so that an index that no mail came to can be asked as well.
var seed = maphash.MakeSeed()

func (x *Index) hash(words ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, w := range words {
		_, _ = h.WriteString(w) // never fails
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// titleHash is of the title as compared: case, blanks and the stop at the end
// change between versions.
func (x *Index) titleHash(s string) uint64 {
	s = strings.ToLower(strings.TrimRight(s, ". "))
	if strings.Contains(s, "  ") {
		s = strings.Join(strings.Fields(s), " ")
	}
	return x.hash(s)
}

// known finds a mail that was added.
func (x *Index) known(id string) (int32, *entry, bool) {
	at, ok := x.ids[id]
	if !ok || x.mails[at].kind == "" {
		return 0, nil, false
	}
	return at, &x.mails[at], true
}

// elsewhereAfter is how long the missing part of a series is taken to be on its
// way. Of 7,362 patches of a DRM list, 646 are of series of which only a part
// was ever sent there.
const elsewhereAfter = 7 * 24 * time.Hour

// Facts says what is known of the posting that a patch belongs to; nil when the
// mail is no patch, or was not added.
func (x *Index) Facts(m *mail.Message) *rules.Series {
	at, e, ok := x.known(m.ID)
	if !ok || e.kind != Patch {
		return nil
	}
	s := &x.postings[e.posting]
	f := &rules.Series{Version: s.version, N: int(e.n), Of: s.of, Have: 1}
	kin := x.kin(e.posting)
	if s.of > 0 {
		f.Have = len(x.have(kin))
	}
	for _, p := range kin {
		if f.Title == "" {
			f.Title = x.postings[p].title
		}
	}
	f.Elsewhere = f.Have < f.Of && x.latest-e.date > int64(elsewhereAfter.Seconds())
	f.Superseded = x.superseded(at)
	x.refusals(m, at, f)
	for _, p := range kin {
		if c := x.postings[p].cover; c >= 0 {
			x.refusals(m, c, f)
			if u := x.mails[c].untested; u != nil {
				f.Untested = *u
			}
			if a := x.mails[c].aimed; a != nil {
				f.Aim, f.Aimed = x.mails[c].aim, *a
			}
		}
	}
	x.shared(m, at, kin, f)
	_, f.Claimed = x.tags(m, at, e)
	return f
}

// Superseded reports whether a newer version of the patch, or of its series, was posted.
func (x *Index) Superseded(m *mail.Message) bool {
	at, e, ok := x.known(m.ID)
	return ok && e.kind != Other && x.superseded(at)
}

// Trailers returns what replies give to a patch and what counts of it: answers to
// the patch itself, to its cover letter, and to a mate where the reply says that
// it is for the series. A trailer given twice is there once. Who may give which is
// said in who.go.
func (x *Index) Trailers(m *mail.Message) []change.Trailer {
	at, e, ok := x.known(m.ID)
	if !ok || e.kind != Patch {
		return nil
	}
	out, _ := x.tags(m, at, e)
	return out
}

// Mismatched returns the trailers that do not count, since somebody else than
// the person named has sent them.
func (x *Index) Mismatched(id string) []change.Trailer {
	at, e, ok := x.known(id)
	if !ok || e.kind != Patch {
		return nil
	}
	var out []change.Trailer
	x.gifts(at, e, func(g Given, _ *entry) {
		if g.Mismatch && !slices.ContainsFunc(out, func(t change.Trailer) bool { return sameTrailer(t, g.Trailer) }) {
			out = append(out, g.Trailer)
		}
	})
	return out
}

// gifts visits the trailers that are given to a patch.
func (x *Index) gifts(at int32, e *entry, visit func(Given, *entry)) {
	add := func(to int32, seriesOnly bool) {
		x.replies(to, func(r *entry) {
			for _, g := range r.given {
				if !seriesOnly || g.Series {
					visit(g, r)
				}
			}
		})
	}
	add(at, false)
	for _, p := range x.kin(e.posting) {
		s := &x.postings[p]
		if s.cover >= 0 {
			add(s.cover, false)
		}
		for _, mate := range s.members {
			if mate != at {
				add(mate, true)
			}
		}
	}
}

// sameTrailer compares by the person where there is one.
func sameTrailer(a, b change.Trailer) bool {
	if a.Key != b.Key {
		return false
	}
	p, q := change.ParsePerson(a.Value), change.ParsePerson(b.Value)
	if p.Address != "" && q.Address != "" {
		return p.Address == q.Address
	}
	return strings.EqualFold(a.Value, b.Value)
}

// replies visits what is said in answer to at, directly or through other mails,
// oldest first; what answers another patch or cover letter below it belongs
// there.
func (x *Index) replies(at int32, visit func(*entry)) {
	x.index()
	for _, f := range x.about[at] {
		visit(&x.mails[f])
	}
}

// index finds what each patch and cover letter is answered by.
func (x *Index) index() {
	if x.about != nil {
		return
	}
	x.about = map[int32][]int32{}
	for i := range x.mails {
		if e := &x.mails[i]; len(e.given)+len(e.declined) > 0 {
			if t := x.target(int32(i)); t >= 0 {
				x.about[t] = append(x.about[t], int32(i))
			}
		}
	}
	for _, list := range x.about {
		slices.SortStableFunc(list, func(a, b int32) int { return cmp.Compare(x.mails[a].date, x.mails[b].date) })
	}
}

// target is the patch or cover letter that a reply is about; -1 when none was
// added. It is the nearest of its ancestors and theirs, unless its subject has
// the number of another one: some mail programs put References into disorder,
// or name nothing but the cover letter there.
func (x *Index) target(at int32) int32 {
	e := &x.mails[at]
	numbered := e.kind == Other && e.of > 0
	if numbered {
		for _, a := range e.up {
			if o := &x.mails[a]; (o.kind == Patch || o.kind == Cover) && o.n == e.n && o.of == e.of {
				return a
			}
		}
	}
	t := x.nearest(at)
	if numbered && t >= 0 && x.mails[t].kind == Cover && x.mails[t].of == e.of {
		for _, m := range x.postings[x.mails[t].posting].members {
			if x.mails[m].n == e.n {
				return m
			}
		}
	}
	return t
}

// nearest is the first patch or cover letter among a mail's ancestors and theirs.
func (x *Index) nearest(at int32) int32 {
	// A thread is a chain of at most as many steps as it has mails; forged
	// headers can make it a circle.
	for step := 0; step < 1000; step++ {
		next := int32(-1)
		for _, a := range x.mails[at].up {
			switch x.mails[a].kind {
			case Patch, Cover:
				return a
			case Other:
				if next < 0 {
					next = a
				}
			}
		}
		if next < 0 {
			return -1
		}
		at = next
	}
	return -1
}

// kin returns the posting and those that must be parts of it: a mail system
// that rewrites Message-IDs makes the first mail of a thread look like another
// posting of the same sender, version and number, sent within the hour, with
// other members.
func (x *Index) kin(p int32) []int32 {
	s := &x.postings[p]
	out := []int32{p}
	if s.of == 0 {
		return out
	}
	for _, q := range x.byGroup[s.group] {
		o := &x.postings[q]
		if q == p || s.run && o.run || s.of != o.of || distance(s.first, o.first) > oneRun || s.cover >= 0 && o.cover >= 0 {
			continue
		}
		if !slices.ContainsFunc(o.members, func(a int32) bool {
			return slices.ContainsFunc(s.members, func(b int32) bool { return x.mails[a].n == x.mails[b].n })
		}) {
			out = append(out, q)
		}
	}
	return out
}

// have counts the members there are, those of the version before included
// where single patches of it were posted anew ("[PATCH v2 3/7]" in reply to
// "[PATCH 3/7]").
func (x *Index) have(kin []int32) map[int32]bool {
	have := map[int32]bool{}
	for step := 0; step < 8; step++ { // versions back
		before := int32(-1)
		for _, p := range kin {
			s := &x.postings[p]
			for _, a := range s.members {
				have[x.mails[a].n] = true
				if t := x.target(a); t >= 0 && x.mails[t].kind == Patch && x.mails[t].n == x.mails[a].n {
					if o := &x.postings[x.mails[t].posting]; o.sender == s.sender && o.of == s.of && o.version < s.version {
						before = x.mails[t].posting
					}
				}
			}
		}
		if before < 0 || len(have) >= x.postings[kin[0]].of {
			break
		}
		kin = x.kin(before)
	}
	delete(have, 0)
	return have
}

func distance(a, b int64) time.Duration {
	if a < b {
		a, b = b, a
	}
	return time.Duration(a-b) * time.Second
}
