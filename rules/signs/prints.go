package signs

import (
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Printing is what the prints of a diff tell where nothing else differs.
type Printing struct {
	Only  bool // every changed statement prints or traces, or is there for one that does
	Added int  // such statements that are new, changed ones included
	Gone  int  // such statements that are no longer there, changed ones included
	First Evidence
}

// What is compared is read several times over, so a stranger's mail is not read beyond
// maxPrintBytes, nor deeper than maxPrintDepth conditions.
const (
	maxPrintBytes = 32 << 10
	maxPrintDepth = 8
)

// ReadPrints compares both sides of each hunk without the statements that print.
// A condition around nothing but prints, and the braces that come or go with
// them, count as part of them.
func ReadPrints(files []*gitdiff.File) Printing {
	var p Printing
	left, room := maxCodeLines, maxPrintBytes
	for _, f := range files {
		if f.IsBinary || f.IsDelete || f.IsRename {
			return Printing{}
		}
		name := FileName(f)
		base := name[strings.LastIndexByte(name, '/')+1:]
		if strings.Contains(base, "trace") && strings.HasSuffix(base, ".h") {
			p.Added++ // declares trace points
			for _, h := range f.TextFragments {
				p.Gone += int(h.LinesDeleted)
			}
			continue
		}
		if f.IsNew || !strings.HasSuffix(base, ".c") && !strings.HasSuffix(base, ".h") && !strings.HasSuffix(base, ".rs") {
			return Printing{}
		}
		for _, h := range f.TextFragments {
			if left -= len(h.Lines); left < 0 {
				return Printing{}
			}
			var sides [2]strings.Builder
			for _, l := range h.Lines {
				if room -= len(l.Line); room < 0 {
					return Printing{}
				}
				if l.Op != gitdiff.OpAdd {
					sides[0].WriteString(l.Line)
				}
				if l.Op != gitdiff.OpDelete {
					sides[1].WriteString(l.Line)
				}
			}
			before, had := withoutPrints(sides[0].String())
			after, has := withoutPrints(sides[1].String())
			if before != after {
				return Printing{}
			}
			p.Gone += len(missingFrom(has, had))
			news := missingFrom(had, has)
			p.Added += len(news)
			if len(news) > 0 && p.First == (Evidence{}) {
				p.First = Evidence{File: name, Text: Shorten(news[0])}
			}
		}
	}
	p.Only = p.Added+p.Gone > 0
	return p
}

// missingFrom lists what b has more often than a.
func missingFrom(a, b []string) (out []string) {
	a = slices.Clone(a)
	for _, s := range b {
		if i := slices.Index(a, s); i >= 0 {
			a = slices.Delete(a, i, i+1)
			continue
		}
		out = append(out, s)
	}
	return out
}

// printed stands for a statement that prints.
const printed = '\x01'

// withoutPrints returns a piece of C without blanks, comments, the statements that
// print, and the braces around a single statement; and those statements.
func withoutPrints(s string) (rest string, prints []string) {
	out := make([]byte, 0, len(s))
	starts := true // a statement may begin here
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c <= ' ':
			i++
		case strings.HasPrefix(s[i:], "/*"):
			end := strings.Index(s[i:], "*/")
			if end < 0 {
				end = len(s) - i - 2
			}
			i += end + 2
		case strings.HasPrefix(s[i:], "//"):
			end := strings.IndexByte(s[i:], '\n')
			if end < 0 {
				end = len(s) - i
			}
			i += end
		case c == '"':
			end := quoted(s[i:])
			out = append(out, s[i:i+end]...)
			i += end
			starts = false
		case identByte[c]:
			end := i
			for end < len(s) && identByte[s[end]] {
				end++
			}
			if n := printCall(s[i:], end-i); n > 0 && starts {
				prints = append(prints, strings.Join(strings.Fields(s[i:i+n]), " "))
				out = append(out, printed)
				i += n
				continue
			}
			word := s[i:end]
			out = append(out, word...)
			starts = word == "else"
			if !starts {
				out = append(out, ' ')
			}
			i = end
		default:
			out = append(out, c)
			starts = c == ';' || c == '{' || c == '}' || c == ')' || c == ':'
			i++
		}
	}
	return unbraced(strings.ReplaceAll(unconditional(string(out)), string(printed), "")), prints
}

// unbraced drops the braces around a single statement, or none. Those around two mean
// something: what else hangs on the condition.
func unbraced(s string) string {
	type block struct{ at, statements int }
	var open []block
	drop := make([]bool, len(s))
	depth := 0 // of round brackets: a for has semicolons in them
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ';':
			if depth <= 0 && len(open) > 0 {
				open[len(open)-1].statements++
			}
		case '{':
			open = append(open, block{at: i})
		case '}':
			if len(open) == 0 {
				continue
			}
			b := open[len(open)-1]
			open = open[:len(open)-1]
			if b.statements <= 1 {
				drop[b.at], drop[i] = true, true
			}
			if len(open) > 0 {
				open[len(open)-1].statements += b.statements
			}
		}
	}
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if !drop[i] {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// unconditional drops the conditions whose body only prints, innermost first.
func unconditional(s string) string {
	const block, bare, otherwise = "{\x01}", "\x01", "else"
	for range maxPrintDepth {
		before := s
		s = strings.ReplaceAll(s, bare+bare, bare)
		s = strings.ReplaceAll(s, block, bare)
		s = strings.ReplaceAll(s, otherwise+bare, bare)
		for from := 0; ; {
			i := strings.Index(s[from:], ")"+bare)
			if i < 0 {
				break
			}
			i += from
			from = i + 1
			open := opening(s, i)
			if open < len("if ") || s[open-len("if "):open] != "if " || assigns(s[open:i]) || acts(s[open:i]) || strings.HasPrefix(s[i+2:], "else") {
				continue
			}
			start := open - len("if ")
			if start > 0 && identByte[s[start-1]] && !strings.HasSuffix(s[:start], otherwise) {
				continue
			}
			s = s[:start] + s[i+1:]
			from = start
		}
		if s == before {
			break
		}
	}
	return s
}

// opening is the index of the bracket that s[end] closes, or -1.
func opening(s string, end int) int {
	depth := 0
	for i := end; i >= 0; i-- {
		switch s[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth == 0 {
				return i
			}
		case ';':
			return -1
		}
	}
	return -1
}

// assigns reports whether a condition changes something.
func assigns(s string) bool {
	if strings.Contains(s, "++") || strings.Contains(s, "--") {
		return true
	}
	for i := range len(s) {
		if s[i] == '=' && (i == 0 || strings.IndexByte("=!<>", s[i-1]) < 0) && (i+1 == len(s) || s[i+1] != '=') {
			return true
		}
	}
	return false
}

// acts reports whether a condition calls something that may do more than answer: a
// wait for the hardware, a reset.
func acts(s string) bool {
	for i := range len(s) {
		if s[i] != '(' {
			continue
		}
		end := len(strings.TrimRight(s[:i], " "))
		begin := end
		for begin > 0 && identByte[s[begin-1]] {
			begin--
		}
		switch name := s[begin:end]; {
		case name == "", name == "likely", name == "unlikely", name == "sizeof", name == "drm_debug_enabled", name == "PTR_ERR",
			strings.HasPrefix(name, "IS_"), strings.HasSuffix(name, "_ratelimit"):
		default:
			return true
		}
	}
	return false
}

// quoted is the length of the string literal that s begins with.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"', '\n':
			return i + 1
		}
	}
	return len(s)
}

// printCall is the length of the statement that s begins with when it is a call
// that prints, by a name of n bytes; else 0. Besides its name it must have a text
// to print, for dma_fence_set_error() prints nothing.
func printCall(s string, n int) int {
	name := s[:n]
	i := n
	if i < len(s) && s[i] == '!' { // "dev_dbg!(" of Rust, not "declare_err!("
		if !strings.HasPrefix(name, "dev_") && !strings.HasPrefix(name, "pr_") {
			return 0
		}
		i++
	}
	for i < len(s) && s[i] == ' ' {
		i++
	}
	if i == len(s) || s[i] != '(' || !printsByName(name) {
		return 0
	}
	depth, text := 0, strings.HasPrefix(name, "trace_") || name == "dump_stack"
	for i < len(s) {
		switch s[i] {
		case '"':
			text = true
			i += quoted(s[i:])
			continue
		case '(':
			depth++
		case ')':
			depth--
		case ';', '{':
			if depth == 0 {
				if !text || s[i] == '{' {
					return 0
				}
				return i + 1
			}
		}
		i++
	}
	return 0
}

// printsByName goes by the words that names of such functions are made of.
// Warnings with a trace are left out: some systems halt on them.
func printsByName(name string) bool {
	low := strings.ToLower(name)
	switch {
	case strings.HasPrefix(name, "trace_"), name == "dump_stack", strings.HasPrefix(name, "print_hex_dump"):
		return true
	case strings.Contains(name, "WARN_"), strings.HasSuffix(name, "WARN"), strings.Contains(name, "BUG"):
		return strings.HasPrefix(name, "DRM_WARN") || strings.HasPrefix(name, "NV_WARN") || strings.HasPrefix(name, "DC_LOG")
	}
	for word := range strings.SplitSeq(low, "_") {
		switch word {
		case "dbg", "debug", "info", "notice", "warn", "warning", "err", "error", "crit", "emerg", "alert", "printk", "printf", "print", "puts", "trace", "log", "fatal":
			return word != "puts" || strings.HasPrefix(low, "seq_")
		}
	}
	return strings.HasPrefix(low, "pr_")
}
