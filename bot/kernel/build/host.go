package build

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A kernel's build makes programs of its own source and runs them. While a change is in the
// tree none is made: whatever the change has to do with one, a header that it includes
// beside the rest, nothing of the change is run.

// hostScript is the compiler of such programs: it ends where a change is in the tree.
const hostScript = `#!/bin/sh
for a in "$@"; do
	case $a in
	-E | -v | --version | -print* | -dump*) exec %[1]s "$@" ;; # a question makes nothing
	esac
done
if [ -e "$0.stop" ]; then
	: >"$0.asked"
	echo "a program that the build runs would have to be made anew" >&2
	exit 1
fi
exec %[1]s "$@"
`

// hostCompiler is the path of the script, which is always the same: another compiler would
// have all programs made anew.
func (t *tree) hostCompiler() string { return filepath.Join(t.dir, "hostcc") }

// makePrograms lets the build make its programs, or no more.
func (t *tree) makePrograms(may bool) error {
	stop, asked := t.hostCompiler()+".stop", t.hostCompiler()+".asked"
	if !may {
		if err := os.WriteFile(stop, nil, 0o600); err != nil {
			return fmt.Errorf("what the build may not make: %w", err)
		}
		return nil
	}
	if err := os.WriteFile(t.hostCompiler(), fmt.Appendf(nil, hostScript, t.o.Compiler), 0o700); err != nil { //nolint:gosec // it is run
		return fmt.Errorf("the compiler of the build's programs: %w", err)
	}
	for _, note := range []string{stop, asked} {
		if err := os.Remove(note); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("what the build may make: %w", err)
		}
	}
	return nil
}

// wantedPrograms reports whether the build asked for a program that it may not make.
func (t *tree) wantedPrograms() bool {
	_, err := os.Stat(t.hostCompiler() + ".asked")
	return err == nil
}
