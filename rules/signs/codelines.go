package signs

import (
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// reader goes through the hunks of one file.
type reader struct {
	out      *Code
	file     *gitdiff.File
	kconfig  bool
	uapi     bool
	comment  [2]bool // inside a block comment, before and after the change
	add, del sum     // of the current block of changed lines
	naming   bool    // a string of the block is a name that something else is matched with
	// shapes of removed lines of the current block, to be paired with added ones
	shapes [16]shape
	nshape int
	row    [2]int         // brackets that a row of an ID table has left open, before and after the change
	rest   []gitdiff.Line // of the hunk, from the line being read on
}

// shape is a line without its numbers, and its numbers.
type shape struct{ form, numbers uint64 }

func (r *reader) hunk(h *gitdiff.TextFragment, left *int) {
	fn := strings.ToLower(h.Comment)
	if strings.Contains(fn, "suspend") || strings.Contains(fn, "resume") || strings.Contains(fn, "power") || strings.Contains(fn, "_pm_") {
		r.out.Power++
	}
	if strings.Contains(fn, "reset") || strings.Contains(fn, "recover") || strings.Contains(fn, "unload") || strings.Contains(fn, "teardown") {
		r.out.Reset++
	}
	in := startsInComment(h)
	r.comment = [2]bool{in, in}
	r.row = [2]int{}
	line := int32(h.NewPosition)
	paired := 0
	for i, l := range h.Lines {
		r.rest = h.Lines[i:]
		switch l.Op {
		case gitdiff.OpContext:
			r.block()
			paired, r.row = 0, [2]int{}
			line++
			if r.comment != [2]bool{} || strings.Contains(l.Line, "/*") {
				r.comment[0] = endsInComment(l.Line, r.comment[0])
				r.comment[1] = endsInComment(l.Line, r.comment[1])
			}
			if r.kconfig && r.out.conf.file == nil && needsBroken(l.Line) {
				r.out.conf = place{r.file, line - 1, l.Line}
			}
			continue
		case gitdiff.OpDelete:
			if paired > 0 {
				r.nshape, paired = 0, 0
			}
		}
		if *left--; *left < 0 {
			r.out.Truncated = true
			return
		}
		add := l.Op == gitdiff.OpAdd
		sh, ok := r.line(l.Line, add, line)
		switch {
		case !ok:
		case !add && r.nshape < len(r.shapes):
			r.shapes[r.nshape] = sh
			r.nshape++
		case add && paired < r.nshape:
			if old := r.shapes[paired]; old.form == sh.form && old.numbers != sh.numbers {
				r.mark(SignValue, true, l.Line, line)
			}
			paired++
		}
		if add {
			line++
		}
		r.naming = r.naming || namesByString(l.Line)
	}
	r.block()
}

// block closes a run of changed lines: its two sides are compared by
// themselves, so that code moved elsewhere is a difference. A block that opens
// or closes a comment around lines it does not show hides or reveals code.
func (r *reader) block() {
	if r.add != (sum{}) || r.del != (sum{}) {
		shut := r.comment[0] == r.comment[1]
		code := r.add.code == r.del.code
		r.out.same(r.add.all == r.del.all, shut && code, shut && (code || !r.naming && r.add.bare == r.del.bare))
		r.add, r.del = sum{}, sum{}
	}
	r.nshape, r.naming = 0, false
}

// namesByString tells lines whose string is compared with that of a device, a file or
// another module: a letter of it decides what the kernel binds. A macro with arguments
// such as pr_fmt forms messages.
func namesByString(line string) bool {
	at := strings.IndexByte(line, '"')
	if at < 0 {
		return false
	}
	before := strings.TrimSpace(line[:at])
	if macro, ok := strings.CutPrefix(before, "#define"); ok {
		return !strings.Contains(macro, "(")
	}
	return slices.ContainsFunc(nameForms, func(form string) bool { return strings.Contains(before, form) })
}

// nameForms stand before a string that is such a name.
var nameForms = []string{"MODULE_ALIAS", "MODULE_FIRMWARE", "MODULE_SOFTDEP", ".compatible", "DMI_MATCH(", "DMI_EXACT_MATCH("}

// startsInComment tells whether the first lines shown are the inside of a
// comment that began above the hunk.
func startsInComment(h *gitdiff.TextFragment) bool {
	for _, l := range h.Lines {
		open, end := strings.Index(l.Line, "/*"), strings.Index(l.Line, "*/")
		if open >= 0 && (end < 0 || open < end) {
			return false
		}
		if end >= 0 {
			return true
		}
	}
	return false
}

func endsInComment(s string, in bool) bool {
	open, end := strings.LastIndex(s, "/*"), strings.LastIndex(s, "*/")
	if open < 0 && end < 0 {
		return in
	}
	return open > end
}

func (r *reader) mark(s Sign, add bool, text string, line int32) {
	if add {
		r.out.Added[s]++
	} else {
		r.out.Removed[s]++
	}
	if p := &r.out.first[s]; p.file == nil || !add && r.out.Added[s] == 0 {
		*p = place{r.file, line, text}
	}
}

// fnv64 constants: a fingerprint that needs no table and no allocation.
const (
	fnvBasis = 14695981039346656037
	fnvPrime = 1099511628211
)

// line reads one changed line: its fingerprint, its shape, its identifiers.
// ok is false for lines that hold no code.
func (r *reader) line(s string, add bool, at int32) (sh shape, ok bool) {
	side, comment := &r.del, &r.comment[0]
	if add {
		side, comment = &r.add, &r.comment[1]
	}
	all, code, bare := side.all, side.code, side.bare
	form, numbers := uint64(fnvBasis), uint64(fnvBasis)
	var seen uint32 // signs of this line: each counts once
	i := 0
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	column := i
	begin := i
	if !*comment && i < len(s) && s[i] == '*' && (i+1 == len(s) || s[i+1] == ' ' || s[i+1] == '\n' || s[i+1] == '/' || s[i+1] == '\t') {
		// The middle of a comment whose ends are not shown.
		for ; i < len(s); i++ {
			if c := s[i]; c > ' ' {
				all = (all ^ uint64(c)) * fnvPrime
			}
		}
		side.all = all
		return sh, false
	}
	if r.kconfig {
		r.kconfigLine(s[i:], add, at)
	}
	condition := false // "if (" or "while (" began this line
	for i < len(s) {
		c := s[i]
		switch {
		case c <= ' ':
			i++
			continue
		case *comment:
			all = (all ^ uint64(c)) * fnvPrime
			if c == '*' && i+1 < len(s) && s[i+1] == '/' {
				all = (all ^ '/') * fnvPrime
				*comment = false
				i++
			}
			i++
			continue
		case c == '/' && i+1 < len(s) && s[i+1] == '*':
			*comment = true
			all = ((all^'/')*fnvPrime ^ '*') * fnvPrime
			i += 2
			continue
		case c == '/' && i+1 < len(s) && s[i+1] == '/', c == '#' && r.kconfig:
			for ; i < len(s); i++ {
				if s[i] > ' ' {
					all = (all ^ uint64(s[i])) * fnvPrime
				}
			}
			continue
		case c == '"':
			all = (all ^ '"') * fnvPrime
			code = (code ^ '"') * fnvPrime
			bare = (bare ^ '"') * fnvPrime
			form = (form ^ '"') * fnvPrime
			for i++; i < len(s) && s[i] != '"' && s[i] != '\n'; i++ {
				if s[i] == '\\' && i+1 < len(s) {
					i++
				}
				all = (all ^ uint64(s[i])) * fnvPrime
				code = (code ^ uint64(s[i])) * fnvPrime
				if s[i] < '0' || s[i] > '9' {
					form = (form ^ uint64(s[i])) * fnvPrime
				} else {
					numbers = (numbers ^ uint64(s[i])) * fnvPrime
				}
			}
			i++
			ok = true
			continue
		case c >= '0' && c <= '9':
			for ; i < len(s) && identByte[s[i]]; i++ {
				v := uint64(s[i])
				all = (all ^ v) * fnvPrime
				code = (code ^ v) * fnvPrime
				bare = (bare ^ v) * fnvPrime
				numbers = (numbers ^ v) * fnvPrime
			}
			form = (form ^ '0') * fnvPrime
			numbers = (numbers ^ ' ') * fnvPrime
			ok = true
			continue
		case identByte[c]:
			start := i
			for ; i < len(s) && identByte[s[i]]; i++ {
				v := uint64(s[i])
				all = (all ^ v) * fnvPrime
				code = (code ^ v) * fnvPrime
				bare = (bare ^ v) * fnvPrime
				form = (form ^ v) * fnvPrime
			}
			ok = true
			id := s[start:i]
			if start == begin && (id == "if" || id == "while") {
				condition = true
				if id == "if" {
					seen |= 1 << SignCondition
				}
			}
			if start == begin && id == "return" || id == "goto" {
				if id == "goto" || strings.HasPrefix(strings.TrimLeft(s[i:], " ("), "-E") {
					seen |= 1 << SignErrorPath
				}
				continue
			}
			if start == begin && id == "case" {
				if names(s[i:]) {
					seen |= 1 << SignCase
				}
				continue
			}
			if start > 0 && s[start-1] == '.' && (id == "compatible" && strings.HasPrefix(s[i:], " = \"") || id == "match_flags" && strings.HasPrefix(strings.TrimLeft(s[i:], " \t"), "= ")) {
				seen |= 1 << SignID
				continue
			}
			if sg, is := identifier(id, i < len(s) && s[i] == '('); is {
				seen |= 1 << sg
			}
			continue
		}
		all = (all ^ uint64(c)) * fnvPrime
		code = (code ^ uint64(c)) * fnvPrime
		bare = (bare ^ uint64(c)) * fnvPrime
		form = (form ^ uint64(c)) * fnvPrime
		ok = ok || c > ' ' && c != '{' && c != '}'
		switch {
		case c == '!' && condition && i+1 < len(s) && (identByte[s[i+1]] && s[i+1] > '9'):
			if !calls(s[i+1:]) {
				seen |= 1 << SignNullCheck
			}
		case condition && (c == '<' || c == '>' && i > 0 && s[i-1] != '-') && i+1 < len(s) && s[i+1] != c && s[i-1] != c:
			seen |= 1 << SignBounds
		case c == '=' && (strings.HasPrefix(s[i:], "= {}") || strings.HasPrefix(s[i:], "= {0}") || strings.HasPrefix(s[i:], "= { 0 }") ||
			strings.HasPrefix(s[i:], "= NULL;") || strings.HasPrefix(s[i:], "= { }")):
			seen = seen&^(1<<SignNullCheck) | 1<<SignInit
			i = len(s)
			continue
		}
		i++
	}
	side.all, side.code, side.bare = all, code, bare
	if ok {
		r.tableRow(s, add, seen&(1<<SignID) != 0)
	}
	if column == 0 && begin < len(s) && definesFunction(s) && !declares(r.rest) {
		seen |= 1 << SignFunction
	}
	if strings.HasPrefix(s, "#define") {
		seen |= 1 << SignMacro
	}
	for sg := Sign(0); seen != 0; sg++ {
		if seen&1 != 0 {
			r.mark(sg, add, s, at)
			if add {
				r.out.addedText[sg] += form ^ numbers
			} else {
				r.out.removedText[sg] += form ^ numbers
			}
		}
		seen >>= 1
	}
	return shape{form, numbers}, ok
}

// tableRow follows a row of an ID table over its lines: some tables have macros
// with a dozen arguments.
func (r *reader) tableRow(s string, add, starts bool) {
	open := &r.row[0]
	if add {
		open = &r.row[1]
	}
	if *open == 0 && !starts {
		return
	}
	if *open > 0 && !starts {
		r.out.IDRest++
	}
	*open = max(0, *open+strings.Count(s, "(")-strings.Count(s, ")"))
}

// names tells whether a case label stands for a chip, a version or an ID.
func names(label string) bool {
	return strings.Contains(label, "VERSION(") || strings.Contains(label, "CHIP_") || strings.Contains(label, "DEVICE_ID") || strings.Contains(label, "DEV_ID")
}

// calls tells whether the operand of "!" is a call rather than a variable.
func calls(s string) bool {
	for i := range len(s) {
		if c := s[i]; !identByte[c] && c != '.' && c != '-' && c != '>' && c != '[' && c != ']' {
			return c == '('
		}
	}
	return false
}

// definesFunction tells the first line of a definition from declarations,
// labels and preprocessor lines.
func definesFunction(s string) bool {
	if !identByte[s[0]] || s[0] <= '9' {
		return false
	}
	open := strings.IndexByte(s, '(')
	if open > 0 && !strings.ContainsAny(s[:open], " =") { // its type stands on the line before
		args := s[open+1:]
		return s[0] >= 'a' && !strings.ContainsAny(s, ";\"") && (strings.Contains(args, " ") || strings.HasPrefix(args, "void)"))
	}
	return open > 0 && strings.LastIndexByte(s[:open], ' ') > 0 && !strings.Contains(s, ";") &&
		!strings.Contains(s[:open], "=") && !strings.HasPrefix(s, "typedef") && !strings.HasPrefix(s, "struct {")
}

// needsBroken: a condition that BROKEN alone can meet. "BROKEN || X" is met
// without it.
func needsBroken(s string) bool {
	return strings.Contains(s, "BROKEN") && !strings.Contains(s, "||")
}

func (r *reader) kconfigLine(s string, add bool, at int32) {
	switch {
	case strings.HasPrefix(s, "config "), strings.HasPrefix(s, "menuconfig "):
		r.mark(SignConfig, add, s, at)
	case strings.HasPrefix(s, "depends on "), strings.HasPrefix(s, "select "), strings.HasPrefix(s, "imply "):
		r.mark(SignConfigDep, add, s, at)
		if needsBroken(s) {
			r.mark(SignBroken, add, s, at)
		}
	}
}

// identByte tells what a C identifier or number is made of.
var identByte = func() (b [256]bool) {
	for c := range b {
		b[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
	}
	return
}()
