package verdict

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// member is patch n of a series of four, a fix in the band unless told otherwise.
func member(n int, tell ...func(*Judgement)) Judgement {
	j := Judgement{ID: string(rune('a' + n)), Kind: change.Mail, Verdict: Uncertain, Score: 0.3, Fix: 0.9, Reason: "too close to call",
		Series: &SeriesRef{Version: 1, N: n, Of: 4}, Lines: &Policy{Fix: 0.4, Eligible: 0.6, DKMS: 0.1},
		Rules: []Weighed{{Finding: rules.Finding{ID: rules.FixesTag.ID, Outcome: rules.Met, Values: map[string]float64{"claims": 1}}}}}
	for _, f := range tell {
		f(&j)
	}
	return j
}

func says(v Verdict, c Class, score float64) func(*Judgement) {
	return func(j *Judgement) {
		j.Verdict, j.ReasonClass, j.Score = v, c, score
		if v == StableEligible {
			j.When = AfterMainline
		}
	}
}

func finds(r *rules.Rule, o rules.Outcome) func(*Judgement) {
	return func(j *Judgement) {
		j.Rules = append(j.Rules, Weighed{Finding: rules.Finding{ID: r.ID, Outcome: o}})
	}
}

func on(name string, state State, v Verdict, c Class, score float64) func(*Judgement) {
	return func(j *Judgement) {
		b := Branch{Branch: rules.Branch{Name: name, State: state, Applies: "exact"}, ReasonClass: c, Score: score}
		if v != "" {
			b.Verdict = verdictOf(v)
		}
		j.Branches = append(j.Branches, b)
	}
}

// What follows a patch of the same series, and what is told apart from it.
func TestShare(t *testing.T) {
	lead := member(2, says(StableEligible, "", 0.9))
	for _, tt := range []struct {
		name   string
		j      Judgement
		follow bool
	}{
		{"in the band", member(1), true},
		{"reads like a fix, and is presented as none", member(1, func(j *Judgement) { j.Rules = nil }), false},
		{"below the bar", member(1, says(DKMSOnly, BelowBar, 0.05)), true},
		{"eligible by itself", member(1, says(StableEligible, "", 0.7)), false},
		{"too big", member(1, says(DKMSOnly, TooBig, 0.05)), false},
		{"in the band, far too big", member(1, func(j *Judgement) { j.Size.LinesWithContext = rules.TooBigPile + 1 }), false},
		{"an interface", member(1, says(DKMSOnly, ABI, 0.05)), false},
		{"an interface, in the band", member(1, finds(rules.NoNewUAPI, rules.Unmet)), false},
		{"no new interface", member(1, finds(rules.NoNewUAPI, rules.Met)), true},
		{"enables", member(1, finds(rules.NoEnablement, rules.Unmet)), false},
		{"not on sale", member(1, finds(rules.ProductionSilicon, rules.Unmet)), false},
		{"a theory", member(1, finds(rules.NoTheory, rules.Unmet)), false},
		{"its author refuses", member(1, says(Uncertain, "", 0.7)), false},
		{"its author refuses, in the band", member(1, finds(rules.NotDeclined, rules.Unmet)), false},
		{"hardware that nobody knows", member(1, says(Uncertain, "", 0.05)), false},
		{"declined", member(1, says(DKMSOnly, Declined, 0.5)), false},
		{"not for mainline", member(1, says(DKMSOnly, NotUpstream, 0.5)), false},
		{"no fix", member(1, says(OutOfScope, "", 0.5), func(j *Judgement) { j.Fix = 0.2 }), false},
		{"no hardware", member(1, says(OutOfScope, "", 0.5)), false},
		{"waits", member(1, says(Wait, "", 0.5)), false},
		{"not needed", member(1, says(NotNeeded, "", 0.5)), false},
		{"could not be read", member(1, func(j *Judgement) { text := "damaged"; j.Error = &text }), false},
	} {
		in := []Judgement{tt.j, lead}
		out := Share(in)
		if d := cmp.Diff(lead, out[1]); d != "" {
			t.Errorf("%s: the patch that leads changed\n%s", tt.name, d)
		}
		got := out[0]
		if !tt.follow {
			if d := cmp.Diff(tt.j, got); d != "" {
				t.Errorf("%s: it should keep its own\n%s", tt.name, d)
			}
			continue
		}
		if got.Verdict != StableEligible || got.ReasonClass != "" || got.When != AfterMainline || got.WithPatch != 2 || got.Score != tt.j.Score ||
			got.Reason != "if a stable branch has the bug: eligible with patch 2 of its series" {
			t.Errorf("%s: %+v", tt.name, got)
		}
		if d := cmp.Diff(out, Share(out)); d != "" {
			t.Errorf("%s: shared twice\n%s", tt.name, d)
		}
		if in[0].Verdict == StableEligible || in[0].WithPatch != 0 {
			t.Errorf("%s: what was handed in changed", tt.name)
		}
	}
	if d := cmp.Diff([]Judgement{member(1), member(2)}, Share([]Judgement{member(1), member(2)})); d != "" {
		t.Errorf("nothing leads, and yet\n%s", d)
	}
}

// A fix that uses what a feature of its series defines is not called eligible: without
// the feature there may be no bug.
func TestShareStandsOn(t *testing.T) {
	names := func(diff string, feature bool) func(*Judgement) {
		c, err := change.Parse(change.Input{Kind: change.Mail, Subject: "x", Text: "x\n\n---\ndiff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1,1 +1,2 @@\n a\n" + diff})
		if err != nil {
			t.Fatal(err)
		}
		return func(j *Judgement) {
			j.Names = c.Names(true)
			j.Names.Feature = feature
		}
	}
	brings, uses := "+static int ring_stop(struct ring *r)\n", "+\tring_stop(r);\n"
	eligible := says(StableEligible, "", 0.9)
	for name, tt := range map[string]struct {
		first, second Judgement
		want          Verdict
	}{
		"stands on a feature":        {member(1, says(OutOfScope, "", 0.2), names(brings, true)), member(2, eligible, names(uses, false)), Uncertain},
		"stands on a preparation":    {member(1, says(OutOfScope, "", 0.2), names(brings, false)), member(2, eligible, names(uses, false)), StableEligible},
		"uses something else":        {member(1, says(OutOfScope, "", 0.2), names(brings, true)), member(2, eligible, names("+\tring_start(r);\n", false)), StableEligible},
		"the feature comes after it": {member(3, says(OutOfScope, "", 0.2), names(brings, true)), member(2, eligible, names(uses, false)), StableEligible},
		"its author asks":            {member(1, says(OutOfScope, "", 0.2), names(brings, true)), member(2, eligible, names(uses, false), finds(rules.StableRequest, rules.Met)), StableEligible},
		"a branch was read": {member(1, says(OutOfScope, "", 0.2), names(brings, true)),
			member(2, eligible, names(uses, false), on("6.12", Affected, StableEligible, "", 0.9)), StableEligible},
	} {
		out := Share([]Judgement{tt.first, tt.second, member(4, says(Uncertain, "", 0.3))})
		if out[1].Verdict != tt.want {
			t.Errorf("%s: %s, want %s", name, out[1].Verdict, tt.want)
		}
		if follows := out[2].Verdict == StableEligible; follows != (tt.want == StableEligible) {
			t.Errorf("%s: another of the series follows: %v", name, follows)
		}
		if tt.want == Uncertain && out[1].Reason != "it needs patch 1 of its series, which adds something new: it uses ring_stop, which that patch defines" {
			t.Errorf("%s: %s", name, out[1].Reason)
		}
	}
}

// With trees, a row follows the same branch's row, and a fact of a branch is never
// overruled.
func TestShareByBranch(t *testing.T) {
	lead := member(3, says(StableEligible, "", 0.9),
		on("6.18", Affected, StableEligible, "", 0.9), on("6.12", Affected, StableEligible, "", 0.8), on("6.6", NotAffected, "", "", 0),
		on("6.1", Affected, StableEligible, "", 0.7), on("5.15", Affected, DKMSOnly, Conflicts, 0.05))
	out := Share([]Judgement{
		member(1, says(DKMSOnly, Conflicts, 0.3),
			on("6.18", Affected, Uncertain, "", 0.3), on("6.12", Affected, DKMSOnly, BelowBar, 0.08), on("6.6", Affected, Uncertain, "", 0.3),
			on("6.1", Affected, DKMSOnly, Conflicts, 0.05), on("5.15", Affected, Uncertain, "", 0.2)),
		member(2, on("6.18", Unknown, Uncertain, "", 0.3), on("6.12", Present, "", "", 0.3)),
		lead,
		member(4, says(StableEligible, "", 0.7), on("6.18", Affected, StableEligible, "", 0.7), on("6.12", Affected, Uncertain, "", 0.5)),
	})
	rows := func(j Judgement) string {
		var s []string
		for _, b := range j.Branches {
			v := "-"
			if b.Verdict != nil {
				v = strings.TrimSpace(string(*b.Verdict) + " " + string(b.ReasonClass))
			}
			s = append(s, b.Name+" "+v)
		}
		return strings.Join(s, ", ")
	}
	for i, want := range []struct{ rows, reason string }{
		{"6.18 stable-eligible, 6.12 stable-eligible, 6.6 uncertain, 6.1 dkms-only conflicts, 5.15 uncertain",
			"eligible for 6.18, 6.12, with patch 3 of its series; dkms-only for 6.1"},
		{"6.18 uncertain, 6.12 -", "too close to call"},
		{rows(lead), lead.Reason},
		{"6.18 stable-eligible, 6.12 stable-eligible", "eligible for 6.18; for 6.12 with patch 3 of its series"},
	} {
		if got := rows(out[i]); got != want.rows || out[i].Reason != want.reason {
			t.Errorf("patch %d:\n%s\n%s, want\n%s\n%s", i+1, got, out[i].Reason, want.rows, want.reason)
		}
	}
	if j := out[0]; j.Verdict != StableEligible || !j.Mixed || j.WithPatch != 3 {
		t.Errorf("%s mixed %v with %d", j.Verdict, j.Mixed, j.WithPatch)
	}
	if out[3].WithPatch != 0 || out[3].Branches[1].WithPatch != 3 {
		t.Errorf("what was eligible by itself is so with patch %d, its row with %d", out[3].WithPatch, out[3].Branches[1].WithPatch)
	}
}
