package wire

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// What the state may take of a disk where nobody said: mirrors of the kernel's trees
// are some ten GB. Below the free space an alarm is given, and nothing more is taken
// in when a quarter of it is left.
const (
	defaultQuota = 50 << 30
	minFree      = 2 << 30
	alarmPart    = 0.8
	sizeEvery    = 10 * time.Minute
)

// disk watches the folder of the state.
type disk struct {
	dir   string
	quota int64
	free  func(dir string) (int64, error)
	now   func() time.Time

	at   time.Time
	size int64
}

func newDisk(dir string, quotaGB int) *disk {
	d := &disk{dir: dir, quota: int64(quotaGB) << 30, free: freeOf, now: time.Now}
	if quotaGB == 0 {
		d.quota = defaultQuota
	}
	return d
}

// look says what there is to worry about, and whether nothing more may be taken in.
func (d *disk) look() (problem error, full bool) {
	if free, err := d.free(d.dir); err == nil && free < minFree {
		problem, full = fmt.Errorf("%d MiB are free on the disk of %s; make room, or move the state", free>>20, d.dir), free < minFree/4
	}
	if now := d.now(); d.at.IsZero() || now.Sub(d.at) >= sizeEvery {
		d.at, d.size = now, sizeOf(d.dir)
	}
	switch {
	case d.size >= d.quota:
		return errors.Join(problem, fmt.Errorf("%s has %d MiB, which is all of the quota of %d; raise quota_gb, "+
			"or let `stablebot store forget` take away what is old", d.dir, d.size>>20, d.quota>>20)), true
	case float64(d.size) >= alarmPart*float64(d.quota):
		return errors.Join(problem, fmt.Errorf("%s has %d MiB of the quota of %d", d.dir, d.size>>20, d.quota>>20)), full
	}
	return problem, full
}

// sizeOf is what a folder takes. What goes away meanwhile is not counted.
func sizeOf(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // gone, or not ours to see
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return nil
	})
	return n
}
