package main

import (
	"strings"
	"testing"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
)

// A change is met once, whichever way it stands twice; another with its title is
// another.
func TestLanded(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	at := func(days int, line, author string, picked bool) *change.Change {
		files, _, err := gitdiff.Parse(strings.NewReader("diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-old\n+" + line + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		c := &change.Change{Subject: "demo: fix it", Date: day.AddDate(0, 0, days), Files: files}
		c.Author.Name = author
		if picked {
			c.Origin = []change.Origin{{SHA: "0123456789ab", Form: "cherry-pick"}}
		}
		return c
	}
	var l landed
	for _, c := range []struct {
		name string
		c    *change.Change
		want bool
	}{
		{"the first", at(0, "new", "A", false), true},
		{"on the same day by the clock", at(0, "other", "A", false), false},
		{"a copy that says so", at(3, "other", "a", true), false},
		{"the same lines again", at(9, "new", "B", false), false},
		{"another fix with the title", at(40, "different", "A", false), true},
	} {
		if got := l.first(c.c); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
