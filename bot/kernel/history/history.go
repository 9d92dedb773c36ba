// Package history is a compact index of the commits of a branch: enough to
// answer, without git, which commit has a title, which one a tag names, what
// was reverted, what names it later, and in which release it came.
//
// A commit is its Position, from 1 for the oldest: parents come before their
// children. A kernel's 1.3 million commits take about 60 bytes each. The index
// is written to disk under the tip that it describes and never changes then.
package history

import (
	"context"
	"encoding/hex"
	"sort"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/rules/change"
)

// Position is a commit of a History; 0 is none.
type Position uint32

// Kind is how one commit names another.
type Kind uint8

// The kinds of references.
const (
	Fixes    Kind = iota + 1
	Upstream      // "commit … upstream.", "[ Upstream commit … ]"
	Picked        // "(cherry picked from commit …)"
	Reverts
	DepOf // Stable-dep-of
)

// Reference is one commit naming another, by id, by title, or by both.
type Reference struct {
	From  Position
	Kind  Kind
	Named Name
}

// Name is how a commit is named.
type Name struct {
	Digits uint8  // of the id, at most 16; 0 when only the title is known
	ID     uint64 // these digits, left-aligned
	Title  uint64 // change.TitleKey; 0 when only the id is known
}

// Hex is what is known of the id, "" for a name that is only a title.
func (n Name) Hex() string {
	const digits = "0123456789abcdef"
	var b [16]byte
	for i := range b {
		b[i] = digits[n.ID>>(60-4*i)&15]
	}
	return string(b[:n.Digits])
}

// Flags of a commit.
const (
	AsksStable uint8 = 1 << iota // a stable tag that asks
	IsFix                        // a Fixes: tag
	SaysFix                      // a word of the title begins with fix
)

// History is the index of one branch, or of what a branch has beyond another.
type History struct {
	Tip    string
	idLen  int // bytes
	ids    []byte
	Author []uint32 // unix seconds
	Commit []uint32
	titles []uint64
	flags  []uint8
	first  []uint32            // first parent, as a position; 0 for one outside, or none
	more   map[uint32][]uint32 // further parents
	refs   []Reference

	byID, byTitle       []uint32
	refsByID, refsTitle []uint32
	// outside are the parents that are not in the index: where a branch leaves
	// the history that was excluded.
	Outside []string
	parents [][]byte // ids of the parents by position - 1, of what was just read
}

// NameOf is the name that a tag gives.
func NameOf(sha, title string) Name {
	var n Name
	if len(sha) >= 7 {
		n.Digits = uint8(min(len(sha), 16))
		for i := range int(n.Digits) {
			c := sha[i]
			switch {
			case c >= '0' && c <= '9':
				c -= '0'
			case c >= 'a' && c <= 'f':
				c -= 'a' - 10
			case c >= 'A' && c <= 'F':
				c -= 'A' - 10
			default:
				return Name{Title: titleOrNone(title)}
			}
			n.ID |= uint64(c) << (60 - 4*i)
		}
	}
	n.Title = titleOrNone(title)
	return n
}

func titleOrNone(title string) uint64 {
	if title == "" {
		return 0
	}
	return change.TitleKey(title)
}

// Len is how many commits there are; positions go from 1 to Len.
func (h *History) Len() int { return len(h.titles) }

// ID is the full id.
func (h *History) ID(p Position) string {
	return hex.EncodeToString(h.ids[int(p-1)*h.idLen : int(p)*h.idLen])
}

func (h *History) id64(p uint32) uint64 {
	b := h.ids[int(p-1)*h.idLen:]
	return uint64(b[0])<<56 | uint64(b[1])<<48 | uint64(b[2])<<40 | uint64(b[3])<<32 |
		uint64(b[4])<<24 | uint64(b[5])<<16 | uint64(b[6])<<8 | uint64(b[7])
}

// Title is the key of the title.
func (h *History) Title(p Position) uint64 { return h.titles[p-1] }

// AuthorDate is in unix seconds.
func (h *History) AuthorDate(p Position) int64 { return int64(h.Author[p-1]) }

// Merge reports whether a commit has more than one parent in the index.
func (h *History) Merge(p Position) bool { return len(h.more[uint32(p)]) > 0 }

// Has reports whether a commit has the flags.
func (h *History) Has(p Position, flag uint8) bool { return h.flags[p-1]&flag == flag }

// Find returns the commit with this id or abbreviation, 0 when there is none or
// several.
func (h *History) Find(sha string) Position {
	n := NameOf(sha, "")
	if n.Digits == 0 {
		return 0
	}
	i := sort.Search(len(h.byID), func(i int) bool { return h.id64(h.byID[i]) >= n.ID })
	var got Position
	for ; i < len(h.byID) && cut(h.id64(h.byID[i]), n.Digits) == n.ID; i++ {
		p := Position(h.byID[i])
		if len(sha) > 16 && !strings.HasPrefix(h.ID(p), strings.ToLower(sha)) {
			continue
		}
		if got != 0 {
			return 0
		}
		got = p
	}
	return got
}

func cut(id uint64, digits uint8) uint64 { return id &^ (1<<(64-4*uint(digits)) - 1) }

// Titled returns the commits with a title, the oldest first.
func (h *History) Titled(key uint64) []Position {
	i := sort.Search(len(h.byTitle), func(i int) bool { return h.titles[h.byTitle[i]-1] >= key })
	var out []Position
	for ; i < len(h.byTitle) && h.titles[h.byTitle[i]-1] == key; i++ {
		out = append(out, Position(h.byTitle[i]))
	}
	return out
}

// Naming returns what names a commit, by its id or its title, in no order.
// Where an id is given and is that of another known commit, the title does not
// count: known says so; nil takes every id for one of a history that was
// rewritten since.
func (h *History) Naming(id string, title uint64, known func(Name) bool) []Reference {
	var out []Reference
	n := NameOf(id, "")
	if n.Digits > 0 {
		for d := uint8(7); d <= n.Digits; d++ {
			want := cut(n.ID, d)
			i := sort.Search(len(h.refsByID), func(i int) bool { return h.refs[h.refsByID[i]].Named.ID >= want })
			for ; i < len(h.refsByID); i++ {
				r := h.refs[h.refsByID[i]]
				if r.Named.ID != want {
					break
				}
				if r.Named.Digits == d {
					out = append(out, r)
				}
			}
		}
	}
	if title == 0 {
		return out
	}
	byID := len(out)
	i := sort.Search(len(h.refsTitle), func(i int) bool { return h.refs[h.refsTitle[i]].Named.Title >= title })
next:
	for ; i < len(h.refsTitle); i++ {
		r := h.refs[h.refsTitle[i]]
		if r.Named.Title != title {
			break
		}
		for _, have := range out[:byID] {
			if have == r {
				continue next
			}
		}
		if r.Named.Digits > 0 && known != nil && known(r.Named) {
			continue
		}
		out = append(out, r)
	}
	return out
}

// From returns the references that a commit makes.
func (h *History) From(p Position) []Reference {
	i := sort.Search(len(h.refs), func(i int) bool { return h.refs[i].From >= p })
	j := i
	for j < len(h.refs) && h.refs[j].From == p {
		j++
	}
	return h.refs[i:j]
}

// Set is a set of commits.
type Set []uint64

// In reports whether the set has p.
func (s Set) In(p Position) bool {
	return p != 0 && int(p>>6) < len(s) && s[p>>6]&(1<<(p&63)) != 0
}

// Reachable is the commits with all their ancestors.
func (h *History) Reachable(from ...Position) Set {
	s := make(Set, h.Len()/64+1)
	todo := make([]uint32, 0, 64)
	for _, p := range from {
		if p != 0 {
			todo = append(todo, uint32(p))
		}
	}
	h.walk(todo, func(p uint32) bool {
		if s.In(Position(p)) {
			return false
		}
		s[p>>6] |= 1 << (p & 63)
		return true
	})
	return s
}

// walk calls visit for ancestors until it says no.
func (h *History) walk(todo []uint32, visit func(uint32) bool) {
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for p != 0 && visit(p) {
			todo = append(todo, h.more[p]...)
			p = h.first[p-1]
		}
	}
}

// Open reads the index of tip, without what exclude reaches, from the folder, or
// makes it with one pass of git over the history and keeps it there. dir may be
// "": nothing is kept then.
func Open(ctx context.Context, r *git.Repo, dir, tip string, exclude ...string) (*History, error) {
	if h := load(dir, tip, exclude); h != nil {
		return h, nil
	}
	h, err := read(ctx, r, tip, exclude)
	if err != nil {
		return nil, err
	}
	h.parents = nil
	h.index()
	if dir != "" {
		if err := h.save(dir, exclude); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *History) index() {
	n := uint32(h.Len())
	h.byID, h.byTitle = make([]uint32, n), make([]uint32, n)
	for i := range n {
		h.byID[i], h.byTitle[i] = i+1, i+1
	}
	sort.Slice(h.byID, func(a, b int) bool { return h.id64(h.byID[a]) < h.id64(h.byID[b]) })
	sort.Slice(h.byTitle, func(a, b int) bool {
		x, y := h.byTitle[a], h.byTitle[b]
		if s, t := h.titles[x-1], h.titles[y-1]; s != t {
			return s < t
		}
		return x < y
	})
	h.refsByID, h.refsTitle = nil, nil
	for i, r := range h.refs {
		if r.Named.Digits > 0 {
			h.refsByID = append(h.refsByID, uint32(i))
		}
		if r.Named.Title != 0 {
			h.refsTitle = append(h.refsTitle, uint32(i))
		}
	}
	sort.Slice(h.refsByID, func(a, b int) bool { return h.refs[h.refsByID[a]].Named.ID < h.refs[h.refsByID[b]].Named.ID })
	sort.Slice(h.refsTitle, func(a, b int) bool {
		return h.refs[h.refsTitle[a]].Named.Title < h.refs[h.refsTitle[b]].Named.Title
	})
}
