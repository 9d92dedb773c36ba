package apply

import "bytes"

// Image is the content of a file, cut into lines. It is never changed.
type Image struct {
	Data []byte
	ends []uint32 // the offset behind each line
}

// NewImage cuts data, which is kept, into lines.
func NewImage(data []byte) *Image {
	return newImage(data, len(data)/28+1) // kernel sources have about 28 bytes a line
}

// newImage is NewImage where the number of lines is known, or about known.
func newImage(data []byte, lines int) *Image {
	ends := make([]uint32, 0, lines)
	for at := 0; at < len(data); {
		i := bytes.IndexByte(data[at:], '\n')
		if i < 0 {
			at = len(data)
		} else {
			at += i + 1
		}
		ends = append(ends, uint32(at))
	}
	return &Image{Data: data, ends: ends}
}

// Lines is how many lines the file has; the last may lack its line end.
func (m *Image) Lines() int { return len(m.ends) }

// Size is the memory that the image takes.
func (m *Image) Size() int { return cap(m.Data) + 4*cap(m.ends) + 64 }

// start is the offset of a line, counted from 0; of the end for Lines().
func (m *Image) start(line int) int {
	if line == 0 {
		return 0
	}
	return int(m.ends[line-1])
}

// Line is one line with its end, counted from 0.
func (m *Image) Line(n int) []byte { return m.Data[m.start(n):m.ends[n]] }

// Range is the lines from up to, but not with, to.
func (m *Image) Range(from, to int) []byte { return m.Data[m.start(from):m.start(to)] }

// lineAt is the line that begins at offset, -1 when none does.
func (m *Image) lineAt(offset int) int {
	if offset == 0 {
		return 0
	}
	lo, hi := 0, len(m.ends)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if int(m.ends[mid]) < offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(m.ends) && int(m.ends[lo]) == offset {
		return lo + 1
	}
	return -1
}
