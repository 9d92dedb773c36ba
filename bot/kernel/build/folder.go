package build

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// own makes a folder for builds, or uses the one that is there if nobody else can have put
// anything into it: what is in it is run. Below a folder for all, as the temporary one,
// another user may have made it first.
func own(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("the folder for builds: %w", err)
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
