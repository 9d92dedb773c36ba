package prereq

import "strings"

// place says what a line of C stands in, as far as a hunk shows it.
type place uint8

const (
	outside place = iota
	inFunction
	inStruct
	inEnum
	inMacro
)

// source reads the lines of one side of one hunk in order and tells which
// names a line defines. It is a reader of hunks, not of C: it knows what the
// heading behind @@ and the lines before say, and trusts the kernel's layout
// (definitions begin in the first column, bodies do not).
type source struct {
	at      place
	comment bool // inside /* */
	sawType bool // the line before was such a type
}

func newSource(heading string) *source {
	s := &source{}
	s.enter(heading)
	return s
}

// enter follows a line in the first column.
func (s *source) enter(line string) {
	switch {
	case line == "":
	case line[0] == '}', line[0] == '{':
		if line[0] == '}' {
			s.at = outside
		}
	case strings.HasPrefix(line, "enum") && !strings.Contains(line, "(") && !strings.HasSuffix(line, ";"),
		strings.HasPrefix(line, "typedef enum"):
		s.at = inEnum
	case (strings.HasPrefix(line, "struct") || strings.HasPrefix(line, "union") || strings.HasPrefix(line, "typedef struct") ||
		strings.HasPrefix(line, "typedef union")) && !strings.ContainsAny(line, "(=*") && !strings.HasSuffix(line, ";"):
		s.at = inStruct
	case wordByte(line[0]):
		s.at = inFunction
	}
}

// defines calls found for each name that the line defines. member says that
// the name is reached through -> or a dot only.
func (s *source) defines(line string, found func(name string, member bool)) {
	line, s.comment = code(line, s.comment)
	trimmed := strings.TrimSpace(line)
	if trimmed == "" {
		return
	}
	if trimmed[0] == '#' {
		rest := strings.TrimLeft(trimmed[1:], " \t")
		if rest, ok := strings.CutPrefix(rest, "define"); ok {
			if name := firstWord(strings.TrimLeft(rest, " \t")); name != "" {
				found(name, false)
			}
			if strings.HasSuffix(trimmed, "\\") {
				s.at = inMacro
			}
		}
		return
	}
	if s.at == inMacro {
		member(strings.TrimRight(strings.TrimSuffix(trimmed, "\\"), " \t"), found)
		if !strings.HasSuffix(trimmed, "\\") {
			s.at = outside
		}
		return
	}
	if wordByte(line[0]) || line[0] == '}' {
		alone := s.sawType
		s.sawType = !strings.ContainsAny(trimmed, "(){};=,:")
		s.top(trimmed, alone, found)
		s.enter(trimmed)
		return
	}
	s.sawType = false
	switch s.at {
	case inEnum:
		if name := firstWord(trimmed); name != "" {
			found(name, false)
		}
	case inStruct:
		member(trimmed, found)
	}
}

// top reads a line in the first column: a function, a variable, a type.
func (s *source) top(line string, typeBefore bool, found func(string, bool)) {
	if line[0] == '}' {
		if name := lastWord(strings.TrimSuffix(line[1:], ";")); name != "" && name != "while" {
			found(name, false)
		}
		return
	}
	if strings.HasPrefix(line, "return") || strings.HasSuffix(line, ":") {
		return
	}
	stop := strings.IndexAny(line, "(=[;{")
	if stop < 0 {
		return
	}
	before := strings.TrimRight(line[:stop], " \t")
	name := lastWord(before)
	if name == "" {
		return
	}
	switch line[stop] {
	case '(':
		if before == name && !typeBefore {
			// A macro that makes a definition of its first argument.
			if strings.HasPrefix(name, "DEFINE_") || strings.HasPrefix(name, "DECLARE_") {
				if arg := firstWord(line[stop+1:]); arg != "" {
					found(arg, false)
				}
			}
			return
		}
		found(name, false)
	case ';':
		// "struct foo;" announces and defines nothing.
		if f := strings.Fields(before); len(f) == 2 && (f[0] == "struct" || f[0] == "union" || f[0] == "enum") {
			return
		}
		if before != name {
			found(name, false)
		}
	default:
		if before != name {
			found(name, false)
		}
	}
}

// member reads "type *a, b[4];", "u32 c : 3;" and "int (*d)(args);".
func member(line string, found func(string, bool)) {
	if i := strings.Index(line, "(*"); i >= 0 {
		if name := firstWord(strings.TrimLeft(line[i+2:], " \t*")); name != "" {
			found(name, true)
		}
		return
	}
	end := strings.IndexByte(line, ';')
	if end < 0 || strings.ContainsAny(line[:end], "=()") {
		return
	}
	if line[0] == '}' {
		line, end = line[1:], end-1
	}
	for part := range strings.SplitSeq(line[:end], ",") {
		if i := strings.IndexAny(part, "[:"); i >= 0 {
			part = part[:i]
		}
		if name := lastWord(strings.TrimSpace(part)); name != "" {
			found(name, true)
		}
	}
}

// words calls found for each name on a line outside comments and strings;
// member says that it stands behind -> or a dot. It returns whether a comment
// is still open at the end.
func words(line string, open bool, found func(name string, member bool)) bool {
	line, open = code(line, open)
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case c == '"' || c == '\'':
			for i++; i < len(line) && line[i] != c; i++ {
				if line[i] == '\\' {
					i++
				}
			}
			i++
		case wordByte(c):
			begin := i
			for i < len(line) && (wordByte(line[i]) || digit(line[i])) {
				i++
			}
			behind := begin > 0 && (line[begin-1] == '.' || begin > 1 && line[begin-1] == '>' && line[begin-2] == '-')
			if i-begin > 2 {
				found(line[begin:i], behind)
			}
		case digit(c):
			for i < len(line) && (wordByte(line[i]) || digit(line[i]) || line[i] == '.') {
				i++
			}
		default:
			i++
		}
	}
	return open
}

// code cuts comments off a line. open says that the line begins in one, and on
// return that the next one does.
func code(line string, open bool) (string, bool) {
	if open {
		i := strings.Index(line, "*/")
		if i < 0 {
			return "", true
		}
		line = line[i+2:]
	}
	t := strings.TrimLeft(line, " \t")
	if strings.HasPrefix(t, "* ") || t == "*" || strings.HasPrefix(t, "*/") {
		return "", false // the middle of a comment that began above the hunk
	}
	i := strings.IndexByte(line, '/')
	if i < 0 || i+1 == len(line) {
		return line, false
	}
	var b []byte
	quote := byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0:
			if c == '\\' && i+1 < len(line) {
				b = append(b, c)
				i++
				c = line[i]
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '/' && i+1 < len(line) && line[i+1] == '/':
			return string(b), false
		case c == '/' && i+1 < len(line) && line[i+1] == '*':
			end := strings.Index(line[i+2:], "*/")
			if end < 0 {
				return string(b), true
			}
			i += end + 3
			continue
		}
		b = append(b, c)
	}
	return string(b), false
}

func wordByte(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
func digit(c byte) bool    { return c >= '0' && c <= '9' }

func firstWord(s string) string {
	end := 0
	for end < len(s) && (wordByte(s[end]) || end > 0 && digit(s[end])) {
		end++
	}
	return s[:end]
}

// lastWord is the name at the end of s; "" when s does not end in one.
func lastWord(s string) string {
	s = strings.TrimRight(s, " \t")
	begin := len(s)
	for begin > 0 && (wordByte(s[begin-1]) || digit(s[begin-1])) {
		begin--
	}
	for begin < len(s) && digit(s[begin]) {
		begin++
	}
	return s[begin:]
}
