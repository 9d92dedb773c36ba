package build

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// own makes a folder for builds, or uses the one that is there if nobody else can have put
// anything into it, nor put another in its place: what is in it is run. Below a folder for
// all, as the temporary one, another user may have made it first.
func own(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("the folder for builds: %w", err)
	}
	if err := parents(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err == nil || !errors.Is(err, os.ErrExist) {
		return err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("the folder for builds: %w", err)
	}
	var why string
	help := "remove it, or name another with --build-dir"
	switch {
	case st.Mode()&os.ModeSymlink != 0:
		why = "is a link"
	case !st.IsDir():
		why = "is no folder"
	case !ours(st):
		why = "belongs to another user"
	case st.Mode().Perm()&0o022 != 0 && sharable:
		why, help = "can be written by others", "chmod go-w it if what is in it is yours, or name another with --build-dir"
	default:
		return nil
	}
	return fmt.Errorf("%s %s, so what is in it is not run; %s", dir, why, help)
}

// parents returns why others may put another folder in the place of this one: a folder
// above it, by its name or behind each link that this leads through, belongs to another user, or others
// can write to it and it has no sticky bit.
func parents(dir string) error {
	if !sharable {
		return nil
	}
	named, err := filepath.Abs(filepath.Dir(dir))
	if err != nil {
		return fmt.Errorf("the folder for builds: %w", err)
	}
	through, err := passed(named)
	if err != nil {
		return fmt.Errorf("the folder for builds: %w", err)
	}
	for _, from := range through {
		if err := upwards(dir, from); err != nil {
			return err
		}
	}
	return nil
}

// mostLinks is how many the kernel follows in one path.
const mostLinks = 40

// passed are the links that a path leads through, each by the folder where it really
// stands, and last the folder where it ends.
func passed(name string) (out []string, err error) {
	top := filepath.VolumeName(name) + string(filepath.Separator)
	at, rest := top, parts(name)
	for len(rest) > 0 {
		next := filepath.Join(at, rest[0]) // nothing above is a link, so ".." is what it seems
		rest = rest[1:]
		st, err := os.Lstat(next)
		if err != nil {
			return nil, err
		}
		if st.Mode()&os.ModeSymlink == 0 {
			at = next
			continue
		}
		if out = append(out, next); len(out) > mostLinks {
			return nil, fmt.Errorf("%s leads through more than %d links", name, mostLinks)
		}
		to, err := os.Readlink(next)
		if err != nil {
			return nil, err
		}
		if filepath.IsAbs(to) {
			at = top
		}
		rest = append(parts(to), rest...)
	}
	return append(out, at), nil
}

func parts(name string) []string {
	return strings.FieldsFunc(name[len(filepath.VolumeName(name)):], func(c rune) bool { return c == filepath.Separator })
}

// upwards looks at a folder and at all above it. What is below one of ours that nobody else
// can enter is out of others' reach.
func upwards(dir, from string) error {
	var found error
	for at := from; ; at = filepath.Dir(at) {
		st, err := os.Lstat(at)
		if err != nil {
			return fmt.Errorf("the folder for builds: %w", err)
		}
		why, mode := "", st.Mode()
		switch {
		case !ours(st) && !roots(st):
			why = "belongs to another user"
		case mode&os.ModeSymlink != 0: // its permissions say nothing, those of where it stands do
		case mode.Perm()&0o022 != 0 && mode&os.ModeSticky == 0:
			why = "can be written by others and has no sticky bit"
		case ours(st) && mode.Perm()&0o011 == 0:
			found = nil
		}
		if why != "" {
			found = fmt.Errorf("%s %s, so %s below it may be put there by somebody else and is not run; "+
				"chmod go-w it, or name another folder with --build-dir", at, why, dir)
		}
		if at == filepath.Dir(at) {
			return found
		}
	}
}
