package run

import (
	"testing"
	"time"
)

// The cycle of a day begins with the last release, and nothing is said of a day around
// which one is only expected.
func TestCycleOf(t *testing.T) {
	for _, c := range []struct {
		day, last string
		ok        bool
	}{
		{"2025-03-01", "2025-01-19", true}, // after 6.13
		{"2025-03-23", "2025-01-19", true},
		{"2025-03-25", "2025-03-24", true},
		{"2015-01-01", "0001-01-01", false},
		{"2060-01-01", "0001-01-01", false},
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if last, ok := cycleOf(day); ok != c.ok || last.Format(time.DateOnly) != c.last {
			t.Errorf("%s: %s %v, want %s %v", c.day, last.Format(time.DateOnly), ok, c.last, c.ok)
		}
	}
}
