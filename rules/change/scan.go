package change

import "strings"

// Hand-written scanners shared by the files of this package: a list archive is
// read at tens of thousands of mails a second, so nothing here is a regexp.

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isHex(c byte) bool    { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
func isSpace(c byte) bool  { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// trimSpace is strings.TrimSpace for ASCII blanks alone.
func trimSpace(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	return trimRight(s)
}

func trimRight(s string) string {
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// collapse makes one blank of each run of blanks.
func collapse(s string) string {
	if !strings.ContainsAny(s, "\t\r\n") && !strings.Contains(s, "  ") {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// nextLine cuts the first line, without its newline, off s.
func nextLine(s string) (line, rest string) {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// hexRun returns the length of the hex digits that s begins with, 0 when they
// run into a word: "added" is no SHA, "deadbeef12" is.
func hexRun(s string) int {
	n := 0
	for n < len(s) && isHex(s[n]) {
		n++
	}
	if n < len(s) && (isLetter(s[n]) || s[n] == '_') {
		return 0
	}
	return n
}

// sha cuts a commit id of 7 to 40 hex digits off the start of s, in lower case.
func sha(s string) (id, rest string) {
	n := hexRun(s)
	if n < 7 || n > 40 {
		return "", s
	}
	return strings.ToLower(s[:n]), s[n:]
}

// equalFold is strings.EqualFold for an ASCII word in lower case.
func equalFold(s, lower string) bool {
	return len(s) == len(lower) && hasPrefixFold(s, lower)
}

// hasPrefixFold reports whether s begins with the ASCII text lower, in any case.
func hasPrefixFold(s, lower string) bool {
	if len(s) < len(lower) {
		return false
	}
	for i := range len(lower) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// isWord reports whether c can be part of a word or a name.
func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' || c >= 0x80 }
