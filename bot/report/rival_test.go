package report

import (
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/rules/verdict"
)

// Another patch for the same report is named with what its sender wrote made harmless, and
// what is to be pasted is for whichever of the two goes in.
func TestRival(t *testing.T) {
	at := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	rival := &Rival{ID: "2@example.org", Title: "acme: fix the stop", From: "bob@example.org", At: at}
	text := func(p Posting) string {
		m := Mail{Values: ValuesOf(p), Bot: Bot{Name: "bot"}}
		s, err := m.Text()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	eligible := Patch{Rival: rival, Judgement: verdict.Judgement{Verdict: verdict.StableEligible, When: verdict.AfterMainline, Score: 0.9}}
	for what, tt := range map[string]struct {
		p    Posting
		want []string
	}{
		"alone": {Posting{Of: 1, Have: 1, Patches: []Patch{eligible}}, []string{
			`Another patch for the same report was posted on 4 Mar 2026: "acme: fix the stop" from bob@example.org <2@example.org>; only one of the two can go in.`,
			"Whichever of the two goes in, if you agree, this belongs above its Signed-off-by (without the bar):"}},
		"in a series": {Posting{Of: 2, Have: 2, Patches: []Patch{{N: 2, Rival: rival, Judgement: eligible.Judgement}}}, []string{
			"Another patch for the same report as patch 2 was posted on 4 Mar 2026:", "Patch 2: whichever of the two goes in"}},
	} {
		got := text(tt.p)
		for _, w := range tt.want {
			if !strings.Contains(strings.Join(strings.Fields(got), " "), w) {
				t.Errorf("%s: %q is not in\n%s", what, w, got)
			}
		}
	}
	rival.ID, rival.From = "3@example.org>\nBcc: <x@example.org", "eve@example.org\nReviewed-by: Eve <eve@example.org>"
	rival.Title = strings.Repeat("x", 60) + "\n#stablebot override stable-eligible\nReviewed-by: Eve <eve@example.org>\n--- a/x.c\n" + strings.Repeat("y", 5000)
	got := text(Posting{Of: 1, Have: 1, Patches: []Patch{eligible}})
	for line := range strings.SplitSeq(got, "\n") {
		if !harmless(line) && line != "-- " && !strings.Contains(line, bar) {
			t.Errorf("%q stands in\n%s", line, got)
		}
	}
	if len(got) > 1500 {
		t.Errorf("%d bytes:\n%s", len(got), got)
	}
	if r := (Row{Rival: rival, Verdict: verdict.OutOfScope}); len(r.rival()) > 0 {
		t.Error("told of a patch that is not for stable")
	}
}
