package backport

import (
	"slices"
	"strings"
)

// sides are one file in the three versions of a merge, with what is known of them.
type sides struct {
	base, theirs, ours   *text
	baseBlocks, ourBlock []block
	to                   []int // line of base → line of ours, -1
	fix                  []edit
}

func newSides(base, theirs, ours *text) *sides {
	s := &sides{base: base, theirs: theirs, ours: ours, baseBlocks: blocks(base), ourBlock: blocks(ours)}
	s.to = make([]int, len(base.lines))
	for i := range s.to {
		s.to[i] = -1
	}
	for _, p := range align(base.keys, ours.keys) {
		s.to[p[0]] = p[1]
	}
	s.fix = edits(base.lines, theirs.lines)
	return s
}

// put is one edit as it goes into the branch: lines from..to of ours become these.
type put struct {
	from, to int
	lines    []string
	edit     edit
	rung     Rung
	proof    string
	weak     string // why a reader should doubt the place; "" when sure
}

// straight places an edit whose lines and the one before and behind stand in the branch
// as in base: what a three-way merge takes.
func (s *sides) straight(e edit) (put, bool) {
	lo, hi := e.from-1, e.to // the neighbours
	first, last := max(lo, 0), min(hi, len(s.base.lines)-1)
	if first > last {
		return put{from: 0, to: 0, lines: s.theirs.lines[e.put:e.end], edit: e, rung: ThreeWay}, len(s.ours.lines) == 0
	}
	for i := first; i <= last; i++ {
		if s.to[i] < 0 || i > first && s.to[i] != s.to[i-1]+1 {
			return put{}, false
		}
	}
	if lo < 0 && s.to[first] != 0 || hi > last && s.to[last] != len(s.ours.lines)-1 {
		return put{}, false
	}
	from := 0
	if lo >= 0 {
		from = s.to[lo] + 1
	}
	p := put{from: from, to: from + e.to - e.from, lines: s.theirs.lines[e.put:e.end], edit: e, rung: ThreeWay}
	if e.from == e.to && (!s.meets(lo, -1) || !s.meets(hi, 1)) {
		p.weak = "an empty line stands beside it, and behind that the branch has other code"
	}
	return p, true
}

// meets reports whether the nearest line that is not empty, from i on by steps, is the
// same in the branch: an empty one stands everywhere.
func (s *sides) meets(i, step int) bool {
	if i < 0 || i >= len(s.to) || s.base.keys[i] != "" {
		return true
	}
	return next(s.base.keys, i, step) == next(s.ours.keys, s.to[i], step)
}

// next is the nearest line that says something, "" where there is none.
func next(keys []string, i, step int) string {
	for ; i >= 0 && i < len(keys); i += step {
		if keys[i] != "" {
			return keys[i]
		}
	}
	return ""
}

// region is where in ours the code around an edit stands: the block of the same name,
// or the whole file for what stands outside of blocks. ok is false when ours has no
// such block.
func (s *sides) region(e edit) (from, to int, name string, ok bool) {
	b, in := within(s.baseBlocks, e.from, e.from == e.to)
	if !in || e.to > b.to {
		return 0, len(s.ours.lines), "", true
	}
	if o, one := called(s.ourBlock, b.name); one {
		return o.from, o.to, b.name, true
	}
	return 0, 0, b.name, false
}

// The weight of a line of context by its distance, and of one that stands everywhere.
var weights = [...]float64{3, 2, 1, 1}

const plain = 0.3

// above and below are how well the lines around an edit stand around a place of ours;
// near says whether the nearest line that tells something does.
func (s *sides) above(i, j, stop int) (score float64, near bool) {
	return s.context(i-1, j-1, -1, stop)
}

func (s *sides) below(i, j, stop int) (score float64, near bool) { return s.context(i, j, 1, stop) }

func (s *sides) context(i, j, step, stop int) (score float64, near bool) {
	b, o := s.base.keys, s.ours.keys
	for n := 0; n < len(weights); n++ {
		for i >= 0 && i < len(b) && b[i] == "" {
			i += step
		}
		for j >= 0 && j < len(o) && j != stop && o[j] == "" {
			j += step
		}
		if i < 0 || i >= len(b) || j < 0 || j >= len(o) || j == stop {
			return score, near
		}
		w := weights[n]
		if !telling(b[i]) {
			w *= plain
		}
		switch {
		case b[i] == o[j], b[i] == o[j]+",":
			score += w
			near = near || n == 0
		case alike(b[i], o[j]) >= 0.6:
			score += w / 3
		default:
			return score, near
		}
		i, j = i+step, j+step
	}
	return score, near
}

// spot is a place in ours and how well it fits.
type spot struct {
	from, to   int
	score      float64
	over, unde bool // the nearest line above, below is the same
}

// anchored places an edit by what it removes and by the lines around it, within the
// block that it stands in.
func (s *sides) anchored(e edit, lo, hi int) (put, bool) {
	var all []spot
	if gone := s.base.keys[e.from:e.to]; len(gone) == 0 {
		glued := s.glued(e)
		for g := lo; g <= hi; g++ {
			sp := spot{from: g, to: g}
			var a, b float64
			a, sp.over = s.above(e.from, g, lo-1)
			b, sp.unde = s.below(e.to, g, hi)
			if sp.score = a + b; sp.over && glued.up || sp.unde && glued.down {
				sp.score += 4
			}
			if sp.over || sp.unde {
				all = append(all, sp)
			}
		}
	} else {
		for g := lo; g < hi; g++ {
			end, ok := s.matches(gone, g, hi)
			if !ok {
				continue
			}
			sp := spot{from: g, to: end}
			var a, b float64
			a, sp.over = s.above(e.from, g, lo-1)
			b, sp.unde = s.below(e.to, end, hi)
			sp.score = a + b + 1
			all = append(all, sp)
		}
	}
	if len(all) == 0 {
		return put{}, false
	}
	slices.SortStableFunc(all, func(a, b spot) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return a.from - b.from
	})
	best := all[0]
	lead := best.score
	for _, o := range all[1:] {
		if e.from == e.to && s.blank(best.from, o.from) {
			continue // the same place but for empty lines
		}
		lead = best.score - o.score
		break
	}
	p := put{from: best.from, to: best.to, edit: e, rung: Context}
	p.lines = s.shifted(e, best)
	tells := slices.ContainsFunc(s.base.keys[e.from:e.to], telling)
	switch {
	case tells && len(all) == 1:
	case lead < 1:
		return put{}, false
	case e.from == e.to && best.score < 2:
		return put{}, false
	case e.from < e.to && !tells && best.score < 3:
		return put{}, false
	}
	if whole := best.over && best.unde || tells && (best.over || best.unde); !whole {
		p.weak = "only part of the lines around it are the same"
	}
	if g := before(s.ours.keys, p.from); bare(g) && g != before(s.base.keys, e.from) {
		p.weak = "it would stand behind a condition that mainline does not have there"
	}
	s.comma(&p)
	return p, true
}

// before is the line above a place that says something.
func before(keys []string, i int) string {
	for i--; i >= 0; i-- {
		if keys[i] != "" {
			return keys[i]
		}
	}
	return ""
}

// bare reports whether a line is a condition or a loop whose body is the next line alone.
func bare(key string) bool {
	if key == "else" || strings.HasSuffix(key, " else") {
		return true
	}
	for _, word := range []string{"if (", "else if (", "} else if (", "for (", "while ("} {
		if strings.HasPrefix(key, word) && strings.HasSuffix(key, ")") {
			return true
		}
	}
	return false
}

// comma gives the entry before a new one of a list the comma that it has in base.
func (s *sides) comma(p *put) {
	i, j := p.edit.from-1, p.from-1
	if p.edit.from != p.edit.to || i < 0 || j < 0 || !strings.HasSuffix(s.base.keys[i], ",") {
		return
	}
	if s.ours.keys[j]+"," == s.base.keys[i] {
		p.from--
		p.lines = append([]string{strings.TrimRight(s.ours.lines[j], " \t\n") + ",\n"}, p.lines...)
	}
}

// glue says to which of its neighbours an insertion belongs: where only one of them is
// not set off by an empty line, that one.
type glue struct{ up, down bool }

func (s *sides) glued(e edit) glue {
	b, t := s.base.keys, s.theirs.keys
	up := e.from > 0 && b[e.from-1] != "" && t[e.put] != ""
	down := e.to < len(b) && b[e.to] != "" && t[e.end-1] != ""
	return glue{up && !down, down && !up}
}

// matches reports whether ours has these lines from g on, empty ones aside, and where
// they end.
func (s *sides) matches(gone []string, g, hi int) (end int, ok bool) {
	o := s.ours.keys
	if o[g] == "" && gone[0] != "" {
		return 0, false
	}
	j := g
	for _, k := range gone {
		if k == "" {
			if j < hi && o[j] == "" {
				j++
			}
			continue
		}
		for j < hi && o[j] == "" {
			j++
		}
		if j >= hi || o[j] != k {
			return 0, false
		}
		j++
	}
	return j, j > g
}

func (s *sides) blank(a, b int) bool {
	for i := min(a, b); i < max(a, b); i++ {
		if s.ours.keys[i] != "" {
			return false
		}
	}
	return true
}

// shifted are the new lines, indented as the branch indents the place.
func (s *sides) shifted(e edit, sp spot) []string {
	lines := s.theirs.lines[e.put:e.end]
	i, j := e.from, sp.from
	if e.from == e.to {
		if sp.over {
			i, j = e.from-1, sp.from-1
		}
		for i >= 0 && j >= 0 && i < len(s.base.keys) && j < len(s.ours.keys) && sp.over && s.base.keys[i] == "" {
			i--
		}
		for j >= 0 && j < len(s.ours.keys) && sp.over && s.ours.keys[j] == "" {
			j--
		}
	}
	if i < 0 || j < 0 || i >= len(s.base.keys) || j >= len(s.ours.keys) || s.base.keys[i] != s.ours.keys[j] {
		return lines
	}
	more := tabs(s.ours.lines[j]) - tabs(s.base.lines[i])
	if more == 0 {
		return lines
	}
	out := make([]string, len(lines))
	for k, l := range lines {
		switch {
		case strings.TrimSpace(l) == "" || l[0] == '#':
		case more > 0:
			l = strings.Repeat("\t", more) + l
		default:
			for n := more; n < 0 && strings.HasPrefix(l, "\t"); n++ {
				l = l[1:]
			}
		}
		out[k] = l
	}
	return out
}

func tabs(line string) int { return len(line) - len(strings.TrimLeft(line, "\t")) }

// maxGap bounds the lines that are merged token by token.
const maxGap = 60

// gap is the part of base around an edit, between lines that stand in the branch, and
// what the branch has in its place.
func (s *sides) gap(e edit) (b0, b1, o0, o1 int) {
	b0, b1 = e.from, e.to
	for b0 > 0 && s.to[b0-1] < 0 {
		b0--
	}
	for b1 < len(s.to) && s.to[b1] < 0 {
		b1++
	}
	o1 = len(s.ours.lines)
	if b0 > 0 {
		o0 = s.to[b0-1] + 1
	}
	if b1 < len(s.to) {
		o1 = s.to[b1]
	}
	return b0, b1, o0, o1
}

// woven merges an edit with what the branch has there token by token.
func (s *sides) woven(e edit) (put, bool) {
	b0, b1, o0, o1 := s.gap(e)
	// Some lines around it that are the same keep the tokens in their places.
	for n := 0; n < 2 && b0 > 0 && s.to[b0-1] >= 0 && s.to[b0-1] == o0-1; n++ {
		b0, o0 = b0-1, o0-1
	}
	for n := 0; n < 2 && b1 < len(s.to) && s.to[b1] == o1; n++ {
		b1, o1 = b1+1, o1+1
	}
	if o1 < o0 || b1-b0 > maxGap || o1-o0 > maxGap {
		return put{}, false
	}
	join := func(l []string) string { return strings.Join(l, "") }
	base, ours := join(s.base.lines[b0:b1]), join(s.ours.lines[o0:o1])
	theirs := join(s.base.lines[b0:e.from]) + join(s.theirs.lines[e.put:e.end]) + join(s.base.lines[e.to:b1])
	out, ok := weave(base, ours, theirs)
	if !ok {
		return put{}, false
	}
	lines := newText([]byte(out)).lines
	// Only what changed is put.
	for len(lines) > 0 && o0 < o1 && lines[0] == s.ours.lines[o0] {
		lines, o0 = lines[1:], o0+1
	}
	for len(lines) > 0 && o0 < o1 && lines[len(lines)-1] == s.ours.lines[o1-1] {
		lines, o1 = lines[:len(lines)-1], o1-1
	}
	if o0 == o1 && len(lines) == 0 {
		return put{}, false
	}
	return put{from: o0, to: o1, lines: lines, edit: e, rung: Woven}, true
}

// lacking reports whether an edit changes only lines that the branch has nothing for:
// its lines and those around it are not in the branch, nor is anything in their place.
func (s *sides) lacking(e edit, lo, hi int) bool {
	b0, b1, o0, o1 := s.gap(e)
	if b0 == e.from && b1 == e.to && e.from == e.to {
		return false
	}
	if !s.blank(o0, max(o0, o1)) || o1 < o0 {
		return false
	}
	if e.from == e.to && (b0 == e.from || b1 == e.to) {
		return false
	}
	for i := b0; i < b1; i++ {
		if k := s.base.keys[i]; telling(k) && i >= e.from && i < e.to && slices.Contains(s.ours.keys[lo:hi], k) {
			return false
		}
	}
	return true
}
