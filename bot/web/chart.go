package web

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"

	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/rules/model"
)

// The pictures are made of numbers and of our own words; what comes from
// elsewhere is escaped. They carry classes and no style, as the content
// security policy wants, so they follow the page's colours.

type drawing struct{ strings.Builder }

func (d *drawing) f(format string, a ...any) { fmt.Fprintf(d, format, a...) }

func (d *drawing) html() template.HTML { return template.HTML(d.String()) } //nolint:gosec // see above

// sparkBars draws one bar for each count, the last one today.
func sparkBars(counts []int, says string) template.HTML {
	const step, height = 6, 30
	most := 1
	for _, n := range counts {
		most = max(most, n)
	}
	var d drawing
	d.f(`<svg class="spark" viewBox="0 0 %d %d" role="img" aria-label="%s" preserveAspectRatio="none">`, step*len(counts), height+1, html.EscapeString(says))
	for i, n := range counts {
		h := 0.0
		if n > 0 {
			h = max(1.5, float64(n)/float64(most)*height)
		}
		d.f(`<rect x="%d" y="%.1f" width="%d" height="%.1f"/>`, i*step, height-h, step-1, h)
	}
	d.f(`<path class="base" d="M0 %d.5H%d"/></svg>`, height, step*len(counts))
	return d.html()
}

// weightBar draws a contribution left or right of nothing; most is the longest
// of the table.
func weightBar(add, most float64) template.HTML {
	const half, height = 90.0, 12
	w := half * math.Abs(add) / math.Max(most, 1e-9)
	x, class := half, "pos"
	if add < 0 {
		x, class = half-w, "neg"
	}
	var d drawing
	d.f(`<svg class="weight" viewBox="0 0 %g %d" width="%g" height="%d" aria-hidden="true"><rect class="%s" x="%.1f" y="1" width="%.1f" height="%d"/><path class="base" d="M%g 0V%d"/></svg>`,
		2*half, height, 2*half, height, class, x, math.Max(w, .8), height-2, half, height)
	return d.html()
}

// scoreBar draws a probability.
func scoreBar(p float64) template.HTML {
	var d drawing
	d.f(`<svg class="score" viewBox="0 0 40 6" width="40" height="6" aria-hidden="true"><rect class="rail" width="40" height="6"/><rect class="fill" width="%.1f" height="6"/></svg>`, 40*p)
	return d.html()
}

// stack draws how many changes of a branch are in each cell, in their order.
func stack(n map[launch.Cell]int, width int) template.HTML {
	total := 0
	for _, c := range launch.Cells {
		total += n[c]
	}
	var d drawing
	d.f(`<svg class="stack" viewBox="0 0 %d 8" width="%d" height="8" preserveAspectRatio="none" aria-hidden="true">`, width, width)
	x := 0.0
	for _, c := range launch.Cells {
		if n[c] == 0 {
			continue
		}
		w := float64(n[c]) / float64(total) * float64(width)
		d.f(`<rect class="k-%s" x="%.2f" width="%.2f" height="8"/>`, c, x, w)
		x += w
	}
	d.f(`</svg>`)
	return d.html()
}

// The box of a plot.
const (
	plotW, plotH                           = 460.0, 300.0
	plotLeft, plotTop, plotRight, plotFoot = 42.0, 10.0, 12.0, 40.0
)

func plotX(v float64) float64 { return plotLeft + v*(plotW-plotLeft-plotRight) }
func plotY(v float64) float64 { return plotTop + (1-v)*(plotH-plotTop-plotFoot) }

func (d *drawing) frame(says, xName, yName string) {
	d.f(`<svg class="plot" viewBox="0 0 %g %g" role="img" aria-label="%s">`, plotW, plotH, html.EscapeString(says))
	for i := 0; i <= 4; i++ {
		v := float64(i) / 4
		d.f(`<path class="grid" d="M%.1f %.1fH%.1f"/><text class="tick" x="%.1f" y="%.1f" text-anchor="end">%d %%</text>`, plotX(0), plotY(v), plotX(1), plotX(0)-6, plotY(v)+4, i*25)
	}
	if xName != "" {
		d.f(`<text class="tick" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, plotX(.5), plotH-6, html.EscapeString(xName))
	}
	if yName != "" {
		d.f(`<text class="tick" x="%.1f" y="%.1f">%s</text>`, plotX(0)+4, plotTop+12, html.EscapeString(yName))
	}
}

// reliability draws what was said against what came; a dot's area is its
// number of changes.
func reliability(bs []model.Bin) template.HTML {
	var d drawing
	d.frame("Reliability: the share that stable took, for each tenth of the score; the table beside it has the numbers", "score",
		"share taken")
	for i := 0; i <= 4; i++ {
		d.f(`<text class="tick" x="%.1f" y="%.1f" text-anchor="middle">%d %%</text>`, plotX(float64(i)/4), plotY(0)+16, i*25)
	}
	d.f(`<path class="chance" d="M%.1f %.1fL%.1f %.1f"/>`, plotX(0), plotY(0), plotX(1), plotY(1))
	most := 1
	for _, b := range bs {
		most = max(most, b.Cases)
	}
	var line []string
	for _, b := range bs {
		if b.Cases > 0 {
			line = append(line, fmt.Sprintf("%.1f %.1f", plotX(b.Mean), plotY(b.Taken)))
		}
	}
	if len(line) > 1 {
		d.f(`<path class="curve" d="M%s"/>`, strings.Join(line, "L"))
	}
	for _, b := range bs {
		if b.Cases == 0 {
			continue
		}
		// The interval of a share of so many (Wilson, 95 %).
		low, high := wilson(b.Taken, b.Cases)
		d.f(`<path class="whisker" d="M%.1f %.1fV%.1f"/>`, plotX(b.Mean), plotY(low), plotY(high))
		d.f(`<circle class="dot" cx="%.1f" cy="%.1f" r="%.1f"><title>said %.0f %%, taken %.0f %% of %d</title></circle>`,
			plotX(b.Mean), plotY(b.Taken), 3+9*math.Sqrt(float64(b.Cases)/float64(most)), 100*b.Mean, 100*b.Taken, b.Cases)
	}
	d.f(`</svg>`)
	return d.html()
}

func wilson(p float64, n int) (low, high float64) {
	const z = 1.96
	k := float64(n)
	mid, den := p+z*z/(2*k), 1+z*z/k
	half := z * math.Sqrt(p*(1-p)/k+z*z/(4*k*k))
	return math.Max(0, (mid-half)/den), math.Min(1, (mid+half)/den)
}

// overTime draws precision and recall of "stable-eligible" over time.
func overTime(rows []qualityRow) template.HTML {
	var d drawing
	d.frame("Precision and recall of stable-eligible over time; the table below has the numbers", "", "")
	x := func(i int) float64 {
		if len(rows) == 1 {
			return plotX(.5)
		}
		return plotX(.03 + .94*float64(i)/float64(len(rows)-1))
	}
	every := (len(rows) + 5) / 6
	for i, r := range rows {
		if i%every == 0 {
			d.f(`<text class="tick" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, x(i), plotY(0)+16, html.EscapeString(r.Name))
		}
	}
	for _, s := range []struct {
		class string
		of    func(qualityRow) (float64, bool)
		name  string
	}{{"precision", func(r qualityRow) (float64, bool) { return r.Precision, r.HasPrecision }, "precision"},
		{"recall", func(r qualityRow) (float64, bool) { return r.Recall, r.HasAny }, "recall"}} {
		var line []string
		for i, r := range rows {
			if v, ok := s.of(r); ok {
				line = append(line, fmt.Sprintf("%.1f %.1f", x(i), plotY(v)))
				d.f(`<circle class="dot %s" cx="%.1f" cy="%.1f" r="3"><title>%s %s: %.0f %%</title></circle>`, s.class, x(i), plotY(v), html.EscapeString(r.Name), s.name, 100*v)
			}
		}
		if len(line) > 1 {
			d.f(`<path class="curve %s" d="M%s"/>`, s.class, strings.Join(line, "L"))
		}
	}
	d.f(`</svg>`)
	return d.html()
}
