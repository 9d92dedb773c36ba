package mail

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Limits on what a mail may be made of. The list archives that this package
// was tried on nest three deep and have 30 parts at most.
const (
	maxDepth = 16
	maxParts = 1000
)

// part is a leaf of the MIME tree, still transfer-encoded.
type part struct {
	mediaType string
	charset   string // lower case, "" when not stated
	encoding  string // lower case
	name      string // file name
	attached  bool   // meant to be saved rather than shown
	flowed    bool   // RFC 3676
	delSp     bool
	body      []byte
}

func newPart(contentType, encoding, disposition string, body []byte) part {
	p := part{mediaType: mediaType(contentType), encoding: strings.ToLower(strings.TrimSpace(encoding)), body: body}
	if p.mediaType == "" || strings.IndexByte(p.mediaType, '/') < 0 {
		p.mediaType = "text/plain"
	}
	if strings.IndexByte(contentType, ';') >= 0 {
		p.charset = strings.ToLower(param(contentType, "charset"))
		p.name = decodeWords(param(contentType, "name"))
		p.flowed = strings.EqualFold(param(contentType, "format"), "flowed")
		p.delSp = p.flowed && strings.EqualFold(param(contentType, "delsp"), "yes")
	}
	if disposition != "" {
		p.attached = mediaType(disposition) == "attachment"
		if name := param(disposition, "filename"); name != "" {
			p.name = decodeWords(name)
		}
	}
	return p
}

// isPatchFile reports whether an attachment may hold a patch by type or name.
func (p *part) isPatchFile() bool {
	switch p.mediaType {
	case "text/x-patch", "text/x-diff", "text/x-c-patch", "application/x-patch", "application/x-diff":
		return true
	}
	if !strings.HasPrefix(p.mediaType, "text/") && !strings.HasPrefix(p.mediaType, "application/") {
		return false
	}
	name := strings.ToLower(p.name)
	return strings.HasSuffix(name, ".patch") || strings.HasSuffix(name, ".diff") || strings.HasSuffix(name, ".patch.txt") ||
		p.mediaType == "text/plain" && p.attached
}

// inline reports whether the part is text that the mail shows.
func (p *part) inline() bool { return p.mediaType == "text/plain" && !p.attached }

// decode undoes the transfer encoding and makes LF of all line ends. The
// result may share p.body's memory.
func (p *part) decode() []byte {
	b := p.body
	switch p.encoding {
	case "quoted-printable":
		b = decodeQuoted(b)
	case "base64":
		b = decodeBase64(nil, b)
	}
	if bytes.IndexByte(b, '\r') >= 0 {
		b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	}
	return b
}

// decodeQuoted undoes quoted-printable. What is no valid escape stays as it
// is, since a mail labelled so without being so is still readable.
func decodeQuoted(src []byte) []byte {
	dst := make([]byte, 0, len(src))
	for len(src) > 0 {
		line, end := src, false
		if i := bytes.IndexByte(src, '\n'); i >= 0 {
			line, src, end = src[:i], src[i+1:], true
		} else {
			src = nil
		}
		line = bytes.TrimRight(line, " \t\r") // blanks at a line's end are transport padding
		soft := false
		if n := len(line); n > 0 && line[n-1] == '=' {
			line, soft = line[:n-1], true
		}
		for {
			i := bytes.IndexByte(line, '=')
			if i < 0 {
				dst = append(dst, line...)
				break
			}
			dst = append(dst, line[:i]...)
			if i+2 < len(line) && unhex(line[i+1]) >= 0 && unhex(line[i+2]) >= 0 {
				dst = append(dst, byte(unhex(line[i+1])<<4|unhex(line[i+2])))
				line = line[i+3:]
			} else {
				dst = append(dst, '=')
				line = line[i+1:]
			}
		}
		if end && !soft {
			dst = append(dst, '\n')
		}
	}
	return dst
}

// unflow joins the soft-broken lines of format=flowed text and takes out its
// space-stuffing, as git mailinfo does. Quoted lines join only with lines of
// the same depth; the signature separator stays.
func unflow(text string, delSp bool) string {
	var out strings.Builder
	out.Grow(len(text))
	open := -1 // quote depth of the line that goes on, -1 for none
	for text != "" {
		line, rest, ended := strings.Cut(text, "\n")
		text = rest
		depth := 0
		for depth < len(line) && line[depth] == '>' {
			depth++
		}
		body := line[depth:]
		signature := body == "-- " || depth > 0 && body == " -- "
		if len(body) > 0 && body[0] == ' ' {
			body = body[1:]
		}
		if open >= 0 && (open != depth || signature) {
			out.WriteByte('\n')
			open = -1
		}
		if open < 0 {
			out.WriteString(line[:depth])
			if depth > 0 && body != "" {
				out.WriteByte(' ')
			}
		}
		open = -1
		if ended && !signature && strings.HasSuffix(body, " ") {
			if delSp {
				body = body[:len(body)-1]
			}
			open = depth
		}
		out.WriteString(body)
		if open < 0 && ended {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// unstuff takes out the space-stuffing of format=flowed text without joining
// lines: what a patch needs when the mail program stuffed but never wrapped it.
func unstuff(text string) string {
	var out strings.Builder
	out.Grow(len(text))
	for text != "" {
		line, rest, ended := strings.Cut(text, "\n")
		text = rest
		out.WriteString(strings.TrimPrefix(line, " "))
		if ended {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

var errNested = fmt.Errorf("more than %d parts, or nested deeper than %d", maxParts, maxDepth)

// split returns the leaves of the mail's MIME tree in order, of alternatives
// only the plain one. The error says what is wrong with the structure; the
// parts are then what could be read.
func split(contentType, encoding, disposition string, body []byte) ([]part, error) {
	if len(contentType) < 10 || !strings.EqualFold(contentType[:10], "multipart/") {
		return []part{newPart(contentType, encoding, disposition, body)}, nil
	}
	var leaves []part
	err := walk(&leaves, contentType, body, 0)
	return leaves, err
}

func walk(leaves *[]part, contentType string, body []byte, depth int) error {
	if depth > maxDepth {
		return errNested
	}
	boundary := param(contentType, "boundary")
	dashes := []byte("--" + boundary)
	if boundary == "" || !bytes.HasPrefix(body, dashes) && !bytes.Contains(body, append([]byte{'\n'}, dashes...)) {
		// The text of such a mail is still worth reading.
		*leaves = append(*leaves, newPart("text/plain", "", "", body))
		return errors.New("a multipart mail without its boundary")
	}
	kind := mediaType(contentType)
	first := len(*leaves)
	var damage error
	rest, _ := delimited(body, dashes) // what stands before the first delimiter is not shown
	for n := 0; !rest.closed; n++ {
		if rest.ended {
			damage = fmt.Errorf("a %s mail ends after part %d without its closing boundary", kind, n)
			break
		}
		if len(*leaves) >= maxParts || n >= maxParts {
			damage = errNested
			break
		}
		var data []byte
		rest, data = delimited(rest.after, dashes)
		h, data := splitHeader(data)
		ct := strings.Join(strings.Fields(unfold(h[fContentType])), " ")
		switch sub := mediaType(ct); {
		case strings.HasPrefix(sub, "multipart/"):
			if err := walk(leaves, ct, data, depth+1); err != nil && damage == nil {
				damage = err
			}
		case strings.HasPrefix(sub, "message/"):
			// a forwarded mail, or the report of a bounce: not this sender's words
		default:
			*leaves = append(*leaves, newPart(ct, string(h[fEncoding]), unfold(h[fDisposition]), data))
		}
		if kind == "multipart/signed" {
			break // what follows is the signature
		}
	}
	if kind == "multipart/alternative" {
		for _, p := range (*leaves)[first:] {
			if p.mediaType == "text/plain" {
				(*leaves)[first] = p
				*leaves = (*leaves)[:first+1]
				break
			}
		}
	}
	return damage
}

// delimiter is a line that begins a part, or ends the last one.
type delimiter struct {
	after  []byte
	closed bool // it was the closing one
	ended  bool // there was none
}

// delimited returns what stands before the next delimiter, as a part of body: a
// level costs no memory. The line end before a delimiter belongs to it.
func delimited(body, dashes []byte) (d delimiter, before []byte) {
	for at := 0; ; {
		i := bytes.Index(body[at:], dashes)
		if i < 0 {
			return delimiter{ended: true}, body
		}
		at += i
		if at > 0 && body[at-1] != '\n' {
			// The next place where a line begins, not the next byte: a boundary may
			// be of equal letters.
			next := bytes.IndexByte(body[at:], '\n')
			if next < 0 {
				return delimiter{ended: true}, body
			}
			at += next + 1
			continue
		}
		tail := body[at+len(dashes):]
		line, after, _ := bytes.Cut(tail, []byte{'\n'})
		closing := bytes.HasPrefix(line, []byte("--"))
		if closing {
			line = line[2:]
		}
		if len(bytes.Trim(line, " \t\r")) > 0 {
			at = len(body) - len(after)
			continue // the boundary of another part, which begins like this one
		}
		before = bytes.TrimSuffix(bytes.TrimSuffix(body[:at], []byte{'\n'}), []byte{'\r'})
		return delimiter{after: after, closed: closing}, before
	}
}
