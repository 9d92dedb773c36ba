package mail

import (
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// people reads an address list. It never fails: what has no address keeps its name.
func people(v []byte) []change.Person {
	if len(v) == 0 {
		return nil
	}
	s := unfold(v)
	out := make([]change.Person, 0, strings.Count(s, ",")+1)
	held := "" // "Doe," of an unquoted "Doe, Jane <jane@…>"
	for s != "" {
		one, rest := cutAddress(s)
		s = rest
		one = strings.TrimSpace(one)
		if one == "" {
			continue
		}
		if i := strings.LastIndexByte(one, ':'); i >= 0 && strings.IndexByte(one[:i], '@') < 0 && strings.IndexByte(one[:i], '"') < 0 && strings.IndexByte(one[:i], '<') < 0 {
			one = strings.TrimSpace(one[i+1:]) // the name of a group
		}
		one = strings.TrimSpace(strings.TrimSuffix(one, ";"))
		if one == "" || one == "undisclosed-recipients" {
			continue
		}
		if strings.IndexByte(one, '@') < 0 && strings.IndexByte(one, '<') < 0 && s != "" && len(held) < 200 {
			held += one + ", "
			continue
		}
		out = append(out, person(held+one))
		held = ""
	}
	if held != "" {
		out = append(out, person(strings.TrimSuffix(held, ", ")))
	}
	return out
}

// cutAddress cuts at the first comma that stands outside quotes, angle
// brackets and comments.
func cutAddress(s string) (one, rest string) {
	quoted, angle, comment := false, false, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			if comment == 0 {
				quoted = !quoted
			}
		case '<':
			angle = angle || !quoted
		case '>':
			angle = false
		case '(':
			if !quoted {
				comment++
			}
		case ')':
			if comment > 0 {
				comment--
			}
		case ',':
			if !quoted && !angle && comment == 0 {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

// person reads one address. Encoded words are decoded after the list was
// split, so a comma inside of them does no harm.
func person(s string) change.Person {
	name, addr := s, ""
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		name = s[:i]
		addr, _, _ = strings.Cut(s[i+1:], ">")
	} else if i := strings.IndexByte(s, '('); i >= 0 && strings.IndexByte(s[:i], '@') > 0 {
		addr, name = s[:i], strings.TrimSuffix(strings.TrimSpace(s[i+1:]), ")")
	} else if strings.IndexByte(s, '@') >= 0 && !strings.ContainsAny(strings.TrimSpace(s), " \t") {
		addr, name = s, ""
	}
	name = strings.TrimSpace(name)
	if strings.ContainsAny(name, `"\\`) {
		name = unquote(name)
	}
	name = strings.TrimSpace(oneLine(decodeWords(name)))
	if strings.Contains(name, "  ") {
		name = strings.Join(strings.Fields(name), " ")
	}
	if len(name) >= 2 && name[0] == '\'' && name[len(name)-1] == '\'' {
		name = name[1 : len(name)-1] // Outlook's doubled quotes
	}
	return change.Person{Name: change.Clip(name, change.MaxName), Address: change.Clip(strings.ToLower(cleanID(bare(addr))), change.MaxName)}
}

// bare takes the quotes off a local part that needs none: "jane"@example.org is the
// mailbox of jane@example.org (RFC 5322, 3.4.1), and whoever compares the two means that.
func bare(addr string) string {
	addr = strings.TrimSpace(addr)
	if !strings.HasPrefix(addr, `"`) {
		return addr
	}
	i := strings.LastIndexByte(addr, '@')
	if i < 0 {
		return addr
	}
	local := strings.Trim(unquote(addr[:i]), " ")
	if local == "" || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") ||
		strings.IndexFunc(local, func(r rune) bool { return !atext(r) && r != '.' }) >= 0 {
		return addr
	}
	return local + addr[i:]
}

// atext reports whether a character needs no quotes (RFC 5322, 3.2.3; RFC 6532).
func atext(r rune) bool {
	return r >= 0x80 || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// unquote takes out the quotes and backslashes of quoted strings, wherever in
// a display name they stand.
func unquote(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		} else if s[i] == '"' {
			continue
		}
		out = append(out, s[i])
	}
	return strings.TrimSpace(string(out))
}
