package wire

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The alarm is given before the disk or the quota is used up, and taking in ends
// while there is still room for what was taken in.
func TestDisk(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, c := range []struct {
		name        string
		free, quota int64
		alarm       string
		full        bool
	}{
		{"room", 10 << 30, 10000, "", false},
		{"little is free", 1 << 30, 10000, "are free", false},
		{"nothing is free", 100 << 20, 10000, "are free", true},
		{"most of the quota", 10 << 30, 1200, "of the quota", false},
		{"all of the quota", 10 << 30, 1000, "all of the quota", true},
	} {
		d := &disk{dir: dir, quota: c.quota, free: func(string) (int64, error) { return c.free, nil }, now: func() time.Time { return now }}
		problem, full := d.look()
		if full != c.full || (problem == nil) != (c.alarm == "") || problem != nil && !strings.Contains(problem.Error(), c.alarm) {
			t.Errorf("%s: %v, full %v", c.name, problem, full)
		}
	}
	if free, err := freeOf(dir); err != nil || free <= 0 {
		t.Errorf("free: %d, %v", free, err)
	}
}
