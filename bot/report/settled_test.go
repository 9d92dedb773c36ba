package report

import (
	"testing"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// A mail that says that nothing is to be done is one too many.
func TestSettled(t *testing.T) {
	tagged := &change.Change{Fixes: []change.Fixes{{SHA: "1a2b3c4d5e6f"}}, Stable: []change.StableTag{{Address: "stable@vger.kernel.org"}}}
	since := &change.Change{Fixes: tagged.Fixes, Stable: []change.StableTag{{Address: "stable@vger.kernel.org", Versions: []string{"6.11"}}}}
	bare := &change.Change{Fixes: tagged.Fixes}
	takes, misses := verdict.StableEligible, verdict.DKMSOnly
	for _, c := range []struct {
		name string
		j    verdict.Judgement
		c    *change.Change
		want bool
	}{
		{"eligible and tagged", verdict.Judgement{Verdict: verdict.StableEligible}, tagged, true},
		{"eligible and tagged, no culprit named", verdict.Judgement{Verdict: verdict.StableEligible}, &change.Change{Stable: tagged.Stable}, true},
		{"eligible without a tag", verdict.Judgement{Verdict: verdict.StableEligible}, bare, false},
		{"tagged, but an older branch cannot take it", verdict.Judgement{Verdict: verdict.StableEligible, Mixed: true}, tagged, false},
		{"tagged, but a branch needs more", verdict.Judgement{Verdict: verdict.StableEligible, Branches: []verdict.Branch{
			{Name: "6.12", State: "affected", Verdict: &takes, Prerequisites: []string{"1111111"}}}}, tagged, false},
		{"tagged for newer branches than the one without the code", verdict.Judgement{Verdict: verdict.StableEligible, Mixed: true, Branches: []verdict.Branch{
			{Name: "6.12", State: "affected", Verdict: &takes}, {Name: "6.6", State: "no-base", Verdict: &misses, ReasonClass: verdict.NoBase}}}, since, true},
		{"tagged for newer branches than one that is older than the chip", verdict.Judgement{Verdict: verdict.StableEligible, Mixed: true, Branches: []verdict.Branch{
			{Name: "6.12", State: "affected", Verdict: &takes}, {Name: "6.6", State: "no-base", Newer: true, Verdict: &misses, ReasonClass: verdict.NoBase}}}, since, false},
		{"tagged for an older branch, too", verdict.Judgement{Verdict: verdict.StableEligible, Mixed: true, Branches: []verdict.Branch{
			{Name: "6.12", State: "affected", Verdict: &takes}, {Name: "6.6", State: "no-base", Verdict: &misses, ReasonClass: verdict.NoBase}}}, tagged, false},
		{"declined", verdict.Judgement{Verdict: verdict.DKMSOnly, ReasonClass: verdict.Declined}, bare, true},
		{"too big", verdict.Judgement{Verdict: verdict.DKMSOnly, ReasonClass: verdict.TooBig, Branches: []verdict.Branch{
			{Name: "6.12", State: "affected", Verdict: &misses}}}, tagged, false},
	} {
		v := ValuesOf(Posting{Of: 1, Have: 1, Patches: []Patch{{Judgement: c.j, Change: c.c}}})
		if got := v.Rows[0].Settled(); got != c.want {
			t.Errorf("%s: settled %v, want %v", c.name, got, c.want)
		}
	}
}

func TestQuoteOfCover(t *testing.T) {
	got := Quote("These fix hangs.\n\nJo Doe (3):\n  drm: one\n\n x.c | 3 +++\n")
	if len(got) != 1 || got[0] != "These fix hangs." {
		t.Errorf("quoted %q", got)
	}
}
