package usage

import (
	"fmt"
	"time"
)

// Day is a flag that takes a date; the zero value is no day.
type Day struct{ time.Time }

func (d *Day) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

func (d *Day) Type() string { return "day" }

func (d *Day) Set(s string) error {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return fmt.Errorf("%q is no day; write 2026-01-31", s)
	}
	d.Time = t
	return nil
}
