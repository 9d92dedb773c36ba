package apply

import (
	"bytes"
	"slices"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// segment is a part of the file while hunks are put in: lines of the old
// content, or what a hunk has put there, which no later hunk may match.
type segment struct {
	from, to int    // lines of the image; only when put is nil
	put      []byte // not nil: the text after a hunk
	lines    int    // lines of put
}

func (s *segment) len() int {
	if s.put != nil {
		return s.lines
	}
	return s.to - s.from
}

// side is one side of a hunk.
type side struct {
	text  []byte
	lines int
}

func sides(h *gitdiff.TextFragment) (old, new side) {
	n := 0
	for i := range h.Lines {
		n += len(h.Lines[i].Line)
	}
	buf := make([]byte, 0, n)
	for i := range h.Lines {
		if l := &h.Lines[i]; l.Op != gitdiff.OpAdd {
			buf = append(buf, l.Line...)
			old.lines++
		}
	}
	old.text = buf[:len(buf):len(buf)]
	out := make([]byte, 0, n)
	for i := range h.Lines {
		if l := &h.Lines[i]; l.Op != gitdiff.OpDelete {
			out = append(out, l.Line...)
			new.lines++
		}
	}
	new.text = out
	return old, new
}

// text puts all hunks in, one after the other, and reports whether all fit. Git
// stops at the first that does not, and so does this when it has to be quick; the
// others are tried all the same otherwise, for the reader.
func (x *File) text(quick bool) bool {
	hs := x.patch.TextFragments
	x.Hunks = make([]Hunk, len(hs))
	x.rest = make([]segment, 1, 2*len(hs)+1)
	x.rest[0] = segment{to: x.before.Lines()}
	x.total, x.at, x.first = x.before.Lines(), 0, 0
	ok := true
	for i, h := range hs {
		old, new := sides(h)
		if x.spend(100 + 4*len(h.Lines) + len(old.text)/8); x.spent {
			return false
		}
		want := max(int(h.NewPosition)-1, 0)
		at := x.find(h, old, want)
		r := &x.Hunks[i]
		r.N = i + 1
		if at < 0 {
			r.How, x.How, ok = Fails, Fails, false
			if x.Kind == None {
				x.Kind = Drift
			}
			if quick {
				return false
			}
			continue
		}
		if r.Line, r.Offset = at+1, at-want; r.Offset != 0 {
			r.How = Offset
			x.How = max(x.How, Offset)
		}
		x.put(at, old, new)
	}
	return ok
}

// find returns the line, from 0, of the file as it is by now, where git would
// put the hunk, -1 when nowhere.
//
// Git looks at the line that the patch names, then one below, one above, two
// below, … A hunk that begins with line 1 has to match at the beginning, one
// without context behind its last change at the end.
func (x *File) find(h *gitdiff.TextFragment, old side, want int) int {
	total := x.total
	begin := h.OldPosition <= 1
	end := h.TrailingContext == 0
	switch {
	case begin:
		if end && old.lines != total || !x.matches(0, old, end) {
			return -1
		}
		return 0
	case end:
		if at := total - old.lines; at >= 0 && x.matches(at, old, true) {
			return at
		}
		return -1
	}
	want = min(want, total)
	if x.matches(want, old, false) {
		return want
	}
	return x.nearest(old, want)
}

// matches compares the hunk's old side with the lines from at on.
func (x *File) matches(at int, old side, end bool) bool {
	if old.lines == 0 {
		return true
	}
	i := x.seek(at)
	if i == len(x.rest) {
		return false
	}
	s := &x.rest[i]
	off := at - x.first
	return s.put == nil && off+old.lines <= s.len() && same(x.before, s.from+off, old, end)
}

// seek goes to the segment that has a line; it is len(x.rest) behind the last one,
// and x.first is then where the file ends.
func (x *File) seek(line int) int {
	steps := 0
	for ; x.at > 0 && line < x.first; steps++ {
		x.at--
		x.first -= x.rest[x.at].len()
	}
	for ; x.at < len(x.rest) && line >= x.first+x.rest[x.at].len(); steps++ {
		x.first += x.rest[x.at].len()
		x.at++
	}
	x.spend(4 * steps)
	return x.at
}

// spend takes from the budget of what the patch is judged for.
func (x *File) spend(units int) {
	if !x.work.Spend(units) {
		x.spent = true
	}
}

// same compares bytes. Git's comparison of the last line stops at the end of the
// hunk, so where a line without its line end is context it takes one with it.
func same(m *Image, line int, old side, end bool) bool {
	got := m.Range(line, line+old.lines)
	if len(got) == len(old.text) {
		return bytes.Equal(got, old.text)
	}
	return !end && len(got) > len(old.text) && bytes.Equal(got[:len(old.text)], old.text) && blank(got[len(old.text):])
}

func blank(b []byte) bool {
	for _, c := range b {
		if c != ' ' && (c < '\t' || c > '\r') {
			return false
		}
	}
	return true
}

// nearest looks at every place that has the most telling line of the hunk, those
// near to where it is wanted first: most hunks have moved a few lines.
func (x *File) nearest(old side, want int) int {
	for _, far := range [...]int{200, 5000} {
		if far >= x.total {
			break
		}
		if at := x.within(old, want, far); at >= 0 || x.spent {
			return at
		}
	}
	return x.within(old, want, x.total)
}

// within is nearest among the places that are at most far lines away.
func (x *File) within(old side, want, far int) int {
	needle, before := telling(old.text)
	best, bestFar := -1, 0
	i := min(x.seek(max(0, want-far)), len(x.rest)-1)
	for x.at > i {
		x.at--
		x.first -= x.rest[x.at].len()
	}
	for first := x.first; i < len(x.rest) && first <= want+far; i++ {
		s := &x.rest[i]
		n := s.len()
		if x.spend(4); x.spent {
			return -1
		}
		from, to := max(s.from, s.from+want-far-first), min(s.to, s.from+want+far-first+old.lines)
		if s.put != nil || n < old.lines || from >= to {
			first += n
			continue
		}
		text := x.before.Range(from, to)
		base := x.before.start(from)
		for at := 0; at < len(text); {
			j := bytes.Index(text[at:], needle)
			if j < 0 {
				x.spend((len(text) - at) / 2)
				break
			}
			if x.spend(50 + j/2 + len(old.text)/8); x.spent {
				return -1
			}
			hit := at + j - before
			at += j + 1
			if hit < 0 {
				continue
			}
			if hit > 0 && text[hit-1] != '\n' || !bytes.HasPrefix(text[hit:], old.text) {
				continue
			}
			line := x.before.lineAt(base + hit)
			if line < 0 || line+old.lines > s.to || !same(x.before, line, old, false) {
				continue
			}
			got := first + line - s.from
			away := 2 * (got - want)
			if away < 0 {
				away = -away + 1 // below comes before above
			}
			if away > 2*far+1 {
				continue
			}
			if best < 0 || away < bestFar {
				best, bestFar = got, away
			} else if got > want {
				break // the rest is farther
			}
		}
		first += n
	}
	return best
}

// telling is the longest line of a text, up to a length that is searched for
// fast, and how many bytes stand before it.
func telling(text []byte) (needle []byte, before int) {
	const fast = 60 // bytes.Index compares up to 63 bytes at once on amd64
	for at := 0; at < len(text); {
		n := bytes.IndexByte(text[at:], '\n') + 1
		if n == 0 {
			n = len(text) - at
		}
		if n > len(needle) {
			needle, before = text[at:at+n], at
			if n >= fast {
				break
			}
		}
		at += n
	}
	if n := len(needle); n > fast {
		needle = needle[n-fast:]
		before += n - fast
	}
	return needle, before
}

// put replaces the lines that matched.
func (x *File) put(at int, old, new side) {
	i := x.seek(at)
	if old.lines == 0 { // between two segments it belongs to the end of the first
		for k, end := i-1, x.first; k >= 0 && end == at; k-- {
			end -= x.rest[k].len()
			if x.rest[k].put == nil {
				i = k
			}
			x.spend(4)
		}
		for x.at > i {
			x.at--
			x.first -= x.rest[x.at].len()
		}
	}
	at -= x.first
	if new.text == nil {
		new.text = []byte{}
	}
	mid := segment{put: new.text, lines: new.lines}
	var parts []segment
	if i < len(x.rest) {
		s := x.rest[i]
		parts = append(parts, segment{from: s.from, to: s.from + at}, mid, segment{from: s.from + at + old.lines, to: s.to})
		x.spend(8 * (len(x.rest) - i))
		x.rest = slices.Replace(x.rest, i, i+1, parts...)
		x.first, x.at = x.first+at, i+1
	} else {
		x.rest = append(x.rest, mid)
	}
	x.total += new.lines - old.lines
	if new.lines == 0 {
		x.settle()
	}
}

// settle makes one image of everything, when a hunk left nothing behind that
// could keep what stood before and after it apart: a later hunk may match
// across. What was put in earlier stays out of reach of later hunks.
func (x *File) settle() {
	// Counted before it is done: the lines cost more than the bytes where they are short.
	if x.spend(x.size() + 10*x.total + 16*len(x.rest)); x.spent {
		return
	}
	data := make([]byte, 0, x.size())
	rest := make([]segment, 0, len(x.rest))
	line := 0
	for _, s := range x.rest {
		n := s.len()
		if n == 0 {
			continue
		}
		if s.put != nil {
			data = append(data, s.put...)
			rest = append(rest, s)
		} else {
			data = append(data, x.before.Range(s.from, s.to)...)
			if k := len(rest) - 1; k >= 0 && rest[k].put == nil {
				rest[k].to = line + n
			} else {
				rest = append(rest, segment{from: line, to: line + n})
			}
		}
		line += n
	}
	x.before, x.rest = newImage(data, line), rest
	x.at, x.first = 0, 0
}

// size is how many bytes the file has by now.
func (x *File) size() (n int) {
	for i := range x.rest {
		if s := &x.rest[i]; s.put != nil {
			n += len(s.put)
		} else {
			n += x.before.start(s.to) - x.before.start(s.from)
		}
	}
	return n
}

// join is the content after all hunks.
func (x *File) join() []byte {
	out := make([]byte, 0, x.size())
	for i := range x.rest {
		if s := &x.rest[i]; s.put != nil {
			out = append(out, s.put...)
		} else {
			out = append(out, x.before.Range(s.from, s.to)...)
		}
	}
	return out
}
