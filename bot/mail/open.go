package mail

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// ErrBinary marks a file that is no mail at all.
var ErrBinary = errors.New("a binary file, neither a mail nor a patch")

// Reader hands out the raw mails of an input one at a time.
//
// Next returns io.EOF after the last one. A mail that is too large gives an
// error that wraps a *TooLargeError and an input that ends early a
// *TruncatedError; after either of them, and after a file of a folder that
// cannot be read, Next goes on with what follows. The bytes are valid until
// the next call.
type Reader struct {
	step  func() (raw []byte, origin string, err error)
	close func() error
}

// Next returns the raw mail and where it was found: "file:offset" in an mbox,
// the file's path otherwise.
func (r *Reader) Next() (raw []byte, origin string, err error) { return r.step() }

// Close releases what is open.
func (r *Reader) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}

// Open reads an mbox, a single mail, a patch, each of them also compressed with
// gzip, a maildir, or a folder of such files.
func Open(path string) (*Reader, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading mails: %w", err)
	}
	if info.IsDir() {
		return openFolder(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading mails: %w", err)
	}
	r, err := NewReader(f, path)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	r.close = f.Close
	return r, nil
}

// NewReader reads an mbox, a single mail or a patch, which may be compressed
// with gzip; name is used in origins. It looks at the beginning to tell which:
// whatever begins with an envelope line is an mbox, all else is one mail.
func NewReader(r io.Reader, name string) (*Reader, error) {
	br := bufio.NewReaderSize(r, 128<<10)
	head, err := br.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		br = bufio.NewReaderSize(z, 128<<10)
	}
	head, err = br.Peek(1024)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if bytes.IndexByte(head, 0) >= 0 && !looksLikeFrom(head) && !hasHeader(head) {
		return nil, fmt.Errorf("reading %s: %w", name, ErrBinary)
	}
	if looksLikeFrom(bytes.TrimLeft(head, "\r\n")) {
		return &Reader{step: newMbox(br, name).next}, nil
	}
	done := false
	return &Reader{step: func() ([]byte, string, error) {
		if done {
			return nil, "", io.EOF
		}
		done = true
		raw, err := readCapped(br, nil)
		if err != nil {
			return nil, name, fmt.Errorf("reading %s: %w", name, err)
		}
		if len(bytes.TrimSpace(raw)) == 0 {
			return nil, "", io.EOF
		}
		return raw, name, nil
	}}, nil
}

// readCapped reads all of r into buf, up to MaxSize.
func readCapped(r io.Reader, buf []byte) ([]byte, error) {
	b := bytes.NewBuffer(buf[:0])
	n, err := b.ReadFrom(io.LimitReader(r, MaxSize+1))
	if err == nil && n > MaxSize {
		err = &TooLargeError{Cap: MaxSize}
	}
	return b.Bytes(), err
}

// openFolder reads a maildir (the mails of cur and new, by name) or, when it is
// none, every file of the folder by name.
func openFolder(path string) (*Reader, error) {
	subs := []string{"cur", "new"}
	isMaildir := false
	for _, sub := range subs {
		info, err := os.Stat(filepath.Join(path, sub))
		isMaildir = isMaildir || err == nil && info.IsDir()
	}
	if !isMaildir {
		subs = []string{"."}
	}
	var files []string
	for _, sub := range subs {
		entries, err := os.ReadDir(filepath.Join(path, sub))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("reading mails: %w", err)
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), ".") && !e.IsDir() {
				files = append(files, filepath.Join(path, sub, e.Name()))
			}
		}
	}
	if len(files) == 0 && !isMaildir {
		return nil, fmt.Errorf("reading mails: the folder %s holds no files and is no maildir (it has neither cur nor new)", path)
	}
	// A mail keeps its name when it moves from new to cur.
	sort.SliceStable(files, func(i, j int) bool { return filepath.Base(files[i]) < filepath.Base(files[j]) })
	return foldReader(files, isMaildir), nil
}

// foldReader reads one file after the other.
func foldReader(files []string, maildir bool) *Reader {
	var buf []byte
	var current *Reader
	r := &Reader{}
	r.close = func() error {
		if current == nil {
			return nil
		}
		err := current.Close()
		current = nil
		return err
	}
	r.step = func() ([]byte, string, error) {
		for {
			if current != nil {
				raw, origin, err := current.Next()
				if !errors.Is(err, io.EOF) {
					return raw, origin, err
				}
				if err := r.close(); err != nil {
					return nil, origin, err
				}
			}
			if len(files) == 0 {
				return nil, "", io.EOF
			}
			path := files[0]
			files = files[1:]
			if !maildir {
				next, err := Open(path)
				if err != nil {
					return nil, path, err
				}
				current = next
				continue
			}
			f, err := os.Open(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue // moved or deleted by another program meanwhile
			}
			if err != nil {
				return nil, path, fmt.Errorf("reading mails: %w", err)
			}
			buf, err = readCapped(f, buf)
			_ = f.Close()
			if err != nil {
				return nil, path, fmt.Errorf("reading %s: %w", path, err)
			}
			return buf, path, nil
		}
	}
	return r
}
