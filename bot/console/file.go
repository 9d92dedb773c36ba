package console

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// WriteFile writes a file in one piece: a failure leaves none behind. Of a link it is the
// file behind it that is replaced; a pipe, or what /dev names, is written to: /dev/stdout may
// be a file that somebody adds to.
func WriteFile(name string, fill func(io.Writer) error) error {
	device := strings.HasPrefix(name, "/dev/") || strings.HasPrefix(name, "/proc/")
	if is, err := os.Lstat(name); err == nil && !is.Mode().IsRegular() && device {
		return writeInto(name, fill)
	}
	if to, err := filepath.EvalSymlinks(name); err == nil {
		name = to
	}
	if is, err := os.Stat(name); err == nil && !is.Mode().IsRegular() {
		return writeInto(name, fill)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".stablebot-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	err = fill(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// writeInto writes to what is no file, as it stands, and behind what is there.
func writeInto(name string, fill func(io.Writer) error) error {
	if out := map[string]*os.File{"/dev/stdout": os.Stdout, "/dev/stderr": os.Stderr}[name]; out != nil {
		return fill(out) // opened by its name it would have a place of its own in the file
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	err = fill(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// ToFile is WriteFile; "-" is the output.
func ToFile(out io.Writer, name string, write func(io.Writer) error) error {
	if name == "-" {
		return write(out)
	}
	return WriteFile(name, write)
}
