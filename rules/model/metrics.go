package model

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Scored is a probability beside the truth.
type Scored struct {
	P     float64
	Label bool
}

// byScore is a copy, the highest probability first.
func byScore(s []Scored) []Scored {
	s = slices.Clone(s)
	slices.SortStableFunc(s, func(a, b Scored) int { return cmp.Compare(b.P, a.P) })
	return s
}

// AUC is the chance that a taken case scores above one that was not taken,
// ties counting half; NaN when one of the kinds is missing.
func AUC(s []Scored) float64 {
	var above, yes, no float64
	s = byScore(s)
	for i := 0; i < len(s); {
		j, y, n := i, 0.0, 0.0
		for ; j < len(s) && s[j].P == s[i].P; j++ {
			if s[j].Label {
				y++
			} else {
				n++
			}
		}
		above += n * (yes + y/2)
		yes, no, i = yes+y, no+n, j
	}
	return above / (yes * no)
}

// AveragePrecision is the precision at each step of recall, averaged over the
// recall, without interpolation; NaN when nothing was taken.
func AveragePrecision(s []Scored) float64 {
	var sum, yes, seen float64
	s = byScore(s)
	for i := 0; i < len(s); {
		j, y := i, 0.0
		for ; j < len(s) && s[j].P == s[i].P; j++ {
			if s[j].Label {
				y++
			}
		}
		seen += float64(j - i)
		yes += y
		sum += y * yes / seen
		i = j
	}
	return sum / yes
}

// Brier is the mean squared distance between probability and truth.
func Brier(s []Scored) float64 {
	var sum float64
	for _, c := range s {
		sum += square(c.P - truth(c))
	}
	return sum / float64(len(s))
}

// BrierSkill is the part of the base rate's Brier score that the
// probabilities take away: 1 is perfect, 0 no better than always saying the
// share that was taken.
func BrierSkill(s []Scored) float64 {
	var base float64
	for _, c := range s {
		base += truth(c)
	}
	base /= float64(len(s))
	return 1 - Brier(s)/(base*(1-base))
}

// Bin is one line of a reliability table.
type Bin struct {
	From, To float64
	Cases    int
	Mean     float64 // of the probabilities in it
	Taken    float64 // share that was taken
}

// Reliability sorts cases into n bins of equal width.
func Reliability(s []Scored, n int) []Bin {
	bins := make([]Bin, n)
	for i := range bins {
		bins[i].From, bins[i].To = float64(i)/float64(n), float64(i+1)/float64(n)
	}
	for _, c := range s {
		b := &bins[min(max(int(c.P*float64(n)), 0), n-1)]
		b.Cases++
		b.Mean += c.P
		b.Taken += truth(c)
	}
	for i := range bins {
		if b := &bins[i]; b.Cases > 0 {
			b.Mean /= float64(b.Cases)
			b.Taken /= float64(b.Cases)
		}
	}
	return bins
}

// CalibrationError is the expected one: over the bins, the distance between
// what was said and what came, weighted by their cases.
func CalibrationError(bins []Bin) float64 {
	var sum, cases float64
	for _, b := range bins {
		sum += float64(b.Cases) * math.Abs(b.Mean-b.Taken)
		cases += float64(b.Cases)
	}
	return sum / cases
}

// Interval is the middle 95 % of a figure over resamples of the cases.
type Interval struct{ Low, High float64 }

// Bootstrap draws rounds resamples with replacement and returns the interval
// of the figure over them. The same seed gives the same interval.
func Bootstrap(s []Scored, figure func([]Scored) float64, rounds int, seed uint64) Interval {
	if len(s) == 0 || rounds <= 0 {
		return Interval{math.NaN(), math.NaN()}
	}
	rng := rand.New(rand.NewPCG(seed, uint64(len(s))))
	got := make([]float64, 0, rounds)
	draw := make([]Scored, len(s))
	for range rounds {
		for i := range draw {
			draw[i] = s[rng.IntN(len(s))]
		}
		if v := figure(draw); !math.IsNaN(v) {
			got = append(got, v)
		}
	}
	if len(got) == 0 {
		return Interval{math.NaN(), math.NaN()}
	}
	slices.Sort(got)
	at := func(q float64) float64 { return got[min(int(q*float64(len(got))), len(got)-1)] }
	return Interval{at(.025), at(.975)}
}

func truth(c Scored) float64 {
	if c.Label {
		return 1
	}
	return 0
}

func square(x float64) float64 { return x * x }
