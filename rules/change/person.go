package change

import (
	"mime"
	"strings"
)

// ParsePerson reads "Name <address>", "address (Name)" or a bare address, with
// encoded words decoded, so that one person written two ways compares equal.
func ParsePerson(s string) Person {
	s = trimSpace(s)
	if strings.Contains(s, "=?") {
		if d, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
			s = d
		}
	}
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		addr, _, _ := strings.Cut(s[open+1:], ">")
		return Person{Name: unquote(s[:open]), Address: strings.ToLower(trimSpace(addr))}
	}
	if addr, name, ok := strings.Cut(s, "("); ok && strings.IndexByte(addr, '@') >= 0 {
		name, _, _ = strings.Cut(name, ")")
		return Person{Name: trimSpace(name), Address: strings.ToLower(trimSpace(addr))}
	}
	if i := strings.IndexByte(s, '@'); i > 0 && strings.IndexByte(s, ' ') < 0 {
		return Person{Address: strings.ToLower(s)}
	}
	return Person{Name: unquote(s)}
}

// unquote drops the quotes of a display name.
func unquote(s string) string {
	s = trimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = trimSpace(strings.ReplaceAll(s[1:len(s)-1], `\"`, `"`))
	}
	return s
}
