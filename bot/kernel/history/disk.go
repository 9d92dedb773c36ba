package history

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// layout names the format of the file; another one is read as if it were absent.
const layout = "stablebot history 3\n"

func file(dir, tip string, exclude []string) string {
	sum := sha256.Sum256([]byte(tip + " " + strings.Join(exclude, " ")))
	return filepath.Join(dir, "history-"+hex.EncodeToString(sum[:8]))
}

// save writes beside the final name and renames, so that a half-written index is
// never read.
func (h *History) save(dir string, exclude []string) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keeping the index of a history: %w", err)
	}
	f, err := os.CreateTemp(dir, "history-*.new")
	if err != nil {
		return fmt.Errorf("keeping the index of a history: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = fmt.Errorf("keeping the index of a history: %w", err)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	put := func(v any) {
		if err == nil {
			err = binary.Write(w, binary.LittleEndian, v)
		}
	}
	put([]byte(layout))
	put([]byte(h.Tip))
	put([3]uint32{uint32(h.Len()), uint32(len(h.refs)), uint32(len(h.Outside))})
	for _, v := range []any{h.ids, h.Author, h.Commit, h.titles, h.flags, h.first} {
		put(v)
	}
	put(h.refs)
	var more []uint32
	for p, qs := range h.more {
		for _, q := range qs {
			more = append(more, p, q)
		}
	}
	put(uint32(len(more)))
	put(more)
	put([]byte(strings.Join(h.Outside, "")))
	if err == nil {
		err = w.Flush()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file(dir, h.Tip, exclude))
	}
	return err
}

// load reads what save wrote; nil when there is nothing that can be used.
func load(dir, tip string, exclude []string) *History {
	if dir == "" {
		return nil
	}
	f, err := os.Open(file(dir, tip, exclude))
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return nil
	}
	in := bufio.NewReaderSize(f, 1<<20)
	head := make([]byte, len(layout)+len(tip))
	if _, err := io.ReadFull(in, head); err != nil || string(head) != layout+tip {
		return nil
	}
	get := func(v any) {
		if err == nil {
			err = binary.Read(in, binary.LittleEndian, v)
		}
	}
	var n [3]uint32
	get(&n)
	// A damaged file must not make us ask for more memory than it could fill.
	if err != nil || int64(n[0])*20+int64(n[1])*20 > st.Size() || int64(n[2])*int64(len(tip)) > st.Size() {
		return nil
	}
	h := &History{Tip: tip, idLen: len(tip) / 2, more: map[uint32][]uint32{}}
	h.ids = make([]byte, int(n[0])*h.idLen)
	h.Author, h.Commit, h.first = make([]uint32, n[0]), make([]uint32, n[0]), make([]uint32, n[0])
	h.titles, h.flags, h.refs = make([]uint64, n[0]), make([]uint8, n[0]), make([]Reference, n[1])
	for _, v := range []any{h.ids, h.Author, h.Commit, h.titles, h.flags, h.first, h.refs} {
		get(v)
	}
	var m uint32
	if get(&m); err != nil || int64(m)*4 > st.Size() {
		return nil
	}
	more := make([]uint32, m)
	get(more)
	out := make([]byte, int(n[2])*len(tip))
	get(out)
	if err != nil {
		return nil
	}
	for i := 0; i+1 < len(more); i += 2 {
		h.more[more[i]] = append(h.more[more[i]], more[i+1])
	}
	for i := 0; i < len(out); i += len(tip) {
		h.Outside = append(h.Outside, string(out[i:i+len(tip)]))
	}
	for i, p := range h.first {
		if p > uint32(i) {
			return nil // not oldest first: damaged
		}
	}
	for p, qs := range h.more {
		for _, q := range qs {
			if p == 0 || p > n[0] || q == 0 || q >= p {
				return nil
			}
		}
	}
	for i, r := range h.refs {
		if r.From == 0 || uint32(r.From) > n[0] || i > 0 && r.From < h.refs[i-1].From {
			return nil
		}
	}
	h.index()
	return h
}
