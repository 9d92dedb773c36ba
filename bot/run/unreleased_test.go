package run

import (
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
)

// New code that is posted after the merge window of the last release has closed is not in
// it, and nothing is said of a day around which a release is only expected.
func TestOpenedOf(t *testing.T) {
	for _, c := range []struct {
		day, since string
		ok         bool
	}{
		{"2025-03-01", "2024-12-08", true}, // 6.13 came in January, its window closed before Advent
		{"2025-03-23", "2024-12-08", true},
		{"2025-03-25", "2025-02-09", true}, // after 6.14
		{"2015-01-01", "0001-01-01", false},
		{"2060-01-01", "0001-01-01", false},
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if since, ok := openedOf(day); ok != c.ok || ok && since.Format(time.DateOnly) != c.since {
			t.Errorf("%s: %s %v, want %s %v", c.day, since.Format(time.DateOnly), ok, c.since, c.ok)
		}
	}
}

// The mail before the patches is asked for all of them: a cover letter by its words and
// its base, a first patch by its base alone.
func TestYoungSeries(t *testing.T) {
	read := func(subject, text string) *mail.Message {
		m, err := parse(flow.Mail{Raw: []byte("From: Ada <ada@example.org>\nMessage-ID: <1@example.org>\nSubject: " + subject + "\n\n" + text)})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	const diff = "\n---\ndiff --git a/drivers/gpu/drm/x/x.c b/drivers/gpu/drm/x/x.c\n" +
		"--- a/drivers/gpu/drm/x/x.c\n+++ b/drivers/gpu/drm/x/x.c\n@@ -1 +1 @@\n-a\n+b\n"
	const base = "-- \n2.0\n\nbase-commit: 0123456789ab00112233445566778899aabbccdd\n"
	c := read("[PATCH 2/2] drm/x: fix b", "Fixes: 0123456789ab (\"drm/x: add b\")"+diff).Change
	for _, tt := range []struct {
		name string
		m    *mail.Message
		want string
	}{
		{"cover letter, words", read("[PATCH 0/2] drm/x: fixes", "For the recently merged rings."), `its author writes "recently merged" of the series`},
		{"cover letter, base", read("[PATCH 0/2] drm/x: fixes", "Two.\n\n"+base), "the series stands on top of its culprit"},
		{"first patch, base", read("[PATCH 1/2] drm/x: fix a", "Text."+diff+base), "the series stands on top of its culprit"},
		{"first patch, words", read("[PATCH 1/2] drm/x: fix a", "In the recently merged code."+diff), ""},
		{"another base", read("[PATCH 0/2] drm/x: fixes", strings.ReplaceAll(base, "0123", "4567")), ""},
	} {
		if got := youngSeries(tt.m, c); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// How long before a fix its culprit was posted says whether a release can have it.
func TestYoung(t *testing.T) {
	day := time.Date(2025, 10, 14, 0, 0, 0, 0, time.UTC)
	opened := time.Date(2025, 8, 17, 0, 0, 0, 0, time.UTC)
	ago := func(days int) time.Time { return day.AddDate(0, 0, -days) }
	for _, c := range []struct {
		name string
		p    culpritPosted
		ok   bool // the last release is known
		want string
	}{
		{"after the window", culpritPosted{at: ago(30)}, true, "was posted too late for the last release"},
		{"before its end", culpritPosted{at: ago(63)}, true, "was posted 9 weeks before"},
		{"no release is known", culpritPosted{at: ago(30)}, false, "was posted 4 weeks before"},
		{"long before", culpritPosted{at: ago(80)}, true, ""},
		{"a fix of last week", culpritPosted{at: ago(9), fix: true}, true, "was posted 9 days before"},
		{"a fix of today", culpritPosted{at: day.Add(-time.Hour), fix: true}, true, "was posted less than a day before"},
		{"a fix of yesterday", culpritPosted{at: ago(1), fix: true}, true, "was posted 1 day before"},
		{"a fix of last month", culpritPosted{at: ago(30), fix: true}, true, ""},
	} {
		if got := c.p.young(day, opened, c.ok); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
