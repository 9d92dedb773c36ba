package backport

import "strings"

// block is a definition that begins in the first column and ends with a brace there: a
// function, a struct, a table. Lines from..to, to behind the brace.
type block struct {
	name     string
	from, to int
	function bool
}

// head is what stands before a block's brace, its lines as one. What it holds is kept
// beside it: it may be as long as the file.
type head struct {
	text       []byte
	open, ends bool // there is a brace, a semicolon in it
}

func (h *head) add(s string) {
	h.text = append(append(h.text, ' '), s...)
	h.open = h.open || strings.Contains(s, "{")
	h.ends = h.ends || strings.Contains(s, ";")
}

// blocks are those of a C file, by the kernel's layout.
func blocks(t *text) []block {
	var out []block
	var h head
	begin := -1
	restart := func(at int) { begin, h = at, head{text: h.text[:0]} }
	for i, line := range t.lines {
		switch {
		case line == "" || line == "\n":
			if begin >= 0 && !h.open {
				restart(-1)
			}
		case line[0] == '}':
			if begin >= 0 {
				if b, ok := named(string(h.text)); ok {
					b.from, b.to = begin, i+1
					out = append(out, b)
				}
			}
			restart(-1)
		case line[0] == '{':
			h.add("{")
		case wordStart(line[0]) && !strings.HasSuffix(t.keys[i], ":"):
			if begin < 0 || h.open || h.ends {
				restart(i)
			}
			h.add(t.keys[i])
		case begin >= 0 && !h.open:
			h.add(t.keys[i])
		}
		if begin >= 0 && strings.HasSuffix(t.keys[i], ";") && !h.open {
			restart(-1)
		}
	}
	return out
}

// named reads what a definition is called.
func named(head string) (b block, ok bool) {
	open := strings.IndexByte(head, '{')
	if open < 0 {
		return b, false
	}
	head = strings.TrimSpace(head[:open])
	if i := strings.IndexByte(head, '('); i > 0 && !strings.Contains(head[:i], "=") {
		b.name, b.function = lastName(head[:i]), true
		return b, b.name != ""
	}
	if i := strings.IndexAny(head, "=["); i > 0 {
		head = head[:i]
	}
	b.name = lastName(head)
	return b, b.name != ""
}

// within is the block that has a line, or stands around the gap before it; ok is false
// outside of all.
func within(bs []block, line int, gap bool) (block, bool) {
	for _, b := range bs {
		if line >= b.from && line < b.to && (!gap || line > b.from) {
			return b, true
		}
	}
	return block{}, false
}

// called is the block of a name.
func called(bs []block, name string) (block, bool) {
	var got block
	n := 0
	for _, b := range bs {
		if b.name == name {
			got = b
			n++
		}
	}
	return got, n == 1
}

func wordStart(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
func wordByte(c byte) bool  { return wordStart(c) || c >= '0' && c <= '9' }

// lastName is the name at the end of s.
func lastName(s string) string {
	s = strings.TrimRight(s, " \t")
	i := len(s)
	for i > 0 && wordByte(s[i-1]) {
		i--
	}
	for i < len(s) && !wordStart(s[i]) {
		i++
	}
	return s[i:]
}
