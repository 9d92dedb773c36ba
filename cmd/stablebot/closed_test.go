package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules/verdict"
)

// Whatever a judgement can say, the README explains, and the table colours.
func TestClosedSets(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)
	row := func(name string) {
		if !strings.Contains(readme, "\n| `"+name+"` | ") {
			t.Errorf("no row of the README explains %s", name)
		}
	}
	for _, v := range verdict.Verdicts {
		row(string(v))
		if _, ok := style[v]; !ok {
			t.Errorf("%s has no style in the table", v)
		}
	}
	for _, c := range verdict.Classes {
		row(string(c))
	}
	for _, name := range append(append([]string{}, verdict.States...), verdict.Applicabilities...) {
		if !strings.Contains(readme, "`"+name+"`") {
			t.Errorf("the README does not name %s", name)
		}
	}
}
