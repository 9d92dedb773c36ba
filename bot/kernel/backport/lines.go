package backport

import (
	"bytes"
	"strings"
)

// text is a file as lines, with what is compared of each: runs of blanks count as one,
// those at the ends not at all.
type text struct {
	lines []string // with their ends
	keys  []string
}

func newText(data []byte) *text {
	t := &text{}
	for line := range bytes.Lines(data) {
		t.lines = append(t.lines, string(line))
		t.keys = append(t.keys, key(string(line)))
	}
	return t
}

// key is a line with its blanks brought to one form.
func key(line string) string { return strings.Join(strings.Fields(line), " ") }

// telling reports whether a line says where it is: a brace, a break or an empty line
// stand everywhere.
func telling(key string) bool {
	switch key {
	case "break;", "return;", "return 0;", "return ret;", "} else {", "else", "return false;", "return true;", "goto out;", "#endif", "#else":
		return false
	}
	return len(key) > 3
}

// edit is a place where two texts differ: lines from..to of the old one are put..end
// of the new one.
type edit struct{ from, to, put, end int }

// edits are what turns a into b, in order.
func edits(a, b []string) []edit {
	var out []edit
	pairs := align(a, b)
	i, j := 0, 0
	for _, p := range append(pairs, [2]int{len(a), len(b)}) {
		if i < p[0] || j < p[1] {
			out = append(out, edit{i, p[0], j, p[1]})
		}
		i, j = p[0]+1, p[1]+1
	}
	return out
}

// align pairs the lines that a and b share, in order: first those that each has once,
// then what is between them.
func align(a, b []string) [][2]int { return pair(nil, a, b, 0, 0) }

func pair(out [][2]int, a, b []string, x, y int) [][2]int {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		out = append(out, [2]int{x, y})
		a, b, x, y = a[1:], b[1:], x+1, y+1
	}
	tail := 0
	for tail < len(a) && tail < len(b) && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	ma, mb := a[:len(a)-tail], b[:len(b)-tail]
	if len(ma) > 0 && len(mb) > 0 {
		out = middle(out, ma, mb, x, y)
	}
	for i := range tail {
		out = append(out, [2]int{x + len(ma) + i, y + len(mb) + i})
	}
	return out
}

// middle pairs by the lines that stand once on both sides, in the longest run of them
// that keeps their order; by the shortest edit where there are none.
func middle(out [][2]int, a, b []string, x, y int) [][2]int {
	once := unique(a, b)
	if len(once) == 0 {
		return shortest(out, a, b, x, y)
	}
	i, j := 0, 0
	for _, p := range append(once, [2]int{len(a), len(b)}) {
		out = pair(out, a[i:p[0]], b[j:p[1]], x+i, y+j)
		if p[0] < len(a) {
			out = append(out, [2]int{x + p[0], y + p[1]})
		}
		i, j = p[0]+1, p[1]+1
	}
	return out
}

func unique(a, b []string) [][2]int {
	type count struct{ a, b, at, to int }
	seen := make(map[string]*count, len(a))
	for i, s := range a {
		c := seen[s]
		if c == nil {
			c = &count{}
			seen[s] = c
		}
		c.a++
		c.at = i
	}
	for j, s := range b {
		if c := seen[s]; c != nil {
			c.b++
			c.to = j
		}
	}
	var all [][2]int
	for i, s := range a {
		if c := seen[s]; c.a == 1 && c.b == 1 && s != "" {
			all = append(all, [2]int{i, c.to})
		}
	}
	return rising(all)
}

// rising is the longest part of the pairs, which rise in the first, that rises in the
// second too.
func rising(all [][2]int) [][2]int {
	var ends []int // of the best run of each length, as an index of all
	before := make([]int, len(all))
	for i, p := range all {
		lo, hi := 0, len(ends)
		for lo < hi {
			if mid := (lo + hi) / 2; all[ends[mid]][1] < p[1] {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		before[i] = -1
		if lo > 0 {
			before[i] = ends[lo-1]
		}
		if lo == len(ends) {
			ends = append(ends, i)
		} else {
			ends[lo] = i
		}
	}
	if len(ends) == 0 {
		return nil
	}
	out := make([][2]int, len(ends))
	for k, i := len(ends)-1, ends[len(ends)-1]; k >= 0; k, i = k-1, before[i] {
		out[k] = all[i]
	}
	return out
}

// maxShortest bounds the search for the shortest edit, in differences: beyond it the
// texts share nothing that matters.
const maxShortest = 400

// shortest pairs by Myers' shortest edit.
func shortest(out [][2]int, a, b []string, x, y int) [][2]int {
	n, m := len(a), len(b)
	most := min(n+m, maxShortest)
	var trace [][]int
	v := make([]int, 2*most+3)
	at := func(k int) int { return k + most + 1 }
	for d := 0; d <= most; d++ {
		trace = append(trace, append([]int(nil), v...))
		for k := -d; k <= d; k += 2 {
			i := v[at(k-1)] + 1
			if k == -d || k != d && v[at(k-1)] < v[at(k+1)] {
				i = v[at(k+1)]
			}
			j := i - k
			for i < n && j < m && a[i] == b[j] {
				i, j = i+1, j+1
			}
			v[at(k)] = i
			if i >= n && j >= m {
				return append(out, backtrack(trace, n, m, x, y, at)...)
			}
		}
	}
	return out
}

func backtrack(trace [][]int, i, j, x, y int, at func(int) int) [][2]int {
	var rev [][2]int
	for d := len(trace) - 1; d >= 0; d-- {
		v, k := trace[d], i-j
		prev := k - 1
		if k == -d || k != d && v[at(k-1)] < v[at(k+1)] {
			prev = k + 1
		}
		pi := v[at(prev)]
		pj := pi - prev
		if d == 0 {
			pi, pj = 0, 0
		}
		for i > pi && j > pj {
			i, j = i-1, j-1
			rev = append(rev, [2]int{x + i, y + j})
		}
		i, j = pi, pj
	}
	for l, r := 0, len(rev)-1; l < r; l, r = l+1, r-1 {
		rev[l], rev[r] = rev[r], rev[l]
	}
	return rev
}
