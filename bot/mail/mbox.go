package mail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// TruncatedError: the input ends in the middle of a mail. What there was of it
// has been handed out before.
type TruncatedError struct{ Origin string }

func (e *TruncatedError) Error() string {
	return e.Origin + ": the mbox ends in the middle of this mail; the download may be incomplete"
}

// mbox reads one mail after the other from an mbox of any dialect.
//
// A "From " line divides mails only where it looks like an envelope line, stands
// at the start or after an empty line, and a header line follows: mboxo and
// plain mboxes hold text that begins with "From ". One ">" is taken from lines
// that begin with ">From ", ">>From " and so on, which is right for mboxrd, and
// for the other dialects wrong only for text that quotes such a line.
type mbox struct {
	r      *bufio.Reader
	name   string
	offset int64  // of what r will read next
	buf    []byte // the mail
	held   bool   // the envelope line of the next mail has been read
	start  int64  // offset of that line
	done   bool
	fault  error // told at the next call
}

func newMbox(r *bufio.Reader, name string) *mbox { return &mbox{r: r, name: name} }

func (b *mbox) next() (raw []byte, origin string, err error) {
	if b.fault != nil {
		err, b.fault = b.fault, nil
		return nil, "", err
	}
	if b.done {
		return nil, "", io.EOF
	}
	b.buf = b.buf[:0]
	if !b.held {
		b.start = b.offset
	}
	start := b.start
	origin = fmt.Sprintf("%s:%d", b.name, start)
	first := !b.held // nothing of this mail has been read
	b.held = false
	blank := true // the line above is empty
	whole := true // the last line read had its newline
	fresh := true // at the start of a line, which may be longer than r's buffer
	large := int64(0)
	for {
		line, err := b.r.ReadSlice('\n')
		at := b.offset
		b.offset += int64(len(line))
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if !errors.Is(err, io.EOF) {
				b.done = true
				return nil, origin, fmt.Errorf("reading %s: %w", origin, err)
			}
			b.done = true
			whole = len(line) == 0 && fresh || len(line) > 0 && line[len(line)-1] == '\n'
			if len(line) == 0 {
				break
			}
		}
		ended := len(line) > 0 && line[len(line)-1] == '\n'
		if fresh && blank && looksLikeFrom(line) {
			line = bytes.Clone(line) // looking ahead moves the buffer
			if b.headerFollows() {
				if !first {
					b.held, b.start = true, at
					break
				}
				first, blank, fresh = false, false, ended
				continue
			}
		}
		first = false
		if fresh {
			blank = len(line) == 1 || len(line) == 2 && line[0] == '\r'
			if line[0] == '>' && quotedFrom(line) {
				line = line[1:]
			}
		}
		fresh = ended
		if large > 0 || len(b.buf)+len(line) > MaxSize {
			large = max(large, int64(len(b.buf))) + int64(len(line))
			b.buf = b.buf[:0]
		} else {
			b.buf = append(b.buf, line...)
		}
		if b.done {
			break
		}
	}
	if b.done && !whole {
		b.fault = &TruncatedError{Origin: origin}
	}
	if large > 0 {
		return nil, origin, fmt.Errorf("%s: %w", origin, &TooLargeError{Size: large, Cap: MaxSize})
	}
	if len(bytes.TrimSpace(b.buf)) == 0 {
		return b.next() // nothing but empty lines before the first mail or after the last
	}
	return b.buf, origin, nil
}

// headerFollows reports whether the line after an envelope line is one that a
// mail begins with. At the end of the input there is nothing to look at.
func (b *mbox) headerFollows() bool {
	ahead, _ := b.r.Peek(256)
	return len(ahead) == 0 || hasHeader(ahead) || bytes.HasPrefix(ahead, []byte(">From ")) || len(ahead) == 256 && bytes.IndexByte(ahead, '\n') < 0
}

// quotedFrom reports whether line is a "From " line behind one or more ">".
func quotedFrom(line []byte) bool {
	i := 0
	for i < len(line) && line[i] == '>' {
		i++
	}
	return i > 0 && bytes.HasPrefix(line[i:], []byte("From "))
}

// looksLikeFrom reports whether line begins with an envelope line:
// "From sender Tue Jan 20 19:19:06 2026", with a zone before or after the year
// in some dialects. git writes a commit id for the sender.
func looksLikeFrom(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("From "))
	if !ok {
		return false
	}
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	if len(rest) > 512 {
		return false
	}
	// the sender may hold blanks; the date begins with a weekday
	for i := bytes.IndexByte(rest, ' '); i >= 0; {
		tail := bytes.TrimLeft(rest[i:], " ")
		if envelopeDate(tail) {
			return true
		}
		n := bytes.IndexByte(tail, ' ')
		if n < 0 {
			return false
		}
		i = len(rest) - len(tail) + n
	}
	return false
}

// envelopeDate reads "Tue Jan 20 19:19:06 2026" or "Tue, 20 Jan 2026 19:19:06 +0100".
func envelopeDate(s []byte) bool {
	if len(s) < 16 || !bytes.Contains([]byte("Mon Tue Wed Thu Fri Sat Sun"), s[:3]) {
		return false
	}
	clock, year := false, false
	for _, w := range bytes.Fields(s[3:]) {
		switch {
		case len(w) >= 4 && (w[1] == ':' || w[2] == ':') && w[0] >= '0' && w[0] <= '9':
			clock = true
		case len(w) == 4 && (w[0] == '1' && w[1] == '9' || w[0] == '2' && w[1] == '0') && w[2] >= '0' && w[2] <= '9' && w[3] >= '0' && w[3] <= '9':
			year = true
		}
	}
	return clock && year
}
