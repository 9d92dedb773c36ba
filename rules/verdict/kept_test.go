package verdict

import (
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
)

// A maintainer's no to some branches keeps a change out of these and decides nothing of others.
func TestKeptOut(t *testing.T) {
	no := func(of string) func(*judged) {
		return func(j *judged) {
			r, _ := release.ReadRange(of)
			j.Series = &rules.Series{NotFor: []rules.NotFor{{Evidence: rules.Evidence{Text: "mo@example.org: not there"}, Branches: []release.Range{r}}}}
		}
	}
	proposed := func(trees ...string) func(*judged) {
		return func(j *judged) { j.Change.Prefix = change.Prefix{AutoSel: true, Trees: trees} }
	}
	for _, c := range []struct {
		name   string
		j      *judged
		want   Verdict
		class  Class
		kept   string // the branches that are declined
		reason string
	}{
		{"one of two", sure(affectedIn("6.12", 0.9), affectedIn("5.10", 0.9), no("5.10")), StableEligible, "", "5.10",
			"eligible for 6.12; dkms-only for 5.10"},
		{"both", sure(affectedIn("6.12", 0.9), affectedIn("5.10", 0.9), no("6.12 and older")), DKMSOnly, Declined, "6.12 5.10",
			"declined for 6.12: mo@example.org: not there"},
		{"another one", sure(affectedIn("6.12", 0.9), no("5.10")), StableEligible, "", "", "eligible for 6.12"},
		{"of others nothing is sure", sure(affectedIn("6.12", 0.9), affectedIn("6.6", 0.4), no("6.12")), Uncertain, "", "6.12",
			"estimated chance that stable takes it in 6.6: 40 %, too close to call"},
		{"another class counts before", sure(affectedIn("6.12", 0.9), affectedIn("6.6", 0.1), no("6.12"), newUAPI), DKMSOnly, ABI, "6.12", ""},
		{"it is not known to have the bug", sure(in("6.12 unknown"), no("6.12")), DKMSOnly, Declined, "6.12", ""},
		{"it has it", sure(in("6.12 present"), affectedIn("6.6", 0.9), no("6.12")), StableEligible, "", "", ""},
		{"no trees", sure(no("5.10")), StableEligible, "", "", ""},
		{"no trees, proposed for that", sure(no("5.10"), proposed("5.10")), DKMSOnly, Declined, "", "declined for 5.10: mo@example.org: not there"},
		{"no trees, proposed for another one too", sure(no("5.10"), proposed("6.1", "5.10")), StableEligible, "", "", ""},
	} {
		d := c.j.decide()
		if d.verdict != c.want || d.class != c.class || c.reason != "" && d.reason != c.reason {
			t.Errorf("%s: %s %s (%s), want %s %s (%s)", c.name, d.verdict, d.class, d.reason, c.want, c.class, c.reason)
		}
		kept := ""
		for _, b := range c.j.branches {
			if b.Is(DKMSOnly) && b.ReasonClass == Declined {
				kept += " " + b.Name
			}
		}
		if len(kept) > 0 {
			kept = kept[1:]
		}
		if kept != c.kept {
			t.Errorf("%s: declined for %q, want %q", c.name, kept, c.kept)
		}
	}
}
