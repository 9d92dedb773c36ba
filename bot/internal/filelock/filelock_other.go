//go:build !unix

// Package filelock locks a file for one process at a time.
package filelock

import (
	"os"
	"sync"
)

var (
	mu   sync.Mutex
	held = map[string]bool{}
)

// Try locks a name within this process: elsewhere one process at a time may work
// on a state folder; several need PostgreSQL. A nil unlock: somebody has it.
func Try(name string) (unlock func(), err error) {
	mu.Lock()
	defer mu.Unlock()
	if held[name] {
		return nil, nil
	}
	held[name] = true
	return func() {
		mu.Lock()
		defer mu.Unlock()
		delete(held, name)
	}, nil
}

// TryFile is Try. There is no file that another process could inherit.
func TryFile(name string) (f *os.File, unlock func(), err error) {
	unlock, err = Try(name)
	return nil, unlock, err
}
