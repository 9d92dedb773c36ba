package drift

import (
	"cmp"
	"strconv"
	"strings"
)

// answer is what a condition says of a kernel.
type answer int8

const (
	perhaps answer = iota
	yes
	no
)

func (a answer) not() answer { return [...]answer{perhaps: perhaps, yes: no, no: yes}[a] }

func (a answer) and(b answer) answer {
	switch {
	case a == no || b == no:
		return no
	case a == yes && b == yes:
		return yes
	}
	return perhaps
}

// region is code under the same conditions.
type region struct {
	state [2]answer // for either kernel; perhaps where nothing is asked, too
	probe string    // the condition that asks for the kernel's version or for a result of configure
	line  int32
}

// level is one #if with what was said before in it.
type level struct {
	now, before [2]answer // before: no branch so far was taken
	any         answer    // before, for a kernel of any version
	probe       string
	line        int32
	off         bool   // no driver is compiled with it, or with one around it: #if 0, assembler
	out, in     region // what holds around it, and in it
}

// conditions are those that hold at a line.
type conditions struct {
	versions [2]int
	stack    []level
}

// directive follows the conditions, and reports whether the line was of one.
func (c *conditions) directive(name, rest string, line int32) bool {
	switch name {
	case "ifdef", "ifndef":
		rest = "defined(" + rest + ")"
		if name == "ifndef" {
			rest = "!" + rest
		}
		fallthrough
	case "if":
		l := level{before: [2]answer{yes, yes}, any: yes, line: line, out: c.region()}
		c.branch(&l, rest, c.off())
		c.stack = append(c.stack, l)
	case "elif", "else":
		if len(c.stack) > 0 {
			l := &c.stack[len(c.stack)-1]
			if name == "else" {
				rest = "1"
			}
			l.line = line
			c.branch(l, rest, len(c.stack) > 1 && c.stack[len(c.stack)-2].off)
		}
	case "endif":
		c.stack = c.stack[:max(len(c.stack)-1, 0)]
	default:
		return false
	}
	return true
}

// branch begins one of a level; off: what is around it is left out. Each level has what
// those around it come to, so that a line costs nothing by how deep it stands.
func (c *conditions) branch(l *level, text string, off bool) {
	asked := phrase(text)
	said := evaluate(asked, 0)
	l.off = off || l.any.and(said) == no
	l.any = l.any.and(said.not())
	for i, v := range c.versions {
		said := evaluate(asked, v)
		l.now[i] = l.before[i].and(said)
		l.before[i] = l.before[i].and(said.not())
	}
	l.probe = cmp.Or(probe(text), l.probe)
	l.in = l.out
	for i := range l.in.state {
		l.in.state[i] = l.in.state[i].and(l.now[i])
	}
	if l.probe != "" {
		l.in.probe, l.in.line = l.probe, l.line
	}
}

func (c *conditions) off() bool { return len(c.stack) > 0 && c.stack[len(c.stack)-1].off }

// region is what holds now.
func (c *conditions) region() region {
	if len(c.stack) == 0 {
		return region{state: [2]answer{yes, yes}}
	}
	return c.stack[len(c.stack)-1].in
}

// outer is what holds around the innermost #if.
func (c *conditions) outer() region {
	if len(c.stack) == 0 {
		return c.region()
	}
	return c.stack[len(c.stack)-1].out
}

// told is how much of a condition is told.
const told = 200

// probe is the condition where it asks what the kernel is like: by its version, a
// distribution's, or a macro that a configure script made.
func probe(text string) string {
	for _, sign := range [...]string{"LINUX_VERSION_CODE", "KERNEL_VERSION", "RHEL_", "HAVE_", "NEED_", "KCL_", "COMPAT_", "BPM_"} {
		if strings.Contains(text, sign) {
			if len(text) > told {
				text = strings.ToValidUTF8(text[:told], "") + "…"
			}
			return text
		}
	}
	return ""
}

// evaluate answers a condition for a kernel's version, 0 for one that is not known.
func evaluate(asked []token, version int) answer {
	e := expression{tokens: asked, version: version}
	v := e.or()
	if e.at < len(e.tokens) {
		return perhaps
	}
	return v.truth()
}

// fixed are the macros that are the same wherever a driver in C is compiled.
var fixed = map[string]int{"__KERNEL__": 1, "__ASSEMBLY__": 0, "__ASSEMBLER__": 0, "__cplusplus": 0}

// value is a number that may be unknown.
type value struct {
	n     int
	known bool
}

func truth(b bool) value {
	if b {
		return value{1, true}
	}
	return value{0, true}
}

func (v value) truth() answer {
	switch {
	case !v.known:
		return perhaps
	case v.n != 0:
		return yes
	}
	return no
}

// expression reads a condition.
type expression struct {
	tokens  []token
	at      int
	version int
	deep    int
}

// deepest is how far what stands in brackets is followed, of a condition or of structures.
// What is deeper is not known.
const deepest = 200

// stop reads no more: the rest is more than this reads.
func (e *expression) stop() value {
	e.at = len(e.tokens) + 1
	return value{}
}

func (e *expression) take(text string) bool {
	if e.at < len(e.tokens) && e.tokens[e.at].text == text {
		e.at++
		return true
	}
	return false
}

func (e *expression) or() value {
	v := e.and()
	for e.take("||") {
		w := e.and()
		switch a, b := v.truth(), w.truth(); {
		case a == yes || b == yes:
			v = truth(true)
		case a == no && b == no:
			v = truth(false)
		default:
			v = value{}
		}
	}
	return v
}

func (e *expression) and() value {
	v := e.compare()
	for e.take("&&") {
		switch a := v.truth().and(e.compare().truth()); a {
		case perhaps:
			v = value{}
		default:
			v = truth(a == yes)
		}
	}
	return v
}

func (e *expression) compare() value {
	v := e.unary()
	for _, op := range [...]string{"==", "!=", "<=", ">=", "<", ">"} {
		if !e.take(op) {
			continue
		}
		w := e.unary()
		if !v.known || !w.known {
			return value{}
		}
		return truth(map[string]bool{"==": v.n == w.n, "!=": v.n != w.n, "<=": v.n <= w.n, ">=": v.n >= w.n, "<": v.n < w.n, ">": v.n > w.n}[op])
	}
	return v
}

func (e *expression) unary() value {
	e.deep++
	defer func() { e.deep-- }()
	if e.deep > deepest {
		return e.stop()
	}
	if e.take("!") {
		switch e.unary().truth() {
		case yes:
			return truth(false)
		case no:
			return truth(true)
		}
		return value{}
	}
	if e.take("(") {
		v := e.or()
		if !e.take(")") {
			return e.stop()
		}
		return v
	}
	if e.at >= len(e.tokens) {
		e.at++
		return value{}
	}
	t := e.tokens[e.at]
	e.at++
	switch {
	case t.kind == number:
		n, err := strconv.ParseInt(strings.TrimRight(t.text, "uUlL"), 0, 64)
		return value{int(n), err == nil}
	case t.text == "LINUX_VERSION_CODE":
		return value{e.version, e.version > 0}
	case t.kind == word:
		return e.call(t.text)
	}
	return value{}
}

// call reads a name with what it is given.
func (e *expression) call(name string) value {
	n, known := fixed[name]
	if known {
		return value{n, true}
	}
	if name == "defined" && e.at < len(e.tokens) && e.tokens[e.at].kind == word {
		e.at++
		n, known = fixed[e.tokens[e.at-1].text]
		return value{n, known}
	}
	if !e.take("(") {
		return value{}
	}
	var args []value
	for e.at < len(e.tokens) && !e.take(")") {
		args = append(args, e.or())
		e.take(",")
	}
	if name == "defined" && len(args) == 1 {
		return args[0] // known for what is fixed alone
	}
	if name == "KERNEL_VERSION" && len(args) == 3 && args[0].known && args[1].known && args[2].known {
		return value{Version(args[0].n, args[1].n, args[2].n), true}
	}
	return value{}
}

// Version is the number of a release as the kernel's own macro makes it.
func Version(major, minor, point int) int { return major<<16 | minor<<8 | min(point, 255) }
