//go:build unix

package wire

import "syscall"

// freeOf is what an ordinary user may still write on the disk of a folder.
func freeOf(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil //nolint:unconvert // of other types elsewhere
}
