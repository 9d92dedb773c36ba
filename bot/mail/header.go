package mail

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// field is a header field that this package reads; all others are skipped.
type field int

const (
	fMessageID field = iota
	fInReplyTo
	fReferences
	fFrom
	fSender
	fReplyTo
	fOriginalFrom
	fTo
	fCc
	fRecipients // of every other field that names some
	fDate
	fSubject
	fListID
	fAutoSubmitted
	fPrecedence
	fReturnPath
	fReceived
	fStable
	fContentType
	fEncoding
	fDisposition
	fGitCommit // SUSE and Debian keep these in the header of a patch file
	fPatchMainline
	fOrigin
	fields
)

// fieldOf names the field of a lower-case key.
func fieldOf(key []byte) (field, bool) {
	switch string(key) {
	case "message-id":
		return fMessageID, true
	case "in-reply-to":
		return fInReplyTo, true
	case "references":
		return fReferences, true
	case "from":
		return fFrom, true
	case "sender":
		return fSender, true
	case "reply-to":
		return fReplyTo, true
	case "x-original-from":
		return fOriginalFrom, true
	case "to":
		return fTo, true
	case "cc":
		return fCc, true
	case "bcc", "resent-to", "resent-cc", "resent-bcc", "apparently-to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to":
		return fRecipients, true
	case "date":
		return fDate, true
	case "subject":
		return fSubject, true
	case "list-id":
		return fListID, true
	case "auto-submitted", "x-autoreply", "x-autorespond":
		return fAutoSubmitted, true
	case "precedence":
		return fPrecedence, true
	case "return-path":
		return fReturnPath, true
	case "received":
		return fReceived, true
	case "x-stable":
		return fStable, true
	case "content-type":
		return fContentType, true
	case "content-transfer-encoding":
		return fEncoding, true
	case "content-disposition":
		return fDisposition, true
	case "git-commit":
		return fGitCommit, true
	case "patch-mainline":
		return fPatchMainline, true
	case "origin":
		return fOrigin, true
	}
	return 0, false
}

// provenance are the fields by which a distribution's patch file names the commit
// that it carries.
func (h *header) provenance() []change.Trailer {
	var out []change.Trailer
	for _, f := range [...]struct {
		field field
		key   string
	}{{fGitCommit, "Git-commit"}, {fPatchMainline, "Patch-mainline"}, {fOrigin, "Origin"}} {
		if h[f.field] != nil {
			out = append(out, change.Trailer{Key: f.key, Value: oneLine(h.text(f.field))})
		}
	}
	return out
}

// maxHeader is how much of a header is read, go-message's limit too. The largest
// header in the archive of a DRM list has 25 kB.
const maxHeader = 1 << 20

// header holds the values of the fields of a mail, still folded and encoded,
// as parts of the raw mail. The first of several equal fields counts, as in
// git; those of recipients are joined.
type header [fields][]byte

// splitHeader cuts raw at the first empty line and reads the fields above it.
// A line that is no header line is passed over: one bad line that a gateway
// put in must not turn the rest of the header into text.
func splitHeader(raw []byte) (h header, body []byte) {
	const longestKey = len("content-transfer-encoding")
	var key [longestKey]byte
	current := field(-1)
	start := 0           // of the value of current
	end := 0             // of the line before
	var more [3][][]byte // values of further fields of recipients
	flush := func() {
		if current < 0 {
			return
		}
		v := bytes.TrimSpace(raw[start:min(end, max(start, maxHeader))])
		switch {
		case start > maxHeader:
		case h[current] == nil:
			h[current] = v
		case current >= fTo && current <= fRecipients:
			more[current-fTo] = append(more[current-fTo], v)
		}
		current = -1
	}
	defer func() { // however the header ends
		for i, values := range more {
			if len(values) > 0 {
				f := fTo + field(i)
				h[f] = bytes.Join(append([][]byte{h[f]}, values...), []byte(", "))
			}
		}
	}()
	for pos := 0; pos < len(raw); {
		next := len(raw)
		if i := bytes.IndexByte(raw[pos:], '\n'); i >= 0 {
			next = pos + i + 1
		}
		switch c := raw[pos]; {
		case c == '\n' || c == '\r' && next == pos+2:
			flush()
			return h, raw[next:]
		case pos > maxHeader:
			flush() // the value is not read, and no other; the body is still to be found
			if n := endOfHeader(raw[pos:]); n >= 0 {
				return h, raw[pos+n:]
			}
			return h, nil
		case c == ' ' || c == '\t':
			// the value goes on
		default:
			flush()
			n := 0
			for n < longestKey && pos+n < next {
				c := raw[pos+n]
				if c == ':' || c == ' ' {
					break
				}
				if c >= 'A' && c <= 'Z' {
					c |= 0x20
				}
				key[n] = c
				n++
			}
			colon := pos + n
			for colon < next && raw[colon] == ' ' {
				colon++ // "Subject : x" is seen in the wild
			}
			if colon < next && raw[colon] == ':' {
				if f, ok := fieldOf(key[:n]); ok {
					current, start = f, colon+1
				}
			}
		}
		pos, end = next, next
	}
	flush()
	return h, nil
}

// hasHeader reports whether raw begins with a header line. A bare diff and the
// output of other programs do not.
func hasHeader(raw []byte) bool {
	for i, c := range raw {
		switch {
		case c == ':':
			return i > 0 && !bytes.HasPrefix(raw, []byte("Index: ")) // an svn-style diff
		case c <= ' ' || c >= 0x7f:
			return false
		}
	}
	return false
}

// unfold makes one line of a value: a line break and the blanks after it are
// one blank.
func unfold(v []byte) string {
	if bytes.IndexByte(v, '\n') < 0 {
		return string(v)
	}
	out := make([]byte, 0, len(v))
	for len(v) > 0 {
		i := bytes.IndexByte(v, '\n')
		if i < 0 {
			out = append(out, v...)
			break
		}
		out = append(out, bytes.TrimRight(v[:i], " \t\r")...)
		v = bytes.TrimLeft(v[i+1:], " \t\r\n")
		if len(v) > 0 {
			out = append(out, ' ')
		}
	}
	return string(out)
}

// text is a value as a reader sees it: unfolded, encoded words decoded, UTF-8.
func (h *header) text(f field) string { return decodeWords(unfold(h[f])) }

// decodeWords decodes the encoded words of RFC 2047, more liberally than the
// standard library: neighbouring words of one charset are joined before the
// charset is decoded, since mail programs split characters between them, and a
// word that cannot be decoded stays as it is. 8-bit text outside of words is
// taken as UTF-8 or, failing that, Latin-1.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return validUTF8(s)
	}
	var out strings.Builder
	var pending []byte // decoded words of one charset, not yet converted
	charset := ""
	flush := func() {
		if pending != nil {
			text, _ := toUTF8(charset, pending)
			out.WriteString(text)
			pending = nil
		}
	}
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		label, text, rest, ok := encodedWord(s[i:])
		if !ok {
			flush()
			out.WriteString(validUTF8(s[:i+2]))
			s = s[i+2:]
			continue
		}
		if between := s[:i]; pending == nil || strings.Trim(between, " \t") != "" {
			flush()
			out.WriteString(validUTF8(between))
		}
		if pending != nil && label != charset {
			flush()
		}
		if pending == nil {
			pending = []byte{}
		}
		charset, pending, s = label, append(pending, text...), rest
	}
	flush()
	out.WriteString(validUTF8(s))
	return out.String()
}

// encodedWord decodes the word that s begins with, up to its charset.
func encodedWord(s string) (charset string, text []byte, rest string, ok bool) {
	charset, s, ok = strings.Cut(s[2:], "?")
	if !ok || charset == "" || strings.ContainsAny(charset, " \t<>") || len(s) < 2 || s[1] != '?' {
		return "", nil, "", false
	}
	charset, _, _ = strings.Cut(charset, "*") // RFC 2231 language
	code := s[0] | 0x20
	word, rest, ok := strings.Cut(s[2:], "?=")
	if !ok {
		return "", nil, "", false
	}
	switch code {
	case 'q':
		text = make([]byte, 0, len(word))
		for i := 0; i < len(word); i++ {
			switch c := word[i]; {
			case c == '_':
				text = append(text, ' ')
			case c == '=' && i+2 < len(word) && unhex(word[i+1]) >= 0 && unhex(word[i+2]) >= 0:
				text = append(text, byte(unhex(word[i+1])<<4|unhex(word[i+2])))
				i += 2
			default:
				text = append(text, c)
			}
		}
	case 'b':
		text = decodeBase64(nil, []byte(word))
	default:
		return "", nil, "", false
	}
	return strings.ToLower(charset), text, rest, true
}

// decodeBase64 appends the decoded form of src to dst. Whatever is not of the
// alphabet is passed over, and missing padding is no error: what can be read is read.
func decodeBase64(dst, src []byte) []byte {
	clean := make([]byte, 0, len(src))
	for len(src) > 0 {
		line := src
		if i := bytes.IndexByte(src, '\n'); i >= 0 {
			line, src = src[:i], src[i+1:]
		} else {
			src = nil
		}
		for i, c := range line {
			if !isBase64(c) {
				// the usual case, a CR or padding at the end, costs no second look
				clean = append(clean, line[:i]...)
				for _, c := range line[i:] {
					if isBase64(c) {
						clean = append(clean, c)
					}
				}
				line = nil
				break
			}
		}
		clean = append(clean, line...)
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	n := len(dst)
	dst = append(dst, make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))...)
	m, _ := base64.RawStdEncoding.Decode(dst[n:], clean) // clean has nothing that could fail
	return dst[:n+m]
}

func isBase64(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// maxID is the longest message id that is one: a line of a mail has at most 998
// characters (RFC 5322, 2.1.1). It is a key in the store.
const maxID = 998

// ids returns the message ids of a value, without their brackets. Comments and
// prose between them are passed over; a value without any bracket is one id.
func ids(v []byte) []string {
	if len(v) == 0 {
		return nil
	}
	s := unfold(v)
	var out []string
	if strings.IndexByte(s, '<') < 0 {
		if s = strings.TrimSpace(s); s != "" && len(s) <= maxID && !strings.ContainsAny(s, " \t") {
			out = append(out, cleanID(s))
		}
		return out
	}
	out = make([]string, 0, strings.Count(s, "<"))
	for {
		_, tail, ok := strings.Cut(s, "<")
		if !ok {
			return out
		}
		id, rest, ok := strings.Cut(tail, ">")
		if !ok {
			return out
		}
		if id = cleanID(id); id != "" && len(id) <= maxID {
			out = append(out, id)
		}
		s = rest
	}
}

// maxAncestors is how many messages a thread is followed up: the first and the last
// ones of a header that names more.
const maxAncestors = 200

func ancestors(ids []string) []string {
	if n := len(ids); n > maxAncestors {
		return append(ids[:10:10], ids[n-maxAncestors+10:]...)
	}
	return ids
}

// endOfHeader is where the body begins: behind the first empty line; -1 without one.
func endOfHeader(raw []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(raw[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
		switch rest := raw[at:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return at + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return at + 2
		}
	}
}

// cleanID takes out blanks, which folding leaves, and control characters, which
// must not reach a header of ours.
func cleanID(id string) string {
	for i := range len(id) {
		if c := id[i]; c <= ' ' || c >= 0x7f {
			return validUTF8(strings.Map(func(r rune) rune {
				if r <= ' ' || r == 0x7f {
					return -1
				}
				return r
			}, id))
		}
	}
	return id
}

// oneLine makes blanks of control characters: encoded words can hold them.
func oneLine(s string) string {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == 0x7f {
			return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }), " ")
		}
	}
	return s
}

// param returns a parameter of a Content-Type or Content-Disposition value,
// more liberally than mime.ParseMediaType, which refuses the whole value for
// one parameter written twice or without quotes.
func param(s, name string) string {
	for {
		i := strings.IndexByte(s, ';')
		if i < 0 {
			return ""
		}
		s = strings.TrimLeft(s[i+1:], " \t")
		eq := strings.IndexByte(s, '=')
		if eq < 0 {
			return ""
		}
		key := strings.TrimSpace(s[:eq])
		extended := strings.HasSuffix(key, "*")
		key = strings.TrimSuffix(strings.TrimSuffix(key, "*"), "*0")
		value := strings.TrimLeft(s[eq+1:], " \t")
		if strings.HasPrefix(value, `"`) {
			var out strings.Builder
			i := 1
			for i < len(value) && value[i] != '"' {
				if value[i] == '\\' && i+1 < len(value) {
					i++
				}
				out.WriteByte(value[i])
				i++
			}
			s, value = value[min(i+1, len(value)):], out.String()
		} else {
			end := strings.IndexAny(value, "; \t")
			if end < 0 {
				end = len(value)
			}
			s, value = value[end:], value[:end]
		}
		if strings.EqualFold(key, name) {
			if extended {
				if _, rest, ok := strings.Cut(value, "'"); ok {
					_, value, _ = strings.Cut(rest, "'")
				}
			}
			return value
		}
	}
}

// mediaType returns the type of a Content-Type value in lower case.
func mediaType(s string) string {
	s, _, _ = strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(s))
}
