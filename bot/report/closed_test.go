package report

import (
	"slices"
	"testing"

	"github.com/stablebot/stablebot/rules/verdict"
)

// Whatever a judgement can say, a reply and a comment have words for.
func TestClosedSets(t *testing.T) {
	for _, v := range verdict.Verdicts {
		if !slices.Contains(order, v) || !slices.Contains(weakness, v) || leads[v] == nil || tells[v] == nil {
			t.Errorf("%s has no place in a reply", v)
		}
	}
	for _, c := range verdict.Classes {
		if shorts[c] == "" || keeps[c] == nil {
			t.Errorf("the class %s has no words", c)
		}
	}
	for _, s := range verdict.States {
		if states[s] == "" {
			t.Errorf("the state %s has no words", s)
		}
	}
	for _, how := range verdict.Applicabilities {
		if _, ok := going[how]; !ok {
			t.Errorf("%s has no words in the row of a branch", how)
		}
	}
}
