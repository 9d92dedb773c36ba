package model

import (
	"math"
	"math/rand/v2"
	"testing"
)

// draw makes rows whose log-odds are known.
func draw(n int, bias float64, weights []float64) []Row {
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make([]Row, n)
	for i := range rows {
		v := make([]float64, len(weights))
		z := bias
		for j, w := range weights {
			if rng.IntN(3) == 0 {
				v[j] = rng.Float64() * 4
			}
			z += w * v[j]
		}
		rows[i] = Row{Values: v, Label: rng.Float64() < Logistic(z), Weight: 1}
	}
	return rows
}

func TestFitFindsWeights(t *testing.T) {
	want := []float64{1.5, -1, 0.5, 0}
	f, err := Fit(draw(20000, -1, want), FitOptions{Ridge: 1e-6, Steps: 50, Tol: 1e-8})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(f.Bias+1) > .1 {
		t.Errorf("bias %v, want -1", f.Bias)
	}
	for j, w := range want {
		if math.Abs(f.Weights[j]-w) > .1 {
			t.Errorf("weight %d is %v, want %v", j, f.Weights[j], w)
		}
	}
}

func TestFitLasso(t *testing.T) {
	rows := draw(4000, -1, []float64{1.5, 0, 0, 0})
	f, err := Fit(rows, FitOptions{Ridge: 1e-6, Lasso: .02, Steps: 50, Tol: 1e-8})
	if err != nil {
		t.Fatal(err)
	}
	if f.Weights[0] <= 0 || f.Weights[1] != 0 || f.Weights[2] != 0 || f.Weights[3] != 0 {
		t.Errorf("weights %v: only the first column says anything", f.Weights)
	}
}

func TestFitSign(t *testing.T) {
	rows := draw(4000, -1, []float64{1.5, -1})
	f, err := Fit(rows, FitOptions{Ridge: 1e-6, Sign: []int8{1, 1}, Steps: 50, Tol: 1e-8})
	if err != nil {
		t.Fatal(err)
	}
	if f.Weights[0] <= 0 || f.Weights[1] != 0 {
		t.Errorf("weights %v: the second may not fall below zero", f.Weights)
	}
}

// Rows that one column tells apart have no finite maximum without a penalty.
func TestFitSeparable(t *testing.T) {
	var rows []Row
	for i := range 100 {
		rows = append(rows, Row{Values: []float64{float64(i % 2), 1}, Label: i%2 == 1, Weight: 1})
	}
	f, err := Fit(rows, DefaultFit)
	if err != nil {
		t.Fatal(err)
	}
	if !finite(f.Weights[0]) || f.Weights[0] <= 0 {
		t.Errorf("weight %v", f.Weights[0])
	}
	if f.Weights[1] != 0 {
		t.Errorf("a column that never varies has the weight %v", f.Weights[1])
	}
}

func TestFitDoubt(t *testing.T) {
	rows := draw(2000, 0, []float64{1})
	for i := range rows {
		if i%2 == 0 {
			rows[i].Label, rows[i].Weight = false, 0
		}
	}
	half, err := Fit(rows, DefaultFit)
	if err != nil {
		t.Fatal(err)
	}
	var kept []Row
	for i := range rows {
		if i%2 == 1 {
			kept = append(kept, rows[i])
		}
	}
	want, err := Fit(kept, DefaultFit)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(half.Weights[0]-want.Weights[0]) > 1e-6 {
		t.Errorf("rows of weight 0 moved the weight from %v to %v", want.Weights[0], half.Weights[0])
	}
}

func TestFitRefuses(t *testing.T) {
	for name, rows := range map[string][]Row{
		"nothing":    nil,
		"one label":  {{Values: []float64{1}, Label: true, Weight: 1}, {Values: []float64{2}, Label: true, Weight: 1}},
		"ragged":     {{Values: []float64{1}, Label: true, Weight: 1}, {Values: []float64{1, 2}, Label: false, Weight: 1}},
		"not finite": {{Values: []float64{math.NaN()}, Label: true, Weight: 1}, {Values: []float64{2}, Label: false, Weight: 1}},
		"bad weight": {{Values: []float64{1}, Label: true, Weight: -1}, {Values: []float64{2}, Label: false, Weight: 1}},
	} {
		if _, err := Fit(rows, DefaultFit); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestMetrics(t *testing.T) {
	s := []Scored{{.9, true}, {.8, false}, {.7, true}, {.1, false}}
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	near("AUC", AUC(s), .75)
	near("AP", AveragePrecision(s), (1+2.0/3)/2)
	near("Brier", Brier(s), (.01+.64+.09+.01)/4)
	near("skill", BrierSkill(s), 1-.1875/.25)
	tied := []Scored{{.5, true}, {.5, false}, {.5, false}, {.5, true}}
	near("AUC of ties", AUC(tied), .5)
	near("AP of ties", AveragePrecision(tied), .5)
	near("calibration error of ties", CalibrationError(Reliability(tied, 10)), 0)
	near("calibration error", CalibrationError(Reliability(s, 10)), (.1+.8+.3+.1)/4)
	if b := Reliability([]Scored{{1, true}, {0, false}}, 10); b[9].Cases != 1 || b[0].Cases != 1 {
		t.Errorf("the ends of the scale are not in the outer bins: %+v", b)
	}
	if !math.IsNaN(AUC([]Scored{{.5, true}})) {
		t.Error("AUC without an untaken case is a number")
	}
	a, b := Bootstrap(s, AUC, 200, 7), Bootstrap(s, AUC, 200, 7)
	if a != b || a.Low > .75 || a.High < .75 {
		t.Errorf("bootstrap %v, then %v; the figure is .75", a, b)
	}
}

// Each release is judged by weights it had no part in, and twice the same.
func TestCrossValidate(t *testing.T) {
	fix, plain := fixFacts(t), plainFacts(t)
	var cases []Case
	for i := range 90 {
		f, taken := fix, i%5 != 0
		if i%2 == 0 {
			f, taken = plain, i%10 == 0
		}
		cases = append(cases, Measure(f, []string{"1.0", "1.1", "1.2"}[i%3], taken, 1))
	}
	a, err := CrossValidate(HeadCommit, cases, DefaultFit)
	if err != nil {
		t.Fatal(err)
	}
	b, err := CrossValidate(HeadCommit, cases, DefaultFit)
	if err != nil {
		t.Fatal(err)
	}
	var s []Scored
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("case %d: %v, then %v", i, a[i], b[i])
		}
		s = append(s, Scored{a[i], cases[i].Taken})
	}
	if auc := AUC(s); auc < .7 {
		t.Errorf("AUC %v: fixes and cleanups were not told apart", auc)
	}
	heads, err := Learn(cases, DefaultFit, nil)
	if err != nil {
		t.Fatal(err)
	}
	heads[HeadReach] = Default().File().Heads[HeadReach]
	w := Weights{Format: Format, Version: "test", Thresholds: Thresholds{.5, .5, .1}, Heads: heads}
	if _, err := New(w); err != nil {
		t.Errorf("what was learnt cannot be used: %v", err)
	}
}

// With the log-odds of each row given, only what is beyond them is learnt, and
// without a bias nothing is where all values are zero.
func TestFitBeyondOffsets(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var rows []Row
	for range 20000 {
		row := Row{Values: []float64{0}, Weight: 1, Offset: 4*r.Float64() - 2}
		if r.IntN(2) == 0 {
			row.Values[0] = 1
		}
		row.Label = r.Float64() < Logistic(row.Offset-1.5*row.Values[0])
		rows = append(rows, row)
	}
	f, err := Fit(rows, FitOptions{Steps: 50, Tol: 1e-9, NoBias: true})
	if err != nil || f.Bias != 0 || math.Abs(f.Weights[0]+1.5) > 0.1 {
		t.Errorf("bias %v, weights %v, %v; want 0 and -1.5", f.Bias, f.Weights, err)
	}
	rows[3].Offset = math.NaN()
	if _, err := Fit(rows, DefaultFit); err == nil {
		t.Error("an offset that is no number was taken")
	}
}
