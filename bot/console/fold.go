package console

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// folder breaks lines that are wider than the reader's terminal between words, the rest
// indented by hang, or by more than the line was: a terminal would break them anywhere.
type folder struct {
	w           io.Writer
	width, hang int
	part        []byte // of a line that has not ended
}

// Folded is w, with lines that fit it. Programs get them whole.
func Folded(w io.Writer, hang int) io.Writer {
	if n := Width(w); n > 0 {
		return Fold(w, n, hang)
	}
	return w
}

// Fold is w, with lines that fit so many columns.
func Fold(w io.Writer, width, hang int) io.Writer { return &folder{w: w, width: width, hang: hang} }

// Write implements io.Writer.
func (f *folder) Write(b []byte) (int, error) {
	n := len(b)
	for {
		line, rest, whole := bytes.Cut(b, []byte{'\n'})
		f.part = append(f.part, line...)
		if !whole {
			return n, nil
		}
		if _, err := f.w.Write(append(f.fold(f.part), '\n')); err != nil {
			return 0, err
		}
		f.part, b = f.part[:0], rest
	}
}

func (f *folder) fold(line []byte) []byte {
	blanks := len(line) - len(bytes.TrimLeft(line, " "))
	indent := bytes.Repeat([]byte{' '}, min(max(blanks+2, f.hang), f.width/2))
	var out []byte
	for {
		at := fits(line, f.width, blanks)
		if at == len(line) {
			return append(out, line...)
		}
		out = append(append(out, bytes.TrimRight(line[:at], " ")...), '\n')
		line = append(bytes.Clone(indent), bytes.TrimLeft(line[at:], " ")...)
		blanks = len(indent)
	}
}

// fits is how many bytes of a line go into so many columns: up to the last blank behind
// its indentation, or all that fit where there is none. Colours take no room.
func fits(line []byte, width, indent int) int {
	columns, blank := 0, 0
	for i := 0; i < len(line); {
		if line[i] == 0x1b {
			end := bytes.IndexByte(line[i:], 'm')
			if end < 0 {
				return len(line)
			}
			i += end + 1
			continue
		}
		if line[i] == ' ' && i >= indent {
			blank = i
		}
		_, size := utf8.DecodeRune(line[i:])
		if columns++; columns > width {
			if blank > indent {
				return blank
			}
			return i
		}
		i += size
	}
	return len(line)
}
