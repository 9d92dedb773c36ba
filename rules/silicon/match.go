package silicon

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
)

// Bounds that keep one change cheap and its answer readable.
const (
	// maxWhere recognitions are kept for a match, the strongest first seen.
	maxWhere = 3
	// maxMatches are reported besides the driver entries. A change of IP
	// discovery touches sixty versions at once; nobody reads more than this.
	maxMatches = 16
	// maxLines are read of one file. Beyond it stand register headers and
	// firmware tables, whose path has already said what they belong to.
	maxLines = 4000
	// maxLine bytes are read of one line: what is longer was written by a program.
	maxLine = 4 << 10
	// maxHits are told apart in one change.
	maxHits = 4096
	// maxText bytes are read of a message, maxTitle of a title.
	maxText, maxTitle = 16 << 10, 512
)

// Match returns the targets that a change affects, the most specific first:
// chips and platforms, then IP blocks, families, and the drivers' own entries;
// within each, what a path says before what is merely mentioned.
func (c *Catalogue) Match(ch *change.Change) []Match {
	m := matcher{x: &c.ix, entries: c.entries, table: c.table}
	m.hits = m.few[:0]
	for _, f := range ch.Files {
		m.file(f)
	}
	if len(ch.Files) > 0 && len(m.drivers) == 0 {
		m.titleAlone(ch)
		return m.result()
	}
	m.title(ch.Subject)
	if !m.specific() {
		m.text(ch.Body)
	}
	return m.result()
}

type matcher struct {
	x       *index
	entries []Entry
	table   *DriverTable
	others  extra

	acpiFrag *gitdiff.TextFragment // see acpiNear
	acpi     bool

	hits    []hit
	few     [12]hit
	where   map[hitKey]int32 // index into hits, once they are many
	drivers []int            // touched, in order

	driver int // of the file in hand, -1: any
	path   string
	from   int // first hit of the file in hand, for stepping checks
	lines  int // left to read of it
	frag   *gitdiff.TextFragment
	at     int // index into frag.Lines of the line in hand
	fn     string
	line   int
	above  string // the IP block named last above line seen of frag, in its scope
	seen   int

	last    int      // hit found last
	onLine  [4]int32 // hits of the line in hand
	nOnLine int
}

// hit is one match in the making.
type hit struct {
	entry  int32 // noEntry: hardware of a known form of name that the catalogue has not
	driver int32
	name   string // when noEntry
	chip   bool   // when noEntry: a chip's number, else a block's version
	best   uint8  // strength of the strongest recognition
	n      uint8
	where  [maxWhere]Where
}

const noEntry = -1

// hitKey is what tells hits apart.
type hitKey struct {
	entry int32
	name  string
}

// hit finds one, -1 without it.
func (m *matcher) hit(key hitKey) int {
	if m.where != nil {
		if k, ok := m.where[key]; ok {
			return int(k)
		}
		return -1
	}
	for i := range m.hits {
		if h := &m.hits[i]; h.entry == key.entry && h.name == key.name {
			return i
		}
	}
	return -1
}

// newHit adds one, and returns -1 when there are too many.
func (m *matcher) newHit(h hit) int {
	if len(m.hits) >= maxHits {
		return -1
	}
	m.hits = append(m.hits, h)
	k := len(m.hits) - 1
	switch {
	case m.where != nil:
		m.where[hitKey{h.entry, h.name}] = int32(k)
	case len(m.hits) > 32:
		m.where = make(map[hitKey]int32, 64)
		for i := range m.hits {
			m.where[hitKey{m.hits[i].entry, m.hits[i].name}] = int32(i)
		}
	}
	return k
}

// strength orders the ways of recognition; lower is stronger.
func strength(in string) uint8 {
	switch in {
	case InPath:
		return 0
	case InPCI, InOF, InUSB, InHID, InSDIO, InHDA, InACPI, InSSID, InDMI:
		return 1
	case InIdentifier:
		return 2
	case InStepping:
		return 3
	case InTitle:
		return 4
	}
	return 5
}

func (m *matcher) file(f *gitdiff.File) {
	m.path = f.NewName
	if m.path == "" {
		m.path = f.OldName
	}
	d, rest := m.x.driverOf(m.path)
	if d < 0 {
		m.other(f)
		return
	}
	m.devices(f, m.x.drivers[d].name)
	m.driver, m.from, m.lines = d, len(m.hits), maxLines
	if !slices.Contains(m.drivers, d) {
		m.drivers = append(m.drivers, d)
	}
	m.frag, m.line, m.fn = nil, 0, ""
	m.scan(rest, InPath)
	m.found(m.x.drivers[d].entry, "", InPath, m.path)
	for _, frag := range f.TextFragments {
		if m.lines <= 0 {
			return
		}
		m.fragment(frag)
	}
}

// fragment reads the touched lines, and for each run of them the function and
// the conditions that it stands in.
func (m *matcher) fragment(frag *gitdiff.TextFragment) {
	m.frag, m.fn = frag, frag.Comment
	m.above, m.seen = "", 0
	m.line = int(frag.NewPosition)
	fnRead, inRun := m.fn == "", false
	for i := range frag.Lines {
		l := &frag.Lines[i]
		if l.Op == gitdiff.OpContext {
			if opensScope(l.Line) {
				m.fn, fnRead = l.Line, false
			}
			m.line++
			inRun = false
			continue
		}
		if m.lines--; m.lines <= 0 {
			return
		}
		m.at = i
		if !inRun {
			inRun = true
			if opensScope(l.Line) { // what is touched opens a scope of its own
				fnRead = true
			}
			if !fnRead {
				fnRead = true
				m.scan(m.fn, InIdentifier)
			}
			m.enclosing(i)
		}
		m.scan(l.Line, InIdentifier)
		if l.Op == gitdiff.OpAdd {
			m.line++
		}
	}
}

// opensScope reports whether a line begins a function, a table or a macro of
// several lines.
func opensScope(s string) bool {
	s = strings.TrimRight(s, "\r\n")
	if s == "" {
		return false
	}
	if isAlpha(s, 0) {
		return !strings.HasSuffix(s, ";") && strings.ContainsAny(s, "({=")
	}
	return strings.HasPrefix(s, "#define") && strings.HasSuffix(s, "\\")
}

// How far enclosing looks: a case label further up than a screen is rare, and
// conditions deeper than three say little.
const maxBack, maxDepth = 24, 3

// enclosing reads the case labels and conditions around line i, as far as the
// hunk shows them: a line under "case IP_VERSION(11, 0, 3):" is of that chip.
func (m *matcher) enclosing(i int) {
	lines := m.frag.Lines
	in := indent(lines[i].Line)
	inCases := false
	for j, depth := i-1, 0; j >= 0 && j >= i-maxBack && depth < maxDepth; j-- {
		s := lines[j].Line
		n := indent(s)
		t := strings.TrimLeft(s, " \t")
		isCase := strings.HasPrefix(t, "case ")
		if inCases && n == in && isCase {
			m.scan(s, InIdentifier)
			continue
		}
		inCases = false
		if n >= in || t == "" || t == "\n" || t[0] == '#' || n == 0 {
			continue
		}
		in, depth = n, depth+1
		switch {
		case isCase:
			m.scan(s, InIdentifier)
			inCases = true
		case strings.HasPrefix(t, "if "), strings.HasPrefix(t, "} else if "), strings.HasPrefix(t, "else if "):
			m.scan(s, InIdentifier)
		}
	}
}

func indent(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\t':
			n = n/8*8 + 8
		case ' ':
			n++
		default:
			return n
		}
	}
	return n
}

// found records a recognition. Only the entry's own drivers may have it.
func (m *matcher) found(entry int32, name, in, text string) bool {
	d := m.driver
	if d >= 0 && entry != noEntry && !m.x.drivers[d].member[entry] {
		return false
	}
	k := m.hit(hitKey{entry, name})
	if k < 0 {
		if k = m.newHit(hit{entry: entry, driver: int32(d), name: name, best: strength(in)}); k < 0 {
			return false
		}
	}
	m.last = k
	h := &m.hits[k]
	h.best = min(h.best, strength(in))
	w := Where{In: in, Text: text}
	if in != InTitle && in != InText {
		w.File = m.path
		if in != InPath {
			w.Line = m.line
		}
	}
	m.add(h, w)
	if m.nOnLine < len(m.onLine) {
		m.onLine[m.nOnLine] = int32(k)
		m.nOnLine++
	}
	return true
}

// add keeps the first recognitions, each text once per file.
func (m *matcher) add(h *hit, w Where) {
	for _, have := range h.where[:h.n] {
		if have.In == w.In && have.File == w.File && (have.Text == w.Text || w.In == InTitle && strings.EqualFold(have.Text, w.Text)) {
			return
		}
	}
	if int(h.n) < maxWhere {
		h.where[h.n] = w
		h.n++
	} else if w.In == InStepping {
		h.where[maxWhere-1] = w
	} else if w.In == InTitle {
		// What the author calls it is worth more than a third mention.
		k := maxWhere - 1
		if h.where[k].In == InStepping {
			k--
		}
		if in := h.where[k].In; in == InIdentifier || in == InPath || in == InStepping {
			h.where[k] = w
		}
	}
}

// specific reports whether anything but drivers was found.
func (m *matcher) specific() bool {
	for i := range m.hits {
		if h := &m.hits[i]; h.entry == noEntry || m.entries[h.entry].Kind != KindDriver {
			return true
		}
	}
	return false
}

func (m *matcher) rank(h *hit) int {
	if h.entry == noEntry {
		if h.chip {
			return 0
		}
		return 1
	}
	switch m.entries[h.entry].Kind {
	case KindChip, KindPlatform:
		return 0
	case KindIPBlock:
		return 1
	case KindFamily:
		return 2
	}
	return 3
}

func (m *matcher) result() []Match {
	if len(m.hits)+m.others.count() == 0 {
		return nil
	}
	slices.SortStableFunc(m.hits, func(a, b hit) int {
		return cmp.Or(
			cmp.Compare(m.rank(&a), m.rank(&b)),
			cmp.Compare(a.best, b.best),
			cmp.Compare(m.depth(b.entry), m.depth(a.entry)),
			cmp.Compare(a.entry, b.entry),
			cmp.Compare(a.name, b.name),
		)
	})
	out := make([]Match, 0, min(len(m.hits), maxMatches+2)+m.others.count())
	out = append(out, m.others.devices...)
	for i := range m.hits {
		h := &m.hits[i]
		if m.rank(h) < 3 && len(out) >= maxMatches {
			continue
		}
		out = append(out, m.match(h))
	}
	return m.others.append(out)
}

// depth is the number of ancestors: the child of a family is more specific.
func (m *matcher) depth(entry int32) int {
	if entry == noEntry || m.entries[entry].Parent == "" {
		return 0
	}
	return 1 + min(1, strings.Count(m.entries[entry].Parent, "."))
}

func (m *matcher) match(h *hit) Match {
	out := Match{Where: slices.Clone(h.where[:h.n])}
	if h.entry == noEntry {
		out.Name, out.Kind, out.State = h.name, KindIPBlock, Unknown
		if h.chip {
			out.Kind = KindChip
		}
	} else {
		e := &m.entries[h.entry]
		out.Name, out.Kind, out.State = e.Name, e.Kind, e.State
		out.Since, out.Enabled, out.Launched = e.Since, e.Enabled, e.Launched
		out.Driver = e.Drivers[0]
	}
	if h.driver >= 0 {
		out.Driver = m.x.drivers[h.driver].name
	}
	return out
}
