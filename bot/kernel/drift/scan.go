package drift

import (
	"bytes"
	"strings"
)

// kind is what a token is.
type kind byte

const (
	word kind = iota
	number
	quoted
	mark
)

// token is one of C.
type token struct {
	text   string
	line   int32
	region int32 // of conditions
	span   int32 // of a bracket: how far behind it what closes it ends; 0: nothing does
	kind   kind
}

// define is a macro: its own tokens are not among those of the file.
type define struct {
	name   string
	arity  int // -1: it takes no parentheses; -2: any number
	line   int32
	region int32
	body   []token
}

// scanned is a file taken apart.
type scanned struct {
	tokens   []token
	asked    []token // words of conditions
	defines  []define
	includes []include
	regions  []region
}

type include struct {
	path   string
	local  bool // "in quotes"
	line   int32
	region int32
}

// scanner reads a file. Comments end as C has them.
type scanner struct {
	data []byte
	at   int
	line int32
	out  scanned
	cond conditions
	part bool   // of a line: no directive begins in it
	open [2]int // up to where no quote of either kind ends
}

// scan takes a file apart; versions are the kernels that its conditions are asked for.
func scan(data []byte, versions [2]int) *scanned {
	s := &scanner{data: data, cond: conditions{versions: versions}}
	return s.read()
}

// phrase takes a part of a line apart, as a condition: a directive in it is none.
func phrase(text string) []token {
	s := &scanner{data: []byte(text), part: true}
	return s.read().tokens
}

func (s *scanner) read() *scanned {
	s.line = 1
	data := s.data
	s.out.tokens = make([]token, 0, len(data)/6)
	s.out.regions = []region{{}}
	fresh := true // at the beginning of a line
	for s.at < len(s.data) {
		switch c := s.data[s.at]; {
		case c == '\n':
			s.line++
			s.at++
			fresh = true
		case c == ' ' || c == '\t' || c == '\r' || c == '\f':
			s.at++
		case s.comment():
		case c == '#' && fresh && !s.part:
			s.directive()
		default:
			fresh = false
			t := s.token()
			if !s.cond.off() {
				s.out.tokens = append(s.out.tokens, t)
			}
		}
	}
	pair(s.out.tokens)
	return &s.out
}

// pair tells each bracket where it ends.
func pair(t []token) {
	var open []int
	for i := range t {
		switch t[i].text {
		case "(", "[", "{":
			t[i].span = 0
			open = append(open, i)
		case ")", "]", "}":
			if n := len(open) - 1; n >= 0 {
				t[open[n]].span = int32(i + 1 - open[n])
				open = open[:n]
			}
		}
	}
}

// comment skips one, or an escaped line end.
func (s *scanner) comment() bool {
	rest := s.data[s.at:]
	switch {
	case bytes.HasPrefix(rest, []byte("/*")):
		end := bytes.Index(rest[2:], []byte("*/"))
		if end < 0 {
			end = len(rest) - 4
		}
		text := rest[:max(min(end+4, len(rest)), 1)]
		s.line += int32(bytes.Count(text, []byte("\n")))
		s.at += len(text)
	case bytes.HasPrefix(rest, []byte("//")):
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		s.at += end
	case bytes.HasPrefix(rest, []byte("\\\n")):
		s.line++
		s.at += 2
	default:
		return false
	}
	return true
}

func letter(c byte) bool {
	return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' || c >= 0x80
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// literal is the length of the string or character that begins here; 1 where its line has
// no end of it, as an apostrophe of prose that nobody compiles.
func (s *scanner) literal() int {
	rest := s.data[s.at:]
	open := &s.open[0]
	if rest[0] == '\'' {
		open = &s.open[1]
	}
	if s.at < *open {
		return 1 // an escaped one of a string without an end
	}
	i := 1
	for ; i < len(rest) && rest[i] != '\n'; i++ {
		switch rest[i] {
		case rest[0]:
			return i + 1
		case '\\':
			i++
		}
	}
	*open = s.at + i
	return 1
}

// token reads the next one.
func (s *scanner) token() token {
	from, c := s.at, s.data[s.at]
	t := token{line: s.line, region: int32(len(s.out.regions) - 1), kind: mark}
	s.at++
	switch {
	case letter(c):
		t.kind = word
		for s.at < len(s.data) && (letter(s.data[s.at]) || digit(s.data[s.at])) {
			s.at++
		}
	case digit(c):
		t.kind = number
		for s.at < len(s.data) && (letter(s.data[s.at]) || digit(s.data[s.at]) || s.data[s.at] == '.') {
			s.at++
		}
	case c == '"' || c == '\'':
		t.kind = quoted
		s.at = from
		s.at += s.literal()
		s.line += int32(bytes.Count(s.data[from:s.at], []byte("\n")))
	default:
		for _, two := range [...]string{"->", "==", "!=", "<=", ">=", "&&", "||", "##"} {
			if bytes.HasPrefix(s.data[from:], []byte(two)) {
				s.at++
				break
			}
		}
	}
	t.text = string(s.data[from:s.at])
	return t
}

// logical is the rest of a directive's line with those that continue it, without comments.
func (s *scanner) logical() string {
	var text []byte
	for s.at++; s.at < len(s.data) && s.data[s.at] != '\n'; {
		was := s.at
		if s.comment() {
			text = append(text, ' ')
			continue
		}
		if c := s.data[was]; c == '"' || c == '\'' {
			s.at += s.literal() // what looks like a comment in it is none
			s.line += int32(bytes.Count(s.data[was:s.at], []byte("\n")))
		} else {
			s.at++
		}
		text = append(text, s.data[was:s.at]...)
	}
	return strings.TrimSpace(string(text))
}

// asks takes note of what a condition names: a symbol of Kconfig that is gone is no error
// of the compiler, it leaves the code out in silence. What is asked with defined() may be
// missing, so it is no use.
func (s *scanner) asks(name, rest string, line int32) {
	if name == "ifdef" || name == "ifndef" {
		rest = "defined(" + rest + ")"
	}
	s.out.regions = append(s.out.regions, s.cond.outer())
	t := phrase(rest)
	for i := range t {
		before := max(i-1, 0)
		if t[before].text == "(" {
			before = max(before-1, 0)
		}
		if t[i].kind != word || t[i].text == "defined" || t[before].text == "defined" && !strings.HasPrefix(t[i].text, "CONFIG_") {
			continue
		}
		t[i].line, t[i].region = line, int32(len(s.out.regions)-1)
		s.out.asked = append(s.out.asked, t[i])
	}
}

// directive reads a line of the preprocessor with those that continue it.
func (s *scanner) directive() {
	line := s.line
	name, rest := cut(s.logical())
	wasOff := s.cond.off()
	if s.cond.directive(name, rest, line) {
		if !wasOff && name != "endif" && name != "else" {
			s.asks(name, rest, line)
		}
		s.out.regions = append(s.out.regions, s.cond.region())
		return
	}
	if wasOff {
		return
	}
	region := int32(len(s.out.regions) - 1)
	switch name {
	case "include":
		if len(rest) > 2 && (rest[0] == '<' || rest[0] == '"') {
			if end := strings.IndexAny(rest[1:], `>"`); end > 0 {
				s.out.includes = append(s.out.includes, include{rest[1 : 1+end], rest[0] == '"', line, region})
			}
		}
	case "define":
		s.define(rest, line, region)
	}
}

// cut splits a directive into its name and the rest.
func cut(text string) (name, rest string) {
	i := 0
	for i < len(text) && letter(text[i]) {
		i++
	}
	return text[:i], strings.TrimSpace(text[i:])
}

func (s *scanner) define(rest string, line, region int32) {
	i := 0
	for i < len(rest) && (letter(rest[i]) || digit(rest[i])) {
		i++
	}
	if i == 0 {
		return
	}
	d := define{name: rest[:i], arity: -1, line: line, region: region}
	body := rest[i:]
	if strings.HasPrefix(body, "(") {
		end := strings.IndexByte(body, ')')
		if end < 0 {
			return
		}
		switch params := strings.TrimSpace(body[1:end]); {
		case strings.Contains(params, "..."):
			d.arity = -2
		case params == "":
			d.arity = 0
		default:
			d.arity = strings.Count(params, ",") + 1
		}
		body = body[end+1:]
	}
	d.body = phrase(body)
	for j := range d.body {
		d.body[j].line, d.body[j].region = line, region
	}
	s.out.defines = append(s.out.defines, d)
}
