package truth

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/rules/release"
)

func on(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestCoverage: what a table covers is read from the releases that it lists.
func TestCoverage(t *testing.T) {
	var b strings.Builder
	row := func(series string, from, to, each int) {
		for p := from; p <= to; p++ {
			for i := range each {
				fmt.Fprintf(&b, "abc: fix %s %d %d\t%s.%d\n", series, p, i, series, p)
			}
		}
	}
	row("6.1", 1, 192, 1)
	row("6.5", 4, 13, 20)
	row("6.8", 10, 12, 40)
	row("6.13", 1, 2, 3) // a few rows are no coverage
	table, err := ReadTable(strings.NewReader(b.String()), "t")
	if err != nil {
		t.Fatal(err)
	}
	c := Tables{table}.Coverage()
	if got := strings.Join(c.Series(), " "); got != "6.1 6.5 6.8" {
		t.Errorf("covered: %s", got)
	}
	if end := c.End(); end.Before(on(t, "2026-06-01")) || end.After(on(t, "2026-12-31")) {
		t.Errorf("6.1.192 is put on %s", end)
	}
	for _, x := range []struct {
		what string
		bug  Bug
		day  string
		want Mask
	}{
		{"nothing known of the bug", Bug{}, "2023-09-15", ""},
		{"an old bug", Bug{Since: "5.4"}, "2023-09-15", ""},
		{"a bug of 6.5, while 6.5.y lived", Bug{Since: "6.5"}, "2023-09-15", ""},
		{"a bug of 6.6, found in 6.7-rc", Bug{Since: "6.6"}, "2023-12-01", Unseen},
		{"a bug of 6.5, after 6.5.y", Bug{Since: "6.5"}, "2024-02-01", Unseen},
		{"a bug of 6.8 of whose first releases nothing is listed", Bug{Since: "6.8"}, "2024-03-12", Unseen},
		{"a bug of the coming release", Bug{Since: "6.6"}, "2023-09-15", Unreleased},
		{"the same, by the release of the fix", Bug{Since: "6.6", Fixed: "6.6"}, "2023-09-15", Unreleased},
		{"a young bug that 6.1 took", Bug{Since: "6.9", Backported: []string{"6.1.90"}}, "2024-09-15", ""},
		{"asked for from 6.9 on", Bug{Since: "5.4", Asked: "6.9"}, "2024-09-15", Unseen},
		{"after the table", Bug{Since: "5.4"}, "2027-03-01", Beyond},
	} {
		if got := c.Mask(x.bug, on(t, x.day)); got != x.want {
			t.Errorf("%s: %q, want %q", x.what, got, x.want)
		}
	}
	flags, err := ReadTable(strings.NewReader(one+"\t6.4\t1\t6.1.35\n"), "t")
	if err != nil {
		t.Fatal(err)
	}
	c = Tables{flags}.Coverage()
	if c != nil {
		t.Error("a table that says yes or no of each commit does not show what it could see")
	}
	if got := c.Mask(Bug{Since: "6.4", Fixed: "6.4"}, on(t, "2023-05-01")); got != Unreleased {
		t.Errorf("without coverage, a bug of the same release: %q", got)
	}
	if got := c.Mask(Bug{Since: "6.3", Fixed: "6.4"}, on(t, "2030-05-01")); got != "" {
		t.Errorf("without coverage, a released bug: %q", got)
	}
}

// TestDocumented: the days of the list are days, in order, and what lies between
// them is counted evenly.
func TestDocumented(t *testing.T) {
	for series, list := range documented {
		r, _ := release.Parse(series)
		born, ok := r.Due()
		if !ok {
			t.Errorf("no release %s is known", series)
		}
		last, point := born, 0
		for _, k := range list {
			if day := on(t, k.day); !day.After(last) || k.point <= point {
				t.Errorf("%s.%d is out of order", series, k.point)
			}
			last, point = on(t, k.day), k.point
			if d := dayOf(series, born, k.point); d.Sub(last).Abs() > time.Hour {
				t.Errorf("%s.%d is put on %s, not on %s", series, k.point, d, last)
			}
		}
	}
}
