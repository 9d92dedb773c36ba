package main

import (
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/pile"
)

// TestWhole: a branch whose pile is not known to the end gets no series, and the
// refusal names what is in the way.
func TestWhole(t *testing.T) {
	step := pile.Step{ID: strings.Repeat("e", 40), Title: "drm/demo: rework all", Lines: 900, Drags: 41}
	for _, c := range []struct {
		name string
		b    pile.Branch
		want []string // of the refusal; none when there is a series
	}{
		{"nothing first", pile.Branch{}, nil},
		{"prerequisites, all known", pile.Branch{Steps: []pile.Step{step}, Lines: 90}, nil},
		{"too much", pile.Branch{Steps: []pile.Step{step}, Lines: 4000, More: true}, []string{"more than 4000 lines"}},
		{"one that nobody takes along", pile.Branch{Beyond: []pile.Step{step}}, []string{`eeeeeeeeeeee ("drm/demo: rework all")`}},
		{"several, and names", pile.Branch{Steps: []pile.Step{step}, Beyond: []pile.Step{step, step, step},
			Unresolved: []string{"a", "b", "c", "d", "e", "f", "g"}},
			[]string{"and 2 more", "lacks: a, b, c, d, e and 2 more"}},
	} {
		p := &pile.Plan{Mainline: strings.Repeat("c", 40), Plans: []pile.Branch{{Name: "6.6", More: true}, c.b}}
		p.Subject = "drm/demo: fix a hang"
		err := whole("6.1.y", p, 1)
		if (err == nil) != (len(c.want) == 0) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, w := range append(c.want, "6.1.y: cccccccccccc", "nothing is written", "stablebot plan cccccccccccc") {
			if err != nil && !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q lacks %q", c.name, err, w)
			}
		}
	}
}
