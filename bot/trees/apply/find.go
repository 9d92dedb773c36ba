package apply

import (
	"bytes"

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
	ok := true
	for i, h := range hs {
		old, new := sides(h)
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
	total := 0
	for i := range x.rest {
		total += x.rest[i].len()
	}
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
	for i := range x.rest {
		s := &x.rest[i]
		n := s.len()
		if at >= n {
			at -= n
			continue
		}
		return s.put == nil && at+old.lines <= n && same(x.before, s.from+at, old, end)
	}
	return false
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

// nearest looks at every place that has the most telling line of the hunk.
func (x *File) nearest(old side, want int) int {
	needle, before := telling(old.text)
	best, bestFar := -1, 0
	first := 0 // line of the segment in the file as it is by now
	for i := range x.rest {
		s := &x.rest[i]
		n := s.len()
		if s.put != nil || n < old.lines {
			first += n
			continue
		}
		text := x.before.Range(s.from, s.to)
		base := x.before.start(s.from)
		for at := 0; at < len(text); {
			j := bytes.Index(text[at:], needle)
			if j < 0 {
				break
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
			far := 2 * (got - want)
			if far < 0 {
				far = -far + 1 // below comes before above
			}
			if best < 0 || far < bestFar {
				best, bestFar = got, far
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
	i := 0
	for i < len(x.rest) && (at > x.rest[i].len() || at == x.rest[i].len() && (old.lines > 0 || x.rest[i].put != nil)) {
		at -= x.rest[i].len()
		i++
	}
	if new.text == nil {
		new.text = []byte{}
	}
	mid := segment{put: new.text, lines: new.lines}
	var parts []segment
	if i < len(x.rest) {
		s := x.rest[i]
		parts = append(parts, segment{from: s.from, to: s.from + at}, mid, segment{from: s.from + at + old.lines, to: s.to})
		x.rest = append(x.rest[:i], append(parts, x.rest[i+1:]...)...)
	} else {
		x.rest = append(x.rest, mid)
	}
	if new.lines == 0 {
		x.settle()
	}
}

// settle makes one image of everything, when a hunk left nothing behind that
// could keep what stood before and after it apart: a later hunk may match
// across. What was put in earlier stays out of reach of later hunks.
func (x *File) settle() {
	var data []byte
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
	x.before, x.rest = NewImage(data), rest
}

// join is the content after all hunks.
func (x *File) join() []byte {
	n := 0
	for i := range x.rest {
		if s := &x.rest[i]; s.put != nil {
			n += len(s.put)
		} else {
			n += x.before.start(s.to) - x.before.start(s.from)
		}
	}
	out := make([]byte, 0, n)
	for i := range x.rest {
		if s := &x.rest[i]; s.put != nil {
			out = append(out, s.put...)
		} else {
			out = append(out, x.before.Range(s.from, s.to)...)
		}
	}
	return out
}
