package prereq

import (
	"bufio"
	"encoding/gob"
	"os"
	"path/filepath"
)

// format is part of the file names: another one makes old files unread.
const format = "1"

// load reads a file of the cache into v. A file that is not there, or not
// whole, is as good as none.
func load(dir, name string, v any) bool {
	if dir == "" {
		return false
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	return gob.NewDecoder(bufio.NewReaderSize(f, 1<<20)).Decode(v) == nil
}

// save writes a file of the cache: whole or not at all, as another process may
// be reading it.
func save(dir, name string, v any) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, name+".*")
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	err = gob.NewEncoder(w).Encode(v)
	if err == nil {
		err = w.Flush()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
