package release

import (
	"slices"
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
		if gap := days[i+1].Sub(days[i]); gap < shortCycle-8*24*time.Hour || gap > longCycle+8*24*time.Hour {
			t.Errorf("%s follows %s after %v", all[i+1], all[i], gap)
		}
		if next := all[i].Next(); next != all[i+1] {
			t.Errorf("after %s: %s, want %s", all[i], next, all[i+1])
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

func TestParse(t *testing.T) {
	for in, want := range map[string]Release{
		"6.12": {6, 12}, "v6.12": {6, 12}, "6.12.3": {6, 12}, "6.12.y": {6, 12}, "6.10-lts": {6, 10}, "2.6.32": {2, 32}, "2.6.32.5": {2, 32}, "2.6": {2, 0},
		"": {}, "6": {}, "6.": {}, "noble": {}, "linux-6.12": {}, "2.4": {}, "6.99999": {}, "0.12": {},
	} {
		if got, ok := Parse(in); ok != (want != Release{}) || ok && got != want {
			t.Errorf("%q: %v, %v; want %v", in, got, ok, want)
		}
	}
	for in, want := range map[string]bool{"6.12": true, "2.6.39": true, "v6.12": false, "6.12.3": false, "6.12-rc1": false, "6.012": false, "": false} {
		if Is(in) != want {
			t.Errorf("%q is a release: %v", in, !want)
		}
	}
	for in, want := range map[string]string{"linux-6.6.y": "6.6", "6.6-lts": "6.6", "v6.6-stable": "6.6", "linux-2.6.32.y": "2.6.32", "v5.4-stable": "5.4", "6.6": "", "feature-6.6": "", "x.y": "", "4.16-fbsd12": "", "main": "", "6.6.3.y": "", "topic.y": ""} {
		if got := OfBranch(in); got != want {
			t.Errorf("branch %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]int{"6.1.35": 35, "2.6.32.5": 5, "6.1": 0, "6.1.y": 0, "6.1.0": 0, "6.1.5-rc1": 0} {
		if series, got, ok := Point(in); got != want && ok || ok != (want > 0) || ok && series+"." != in[:len(series)+1] {
			t.Errorf("point release %q: %q %d %v, want %d", in, series, got, ok, want)
		}
	}
}

func TestCompare(t *testing.T) {
	want := []string{"", "noble", "2.6.39", "3.0", "5.4", "5.10", "6.1", "6.1.5", "6.10", "6.19", "7.0"}
	got := slices.Clone(want)
	slices.Reverse(got)
	if slices.SortFunc(got, Compare); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, c := range []struct {
		from, to string
		want     int
	}{{"5.15", "6.1", 6}, {"6.1", "6.1", 0}, {"6.1", "5.15", 0}, {"4.19", "5.4", 6}, {"2.6.39", "3.1", 2}, {"6.6", "7.0", 14}, {"6.1", "noble", 0}, {"2.6.30", "7.0", 0}} {
		if n := Between(c.from, c.to); n != c.want {
			t.Errorf("from %s to %s: %d, want %d", c.from, c.to, n, c.want)
		}
	}
}

func TestDue(t *testing.T) {
	if d, ok := (Release{6, 6}).Day(); !ok || !d.Equal(day(t, "2023-10-29")) {
		t.Error("6.6:", d, ok)
	}
	if _, ok := (Release{6, 18}).Day(); ok {
		t.Error("the day of 6.18 is not in the table")
	}
	if d, ok := (Release{7, 0}).Due(); !ok || d.Before(day(t, "2026-03-01")) || d.After(day(t, "2026-06-01")) {
		t.Error("7.0 is due", d, ok)
	}
	for _, r := range []Release{{3, 19}, {6, 25}, {99, 0}, {}} {
		if d, ok := r.Due(); ok {
			t.Errorf("%q is due %s", r, d)
		}
	}
}

func TestRead(t *testing.T) {
	for in, want := range map[string]string{
		"6.6": "6.6", "6.6.y": "6.6", "6.6.x+": "6.6", "6.6.12": "6.6", "6.6y": "6.6", "2.6.34+": "2.6.34", "5.10.": "5.10",
		"6": "", "6.": "", "v6.6": "", "1.2": "", "0.5": "", "123.4": "", "6.1234": "",
	} {
		if got, _ := Read(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
