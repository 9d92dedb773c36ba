package evaluate

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/model"
)

// point of a plot, both from 0 to 1.
type point struct{ x, y float64 }

// curve is one line of a plot.
type curve struct {
	name   string
	class  string // of the style sheet: which set it is
	points []point
}

// operating is the mark of a threshold on a curve.
type operating struct {
	point
	class, text string
}

// The plot's box in user units: the drawing scales with its column.
const (
	plotSide                      = 320.0
	plotLeft, plotTop             = 46.0, 12.0
	plotWidth, plotHeight         = plotLeft + plotSide + 14, plotTop + plotSide + 44
	tick                          = 0.2
	leastStep             float64 = 0.002 // points closer than this are one on paper
)

func px(x float64) float64 { return plotLeft + x*plotSide }
func py(y float64) float64 { return plotTop + (1-y)*plotSide }

// roc walks the thresholds from above: false positives over true positives.
func roc(s []model.Scored) []point {
	return walk(s, func(hit, miss, yes, no float64) (point, bool) {
		return point{miss / no, hit / yes}, yes > 0 && no > 0
	}, point{0, 0})
}

// precisionRecall walks the same thresholds: recall over precision.
func precisionRecall(s []model.Scored) []point {
	return walk(s, func(hit, miss, yes, _ float64) (point, bool) {
		return point{hit / yes, hit / (hit + miss)}, yes > 0
	})
}

func walk(s []model.Scored, at func(hit, miss, yes, no float64) (point, bool), out ...point) []point {
	s = slices.Clone(s)
	slices.SortStableFunc(s, func(a, b model.Scored) int { return cmp.Compare(b.P, a.P) })
	var yes, no, hit, miss float64
	for _, c := range s {
		if c.Label {
			yes++
		} else {
			no++
		}
	}
	for i, c := range s {
		if c.Label {
			hit++
		} else {
			miss++
		}
		if i+1 < len(s) && s[i+1].P == c.P {
			continue
		}
		p, ok := at(hit, miss, yes, no)
		if !ok {
			return nil
		}
		if n := len(out); n > 0 && i+1 < len(s) && math.Hypot(out[n-1].x-p.x, out[n-1].y-p.y) < leastStep {
			continue
		}
		out = append(out, p)
	}
	return out
}

// plot draws axes, curves and marks. It is made of numbers and of our own
// words only.
func plot(title, xName, yName string, diagonal bool, base float64, curves []curve, marks []operating) template.HTML {
	var b strings.Builder
	w := func(f string, a ...any) { fmt.Fprintf(&b, f, a...) }
	w(`<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, plotWidth, plotHeight, title)
	for i := 0.0; i <= 1.0001; i += tick {
		w(`<path class="grid" d="M%.1f %.1fV%.1fM%.1f %.1fH%.1f"/>`, px(i), py(0), py(1), px(0), py(i), px(1))
		w(`<text class="tick" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, px(i), py(0)+16, tickText(i))
		w(`<text class="tick" x="%.1f" y="%.1f" text-anchor="end">%s</text>`, px(0)-7, py(i)+4, tickText(i))
	}
	w(`<text class="axis" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, px(.5), py(0)+36, xName)
	w(`<text class="axis" x="12" y="%.1f" text-anchor="middle" transform="rotate(-90 12 %.1f)">%s</text>`, py(.5), py(.5), yName)
	if diagonal {
		w(`<path class="chance" d="M%.1f %.1fL%.1f %.1f"/>`, px(0), py(0), px(1), py(1))
	}
	if base > 0 {
		w(`<path class="chance" d="M%.1f %.1fH%.1f"/>`, px(0), py(base), px(1))
	}
	for _, c := range curves {
		if len(c.points) == 0 {
			continue
		}
		w(`<path class="curve %s" d="M`, c.class)
		for i, p := range c.points {
			if i > 0 {
				w("L")
			}
			w("%.1f %.1f", px(p.x), py(p.y))
		}
		w(`"><title>%s</title></path>`, c.name)
	}
	for _, m := range marks {
		w(`<circle class="mark %s" cx="%.1f" cy="%.1f" r="4.5"><title>%s</title></circle>`, m.class, px(m.x), py(m.y), m.text)
	}
	w(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // numbers and constants
}

func tickText(x float64) string {
	switch {
	case x < .01:
		return "0"
	case x > .99:
		return "1"
	}
	return strings.TrimPrefix(fmt.Sprintf("%.1f", x), "0")
}

// reliabilityPlot draws what was said against what came, one dot a bin, its
// area by the number of cases, with the interval of a share of so many.
func reliabilityPlot(sets []*Set) template.HTML {
	var curves []curve
	var b strings.Builder
	for _, s := range sets {
		var line []point
		for _, bin := range s.Reliability {
			if bin.Cases == 0 {
				continue
			}
			line = append(line, point{bin.Said, bin.Taken})
			low, high := wilson(bin.Taken, bin.Cases)
			fmt.Fprintf(&b, `<path class="whisker %s" d="M%.1f %.1fV%.1f"/>`, s.class(), px(bin.Said), py(low), py(high))
			fmt.Fprintf(&b, `<circle class="bin %s" cx="%.1f" cy="%.1f" r="%.1f"><title>%s: said %s, taken %s of %d</title></circle>`,
				s.class(), px(bin.Said), py(bin.Taken), 2.5+1.6*math.Log10(float64(bin.Cases)), s.title(), number(bin.Said), number(bin.Taken),
				bin.Cases)
		}
		curves = append(curves, curve{s.title(), "thin " + s.class(), line})
	}
	base := string(plot("reliability", "probability said", "share taken", true, 0, curves, nil))
	return template.HTML(strings.TrimSuffix(base, "</svg>") + b.String() + "</svg>") //nolint:gosec // numbers and constants
}

// wilson is the 95 % interval of a share of n cases (Wilson's score).
func wilson(share float64, n int) (low, high float64) {
	const z = 1.96
	m := float64(n)
	mid := (share + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(share*(1-share)/m+z*z/(4*m*m))
	return max(mid-half, 0), min(mid+half, 1)
}

// class is the set's name in the style sheet.
func (s *Set) class() string {
	if s.WithTag {
		return s.Name
	}
	return s.Name + " bare"
}
