//go:build unix

// Package filelock locks a file for one process at a time.
package filelock

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Try locks the file, which it makes, until unlock or the end of the process,
// whatever ends it. A nil unlock: another one has it. The file stays, empty: to
// remove it would let a third process lock another file of the same name.
func Try(name string) (unlock func(), err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err == nil {
		return func() {
			// Closing alone would leave the lock, for as long as a process that is
			// just being started has not yet closed its copy of the file.
			_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
			_ = f.Close()
		}, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fmt.Errorf("locking %s: %w", name, err)
}
