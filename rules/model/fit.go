package model

import (
	"errors"
	"fmt"
	"math"
)

// Row is one labelled case of a fit. Values has one number per column.
type Row struct {
	Values []float64
	Label  bool
	Weight float64 // 1 for a plain case; less for a label that is doubted
	Offset float64 // log-odds that are known already and not learnt
}

// FitOptions are the knobs of Fit. The zero value is not usable: take
// DefaultFit.
type FitOptions struct {
	Ridge float64 // penalty on the square of a standardised weight, per unit of case weight
	// Sign holds, per column, +1 for a weight that may not fall below zero, -1
	// for one that may not rise above it, 0 for a free one. nil: all are free.
	// A constraint keeps a contribution readable: more of what speaks against a
	// change never speaks for it because a correlated column ate its meaning.
	Sign []int8
	// Lasso is the penalty on the size of a standardised weight: what does not
	// earn it falls to zero and out of the file.
	Lasso float64
	// Scale multiplies both penalties, per column: above 1 for features of a
	// large family of which each is met seldom. nil: 1 for all.
	Scale  []float64
	NoBias bool    // the offsets say what holds where all values are zero
	Steps  int     // Newton steps at most
	Tol    float64 // stop when no standardised weight moves more than this
}

// DefaultFit is what cross-validation by release on 5.17 to 6.3 preferred; the
// figures around it are flat (lasso .002 to .004 moves AUC by .002).
var DefaultFit = FitOptions{Ridge: 0.002, Lasso: 0.003, Steps: 50, Tol: 1e-6}

// Fitted is a logistic model in the units of the columns.
type Fitted struct {
	Bias    float64
	Weights []float64
	Mean    []float64 // per column, over the rows
	Steps   int       // Newton steps taken
}

// Fit learns a ridge logistic regression by Newton's method; each step's
// quadratic problem is solved by coordinate descent, which is what makes the
// sign constraints easy. It has no randomness: the same rows in the same order
// give the same weights. Columns that never vary get weight zero.
func Fit(rows []Row, opt FitOptions) (*Fitted, error) {
	if len(rows) == 0 {
		return nil, errors.New("fit: no rows to learn from")
	}
	p := len(rows[0].Values)
	if opt.Sign != nil && len(opt.Sign) != p {
		return nil, fmt.Errorf("fit: %d signs for %d columns", len(opt.Sign), p)
	}
	f := &Fitted{Weights: make([]float64, p), Mean: make([]float64, p)}
	var total, yes float64
	for i, r := range rows {
		if len(r.Values) != p {
			return nil, fmt.Errorf("fit: row %d has %d values, the first has %d", i, len(r.Values), p)
		}
		if math.IsNaN(r.Offset) || math.IsInf(r.Offset, 0) {
			return nil, fmt.Errorf("fit: the offset of row %d is %v", i, r.Offset)
		}
		if r.Weight < 0 || math.IsNaN(r.Weight) || math.IsInf(r.Weight, 0) {
			return nil, fmt.Errorf("fit: row %d has weight %v", i, r.Weight)
		}
		total += r.Weight
		if r.Label {
			yes += r.Weight
		}
		for j, v := range r.Values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("fit: row %d, column %d is %v", i, j, v)
			}
			f.Mean[j] += r.Weight * v
		}
	}
	if yes == 0 || yes == total {
		return nil, fmt.Errorf("fit: all %d cases have the same label, so there is nothing to tell apart", len(rows))
	}
	scale := make([]float64, p) // 1/sd, 0 for a constant column
	for j := range f.Mean {
		f.Mean[j] /= total
	}
	for _, r := range rows {
		for j, v := range r.Values {
			d := v - f.Mean[j]
			scale[j] += r.Weight * d * d
		}
	}
	for j, s := range scale {
		if s /= total; s > 1e-12 {
			scale[j] = 1 / math.Sqrt(s)
		} else {
			scale[j] = 0
		}
	}

	// Columns are scaled, so that one ridge fits all, but not centred: most
	// values are zero, and the bias, column p, takes up the means.
	n := p + 1
	cells := make([][]cell, len(rows))
	for i, r := range rows {
		for j, v := range r.Values {
			if v != 0 && scale[j] != 0 {
				cells[i] = append(cells[i], cell{j, v * scale[j]})
			}
		}
		cells[i] = append(cells[i], cell{p, 1})
	}
	loss := func(beta []float64) float64 {
		var sum float64
		for i, r := range rows {
			z := r.Offset + dot(cells[i], beta)
			if r.Label {
				z = -z
			}
			// log(1+exp(z)) without overflow
			sum += r.Weight * (max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))))
		}
		sum /= total
		for j, b := range beta[:p] {
			sum += opt.times(j) * (opt.Ridge/2*b*b + opt.Lasso*math.Abs(b))
		}
		return sum
	}
	beta := make([]float64, n)
	if !opt.NoBias {
		beta[p] = math.Log(yes / (total - yes))
	}
	grad := make([]float64, n)
	hess := make([]float64, n*n)
	at := loss(beta)
	for f.Steps = 1; f.Steps <= opt.Steps; f.Steps++ {
		clear(grad)
		clear(hess)
		for i, r := range rows {
			if r.Weight == 0 {
				continue
			}
			pr := Logistic(r.Offset + dot(cells[i], beta))
			g, h := pr, max(pr*(1-pr), 1e-10)
			if r.Label {
				g--
			}
			g, h = g*r.Weight/total, h*r.Weight/total
			for k, a := range cells[i] {
				grad[a.col] += g * a.v
				line, ha := hess[a.col*n:], h*a.v
				for _, b := range cells[i][:k+1] {
					line[b.col] += ha * b.v
				}
			}
		}
		for j := range p {
			grad[j] += opt.times(j) * opt.Ridge * beta[j]
			hess[j*n+j] += opt.times(j) * opt.Ridge
		}
		for j := range n {
			for k := range j {
				hess[k*n+j] = hess[j*n+k]
			}
		}
		if opt.NoBias {
			grad[p] = 0
			for j := range p {
				hess[p*n+j], hess[j*n+p] = 0, 0
			}
		}
		step := opt.descend(grad, hess, beta, scale)
		// Far from the solution the quadratic overshoots: halve until it helps.
		next := make([]float64, n)
		moved, by := 0.0, 1.0
		for range 30 {
			moved = 0
			for j, d := range step {
				next[j] = beta[j] + by*d
				moved = max(moved, math.Abs(by*d))
			}
			if l := loss(next); l <= at {
				at = l
				break
			}
			by /= 2
		}
		copy(beta, next)
		if moved < opt.Tol {
			break
		}
	}
	f.Bias = beta[p]
	for j := range p {
		f.Weights[j] = beta[j] * scale[j]
	}
	return f, nil
}

// cell is one value of a row that is not zero.
type cell struct {
	col int
	v   float64
}

func dot(row []cell, beta []float64) float64 {
	var z float64
	for _, c := range row {
		z += c.v * beta[c.col]
	}
	return z
}

func (o *FitOptions) times(column int) float64 {
	if o.Scale == nil {
		return 1
	}
	return o.Scale[column]
}

// descend minimises grad·d + d·hess·d/2 + lasso·|beta+d| with beta+d inside
// the signs.
func (o *FitOptions) descend(grad, hess, beta, scale []float64) []float64 {
	n := len(grad)
	d := make([]float64, n)
	r := append([]float64(nil), grad...) // gradient at beta+d
	for range 500 {
		worst := 0.0
		for j := range n {
			if j < n-1 && scale[j] == 0 {
				continue
			}
			a := hess[j*n+j]
			if a <= 0 {
				continue
			}
			want := d[j] - r[j]/a
			if j < n-1 {
				if o.Lasso > 0 {
					want = shrink(beta[j]+want, o.Lasso*o.times(j)/a) - beta[j]
				}
				if o.Sign != nil && float64(o.Sign[j])*(beta[j]+want) < 0 {
					want = -beta[j]
				}
			}
			by := want - d[j]
			if by == 0 {
				continue
			}
			d[j] = want
			line := hess[j*n : j*n+n]
			for k, h := range line {
				r[k] += by * h
			}
			worst = max(worst, math.Abs(by))
		}
		if worst < 1e-9 {
			break
		}
	}
	return d
}

// shrink brings x towards zero by at most by.
func shrink(x, by float64) float64 {
	switch {
	case x > by:
		return x - by
	case x < -by:
		return x + by
	}
	return 0
}
