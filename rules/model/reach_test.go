package model

import (
	"maps"
	"math"
	"testing"

	"github.com/stablebot/stablebot/rules"
)

// Where the patch applies as it is nothing is added; nothing speaks for a branch.
func TestOnBranch(t *testing.T) {
	w := Default().File()
	w.Heads = maps.Clone(w.Heads)
	w.Heads[HeadReach] = Weighed{Weights: map[string]float64{}}
	for i, name := range ReachTerms {
		w.Heads[HeadReach].Weights[name] = -0.1 * float64(i+1)
	}
	m, err := New(w)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		b       rules.Branch
		release string
		terms   []string
	}{
		{"as it is", rules.Branch{Name: "6.1", State: "affected", Applies: "exact"}, "6.4", nil},
		{"not needed", rules.Branch{Name: "5.10", State: "present", Applies: "needs-backport"}, "6.4", nil},
		{"by hand", rules.Branch{Name: "6.1", State: "affected", Applies: "needs-backport"}, "6.4", []string{"reach.by-hand"}},
		{"with others", rules.Branch{Name: "6.1", State: "affected", Applies: "needs-prerequisites", PileLines: 700}, "", []string{"reach.prerequisites"}},
		{"with too many", rules.Branch{Name: "6.1", State: "affected", Applies: "needs-prerequisites", PileLines: 701}, "", []string{"reach.prerequisites", "reach.too-many"}},
		{"with what was not found in full", rules.Branch{Name: "6.1", State: "affected", Applies: "needs-backport", PileLines: 10, PileMore: true}, "", []string{"reach.by-hand"}},
		{"with enablement", rules.Branch{Name: "6.1", State: "affected", Applies: "needs-prerequisites", Enabling: []string{"1"}}, "", []string{"reach.prerequisites", "reach.enabling"}},
		{"old", rules.Branch{Name: "5.10", State: "affected", Applies: "three-way"}, "6.4", []string{"reach.three-way", "reach.age"}},
		{"old, as it is", rules.Branch{Name: "5.10", State: "affected", Applies: "exact"}, "6.4", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, cs := m.OnBranch(0.8, &tt.b, tt.release)
			z := math.Log(0.8 / 0.2)
			for i, c := range cs {
				if i >= len(tt.terms) || c.Name != tt.terms[i] {
					t.Fatalf("%v, want %v", cs, tt.terms)
				}
				if Doc(c.Name) == "" {
					t.Errorf("%s says nothing of itself", c.Name)
				}
				z += c.Add()
			}
			if len(cs) != len(tt.terms) || p > 0.8 || math.Abs(p-Logistic(z)) > 1e-9 {
				t.Errorf("%v of %v, want %v", p, cs, tt.terms)
			}
		})
	}
}
