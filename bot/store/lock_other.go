//go:build !unix

package store

import (
	"path/filepath"
	"sync"
)

var (
	lockedMu sync.Mutex
	locked   = map[string]bool{}
)

// lockFile locks a name within this process: elsewhere one process at a time
// may work on a file; several need PostgreSQL.
func lockFile(dir, name string) (unlock func(), err error) {
	key := filepath.Join(dir, name)
	lockedMu.Lock()
	defer lockedMu.Unlock()
	if locked[key] {
		return nil, nil
	}
	locked[key] = true
	return func() {
		lockedMu.Lock()
		defer lockedMu.Unlock()
		delete(locked, key)
	}, nil
}
