package mail

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
)

// toUTF8 converts text of the named charset; same reports whether the bytes
// were UTF-8 already.
//
// Labels are wrong often enough to be only a hint. Text that is valid UTF-8
// and labelled as UTF-8, ASCII or a Western 8-bit charset is UTF-8: real
// Latin-1 text hardly ever looks like it. Bytes that are not, and charsets
// that nobody knows, are read as Windows-1252, which is Latin-1 with the
// quotes and dashes that mail programs put in.
func toUTF8(label string, b []byte) (text string, same bool) {
	switch label {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "unknown",
		"iso-8859-1", "iso8859-1", "iso-8859-15", "latin1", "windows-1252", "cp1252":
		if utf8.Valid(b) {
			return string(b), true
		}
	}
	switch label {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "unknown":
		return mend(b), false
	}
	if r, err := charset.Reader(label, bytes.NewReader(b)); err == nil {
		if out, err := io.ReadAll(r); err == nil && utf8.Valid(out) {
			return string(out), string(out) == string(b)
		}
	}
	if utf8.Valid(b) {
		return string(b), true
	}
	return mend(b), false
}

// validUTF8 returns s with whatever is no UTF-8 read as Windows-1252.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return mend([]byte(s))
}

// mend reads each byte that is part of no UTF-8 character as Windows-1252.
func mend(b []byte) string {
	var out strings.Builder
	out.Grow(len(b) + len(b)/16)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(b[0])
		}
		out.WriteRune(r)
		b = b[n:]
	}
	return out.String()
}
