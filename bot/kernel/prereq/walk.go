package prereq

import (
	"container/heap"
	"context"
	"slices"
)

// span is a run of lines that a member of the pile needs as they are. An empty
// span is the place of an insertion.
type span struct {
	from, to int32
	owner    int32 // the commit whose hunk it is
}

// site is one content of one file: lines are counted in it. Keyed so, a walk
// needs no notion of parallel branches: a merge that takes a file from one side
// leaves its content, and with it the spans, where they are.
type site struct {
	path uint32
	blob uint64
}

// walk goes back through the range from a change, newest commit first, and
// collects what it stands on: a commit joins when one of its hunks meets a span
// of the pile, or when it was asked for by name. The spans are carried back
// through the hunks of all other commits, which is to exchange the two patches:
// a commit that can be exchanged with the whole pile is no prerequisite of it.
type walk struct {
	x       *index
	change  int32
	present func(int32) bool
	has     func(def) bool // whether the target has the name; nil asks for no names
	version string         // of the target, as stable tags name it
	fits    bool           // the change meets nobody's lines
	posted  *posted        // the change, when mainline does not have it; change is where it would stand
	refused map[int32]bool
	most    int // members after which the walk stops

	spans  map[site][]span
	paths  map[uint32]bool // in the queue
	queue  queue
	queued map[int32]bool
	asked  map[int32][]link
	pile   []int32 // newest first, the change in front
	links  []link
	over   []link // what led to a commit that is never taken along
	more   bool
}

// link is one reason: by needs on.
type link struct {
	by, on int32
	path   uint32 // of the file whose lines meet
	where  uint32 // the function, a number in index.Names
	name   uint64 // a name that on defines; 0 when lines meet
	tag    bool   // named in the message
}

func (w *walk) entry(c int32) *entry {
	if w.posted != nil && c == w.change {
		return &w.posted.entry
	}
	return &w.x.Commits[c]
}

// text is a name that some commit, or the change, uses.
func (w *walk) text(name uint64) string {
	if w.posted != nil {
		if s, ok := w.posted.texts[name]; ok {
			return s
		}
	}
	return w.x.Texts[name]
}

// run fills pile, links and over.
func (w *walk) run(ctx context.Context) error {
	w.spans, w.paths = map[site][]span{}, map[uint32]bool{}
	w.queued, w.asked = map[int32]bool{}, map[int32][]link{}
	w.queue, w.pile, w.links, w.over, w.more = nil, nil, nil, nil, false
	w.join(w.change)
	for len(w.queue) > 0 {
		if len(w.pile) > w.most {
			w.more = true
			return nil
		}
		c := heap.Pop(&w.queue).(int32)
		w.visit(c)
		if c&1023 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// join takes a commit into the pile.
func (w *walk) join(c int32) {
	e := w.entry(c)
	w.pile = append(w.pile, c)
	for _, f := range e.Files {
		if f.Old == 0 || len(f.Hunks) == 0 || w.fits && c == w.change {
			continue
		}
		s := site{f.Old, f.Pre}
		for _, h := range f.Hunks {
			w.spans[s] = append(w.spans[s], span{h.A, h.A + h.AN, c})
		}
		w.follow(f.Old, c)
	}
	if w.has != nil {
		for _, u := range e.Uses {
			d, ok := w.x.definer(u, c)
			if ok && !w.present(d.Commit) && !w.has(d) {
				w.ask(link{by: c, on: d.Commit, name: u})
			}
		}
	}
	for _, n := range e.Needs {
		if w.version != "" && len(n.Versions) > 0 && !slices.Contains(n.Versions, w.version) {
			continue
		}
		if on := w.x.find(n, c); on >= 0 && !w.present(on) {
			w.ask(link{by: c, on: on, tag: true})
		}
	}
}

func (w *walk) ask(l link) {
	w.asked[l.on] = append(w.asked[l.on], l)
	w.enqueue(l.on)
}

func (w *walk) enqueue(c int32) {
	if !w.queued[c] {
		w.queued[c] = true
		heap.Push(&w.queue, c)
	}
}

// follow queues the commits before c that touched a path.
func (w *walk) follow(path uint32, c int32) {
	if w.paths[path] {
		return
	}
	w.paths[path] = true
	if path == untouched {
		return
	}
	for _, t := range w.x.touches[path] {
		if t >= c {
			break
		}
		w.enqueue(t)
	}
}

// visit decides whether a commit joins, and carries the spans to before it.
func (w *walk) visit(c int32) {
	e := w.entry(c)
	why := slices.Clone(w.asked[c])
	if len(why) == 0 && !w.passed(c) {
		for i := range e.Files {
			f := &e.Files[i]
			for _, s := range w.spans[site{f.New, f.Post}] {
				h := meets(f, s)
				if h == nil || f.Old == 0 && w.elsewhere(s.owner) {
					continue
				}
				why = append(why, link{by: s.owner, on: c, path: f.New, where: h.Func})
			}
		}
	}
	joins := len(why) > 0
	if joins && (w.refused[c] || e.large()) {
		w.over = append(w.over, why...)
		joins = false
	}
	// All files are carried before any arrives: a file may take the name that
	// another had.
	carried := make(map[site][]span, len(e.Files))
	for i := range e.Files {
		f := &e.Files[i]
		at := site{f.New, f.Post}
		spans := w.spans[at]
		if f.New == 0 || len(spans) == 0 {
			continue
		}
		if f.Old != 0 {
			before := site{f.Old, f.Pre}
			carried[before] = append(carried[before], back(f.Hunks, spans)...)
			if f.Old != f.New {
				w.follow(f.Old, c)
			}
		}
		if !e.Merge { // the other parent's side is carried with the next entry
			delete(w.spans, at)
		}
	}
	for at, spans := range carried {
		w.spans[at] = append(w.spans[at], spans...)
	}
	if joins {
		w.links = append(w.links, why...)
		w.join(c)
	}
}

// passed reports whether a commit is no candidate, whatever it touched.
func (w *walk) passed(c int32) bool {
	e := &w.x.Commits[c]
	if e.Merge || !e.Signed || w.present(c) {
		return true
	}
	// A commit and its revert leave nothing, unless the target has one of them.
	if a, ok := w.x.undoes[c]; ok && !w.present(a) {
		return true
	}
	r, ok := w.x.undone[c]
	return ok && r < w.change && !w.present(r)
}

// elsewhere reports whether a commit also changes files that its target has:
// its hunks in a file that came later then have nothing to do there.
func (w *walk) elsewhere(c int32) bool {
	for _, f := range w.entry(c).Files {
		if f.Old != 0 && !w.x.made(f.Old, c, w.present) {
			return true
		}
	}
	return false
}

// meets returns the first hunk of f that a span meets: hunks that touch cannot
// be merged, with git neither, and one line between them is enough.
func meets(f *fileChange, s span) *hunk {
	if f.Old == 0 { // the commit made the file
		if len(f.Hunks) == 0 {
			return &hunk{}
		}
		return &f.Hunks[0]
	}
	for i := range f.Hunks {
		h := &f.Hunks[i]
		if h.B+h.BN >= s.from && h.B <= s.to {
			return h
		}
	}
	return nil
}

// back carries spans from behind the hunks to before them. What a hunk wrote
// is gone; what stood around it has moved.
func back(hunks []hunk, spans []span) []span {
	var out []span
	for _, s := range spans {
		from, shift, gone := s.from, int32(0), false
		for _, h := range hunks {
			end := h.B + h.BN
			if h.B > s.to || h.B == s.to && h.BN > 0 {
				break
			}
			if end <= from {
				shift += h.AN - h.BN
				continue
			}
			if s.from == s.to { // inside what was written
				gone = h.B < s.from
				break
			}
			if h.B > from {
				out = append(out, span{from + shift, h.B + shift, s.owner})
			}
			from = end
			shift += h.AN - h.BN
		}
		if from < s.to || s.from == s.to && !gone {
			out = append(out, span{from + shift, s.to + shift, s.owner})
		}
	}
	return out
}

// closure is what a member stands on, itself included.
func (w *walk) closure(member int32) map[int32]bool {
	seen := map[int32]bool{member: true}
	// Links stand in the order in which their commits joined, newest first, but
	// a commit may be asked for long before it joins.
	for grown := true; grown; {
		grown = false
		for _, l := range w.links {
			if seen[l.by] && !seen[l.on] {
				seen[l.on], grown = true, true
			}
		}
	}
	return seen
}

// queue is a heap with the newest commit on top.
type queue []int32

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i] > q[j] }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(v any)        { *q = append(*q, v.(int32)) }
func (q *queue) Pop() any {
	old := *q
	v := old[len(old)-1]
	*q = old[:len(old)-1]
	return v
}
