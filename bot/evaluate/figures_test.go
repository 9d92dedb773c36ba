package evaluate

import (
	"math"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

// eight are cases whose figures were computed by hand.
//
//	p    taken  claims  verdict
//	.9   yes    yes     stable-eligible
//	.8   no     yes     stable-eligible
//	.7   yes    yes     stable-eligible
//	.6   yes    no      stable-eligible
//	.4   no     yes     uncertain
//	.3   yes    yes     dkms-only
//	.05  no     no      out-of-scope
//	.05  no     no      out-of-scope
func eight() *Collector {
	k := &Collector{}
	for i, c := range []struct {
		p             float64
		taken, claims bool
		v             verdict.Verdict
	}{
		{.9, true, true, verdict.StableEligible}, {.8, false, true, verdict.StableEligible}, {.7, true, true, verdict.StableEligible},
		{.6, true, false, verdict.StableEligible},
		{.4, false, true, verdict.Uncertain}, {.3, true, true, verdict.DKMSOnly}, {.05, false, false, verdict.OutOfScope},
		{.05, false, false, verdict.OutOfScope},
	} {
		with := View{P: c.p, Verdict: c.v}
		without := with
		if i == 0 { // its tag is all that it has
			without = View{P: .1, Verdict: verdict.OutOfScope}
		}
		id := strings.Repeat(string(rune('a'+i)), 40)
		k.Add(Case{ID: id, Subject: "drm/xyz: change " + string(rune('a'+i)), Release: "6.5", Driver: "xyz", Taken: c.taken, Claims: c.claims,
			With: with, Without: without},
			verdict.Judgement{ID: id, Subject: "drm/xyz: change", Verdict: c.v, Reason: "for a test"})
	}
	return k
}

var thresholds = model.Thresholds{Fix: .5, Eligible: .55, DKMS: .35}

func TestFigures(t *testing.T) {
	r := Measure(eight(), Options{Thresholds: thresholds, Rounds: 50, Seed: 1})
	all, fixes, bare := r.Sets[0], r.Sets[1], r.Sets[2]
	for name, c := range map[string]struct{ got, want float64 }{
		"cases": {float64(all.Cases), 8}, "taken": {float64(all.Taken), 4},
		// Pairs of a taken and an untaken case in the right order: .9 beats 4, .7
		// and .6 beat 3, .3 beats 2.
		"AUC": {all.AUC.Value, 12. / 16},
		// Precision where each taken case stands: 1/1, 2/3, 3/4, 4/6.
		"average precision": {all.AveragePrecision.Value, (1 + 2./3 + 3./4 + 4./6) / 4},
		// Squares: .01 .64 .09 .16 .16 .49 .0025 .0025, over 8, against 1/4.
		"Brier skill": {all.BrierSkill.Value, 1 - 1.555/8/.25},
		// Each bin has one case but the first, which has two: .1+.8+.3+.4+.4+.7+.05+.05.
		"calibration error":   {all.CalibrationError.Value, 2.8 / 8},
		"precision, eligible": {all.Eligible.Precision.Value, 3. / 4}, "recall, eligible": {all.Eligible.Recall.Value, 3. / 4},
		"precision, dkms": {all.DKMS.Precision.Value, 3. / 5}, "recall, dkms": {all.DKMS.Recall.Value, 3. / 4},
		"fixes":       {float64(fixes.Cases), 5},
		"fixes taken": {float64(fixes.Taken), 3},
		// .9 beats 2, .7 beats 1, .3 beats none.
		"fixes AUC":     {fixes.AUC.Value, 3. / 6},
		"fixes decided": {fixes.Decided.Value, 4. / 5}, "taken, eligible": {fixes.TakenEligible.Value, 2. / 3},
		"taken, dkms": {fixes.TakenDKMS.Value, 1. / 3}, "eligible, never taken": {fixes.WrongEligible.Value, 1. / 3},
		// Without its tag the first case beats the last two only.
		"bare AUC": {bare.AUC.Value, 10. / 16}, "bare taken, eligible": {bare.TakenEligible.Value, 2. / 4},
		"without a sign": {float64(r.Silent), 1},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%s: got %v, want %v", name, c.got, c.want)
		}
	}
	if got := all.Confusion[0]; got.Taken != 3 || got.Not != 1 {
		t.Errorf("stable-eligible: %+v", got)
	}
	if len(r.Drivers) != 0 || r.FewDrivers != 1 {
		t.Errorf("a driver of 4 taken changes has figures: %+v", r.Drivers)
	}
	if w := r.Worst[0]; w.ID[0] != 'b' || math.Abs(w.Surprise-math.Log(5)) > 1e-9 {
		t.Errorf("the worst is %.1s with %v, want b with ln 5", w.ID, w.Surprise)
	}
	if i := all.AUC.Interval; !(i.Low < all.AUC.Value && all.AUC.Value < i.High) {
		t.Errorf("interval %+v does not hold the figure %v", i, all.AUC.Value)
	}
}

// TestFiguresOfNothing: what the cases do not allow is null, and no panic.
func TestFiguresOfNothing(t *testing.T) {
	k := &Collector{}
	k.Add(Case{ID: "x", Taken: false}, verdict.Judgement{})
	r := Measure(k, Options{Thresholds: thresholds, Rounds: 10})
	for i := range r.Sets {
		if b, err := r.Sets[i].AUC.MarshalJSON(); err != nil || string(b) != "null" {
			t.Errorf("AUC without a taken case is %s, %v", b, err)
		}
		if b, err := r.Sets[i].TakenDKMS.MarshalJSON(); err != nil || string(b) != "null" {
			t.Errorf("a share of nothing is %s, %v", b, err)
		}
	}
}

// TestWorst: the collector keeps the worst of many, in order.
func TestWorst(t *testing.T) {
	k := &Collector{}
	for i := range 1000 {
		p := float64((i*617)%1000) / 1000
		k.Add(Case{ID: "x", With: View{P: p}}, verdict.Judgement{Score: p})
	}
	r := Measure(k, Options{Thresholds: thresholds})
	if len(r.Worst) != Worst {
		t.Fatalf("%d kept, want %d", len(r.Worst), Worst)
	}
	for i, w := range r.Worst {
		if want := .999 - float64(i)/1000; math.Abs(w.Judgement.Score-want) > 1e-9 {
			t.Fatalf("at %d: %v, want %v", i, w.Judgement.Score, want)
		}
	}
}

func TestUntag(t *testing.T) {
	c := &change.Change{Stable: []change.StableTag{{Address: "stable@vger.kernel.org"}, {NoAutosel: true}}}
	d := Untag(c)
	if !Asks(c) || Asks(d) || len(c.Stable) != 2 || len(d.Stable) != 1 || !d.Stable[0].NoAutosel {
		t.Errorf("got %+v from %+v", d.Stable, c.Stable)
	}
}

// TestBranchFigures: rows count where it is known what the branch did, and each
// share says of how many it is one.
func TestBranchFigures(t *testing.T) {
	row := func(branch string, v verdict.Verdict, class verdict.Class, known, taken bool) Row {
		return Row{Branch: branch, State: "affected", Verdict: v, Class: class, Known: known, Taken: taken}
	}
	k := &Collector{}
	add := func(v verdict.Verdict, taken bool, mask truth.Mask, rows ...Row) {
		k.Add(Case{ID: "x", Claims: true, Taken: taken, Mask: mask, With: View{P: .5, Verdict: v}, Rows: rows}, verdict.Judgement{})
	}
	add(verdict.StableEligible, true, "", row("5.10", verdict.StableEligible, "", true, false),
		row("6.1", verdict.StableEligible, "", true, true))
	add(verdict.StableEligible, false, "", row("5.10", verdict.DKMSOnly, "conflicts", true, false),
		row("6.1", verdict.StableEligible, "", false, false))
	add(verdict.StableEligible, false, truth.Unseen, row("6.1", verdict.Uncertain, "", true, false))
	add(verdict.DKMSOnly, true, "", row("6.1", verdict.DKMSOnly, verdict.TooBig, true, true))
	add(verdict.NotNeeded, false, "", Row{Branch: "6.1", State: "present", Known: true})
	r := Measure(k, Options{Thresholds: thresholds})
	got := map[string]string{}
	for _, f := range r.Branches {
		if f.Share.Of == 0 {
			t.Errorf("%s %s: a share of nothing", f.Branch, f.What)
		}
		got[f.Branch+": "+f.What] = f.Share.String()
	}
	for what, want := range map[string]string{
		": affected rows of what is in scope: stable-eligible or dkms-only":  "5 of 6 = .833",
		": affected rows: neither uncertain, nor out-of-scope though tagged": "5 of 6 = .833",
		": eligible rows: taken by that branch":                              "1 of 2 = .500",
		"6.1: eligible rows: taken by that branch":                           "1 of 1 = 1.000",
		": dkms-only rows, without conflicts: not taken by it":               "0 of 1 = .000",
		": dkms-only rows of class conflicts: not taken by it":               "1 of 1 = 1.000",
		": affected rows that are uncertain: taken by it":                    "0 of 1 = .000",
		": fixes that stable took: called dkms-only":                         "1 of 2 = .500",
		": visible fixes called stable-eligible: taken by no branch":         "1 of 2 = .500",
	} {
		if got[what] != want {
			t.Errorf("%s: %q, want %q", what, got[what], want)
		}
	}
}

// TestWorths: a fate that is none is left out of worth, and told.
func TestWorths(t *testing.T) {
	k := &Collector{}
	for i := range 8 {
		c := Case{ID: "x", Claims: true, Named: i%2 == 0, Tagged: i == 0, Taken: i < 4, Merged: truth.Applied, With: View{P: 1 - float64(i)/10}}
		switch {
		case i == 7:
			c.Mask, c.Merged = truth.Unmerged, ""
		case i < 2:
			c.Merged = truth.InTable
		}
		k.Add(c, verdict.Judgement{})
	}
	r := Measure(k, Options{Thresholds: thresholds, Posted: true})
	got := map[string][2]int{}
	for _, w := range r.Worths {
		got[w.Population+", "+w.Slice] = [2]int{w.Cases, w.Taken}
	}
	for what, want := range map[string][2]int{
		"as posted, fixes": {8, 4}, "applied, by a notice, fixes": {5, 2}, "merged, as far as is known, fixes": {7, 4},
		"merged and visible, fixes":                      {7, 4},
		"the same, merged by more than the table, fixes": {5, 2}, "as posted, with a stable tag": {1, 1},
		"as posted, Fixes: and no stable tag": {3, 1}, "as posted, a fix by its title alone": {4, 2},
	} {
		if got[what] != want {
			t.Errorf("%s: %v, want %v", what, got[what], want)
		}
	}
	if len(r.Masked) != 1 || r.Masked[0] != (Masked{truth.Unmerged, 1}) {
		t.Errorf("masked: %+v", r.Masked)
	}
}
