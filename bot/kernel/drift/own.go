package drift

import (
	"path"
	"slices"
	"strings"
)

// sight is which of the driver's files include which, through others too: what is declared
// in others is nothing to a file. A header is looked for beside the file, and then by its
// name anywhere in the driver, as -I would find it. A name that many headers have is a node
// of its own, so that a file costs by what it includes, whatever the names lead to.
type sight struct {
	nodes  map[string]int // of files; those of names of headers stand behind
	to     [][]int32
	from   [][]int32
	seeing map[string]bits // those that a file is seen by
	kept   int             // bytes of seeing
}

// bits is a set of nodes.
type bits []uint64

func (b bits) has(i int) bool { return b[i>>6]>>(i&63)&1 != 0 }
func (b bits) add(i int)      { b[i>>6] |= 1 << (i & 63) }

const (
	keptSights = 64 << 20 // bytes of what is known of single files
	fewFiles   = 8        // that are looked up one by one
)

// look makes the sight when it is first asked, which is after all files were read.
func (d *driver) look() *sight {
	if d.sight != nil {
		return d.sight
	}
	s := &sight{nodes: map[string]int{}, seeing: map[string]bits{}}
	d.sight = s
	files := sorted(d.files)
	for i, f := range files {
		s.nodes[f] = i
	}
	ends := map[string][]int32{} // headers by each end of their paths
	for i, f := range files {
		if !strings.HasSuffix(f, ".h") {
			continue
		}
		for end := f; ; {
			ends[end] = append(ends[end], int32(i))
			_, rest, more := strings.Cut(end, "/")
			if !more {
				break
			}
			end = rest
		}
	}
	s.to = make([][]int32, len(files))
	named := map[string]int32{}
	for i, f := range files {
		for _, name := range d.files[f] {
			if beside, ok := s.nodes[path.Join(path.Dir(f), name)]; ok {
				s.to[i] = append(s.to[i], int32(beside))
				continue
			}
			if len(ends[name]) == 0 {
				continue
			}
			n, ok := named[name]
			if !ok {
				n = int32(len(s.to))
				named[name] = n
				s.to = append(s.to, ends[name])
			}
			s.to[i] = append(s.to[i], n)
		}
	}
	s.from = make([][]int32, len(s.to))
	for i, all := range s.to {
		for _, j := range all {
			s.from[j] = append(s.from[j], int32(i))
		}
	}
	return s
}

// walk is what some files lead to, with themselves.
func (s *sight) walk(files []string, edges [][]int32) bits {
	out := make(bits, len(s.to)/64+1)
	var todo []int
	add := func(n int) {
		if !out.has(n) {
			out.add(n)
			todo = append(todo, n)
		}
	}
	for _, f := range files {
		if n, ok := s.nodes[f]; ok {
			add(n)
		}
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, next := range edges[n] {
			add(int(next))
		}
	}
	return out
}

// by is the files that see one.
func (s *sight) by(file string) bits {
	out := s.seeing[file]
	if out == nil {
		out = s.walk([]string{file}, s.from)
		if s.kept += 8 * len(out); s.kept > keptSights {
			clear(s.seeing)
			s.kept = 8 * len(out)
		}
		s.seeing[file] = out
	}
	return out
}

// kernels are the uses of a name that mean the kernel's: where the file sees none of the
// driver's own, or one that only some kernels get.
func (d *driver) kernels(name string, uses []use) []use {
	own := map[string]bool{} // files with one that all kernels get
	for _, o := range d.own[name] {
		if o.region.state[0] == yes || o.region.probe == "" {
			own[o.File] = true
		}
	}
	if len(own) == 0 {
		return counts(uses)
	}
	s := d.look()
	var sets []bits
	if files := sorted(own); len(files) > fewFiles {
		sets = []bits{s.walk(files, s.from)}
	} else {
		for _, f := range files {
			sets = append(sets, s.by(f))
		}
	}
	file, hidden := "", false
	return slices.DeleteFunc(counts(uses), func(u use) bool { // in the order of their files
		if u.File != file {
			n, ok := s.nodes[u.File]
			file, hidden = u.File, ok && slices.ContainsFunc(sets, func(b bits) bool { return b.has(n) })
		}
		return hidden
	})
}

// seenIn tells whether a file is seen by one with a use.
func (d *driver) seenIn(uses []use) func(file string) bool {
	var files []string // uses stand in the order of their files
	for _, u := range uses {
		if len(files) == 0 || files[len(files)-1] != u.File {
			files = append(files, u.File)
		}
	}
	s, asked := d.look(), map[string]bool{}
	var all bits
	return func(file string) bool {
		seen, ok := asked[file]
		switch n, known := s.nodes[file]; {
		case ok || !known:
		case all == nil && len(asked) < fewFiles:
			by := s.by(file)
			seen = slices.ContainsFunc(files, func(f string) bool { n, ok := s.nodes[f]; return ok && by.has(n) })
		default:
			if all == nil {
				all = s.walk(files, s.to)
			}
			seen = all.has(n)
		}
		asked[file] = seen
		return seen
	}
}
