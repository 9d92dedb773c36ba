package sweep

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
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

// A chip brings its blocks and counts from its own support on, whatever block that
// came earlier is named beside it.
func TestCardOf(t *testing.T) {
	find := func(names ...string) []silicon.Entry {
		es, err := FindChips(names)
		if err != nil {
			t.Fatal(err)
		}
		return es
	}
	c := CardOf(find("SMU13", "Navi33"), true)
	if c.first.Name != "Navi33" || c.first.Since != "5.19" {
		t.Errorf("it begins with %s in %s", c.first.Name, c.first.Since)
	}
	has := func(name string) bool {
		return slices.ContainsFunc(c.blocks, func(b silicon.Block) bool { return b.Name == name })
	}
	if !has("DCN 3.2.1") || has("SMU13") {
		t.Errorf("taken in: %v", c.blocks)
	}
	if c := CardOf(find("Navi33"), false); len(c.blocks) > 0 {
		t.Errorf("without blocks: %v", c.blocks)
	}
	if c := CardOf(find("DCN3.2", "DCN3"), true); c.first.Name != "DCN3" || len(c.blocks) > 0 {
		t.Errorf("blocks alone: %+v", c)
	}
	if _, err := FindChips([]string{"Raven", "DCN3"}); err == nil {
		t.Error("a chip without a first release was taken")
	}
}
