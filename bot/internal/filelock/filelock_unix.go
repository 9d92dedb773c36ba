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
	_, unlock, err = TryFile(name)
	return unlock, err
}

// TryFile is Try, and gives the locked file, too. A process that inherits it holds
// the lock until it ends, even when the one that started it was killed.
func TryFile(name string) (f *os.File, unlock func(), err error) {
	f, err = os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, err
	}
	for {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err == nil {
		return f, func() {
			// Closing alone would leave the lock, for as long as a process that is
			// just being started has not yet closed its copy of the file.
			_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
			_ = f.Close()
		}, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil, nil
	}
	return nil, nil, fmt.Errorf("locking %s: %w", name, err)
}
