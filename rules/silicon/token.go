package silicon

import (
	"strconv"
	"strings"
)

// lower maps bytes of identifiers to lower case, all others to 0.
var lower = func() (t [256]byte) {
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = c, c
	}
	for c := byte('0'); c <= '9'; c++ {
		t[c] = c
	}
	t['_'] = '_'
	return t
}()

func isDigit(c byte) bool { return c-'0' < 10 }

func isAlpha(s string, i int) bool {
	c := lower[s[i]]
	return c != 0 && !isDigit(c)
}

func isIdent(s string) bool {
	for i := range len(s) {
		if lower[s[i]] == 0 {
			return false
		}
	}
	return s != ""
}

// maxToken bytes of an identifier are looked at; the longest pattern is
// shorter, which a test holds.
const maxToken = 64

// head is as much as is read of a line.
func head(s string) string {
	if len(s) > maxLine {
		return s[:maxLine]
	}
	return s
}

// scan looks up every identifier, PCI ID and compatible string of a line.
func (m *matcher) scan(s, in string) {
	m.nOnLine = 0
	s = head(s)
	step, typed := "", false
	for i := 0; i < len(s); {
		c := lower[s[i]]
		if c == 0 {
			if s[i] == '"' && in == InIdentifier && len(m.x.of) > 0 {
				m.compatible(s[i+1:])
			}
			i++
			continue
		}
		j := i + 1
		for j < len(s) && lower[s[j]] != 0 {
			j++
		}
		if isDigit(c) && in != InPath {
			if in == InIdentifier && j-i == len("0x1234") && s[i+1] == 'x' {
				m.pciID(s[i:j], s)
			}
		} else if tok := s[i:j]; typed && !definesType(s[j:]) {
			// A type is named for the first chip that needed it and passed around
			// by the code of all later ones.
			typed = false
		} else if typed = tok == "struct" && in == InIdentifier; typed {
		} else if !m.token(tok, in) && in == InIdentifier {
			if isStep(tok) {
				step = s
			} else {
				m.version(tok, s, j)
			}
		}
		i = j
	}
	if step != "" {
		m.stepping(strings.TrimSpace(step))
	}
}

// definesType tells by what follows a type's name whether it is defined there.
func definesType(rest string) bool {
	rest = strings.TrimLeft(rest, " \t")
	return strings.HasPrefix(rest, "{")
}

// token looks an identifier up: whole, then each beginning of it that ends
// before an underscore, the longest first.
func (m *matcher) token(tok, in string) bool {
	t := tok
	for len(t) > 0 && t[0] == '_' {
		t = t[1:]
	}
	if len(t) < 2 || !m.x.maybe(t) {
		return false
	}
	var buf [maxToken]byte
	var ends [maxToken]uint8
	n, nEnds, digit := 0, 0, -1
	for n < len(t) && n < maxToken {
		c := lower[t[n]]
		if c == '_' {
			ends[nEnds] = uint8(n)
			nEnds++
		} else if digit < 0 && isDigit(c) {
			digit = n
		}
		buf[n] = c
		n++
	}
	if n == len(t) {
		ends[nEnds] = uint8(n)
		nEnds++
	}
	for k := nEnds - 1; k >= 0; k-- {
		end := int(ends[k])
		if end > m.x.longest || end < 2 {
			continue
		}
		hit := false
		for r := m.x.tokens[string(buf[:end])]; r != 0; r = m.x.refs[r-1].next {
			switch ref := &m.x.refs[r-1]; {
			case ref.mode == modeID && end != len(t), ref.mode == modeSeg && in != InPath:
			default:
				hit = m.found(ref.entry, "", in, tok) || hit
			}
		}
		if hit {
			m.beyond(string(buf[:n]), end, in, tok)
			return true
		}
	}
	if digit < 2 {
		return false
	}
	for r := m.x.fresh[string(buf[:digit])]; r != 0; r = m.x.refs[r-1].next {
		ref := &m.x.refs[r-1]
		if m.driver < 0 || !m.x.drivers[m.driver].member[ref.entry] {
			continue
		}
		end := digit
		for end < n && isDigit(buf[end]) {
			end++
		}
		if end-digit < int(ref.digits) {
			continue
		}
		for end+1 < n && buf[end] == '_' && isDigit(buf[end+1]) {
			for end++; end < n && isDigit(buf[end]); end++ {
			}
		}
		if end == n || buf[end] == '_' {
			m.found(noEntry, string(buf[:end]), in, tok)
			if k := m.hit(hitKey{noEntry, string(buf[:end])}); k >= 0 {
				m.hits[k].chip = ref.digits > 1 // a form of several digits is that of chip numbers
			}
			return true
		}
	}
	return false
}

// pciID looks up a device ID on a line that is one of a PCI table. Elsewhere
// four hex digits are a register.
func (m *matcher) pciID(hex, line string) {
	id, err := strconv.ParseUint(hex[2:], 16, 16)
	if err != nil {
		return
	}
	r := m.x.pci[uint16(id)]
	if r == 0 || !strings.Contains(line, "PCI") && !strings.Contains(line, "DEVICE(") && !strings.Contains(line, "MACRO__") {
		return
	}
	for ; r != 0; r = m.x.refs[r-1].next {
		m.found(m.x.refs[r-1].entry, "", InPCI, hex)
	}
}

// compatible looks up a string such as "qcom,adreno-619.0".
func (m *matcher) compatible(s string) {
	if end := strings.IndexByte(s, '"'); end > 0 && end < maxToken && strings.IndexByte(s[:end], ',') > 0 {
		for r := m.x.of[s[:end]]; r != 0; r = m.x.refs[r-1].next {
			m.found(m.x.refs[r-1].entry, "", InOF, s[:end])
		}
	}
}

// isStep recognises the revision of a stepping check: STEP_A0, rev_id.
func isStep(t string) bool {
	if len(t) >= len("STEP_A0") && t[0] == 'S' {
		return strings.HasPrefix(t, "STEP_") && len(t) == len("STEP_A0") && isDigit(t[6])
	}
	return t == "rev_id"
}

// stepping adds the check to the hardware of its line, or else of its file.
func (m *matcher) stepping(check string) {
	if _, op, ok := strings.Cut(check, "rev_id "); ok {
		if len(op) < 2 || op[0] == '=' && op[1] != '=' || strings.IndexByte("=!<>", op[0]) < 0 {
			return // stored or computed with, not checked
		}
	}
	if len(check) > 120 {
		check = check[:120]
	}
	w := Where{In: InStepping, Text: check, File: m.path, Line: m.line}
	for _, k := range m.onLine[:m.nOnLine] {
		m.add(&m.hits[k], w)
	}
	if m.nOnLine > 0 {
		return
	}
	for k := m.from; k < len(m.hits); k++ {
		if h := &m.hits[k]; h.best == 0 && m.rank(h) < 3 {
			m.add(h, w)
		}
	}
}

// title reads the title: identifiers as in code, of the touched drivers, and
// the phrases declared for it.
func (m *matcher) title(s string) {
	if len(s) > maxTitle {
		s = s[:maxTitle]
	}
	m.phrases(s, InTitle)
	for _, d := range m.drivers {
		m.driver = d
		m.scan(s, InTitle)
	}
}

// text reads the message, without the trailers that name people, who may be
// called like a chip, or other commits, which may be about another chip.
func (m *matcher) text(s string) {
	if len(s) > maxText {
		s = s[:maxText]
	}
	start := 0
	for i := 0; i < len(s); {
		end := strings.IndexByte(s[i:], '\n') + 1 + i
		if end == i {
			end = len(s)
		}
		if namesOthers(s[i:end]) {
			m.prose(s[start:i])
			start = end
		}
		i = end
	}
	m.prose(s[start:])
}

// prose reads phrases outside of ("..."), which is the title of another commit.
func (m *matcher) prose(s string) {
	for {
		i := strings.Index(s, "(\"")
		if i < 0 {
			break
		}
		m.phrases(s[:i], InText)
		s = s[i+2:]
		if j := strings.Index(s[:min(len(s), maxTitle)], "\")"); j >= 0 {
			s = s[j+2:]
		}
	}
	m.phrases(s, InText)
}

// namesOthers tells the trailers that name people or other commits.
func namesOthers(line string) bool {
	key, _, ok := strings.Cut(line, ":")
	return ok && (strings.EqualFold(key, "fixes") || strings.EqualFold(key, "link") || strings.EqualFold(key, "closes") ||
		strings.HasSuffix(key, "-by") || strings.HasSuffix(key, "-By") ||
		strings.EqualFold(key, "cc") || strings.EqualFold(key, "from") || strings.EqualFold(key, "to"))
}

// phrases looks up runs of one to three words, the longest first.
func (m *matcher) phrases(s, in string) {
	var buf [3 * maxToken]byte
	for i := 0; i < len(s); {
		var ends, stops [3]int // in buf, in s
		n, words, next := 0, 0, 0
		skip := false
		for p := i; words < 3; words++ {
			for p < len(s) && !wordByte(s, p) {
				if words > 0 && (s[p] == '\n' && p+1 < len(s) && s[p+1] == '\n' || s[p] == ',' || s[p] == ';') {
					p = len(s) // phrases do not run over these
				}
				p++
			}
			if p >= len(s) {
				break
			}
			if words > 0 {
				buf[n] = ' '
				n++
			}
			start := n
			for p < len(s) && wordByte(s, p) {
				if n < len(buf)-2 && n-start < maxToken-2 {
					c := s[p]
					if l := lower[c]; l != 0 {
						c = l
					}
					buf[n] = c
					n++
				}
				p++
			}
			ends[words], stops[words] = n, p
			if words == 0 {
				next = p
				if others(string(buf[:n])) && p+1 < len(s) && s[p] == '-' {
					for next++; next < len(s) && wordByte(s, next); next++ {
					}
					skip = true
					break
				}
				if !m.x.heads[string(buf[:n])] {
					words++
					break
				}
			}
		}
		switch {
		case skip:
			i = next
			continue
		case words == 0:
			return
		}
		for w := words - 1; w >= 0; w-- {
			r, hit := m.x.phrases[string(buf[:ends[w]])], false
			for ; r != 0; r = m.x.refs[r-1].next {
				ref := &m.x.refs[r-1]
				if ref.mode == modeWord || in == InTitle {
					hit = m.word(ref.entry, in, string(buf[:ends[w]])) || hit
				}
			}
			hit = hit || m.unlistedPhrase(string(buf[:ends[w]]), in)
			if hit {
				next = stops[w]
				break
			}
		}
		i = next
	}
}

// others tells the words that, with a hyphen, make of a chip's name those that are
// not it: "pre-fermi boards".
func others(word string) bool { return word == "pre" || word == "non" }

// word records a phrase for each touched driver; without a patch for any.
func (m *matcher) word(entry int32, in, text string) bool {
	if len(m.drivers) == 0 {
		m.driver = -1
		return m.found(entry, "", in, text)
	}
	for _, d := range m.drivers {
		m.driver = d
		if m.found(entry, "", in, text) {
			return true
		}
	}
	return false
}

// wordByte: letters, digits and plus signs, and a dot between two of them.
func wordByte(s string, i int) bool {
	c := s[i]
	if c == '.' {
		return i > 0 && i+1 < len(s) && isDigit(s[i-1]) && isDigit(s[i+1])
	}
	return c == '+' && i > 0 && lower[s[i-1]] != 0 || c != '_' && lower[c] != 0
}
