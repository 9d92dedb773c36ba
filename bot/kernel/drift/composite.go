package drift

import "slices"

// composites reads the structures and enumerations that a declaration defines, those
// inside of others too.
func (p *parser) composites(t []token) {
	for i := 0; i+1 < len(t); i++ {
		what := t[i].text
		if what != "struct" && what != "union" && what != "enum" {
			continue
		}
		name, open := opened(t, i)
		if open < 0 {
			continue
		}
		end := closing(t, open)
		inner := t[open+1 : max(end-1, open+1)]
		if what == "enum" {
			p.enumerate(name, t[i].line, inner)
			i = end - 1
			continue
		}
		d := decl{kind: Struct, name: name, file: p.file, line: t[i].line, arity: -1}
		d.members = p.fields(inner, "", false)
		if name == "" { // known by the typedef that it makes
			if j := declared(t[end:]); j >= 0 {
				d.name = t[end+j].text
			}
		}
		p.out = append(p.out, d)
		i = end - 1
	}
}

// opened finds the tag and the brace of a definition; -1 when it is only named.
func opened(t []token, i int) (name string, open int) {
	for j := i + 1; j < len(t); j++ {
		switch {
		case t[j].text == "{":
			return name, j
		case t[j].text == "(" && j > 0 && attribute(t[j-1].text):
			j = closing(t, j) - 1
		case t[j].kind == word && attribute(t[j].text):
		case t[j].kind == word && name == "":
			name = t[j].text
		default:
			return "", -1
		}
	}
	return "", -1
}

func (p *parser) enumerate(name string, line int32, t []token) {
	if name != "" {
		p.out = append(p.out, decl{kind: Enum, name: name, file: p.file, line: line, arity: -1})
	}
	for _, e := range split(t) {
		if len(e) > 0 && e[0].kind == word {
			p.out = append(p.out, decl{kind: Enumerator, name: e[0].text, file: p.file, line: e[0].line, arity: -1})
		}
	}
}

// groups are macros of the kernel whose last argument is members of a structure.
var groups = map[string]int{"struct_group": 1, "struct_group_attr": 2, "struct_group_tagged": 2, "__struct_group": 3, "DECLARE_FLEX_ARRAY": -1}

// fields are the members of a structure, which are reached through into: "a.b."; last: what
// stands behind the last semicolon is one, too.
func (p *parser) fields(t []token, into string, last bool) (out []member) {
	p.deep++
	defer func() { p.deep-- }()
	if p.deep > deepest {
		return nil
	}
	from := 0
	for i := 0; i < len(t); i++ {
		switch t[i].text {
		case "{":
			i = closing(t, i) - 1
		case "(":
			end := closing(t, i)
			if i > 0 && holds(t[i-1].text) {
				out = append(out, p.group(t[i-1].text, t[i+1:max(end-1, i+1)], into)...)
				from = end // read, so the declaration that it stands in has it no second time
			}
			i = end - 1
		case ";":
			out = append(out, p.field(t[from:i], into)...)
			from = i + 1
		}
	}
	if last {
		out = append(out, p.field(t[from:], into)...)
	}
	return out
}

// holds reports whether a macro's arguments are members.
func holds(macro string) bool {
	_, ok := groups[macro]
	return ok || macro == "DECLARE_BITMAP"
}

// group reads the members that a macro holds.
func (p *parser) group(name string, t []token, into string) (out []member) {
	skip := groups[name]
	parts := split(t)
	switch {
	case name == "DECLARE_BITMAP" && len(parts) == 2 && len(parts[0]) > 0:
		out = append(out, member{name: parts[0][0].text, shape: into + "bitmap", line: parts[0][0].line})
	case name == "DECLARE_BITMAP" || len(parts) == 0:
	case skip < 0:
		if last := parts[len(parts)-1]; len(last) > 0 {
			out = append(out, member{name: last[0].text, shape: into + "array", line: last[0].line})
		}
	default:
		for _, part := range parts[min(skip, len(parts)):] {
			out = append(out, p.fields(part, into, true)...)
		}
	}
	return out
}

// What a text that stands for many members may be long: what is longer is told in part.
const (
	longInto = 256
	longType = 8 // tokens, and at most sixteen times as many characters
)

// field reads one declaration of members.
func (p *parser) field(t []token, into string) (out []member) {
	if len(t) == 0 {
		return nil
	}
	i := slices.IndexFunc(t, func(x token) bool { return x.text == "struct" || x.text == "union" })
	if i >= 0 {
		if _, open := opened(t, i); open >= 0 {
			end := closing(t, open)
			inner := t[open+1 : max(end-1, open+1)]
			name := declared(t[end:])
			if name < 0 {
				return p.fields(inner, into, false) // nameless: its members are those of the outer one
			}
			m := member{name: t[end+name].text, shape: into + "struct", line: t[end+name].line}
			if len(into)+len(m.name) < longInto {
				into += m.name + "." // they are reached through it
			}
			return append(p.fields(inner, into, false), m)
		}
	}
	if slices.ContainsFunc(t, func(x token) bool { return x.text == "enum" }) {
		p.composites(t)
	}
	t = flat(t)
	var base []token
	for n, part := range split(t) {
		i := declared(part)
		if i < 0 {
			continue
		}
		kind := part
		if n == 0 {
			base = typeOf(part, i)
		} else {
			kind = append(slices.Clone(base), part...)
			pair(kind)
		}
		name := part[i].text
		out = append(out, member{name: name, shape: into + shape(kind, name), line: part[i].line, types: structures(kind)})
	}
	return out
}

// typeOf is what stands before the first declarator: what the others have, too.
func typeOf(t []token, name int) []token {
	for name > 0 && t[name-1].kind != word {
		name--
	}
	t = t[:name]
	for n, long := 0, 0; n < len(t); n++ {
		if long += len(t[n].text); n == longType || long > 16*longType {
			return t[:n]
		}
	}
	return t
}
