package mail

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// Each hands every mail of what is named to put: of a file, a folder, or stdin for "-".
// What cannot be read is handed on too, as an error; the bytes are put's to keep.
func Each(stdin io.Reader, name string, put func(raw []byte, origin string, err error) error) error {
	open := func() (*Reader, error) { return Open(name) }
	if name == "-" {
		name = "standard input"
		open = func() (*Reader, error) { return NewReader(stdin, name) }
	}
	r, err := open()
	if err != nil {
		return put(nil, name, err)
	}
	defer func() { _ = r.Close() }()
	for {
		raw, origin, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if origin == "" {
			origin = name
		}
		if err == nil {
			raw = bytes.Clone(raw)
		}
		if stop := put(raw, origin, err); stop != nil {
			return stop
		}
		if err != nil && !goesOn(err) {
			return nil
		}
	}
}

// goesOn: the errors after which a reader has more to give.
func goesOn(err error) bool {
	var large *TooLargeError
	var cut *TruncatedError
	var path *os.PathError
	return errors.As(err, &large) || errors.As(err, &cut) || errors.As(err, &path)
}
