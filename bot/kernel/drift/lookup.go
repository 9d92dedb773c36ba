package drift

import (
	"path"
	"strings"
)

// lookups is what the rows look for, each made once: a stranger's kernel may have as much
// of anything as it likes, and what is looked for costs nothing by that.
type lookups struct {
	bases  map[string]string           // headers of the second kernel alone, by the last part of their names
	shapes map[string]map[string]*decl // of a header, its new functions by shape; nil: several
	inner  map[string]map[string]Place // of a structure, its members
	used   map[string]telling          // members, by their names
}

// newHeader is the first header of the second kernel alone that is called so; "" for none.
func (c *comparison) newHeader(base string) string {
	if c.found.bases == nil {
		c.found.bases = map[string]string{}
		for _, p := range sorted(c.b.headers) {
			if _, ok := c.found.bases[path.Base(p)]; !ok && c.a.headers[p] == nil {
				c.found.bases[path.Base(p)] = p
			}
		}
	}
	return c.found.bases[base]
}

// members are those of the structures of one name, the first of each.
func (l *lookups) members(in *index, tag string) map[string]Place {
	out, ok := l.inner[tag]
	if ok {
		return out
	}
	if l.inner == nil {
		l.inner = map[string]map[string]Place{}
	}
	out = map[string]Place{}
	for _, d := range in.tags[tag] {
		for _, m := range d.members {
			if _, ok := out[m.name]; !ok {
				out[m.name] = Place{d.file, int(m.line)}
			}
		}
	}
	l.inner[tag] = out
	return out
}

// uses are those of a member, which many structures may have.
func (l *lookups) uses(d *driver, name string) telling {
	out, ok := l.used[name]
	if !ok {
		if l.used == nil {
			l.used = map[string]telling{}
		}
		out = d.told("", d.members[name])
		l.used[name] = out
	}
	return out
}

// like finds what may stand for something that was removed: of the same kind and shape, in
// the same header, and new.
func (c *comparison) like(r *Row, was *decl) {
	h := c.b.headers[was.file]
	if h == nil || was.kind != Function {
		return
	}
	shapes, ok := c.found.shapes[was.file]
	if !ok {
		shapes = map[string]*decl{}
		for i := range h.decls {
			d := &h.decls[i]
			if d.kind != Function || len(c.a.names[d.name]) > 0 {
				continue
			}
			if old, ok := shapes[d.shape]; ok && (old == nil || old.name != d.name) {
				d = nil
			}
			shapes[h.decls[i].shape] = d
		}
		if c.found.shapes == nil {
			c.found.shapes = map[string]map[string]*decl{}
		}
		c.found.shapes[was.file] = shapes
	}
	if to := shapes[was.shape]; to != nil {
		r.Change, r.Is, r.To = "removed; perhaps called "+to.name+" now", to.shape, &Place{to.file, int(to.line)}
	}
}

// offer is what the declarations of one name are, for code that uses another kernel's.
type offer struct {
	kinds             map[string]bool
	bare              bool            // a macro without arguments
	shapes, types     map[string]bool // of functions, of typedefs
	structure         bool            // of a typedef
	functions, macros map[int]bool    // how many arguments they take
}

func offered(is []*decl) *offer {
	o := &offer{kinds: map[string]bool{}, shapes: map[string]bool{}, types: map[string]bool{}, functions: map[int]bool{}, macros: map[int]bool{}}
	for _, d := range is {
		o.kinds[d.kind] = true
		switch d.kind {
		case Function:
			o.shapes[d.shape], o.functions[d.arity] = true, true
		case Macro:
			o.macros[d.arity] = true
			o.bare = o.bare || d.arity == -1
		case Typedef:
			o.types[d.shape] = true
			o.structure = o.structure || strings.Contains(d.shape, "struct")
		}
	}
	return o
}

// same reports whether code that uses a declaration compiles with one of these. A macro
// that stands for another function says nothing of its arguments.
func (o *offer) same(d *decl) bool {
	if o.bare || d.kind == Macro && d.arity == -1 {
		return len(o.kinds) > 0
	}
	switch d.kind {
	case Function:
		return o.shapes[d.shape] || takes(o.macros, d.arity)
	case Macro:
		return takes(o.macros, d.arity) || takes(o.functions, d.arity)
	case Variable:
		return o.kinds[Variable] || o.kinds[Enumerator]
	case Typedef:
		return o.types[d.shape] || o.structure && strings.Contains(d.shape, "struct")
	}
	return o.kinds[d.kind]
}

// takes reports whether one of some may be called with so many arguments.
func takes(arities map[int]bool, n int) bool {
	return arities[n] || arities[-2] || n == -2 && len(arities) > 0
}
