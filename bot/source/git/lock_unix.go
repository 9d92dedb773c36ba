//go:build unix

package git

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFile locks a file until release, or the end of the process; release is
// nil when another one holds it. The file stays: to remove it would let a third
// process lock another file of the same name.
func lockFile(name string) (release func(), err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return func() { _ = f.Close() }, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return nil, nil
	}
	return nil, fmt.Errorf("%s: %w", name, err)
}
