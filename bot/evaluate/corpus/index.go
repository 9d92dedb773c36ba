package corpus

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// key is a hash of a string: an index of half a million mails keeps no texts.
type key uint64

func keyOf(s string) key {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return key(h.Sum64())
}

func titleKey(title string) key { return keyOf(change.FoldTitle(title)) }

// post is what is kept of a patch that was posted.
type post struct {
	id, title, series, author key
	commit                    key // of the archive, by which the mail is found again
	list                      int16
	n, of, version            int16
	fix                       bool
	day                       int32 // since 1970
	files                     []uint32
	up                        []key // the mails that it answers
}

// notice is an answer that says "applied".
type notice struct {
	up      []key // nearest first
	by      key
	whole   bool
	numbers []int
	day     int32
}

// merge is how and when a title was merged.
type merge struct {
	how truth.Merging
	day int32
}

// index is what archives tell of the patches in them: which of their versions is
// the last, what became of a title, and which were merged. It keeps some hundred
// bytes a patch and is filled in one pass, in any order.
type index struct {
	mu      sync.Mutex
	posts   []post
	covers  map[key]key // of a cover letter → its series
	notices []notice
	merged  map[key]merge
	ids     map[string]int32 // commits that notices name, by 12 digits → day
	titles  map[key]string   // of patches first met as a second or later version

	// Made by settle.
	last   map[key]int32 // title → its last post
	begun  map[key]int32 // title → the day of its first post
	next   map[key]key   // title → that of a later version
	before map[key]int32 // title → the last day it was posted, from subjects alone
}

func newIndex() *index {
	return &index{covers: map[key]key{}, merged: map[key]merge{}, ids: map[string]int32{}, titles: map[key]string{}, before: map[key]int32{}}
}

func dayNumber(t time.Time) int32 { return int32(t.Unix() / 86400) }
func dayTime(n int32) time.Time   { return time.Unix(int64(n)*86400, 0).UTC() }

// again: a title that is posted so long after it was posted last is a backport of
// it, or another patch with a usual title.
const again = 400

// subject takes in that a title was posted.
func (x *index) subject(title key, day int32) {
	if old, ok := x.before[title]; !ok || day > old && day < old+again || day < old-again {
		x.before[title] = day
	}
}

// add takes in a mail of a list; commit is where the archive has it.
func (x *index) add(m *mail.Message, list int, commit string) {
	switch {
	case m.IsPatch && m.Change != nil:
		x.addPatch(m, list, commit)
	case m.NoPatch == mail.Cover:
		s := listen(m)
		x.mu.Lock()
		x.covers[keyOf(m.ID)] = keyOf(series.Key(m))
		x.tell(m, s)
		x.mu.Unlock()
	default:
		s := listen(m)
		x.mu.Lock()
		x.tell(m, s)
		x.mu.Unlock()
	}
}

func (x *index) addPatch(m *mail.Message, list int, commit string) {
	c := m.Change
	if (&rules.Facts{Change: c}).Submission() {
		return // of a branch, or picked by a robot: says nothing that the table does not
	}
	p := post{
		id: keyOf(m.ID), title: titleKey(c.Subject), series: keyOf(series.Key(m)), author: keyOf(person(c.Author)), commit: keyOf(commit),
		list: int16(list), n: int16(c.Prefix.N), of: int16(c.Prefix.Of), version: int16(max(c.Prefix.Version, 1)), day: dayNumber(m.Date),
		files: fileKeys(c), up: ups(m), fix: len(c.Fixes) > 0 || strings.Contains(c.LowerSubject(), "fix"),
	}
	cited := cites(c)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.posts = append(x.posts, p)
	x.subject(p.title, p.day)
	if p.version > 1 {
		if _, ok := x.titles[p.title]; !ok {
			x.titles[p.title] = c.Subject
		}
	}
	x.cite(cited, p.day, p.title)
}

// person is who a patch is of: some write under two addresses, none under two names.
func person(p change.Person) string { return strings.ToLower(cmp.Or(p.Name, p.Address)) }

// maxFiles bounds what is kept of a patch that touches much.
const maxFiles = 8

func fileKeys(c *change.Change) []uint32 {
	var out []uint32
	for _, f := range c.Files {
		out = append(out, uint32(keyOf(cmp.Or(f.NewName, f.OldName))))
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.Clip(out[:min(len(out), maxFiles)])
}

const maxUps = 6

func ups(m *mail.Message) []key {
	var out []key
	add := func(id string) {
		if k := keyOf(id); id != "" && len(out) < maxUps && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	add(m.InReplyTo)
	for _, id := range slices.Backward(m.References) {
		add(id)
	}
	return out
}

// tell takes in what a mail says of merging. The lock is held.
func (x *index) tell(m *mail.Message, s said) {
	day := dayNumber(m.Date)
	if s.applied {
		if up := ups(m); len(up) > 0 {
			x.notices = append(x.notices, notice{up: up, by: keyOf(person(m.From)), whole: s.whole, numbers: s.numbers, day: day})
		}
	}
	for _, t := range s.titles {
		x.mark(titleKey(t), truth.Applied, day)
	}
	for _, t := range s.pulled {
		x.mark(titleKey(t), truth.Pulled, day)
	}
	for _, id := range s.ids {
		x.commit(id, day)
	}
	x.cite(s.cited, day, 0)
}

func (x *index) cite(list []citation, day int32, self key) {
	for _, c := range list {
		if k := titleKey(c.title); k != self {
			x.mark(k, truth.Cited, day)
		}
	}
}

// commit remembers that a commit was there on a day.
func (x *index) commit(id string, day int32) {
	if len(id) < 12 {
		return
	}
	if old, ok := x.ids[id[:12]]; !ok || day < old {
		x.ids[strings.Clone(id[:12])] = day
	}
}

var strength = map[truth.Merging]int{truth.Applied: 3, truth.Pulled: 2, truth.Cited: 1}

// mark keeps the strongest evidence, and of equals the earliest.
func (x *index) mark(title key, how truth.Merging, day int32) {
	old, ok := x.merged[title]
	if !ok || strength[how] > strength[old.how] || how == old.how && day < old.day {
		x.merged[title] = merge{how, day}
	}
}

// settle works out what the whole of the mails says.
func (x *index) settle() {
	x.last, x.begun, x.next = map[key]int32{}, map[key]int32{}, map[key]key{}
	slices.SortStableFunc(x.posts, func(a, b post) int { return cmp.Compare(a.day, b.day) })
	byID, bySeries := map[key]int32{}, map[key][]int32{}
	for i := range x.posts {
		p := &x.posts[i]
		if _, twice := byID[p.id]; twice {
			continue
		}
		byID[p.id] = int32(i)
		bySeries[p.series] = append(bySeries[p.series], int32(i))
		if old, ok := x.last[p.title]; !ok || p.version >= x.posts[old].version {
			x.last[p.title] = int32(i)
		}
		if _, ok := x.begun[p.title]; !ok {
			x.begun[p.title] = p.day
		}
	}
	for i := range x.notices {
		x.resolve(&x.notices[i], byID, bySeries)
	}
	x.follow(bySeries)
}

// resolve marks what a notice answers.
func (x *index) resolve(n *notice, byID map[key]int32, bySeries map[key][]int32) {
	for _, up := range n.up {
		var of key
		if i, ok := byID[up]; ok {
			p := &x.posts[i]
			if p.author == n.by {
				return // he says what he did with his own copy
			}
			if !n.whole && len(n.numbers) == 0 || p.of == 0 {
				x.mark(p.title, truth.Applied, n.day)
				return
			}
			of = p.series
		} else if of, ok = x.covers[up]; !ok {
			continue
		}
		for _, i := range bySeries[of] {
			p := &x.posts[i]
			if p.author == n.by && !n.whole {
				continue
			}
			if len(n.numbers) == 0 || slices.Contains(n.numbers, int(p.n)) {
				x.mark(p.title, truth.Applied, n.day)
			}
		}
		return
	}
}

// revision is how long a new version may take.
const revision = 200

// follow connects a title to that of a later version. A title that is first met as
// a second version had another one before: that of a patch of the same author, of
// an earlier version, to the same files, which has not been posted since.
func (x *index) follow(bySeries map[key][]int32) {
	byAuthor := map[key][]int32{}
	met := map[key]bool{}
	for at := range x.posts {
		q := &x.posts[at]
		title, again := q.title, met[q.title]
		met[title] = true
		byAuthor[q.author] = append(byAuthor[q.author], int32(at))
		if again || q.version < 2 {
			continue
		}
		best := int32(-1)
		for _, i := range byAuthor[q.author] {
			p := &x.posts[i]
			if p.version >= q.version || p.title == title || q.day-p.day > revision || x.last[p.title] != i || x.next[p.title] != 0 {
				continue
			}
			if slices.Equal(p.files, q.files) && (p.of == q.of || x.linked(p, q, bySeries)) || x.linked(p, q, bySeries) && p.n == q.n &&
				p.of == q.of && overlap(p.files, q.files) {
				best = i
			}
		}
		if best >= 0 {
			x.next[x.posts[best].title] = title
		}
	}
}

// linked reports whether q was sent in the thread of p or of its series.
func (x *index) linked(p, q *post, bySeries map[key][]int32) bool {
	for _, up := range q.up {
		if up == p.id || x.covers[up] == p.series && p.series != 0 {
			return true
		}
		for _, i := range bySeries[p.series] {
			if x.posts[i].id == up {
				return true
			}
		}
	}
	return false
}

func overlap(a, b []uint32) bool {
	return slices.ContainsFunc(a, func(x uint32) bool { return slices.Contains(b, x) })
}

// later is the last title of the chain that a title begins, "" for none.
func (x *index) later(title key) (key, string) {
	at, steps := title, 0
	for {
		n, ok := x.next[at]
		if !ok || steps > 8 || n == title {
			break
		}
		at, steps = n, steps+1
	}
	if at == title {
		return 0, ""
	}
	return at, x.titles[at]
}
