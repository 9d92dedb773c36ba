package silicon

import (
	"fmt"
	"strconv"
	"strings"
)

// index answers the matcher's questions with one map look-up each. All keys
// are in lower case.
type index struct {
	dirs    map[string]int32 // directory with its slash, or file -> driver number
	tokens  map[string]int32 // identifier or its beginning -> refs
	phrases map[string]int32 // "meteor lake" -> refs
	heads   map[string]bool  // first words of phrases
	vers    map[string]int32 // "gc:11.0.3" -> refs
	of      map[string]int32
	pci     map[uint16]int32
	fresh   map[string]int32 // stem of a name form -> refs

	refs    []ref
	drivers []driver
	begins  [filterBits / 64]uint64 // how tokens and stems begin, see maybe
	longest int                     // token
}

// ref is one link of a chain: the entries that share a pattern.
type ref struct {
	entry  int32
	next   int32 // index into refs plus one; 0 ends the chain
	mode   uint8
	digits uint8 // modeNew: at least so many
}

const (
	modeID uint8 = iota
	modePre
	modeSeg
	modeWord
	modeTitle
	modeOther
)

type driver struct {
	name  string
	entry int32
	// member[i]: entry i belongs to this driver
	member []bool
}

func (x *index) build(entries []Entry) error {
	x.dirs = make(map[string]int32, 128)
	x.tokens = make(map[string]int32, 4*len(entries))
	x.phrases = make(map[string]int32, 2*len(entries))
	x.heads = make(map[string]bool, 2*len(entries))
	x.vers = make(map[string]int32, len(entries))
	x.of = make(map[string]int32)
	x.pci = make(map[uint16]int32)
	x.fresh = make(map[string]int32)
	x.refs = make([]ref, 0, 6*len(entries))

	number := make(map[string]int)
	for i := range entries {
		if e := &entries[i]; e.Kind == KindDriver {
			if len(e.Drivers) != 1 || number[e.Drivers[0]] != 0 {
				return fmt.Errorf("silicon: driver entry %q: a driver has one entry of its own", e.Name)
			}
			x.drivers = append(x.drivers, driver{e.Drivers[0], int32(i), make([]bool, len(entries))})
			number[e.Drivers[0]] = len(x.drivers)
		}
	}
	type key struct{ driver, name string }
	names := make(map[key]int, len(entries))
	for i := range entries {
		e := &entries[i]
		for _, d := range e.Drivers {
			n := number[d]
			if n == 0 {
				return fmt.Errorf("silicon: %s: driver %q has no entry of kind driver", e.Name, d)
			}
			if _, twice := names[key{d, e.Name}]; twice {
				return fmt.Errorf("silicon: %s stands twice for driver %s", e.Name, d)
			}
			names[key{d, e.Name}] = i
			x.drivers[n-1].member[i] = true
		}
	}
	for i := range entries {
		e := &entries[i]
		if e.Parent != "" {
			if p, ok := names[key{e.Drivers[0], e.Parent}]; !ok || p == i {
				return fmt.Errorf("silicon: %s: parent %q is no other entry of %s", e.Name, e.Parent, e.Drivers[0])
			}
		}
		for _, p := range e.Patterns {
			if err := x.add(int32(i), e, p, number); err != nil {
				return fmt.Errorf("silicon: %s: pattern %s:%s: %w", e.Name, p.How, p.What, err)
			}
		}
	}
	return nil
}

func (x *index) add(entry int32, e *Entry, p Pattern, number map[string]int) error {
	what := strings.ToLower(p.What)
	switch p.How {
	case byPath:
		if e.Kind != KindDriver {
			return fmt.Errorf("only a driver entry has directories; use seg for a file of one chip")
		}
		if _, twice := x.dirs[p.What]; twice {
			return fmt.Errorf("another driver has this path")
		}
		x.dirs[p.What] = int32(number[e.Drivers[0]] - 1)
	case byID, byPre, bySeg:
		if !isIdent(what) || len(what) < 2 {
			return fmt.Errorf("not an identifier of two or more characters")
		}
		mode := modeID
		switch p.How {
		case byPre:
			mode = modePre
		case bySeg:
			mode = modeSeg
		}
		chain(x, x.tokens, what, ref{entry: entry, mode: mode})
		x.mark(what)
		x.longest = max(x.longest, len(what))
	case byWord, byTitle:
		phrase := strings.ReplaceAll(what, "_", " ")
		for i := range len(phrase) {
			if phrase[i] != ' ' && !wordByte(phrase, i) {
				return fmt.Errorf("words are letters and digits, joined by _")
			}
		}
		mode := modeWord
		if p.How == byTitle {
			mode = modeTitle
		}
		chain(x, x.phrases, phrase, ref{entry: entry, mode: mode})
		head, _, _ := strings.Cut(phrase, " ")
		x.heads[head] = true
	case byVer:
		block, v, ok := strings.Cut(what, ":")
		if !ok || block == "" || v == "" || strings.Trim(v, "0123456789.") != "" {
			return fmt.Errorf("not of the form block:1.2.3")
		}
		chain(x, x.vers, what, ref{entry: entry, mode: modeOther})
	case byPCI:
		id, err := strconv.ParseUint(what, 16, 16)
		if err != nil || len(what) != 4 {
			return fmt.Errorf("not four hex digits")
		}
		chain(x, x.pci, uint16(id), ref{entry: entry, mode: modeOther})
	case byOF:
		chain(x, x.of, what, ref{entry: entry, mode: modeOther})
	case byNew:
		stem := strings.TrimRight(what, "#")
		digits := len(what) - len(stem)
		if digits == 0 || len(stem) < 2 || !isIdent(stem) || strings.ContainsAny(stem, "0123456789") {
			return fmt.Errorf("not letters followed by one # for each digit that must follow")
		}
		chain(x, x.fresh, stem, ref{entry: entry, mode: modeOther, digits: uint8(digits)})
		x.mark(stem)
	default:
		return fmt.Errorf("%q is no way to recognise", p.How)
	}
	return nil
}

func chain[K comparable](x *index, m map[K]int32, k K, r ref) {
	r.next = m[k]
	x.refs = append(x.refs, r)
	m[k] = int32(len(x.refs))
}

// filterBits sizes the filter that turns nearly every identifier away before
// it is copied and hashed: with about 3,000 patterns 3 % of the bits are set.
const filterBits = 1 << 16

// The filter knows three beginnings: the first word ("mtl"), the first word
// and two bytes ("intel_mt"), and the letters before the first digit ("dcn").
// A pattern sets the bit of the longest that it has.
const fnvOffset, fnvPrime = 2166136261, 16777619

func firstWord(s string) (h uint32, end int) {
	h = fnvOffset
	for end < len(s) && s[end] != '_' {
		h = (h ^ uint32(lower[s[end]])) * fnvPrime
		end++
	}
	return h, end
}

func twoMore(h uint32, s string) uint32 {
	h = (h ^ '_') * fnvPrime
	h = (h ^ uint32(lower[s[0]])) * fnvPrime
	return (h ^ uint32(lower[s[1]])) * fnvPrime
}

func (x *index) set(h uint32) { h ^= h >> 16; x.begins[h%filterBits/64] |= 1 << (h % 64) }

func (x *index) has(h uint32) bool {
	h ^= h >> 16
	return x.begins[h%filterBits/64]&(1<<(h%64)) != 0
}

// mark enters a token or stem, in lower case.
func (x *index) mark(s string) {
	h, end := firstWord(s)
	if end+2 < len(s) {
		h = twoMore(h, s[end+1:])
	}
	x.set(h)
}

// maybe reports whether an identifier can be one of the index.
func (x *index) maybe(s string) bool {
	h, end := uint32(fnvOffset), 0
	for end < len(s) && s[end] != '_' {
		if end > 1 && isDigit(s[end]) && !isDigit(s[end-1]) && x.has(h) {
			return true
		}
		h = (h ^ uint32(lower[s[end]])) * fnvPrime
		end++
	}
	return x.has(h) || end+2 < len(s) && x.has(twoMore(h, s[end+1:]))
}

// driverOf finds the driver of a path, -1 without one, and the part of the
// path below its directory. The deepest directory wins.
func (x *index) driverOf(path string) (int, string) {
	if d, ok := x.dirs[path]; ok {
		return int(d), path[strings.LastIndexByte(path, '/')+1:]
	}
	for end := strings.LastIndexByte(path, '/'); end > 0; end = strings.LastIndexByte(path[:end], '/') {
		if d, ok := x.dirs[path[:end+1]]; ok {
			return int(d), path[end+1:]
		}
	}
	return -1, ""
}
