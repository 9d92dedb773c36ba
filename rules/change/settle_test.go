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
