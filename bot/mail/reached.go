package mail

import (
	"slices"
	"strings"
	"unicode"
)

// Reached are all addresses, in lower case, that stand anywhere in a field that names
// recipients: those of To and Cc, of Bcc, of a mail that was sent again, and what a
// mail server notes. Where a list is not in the form of RFC 5322, or in a form that
// nobody writes (comments, quotes and blanks within an address), what looks like an
// address counts: whoever asks who may have to stay silent must not miss one.
func (m *Message) Reached() []string {
	if m.reached != nil {
		return m.reached
	}
	out := []string{} // not nil: it is known
	for _, field := range m.recipients {
		text := strings.ToLower(strings.Map(plainAddress, decodeWords(unfold(field))))
		bare := uncommented(text)
		for _, s := range []string{text, bare, strings.Join(strings.Fields(bare), "")} {
			out = addressesIn(s, out)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// plainAddress drops what is not seen, and makes an at sign of those that look like one.
func plainAddress(r rune) rune {
	switch {
	case r == '＠' || r == '﹫':
		return '@'
	case r == '．' || r == '。':
		return '.'
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// uncommented is a text without its comments, quotes and backslashes.
func uncommented(s string) string {
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch {
		case r == '(':
			depth++
		case r == ')' && depth > 0:
			depth--
		case depth == 0 && r != '"' && r != '\\':
			b.WriteRune(r)
		}
	}
	return b.String()
}

// addressesIn adds what stands around each at sign.
func addressesIn(s string, out []string) []string {
	part := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' || c == '+'
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '@' {
			continue
		}
		from, to := i, i+1
		for from > 0 && part(s[from-1]) {
			from--
		}
		for to < len(s) && part(s[to]) {
			to++
		}
		if a := strings.Trim(s[from:to], ".-"); from < i && to > i+1 {
			out = append(out, strings.Clone(a)) // not a piece that holds the whole field
		}
	}
	return out
}
