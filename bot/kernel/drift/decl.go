package drift

import (
	"slices"
	"strings"
)

// What a declaration is of.
const (
	Function   = "function"
	Macro      = "macro"
	Struct     = "struct" // with unions
	Enum       = "enum"
	Enumerator = "enumerator"
	Typedef    = "typedef"
	Variable   = "variable"
)

// decl is one declaration in a header.
type decl struct {
	kind, name string
	file       string
	line       int32
	arity      int    // of a function or macro; -1: no parentheses, -2: any number
	shape      string // of a function: what it returns and takes; of a type: what it stands for
	inline     bool
	members    []member
	types      []string // structures that it leads to
}

// member is one of a structure; those of nameless ones in it count as its own.
type member struct {
	name, shape string
	line        int32
	types       []string
}

// declarations reads those of a header.
func declarations(file string, s *scanned) []decl {
	p := parser{file: file, tokens: s.tokens}
	for _, d := range s.defines {
		p.out = append(p.out, decl{kind: Macro, name: d.name, file: file, line: d.line, arity: d.arity})
	}
	for p.at < len(p.tokens) {
		p.statement()
	}
	return p.out
}

type parser struct {
	file   string
	tokens []token
	at     int
	out    []decl
	deep   int // of members in members
}

// closing returns the index behind what closes the bracket at i.
func closing(t []token, i int) int {
	if end := i + int(t[i].span); end > i && end <= len(t) {
		return end
	}
	return len(t)
}

// statement reads one declaration at the outermost level.
func (p *parser) statement() {
	from, composite := p.at, false
	for p.at < len(p.tokens) {
		switch t := p.tokens[p.at]; t.text {
		case ";":
			p.declare(p.tokens[from:p.at], false)
			p.at++
			return
		case "}":
			p.at++ // of extern "C", or what some condition left over
			return
		case "{":
			head := p.tokens[from:p.at]
			if len(head) == 2 && head[0].text == "extern" {
				p.at++
				return
			}
			// A second body is none of a structure.
			if value := p.tokens[max(p.at-1, from)].text == "="; value || !composite && defines(head) {
				composite = composite || !value
				p.at = closing(p.tokens, p.at)
				continue
			}
			p.declare(head, true)
			p.at = closing(p.tokens, p.at)
			return
		case "(":
			p.at = closing(p.tokens, p.at)
			if p.loose(from) {
				return
			}
		default:
			p.at++
		}
	}
	p.at = max(p.at, from+1)
}

// loose reports whether what was read is a macro that stands without a semicolon.
func (p *parser) loose(from int) bool {
	if p.tokens[from].kind != word || from+1 >= len(p.tokens) || p.tokens[from+1].text != "(" || attribute(p.tokens[from].text) || p.at >= len(p.tokens) {
		return false
	}
	next := p.tokens[p.at]
	return next.kind == word && next.line > p.tokens[p.at-1].line
}

// defines reports whether a head before a brace is of a structure or an enumeration.
func defines(head []token) bool {
	for i, t := range head {
		switch t.text {
		case "struct", "union", "enum":
			rest := 0
			for _, u := range head[i+1:] {
				if u.kind == word && !attribute(u.text) && u.text != "packed" && u.text != "aligned" {
					if rest++; rest > 1 {
						return false
					}
				}
				if u.text == "(" {
					return attribute(head[i+1].text)
				}
			}
			return true
		case "typedef", "static", "const", "extern", "volatile":
		default:
			return false
		}
	}
	return false
}

// attribute reports whether a word says how, not what.
func attribute(s string) bool {
	switch s {
	case "static", "inline", "extern", "asmlinkage", "notrace", "noinline", "noinstr", "asm", "__attribute__", "__extension__", "volatile", "register", "const_debug":
		return true
	}
	if !strings.HasPrefix(s, "__") {
		return false
	}
	rest := strings.TrimLeft(s[2:], "ulebs")
	return rest == "" || rest[0] < '0' || rest[0] > '9'
}

// declare reads a declaration without its braces' content, or with it where it stands.
func (p *parser) declare(t []token, body bool) {
	if len(t) == 0 {
		return
	}
	typedef := t[0].text == "typedef"
	if typedef {
		t = t[1:]
	}
	p.composites(t)
	switch name, args, end := function(t); {
	case len(t) == 0:
	case !typedef && name >= 0:
		d := decl{kind: Function, name: t[name].text, file: p.file, line: t[name].line, inline: body}
		params := split(t[args+1 : end-1])
		for _, a := range params {
			d.types = append(d.types, structures(a)...)
		}
		d.arity, d.shape = arity(params), shape(t[:name], "")+" ("+shapes(params)+")"
		d.types = append(d.types, structures(t[:name])...)
		p.out = append(p.out, d)
	case typedef:
		if i := declared(t); i >= 0 {
			p.out = append(p.out, decl{kind: Typedef, name: t[i].text, file: p.file, line: t[i].line, arity: -1, shape: shape(flat(t), t[i].text), types: structures(t)})
		}
	case t[0].text == "extern" && !body:
		if i := declared(t); i >= 0 {
			p.out = append(p.out, decl{kind: Variable, name: t[i].text, file: p.file, line: t[i].line, arity: -1, types: structures(t)})
		}
	}
}

// function finds the name and the brackets of one; -1 when it is none.
func function(t []token) (name, open, end int) {
	types := 0
	for i := 0; i < len(t); i++ {
		switch t[i].text {
		case "{":
			i = closing(t, i) - 1
			types++
		case "=":
			return -1, 0, 0
		case "(":
			if i == 0 || t[i-1].kind != word {
				return -1, 0, 0
			}
			end, how := closing(t, i), attribute(t[i-1].text)
			if types > 1 && (!how || !goesOn(t, end)) {
				return i - 1, i, end
			}
			if !how {
				return -1, 0, 0 // a macro that stands alone
			}
			i = end - 1 // __printf(1, 2)
		default:
			if t[i].kind == word && counted(t, i, types) {
				types++
			}
		}
	}
	return -1, 0, 0
}

// goesOn reports whether what may be the name comes later.
func goesOn(t []token, i int) bool { return i < len(t) && (t[i].kind == word || t[i].text == "*") }

// counted reports whether a word before the brackets is of the type or the name: one that
// looks as an attribute may be a function's name where a type stands before it.
func counted(t []token, i, types int) bool {
	if !attribute(t[i].text) {
		return true
	}
	return types > 0 && i+1 < len(t) && t[i+1].text == "("
}

// declared is the index of the name that a declaration without arguments gives.
func declared(t []token) int {
	last := -1
	for i := 0; i < len(t); i++ {
		switch {
		case t[i].text == "{":
			i = closing(t, i) - 1
		case t[i].text == "[" || t[i].text == "=" || t[i].text == ":":
			return last
		case t[i].text == "(" && i+2 < len(t) && t[i+1].text == "*":
			for j := i + 2; j < len(t) && t[j].text != ")"; j++ {
				if t[j].kind == word && !attribute(t[j].text) {
					return j
				}
			}
			return last
		case t[i].text == "(":
			if i > 0 && attribute(t[i-1].text) {
				i = closing(t, i) - 1
				continue
			}
			return last
		case t[i].kind == word && !attribute(t[i].text):
			last = i
		}
	}
	return last
}

// flat leaves out what stands in braces.
func flat(t []token) []token {
	if !slices.ContainsFunc(t, func(x token) bool { return x.text == "{" }) {
		return t
	}
	var out []token
	for i := 0; i < len(t); i++ {
		if t[i].text == "{" {
			i = closing(t, i) - 1
			continue
		}
		out = append(out, t[i])
	}
	pair(out)
	return out
}

// split cuts at the commas.
func split(t []token) (out [][]token) {
	from := 0
	for i := 0; i < len(t); i++ {
		switch t[i].text {
		case "(", "[", "{":
			i = closing(t, i) - 1
		case ",":
			out = append(out, t[from:i])
			from = i + 1
		}
	}
	if from < len(t) {
		out = append(out, t[from:])
	}
	return out
}

func arity(params [][]token) int {
	if len(params) == 1 && len(params[0]) == 1 && params[0][0].text == "void" {
		return 0
	}
	for _, p := range params {
		if len(p) > 0 && p[0].text == "." {
			return -2
		}
	}
	return len(params)
}

func shapes(params [][]token) string {
	var out []string
	for _, p := range params {
		name := ""
		if i := declared(p); i > 0 && (p[i-1].kind == word && !slices.Contains([]string{"struct", "union", "enum", "const", "unsigned", "signed"}, p[i-1].text) || p[i-1].kind != word) &&
			!basic(p[i].text) {
			name = p[i].text
		}
		out = append(out, shape(p, name))
	}
	return strings.Join(out, ", ")
}

// basic reports whether a word is part of a type of the language itself.
func basic(s string) bool {
	switch s {
	case "int", "char", "long", "short", "unsigned", "signed", "void", "float", "double", "bool":
		return true
	}
	return false
}

// shape is a type as text: without the name that is declared, and without what only says
// how.
func shape(t []token, name string) string {
	var b strings.Builder
	for i := 0; i < len(t); i++ {
		x := t[i]
		switch {
		case x.kind == word && attribute(x.text):
			if i+1 < len(t) && t[i+1].text == "(" {
				i = closing(t, i+1) - 1
			}
			continue
		case x.text == name && x.kind == word && (i == 0 || t[i-1].text != "struct"):
			name = ""
			continue
		}
		if x.kind != mark && b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(x.text)
	}
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), "( ", "("), "* ", "*")
}

// structures are those that a type names.
func structures(t []token) (out []string) {
	for i := 0; i+1 < len(t); i++ {
		if (t[i].text == "struct" || t[i].text == "union") && t[i+1].kind == word {
			out = append(out, t[i+1].text)
		}
	}
	return out
}
