package change

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

func TestMainlineReleases(t *testing.T) {
	for i := range mainline[1:] {
		a, b := day(t, mainline[i].day), day(t, mainline[i+1].day)
		if gap := b.Sub(a); gap < shortCycle-8*24*time.Hour || gap > longCycle+8*24*time.Hour {
			t.Errorf("%s follows %s after %v", mainline[i+1].name, mainline[i].name, gap)
		}
	}
}

func TestStanding(t *testing.T) {
	for _, tt := range []struct {
		name, day string
		want      standing
	}{
		{"5.14", "2021-08-06", coming},
		{"5.14", "2021-08-29", newest},
		{"5.14", "2021-10-30", newest},
		{"5.14", "2021-10-31", released},
		{"5.15", "2021-08-06", coming},
		{"6.6", "2021-08-06", coming},
		{"3.18", "2016-01-01", released},
		{"2.6.32", "2020-01-01", released},
		{"6.17", "2025-11-01", newest},
		{"6.18", "2025-10-10", coming}, // beyond the table
		{"6.18", "2025-12-02", newest},
		{"6.17", "2026-01-02", released},
		{"7.0", "2026-01-02", coming},
		{"6.18", "2027-01-02", released},
		{"6.25", "2026-01-02", unheard},
		{"9.9", "2026-01-02", unheard},
	} {
		if got := standingOf(tt.name, day(t, tt.day)); got != tt.want {
			t.Errorf("%s on %s: %d, want %d", tt.name, tt.day, got, tt.want)
		}
	}
}

// A bare release in the brackets is a stable branch only when there can be one.
func TestSettle(t *testing.T) {
	for _, tt := range []struct {
		subject, day string
		asks         bool
		trees        []string
		coming       string
	}{
		{"[PATCH 5.14 1/3] x", "2021-08-06", false, nil, "5.14"},
		{"[PATCH wireless 5.14] x", "2021-08-06", false, nil, "5.14"},
		{"[PATCH for-6.2 1/3] x", "2022-12-20", false, nil, "6.2"},
		{"[PATCH v6.7] x", "2023-12-01", false, nil, "6.7"},
		{"[PATCH 5.14] x", "2021-09-10", false, nil, "5.14"},            // too late for 5.14, but from the same tree
		{"[PATCH 5.14] x", "2021-09-10", true, []string{"5.14"}, ""},    // sent to the stable list
		{"[PATCH 5.14] x", "2021-12-10", false, []string{"5.14"}, ""},   // long out
		{"[PATCH 5.14.y] x", "2021-08-06", false, []string{"5.14"}, ""}, // says what it means
		{"[PATCH stable 5.14] x", "2021-09-10", false, []string{"5.14"}, ""},
		{"[PATCH 5.14-rc6 1/2] x", "2021-12-10", false, nil, "5.14"},
		{"[PATCH 6.1 5.15 5.10] x", "2022-12-20", false, []string{"6.1", "5.15", "5.10"}, ""},
		{"[PATCH AUTOSEL 5.14 8/9] x", "2021-09-10", false, []string{"5.14"}, ""},
		{"[PATCH 5.10] x", "2021-08-06", false, []string{"5.10"}, ""},
	} {
		p, _ := ParseSubject(tt.subject)
		p.Settle(day(t, tt.day), tt.asks)
		if !slices.Equal(p.Trees, tt.trees) || p.Coming != tt.coming {
			t.Errorf("%s on %s: trees %v, coming %q", tt.subject, tt.day, p.Trees, p.Coming)
		}
	}
	p, _ := ParseSubject("[PATCH 5.14] x")
	if p.Settle(time.Time{}, false); p.Coming != "" {
		t.Error("settled without a day")
	}
}
