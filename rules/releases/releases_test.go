package releases

import (
	"testing"
	"time"
)

func day(t testing.TB, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAll(t *testing.T) {
	for i := range all[1:] {
		a, b := all[i].Day, all[i+1].Day
		if gap := b.Sub(a); gap < shortCycle-8*24*time.Hour || gap > longCycle+8*24*time.Hour {
			t.Errorf("%s follows %s after %v", all[i+1].Name, all[i].Name, gap)
		}
	}
}

func TestOn(t *testing.T) {
	for _, tt := range []struct {
		name, day string
		want      Standing
	}{
		{"5.14", "2021-08-06", Coming},
		{"5.14", "2021-08-29", Newest},
		{"5.14", "2021-10-30", Newest},
		{"5.14", "2021-10-31", Released},
		{"5.15", "2021-08-06", Coming},
		{"6.6", "2021-08-06", Coming},
		{"3.18", "2016-01-01", Released},
		{"2.6.32", "2020-01-01", Released},
		{"6.17", "2025-11-01", Newest},
		{"6.18", "2025-10-10", Coming}, // beyond the table
		{"6.18", "2025-12-02", Newest},
		{"6.17", "2026-01-02", Released},
		{"7.0", "2026-01-02", Coming},
		{"6.18", "2027-01-02", Released},
		{"6.25", "2026-01-02", Unheard},
		{"9.9", "2026-01-02", Unheard},
	} {
		if got := On(tt.name, day(t, tt.day)); got != tt.want {
			t.Errorf("%s on %s: %d, want %d", tt.name, tt.day, got, tt.want)
		}
	}
}

func TestNewer(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"6.12", "6.6", true}, {"6.6", "6.12", false}, {"7.0", "6.19", true}, {"6.6", "6.6", false}, {"6.10-lts", "6.9", true},
		{"6.1", "noble", false}, {"noble", "6.1", false}, {"6.1", "ubuntu-24.04", false}, {"6.1", "", false}, {"", "", false},
	} {
		if got := Newer(c.a, c.b); got != c.want {
			t.Errorf("%q after %q: %v", c.a, c.b, got)
		}
	}
}
