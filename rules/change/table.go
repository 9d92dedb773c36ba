package change

import (
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Table lines are data in the shape of source: register headers, golden
// register values, firmware arrays, PCI, USB and OF match tables, quirk tables,
// devicetree. Stable trees have taken patches of which most was such a table
// ("468 lines, 397 of them register definitions"), so they are counted apart.
//
// A file is all table by its name where a generator writes it or its format is
// data. Elsewhere a table is a run of lines, at least minTableRows of them
// rows, with nothing between but the braces, members, comments and blank lines
// that entries consist of.

// minTableRows is the least number of rows that make a table: the new row of an
// ID table with the context of -U3 shows at least this many, while a pair of
// constants beside code does not.
const minTableRows = 3

// minDefineRows is the least number of added or removed #define lines that make
// a register table. Fewer are constants that somebody changed by hand, which is
// code: a mask that was wrong, a time-out, a version.
const minDefineRows = 8

// rowShare: at least one line in rowShare of a run is a row. A DMI quirk of
// nine lines has two.
const rowShare = 5

// lineClass is what a line looks like by itself.
type lineClass byte

const (
	code   lineClass = iota
	row              // a table's row: enough of them make a table
	define           // a #define of a constant: many of them make a table
	member           // may stand inside a table: brace, .name = value, string
	comment
	blank
	table // decided: part of a table
)

// fileClass is what a file's name says of its lines.
type fileClass struct {
	table  bool // generated or data: every line is a table line
	text   bool // documentation: no line is code
	header bool // .h
	hash   bool // "#" begins a comment
}

func classOf(name string) fileClass {
	var f fileClass
	base := name[strings.LastIndexByte(name, '/')+1:]
	dot := strings.LastIndexByte(base, '.')
	ext := ""
	if dot >= 0 {
		ext = base[dot:]
	}
	switch ext {
	case ".h":
		f.header = true
		f.table = strings.HasSuffix(base, "_sh_mask.h") || strings.HasSuffix(base, "_offset.h") ||
			strings.HasSuffix(base, "_enum.h") || strings.Contains(name, "/asic_reg/")
	case ".dts", ".dtsi", ".dtso", ".ihex", ".hex":
		f.table = true
	case ".rst", ".txt", ".md":
		f.text = true
	case ".c", ".S", ".rs":
	default:
		f.hash = true // Makefile, Kconfig, yaml, scripts
		f.text = strings.HasPrefix(name, "Documentation/")
	}
	if base == "MAINTAINERS" || base == ".mailmap" || base == "CREDITS" {
		f.text = true
	}
	return f
}

// classify returns the class of each of the lines, in cls.
func classify(f fileClass, lines []gitdiff.Line, cls []lineClass) []lineClass {
	cls = cls[:len(lines)]
	rows, defines, changed, start := 0, 0, 0, 0 // changed: of the defines
	end := func(i int) {
		if (rows >= minTableRows || changed >= minDefineRows) && (rows+defines)*rowShare >= i-start {
			for j := start; j < i; j++ {
				cls[j] = table
			}
		}
		rows, defines, changed, start = 0, 0, 0, i+1
	}
	for i := range lines {
		k := table
		if !f.table {
			k = classLine(f, lines[i].Line)
		}
		cls[i] = k
		switch k {
		case row:
			rows++
		case define:
			defines++
			if lines[i].Op != gitdiff.OpContext {
				changed++
			}
		case code:
			end(i)
		}
	}
	end(len(lines))
	return cls
}

// classLine looks at one line alone.
func classLine(f fileClass, s string) lineClass {
	s = trimSpace(s)
	if s == "" {
		return blank
	}
	if f.text {
		return comment
	}
	if strings.HasSuffix(s, "*/") && !strings.Contains(s, "/*") {
		return comment // its last line, without a star before it
	}
	switch c := s[0]; {
	case c == '/':
		if len(s) > 1 && (s[1] == '/' || s[1] == '*') {
			return comment
		}
	case c == '*':
		if len(s) == 1 || s[1] == ' ' || s[1] == '/' || s[1] == '\t' || s[1] == '*' {
			return comment
		}
	case c == '#':
		if f.hash {
			return comment
		}
		return defineClass(s)
	case c == '{':
		if len(s) == 1 {
			return member
		}
		if strings.IndexByte(s, ';') < 0 && strings.IndexByte(s, '}') > 0 {
			return row
		}
		return member
	case c == '}':
		if s == "}," || s == "}, {" || s == "}" {
			return member
		}
	case c == '.':
		if strings.HasSuffix(s, ",") || strings.HasSuffix(s, "{") {
			return member
		}
	case c == '"':
		return member
	case isDigit(c):
		return numbersClass(s)
	case c >= 'A' && c <= 'Z':
		return macroClass(s)
	}
	return code
}

// defineClass tells a #define of a constant from other preprocessor lines.
func defineClass(s string) lineClass {
	s, ok := strings.CutPrefix(s, "#define")
	if !ok || s == "" || !isSpace(s[0]) {
		return code
	}
	s = strings.TrimLeft(s, " \t")
	i := 0
	for i < len(s) && isWord(s[i]) {
		i++
	}
	if i < len(s) && s[i] == '(' { // a register of an array: FOO(i)
		j := strings.IndexByte(s, ')')
		if j < 0 {
			return code
		}
		i = j + 1
	}
	v := strings.TrimLeft(s[i:], " \t")
	switch {
	case v == "":
		return code
	case isDigit(v[0]):
		return define
	case v[0] == '(':
		v = strings.TrimLeft(v, "( ")
		if v != "" && isDigit(v[0]) {
			return define
		}
	}
	for _, head := range []string{"BIT(", "BIT_ULL(", "GENMASK(", "GENMASK_ULL(", "REG_BIT(", "REG_GENMASK(", "REG_FIELD_PREP(", "_MMIO(", "_MMIO_", "XE_REG("} {
		if strings.HasPrefix(v, head) {
			return define
		}
	}
	return code
}

// numbersClass tells the rows of an array of numbers.
func numbersClass(s string) lineClass {
	for _, mark := range []string{"//", "/*"} {
		if i := strings.Index(s, mark); i >= 0 {
			s = trimRight(s[:i])
		}
	}
	if !strings.HasSuffix(s, ",") && !strings.HasPrefix(s, "0x") {
		return code
	}
	for i := range len(s) {
		switch c := s[i]; {
		case isHex(c), c == 'x', c == 'X', c == ',', c == ' ', c == '\t', c == 'u', c == 'U', c == 'l', c == 'L':
		default:
			return code
		}
	}
	return row
}

// macroClass tells rows made of macros, "PCI_VDEVICE(…)," and "DMI_MATCH(…),".
// The rows of an ioctl table are code: they say who may call what.
func macroClass(s string) lineClass {
	i := 0
	for i < len(s) && (s[i] >= 'A' && s[i] <= 'Z' || isDigit(s[i]) || s[i] == '_') {
		i++
	}
	if s[i:] == "," { // a name alone may be a row, or a case of an enum
		return member
	}
	if i < len(s) && s[i] == '(' && i > 1 && !strings.Contains(s[:i], "IOCTL") {
		for _, mark := range []string{"/*", "//"} {
			if j := strings.Index(s, mark); j >= 0 {
				s = trimRight(s[:j])
			}
		}
		s = trimRight(strings.TrimSuffix(s, "\\"))
		if strings.HasSuffix(s, "),") || strings.HasSuffix(s, ") },") {
			return row
		}
		return code
	}
	return code
}
