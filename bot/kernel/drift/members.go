package drift

import (
	"context"
	"slices"
	"strings"
)

// reachStructs adds the structures that members lead to: those of members that the driver
// uses, in structures that it has to do with.
func (c *comparison) reachStructs() {
	for tag, uses := range c.d.tags {
		if len(c.d.kernels(Struct+" "+tag, uses)) > 0 {
			c.structs[tag] = true
		}
	}
	todo := sorted(c.structs)
	for len(todo) > 0 {
		tag := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, d := range c.a.tags[tag] {
			for _, m := range d.members {
				if len(c.d.members[m.name]) == 0 {
					continue
				}
				for _, s := range m.types {
					if !c.structs[s] {
						c.structs[s] = true
						todo = append(todo, s)
					}
				}
			}
		}
	}
}

// tags compares the structures and enumerations that the driver names.
func (c *comparison) tags() {
	for _, tag := range sorted(c.d.tags) {
		was := within(c.a.tags[tag], c.reachA)
		if len(was) == 0 || len(within(c.b.tags[tag], c.reachB)) > 0 {
			continue
		}
		r := Row{Kind: was[0].kind, Name: was[0].kind + " " + tag, Change: "removed", From: Place{was[0].file, int(was[0].line)}}
		if is := c.b.tags[tag]; len(is) > 0 {
			r.Change, r.To = "no longer reached by the headers that the driver includes", &Place{is[0].file, int(is[0].line)}
		}
		c.row(r, was[0].kind+" "+tag, c.d.tags[tag])
	}
}

// members compares those of the structures that the driver has to do with.
func (c *comparison) members() {
	for _, tag := range sorted(c.structs) {
		was, is := within(c.a.tags[tag], c.reachA), within(c.b.tags[tag], c.reachB)
		if len(was) == 0 || len(is) == 0 {
			continue
		}
		done, old, now := map[string]bool{}, byName(was), byName(is)
		held := holding(is)
		for _, d := range was {
			for _, m := range d.members {
				if uses := c.d.members[m.name]; len(uses) > 0 && !done[m.name] {
					done[m.name] = true
					c.member(d, m, is, old[m.name], now[m.name], held)
				}
			}
		}
	}
}

// member compares one: those of its name in the structures of the first kernel, and in is.
func (c *comparison) member(d *decl, m member, is []*decl, old, now []member, held []string) {
	r := Row{Kind: "member", Name: "struct " + d.name + "." + m.name, From: Place{d.file, int(m.line)}, Was: m.shape}
	if len(now) == 0 {
		r.Change = "removed"
		if to := c.moved(held, m.name); to != nil {
			r.Change, r.To = "moved", to
		}
		c.add(r, c.found.uses(c.d, m.name))
		return
	}
	shapes := map[string]bool{}
	for _, o := range old {
		shapes[o.shape] = true
	}
	if slices.ContainsFunc(now, func(n member) bool { return shapes[n.shape] }) {
		return
	}
	change := "another type"
	if into, ok := strings.CutSuffix(now[0].shape, "."+m.shape); ok {
		change = "moved into " + into
	}
	r.Change, r.Is, r.To = change, now[0].shape, &Place{is[0].file, int(now[0].line)}
	c.add(r, c.found.uses(c.d, m.name))
}

func byName(all []*decl) map[string][]member {
	out := map[string][]member{}
	for _, d := range all {
		for _, m := range d.members {
			out[m.name] = append(out[m.name], m)
		}
	}
	return out
}

// mostHeld is how many structures of one are looked into.
const mostHeld = 256

// holding is the structures that some hold themselves, each once.
func holding(is []*decl) (out []string) {
	seen := map[string]bool{}
	for _, d := range is {
		for _, m := range d.members {
			if strings.Contains(m.shape, "*") {
				continue
			}
			for _, tag := range m.types {
				if !seen[tag] && len(out) < mostHeld {
					seen[tag] = true
					out = append(out, tag)
				}
			}
		}
	}
	return out
}

// moved looks for a member in the structures that the new one holds.
func (c *comparison) moved(held []string, name string) *Place {
	for _, tag := range held {
		if p, ok := c.found.members(c.b, tag)[name]; ok {
			return &p
		}
	}
	return nil
}

// outside compares what stands in no header: exports and Kconfig symbols.
func (c *comparison) outside(ctx context.Context, wanted map[string]*decl) (notes []string, err error) {
	names := map[string]bool{}
	for name := range wanted {
		names[name] = true
	}
	a, known, err := exports(ctx, c.From, c.Arch, names)
	if err != nil {
		return nil, err
	}
	b, also, err := exports(ctx, c.To, c.Arch, names)
	switch {
	case err != nil:
		return nil, err
	case !known || !also:
		notes = append(notes, "exports were not compared: one of the kernels has no sources, only headers")
	default:
		c.compareExports(a, b)
	}
	before, err := symbols(ctx, c.From)
	if err != nil {
		return nil, err
	}
	after, err := symbols(ctx, c.To)
	if err != nil {
		return nil, err
	}
	if len(before) == 0 || len(after) == 0 {
		return append(notes, "Kconfig symbols were not compared: one of the kernels has no Kconfig"), nil
	}
	for _, name := range sorted(c.d.configs) {
		plain := strings.TrimSuffix(name, "_MODULE")
		from, there := before[plain]
		if _, still := after[plain]; there && !still && len(c.d.own[plain]) == 0 {
			c.row(Row{Kind: "config", Name: plain, Change: "removed", From: from}, plain, c.d.configs[name])
		}
	}
	return notes, nil
}

func (c *comparison) compareExports(a, b map[string][]export) {
	for _, name := range sorted(a) {
		was, is := a[name], b[name]
		hows := map[string]bool{}
		for _, e := range is {
			hows[e.how] = true
		}
		if slices.ContainsFunc(was, func(w export) bool { return w.stays(hows) }) {
			continue
		}
		r := Row{Kind: "symbol", Name: name, From: was[0].Place, Was: was[0].how, Change: "no longer exported"}
		if len(is) > 0 {
			r.Change, r.Is, r.To = "exported in another way", is[0].how, &is[0].Place
		}
		c.row(r, name, c.d.names[name])
	}
}

// stays reports whether who used one may use it as it is given now, in any of some ways.
func (e export) stays(hows map[string]bool) bool {
	return hows[e.how] || hows["EXPORT_SYMBOL"] && strings.HasSuffix(e.how, "_GPL")
}
