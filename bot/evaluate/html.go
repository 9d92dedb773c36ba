package evaluate

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

//go:embed page.html
var pageText string

// page is the template; html/template escapes whatever comes from a change.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"number": number, "threshold": threshold,
	"inc":   func(i int) int { return i + 1 },
	"short": short,
	"join":  strings.Join,
	"pct":   func(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) },
}).Parse(pageText))

// pageData is what the template sees.
type pageData struct {
	*Report
	Lines       []line
	ROC, PR     template.HTML
	Reliability template.HTML
	Legend      []legend
	Cases       []explained
}

type legend struct{ Class, Text string }

// explained is one disagreement with everything that the page shows of it.
type explained struct {
	Disagreement
	Said  string // the verdict as people read it
	P     string
	Bars  []bar
	Rules []verdict.Weighed
}

// bar is a contribution, drawn from the middle to the side that it pulls to.
type bar struct {
	Name, Doc   string
	Value, Add  string
	Left, Width float64 // in percent of the row
	For         bool
}

// barScale: contributions of this size, in log-odds, fill their side; the
// heaviest weights of the embedded file are about so large.
const barScale = 4

// HTML writes the report as one page that needs nothing else. doc says what a
// contribution measures.
func (r *Report) HTML(w io.Writer, doc func(name string) string) error {
	d := pageData{Report: r, Lines: r.lines()}
	var rocs, prs []curve
	var rocMarks, prMarks []operating
	base := 0.0
	for i := range r.Sets {
		s := &r.Sets[i]
		rocs = append(rocs, curve{s.title(), s.class(), roc(s.points)})
		prs = append(prs, curve{s.title(), s.class(), precisionRecall(s.points)})
		text := fmt.Sprintf("%s, stable-eligible from %s: precision %s, recall %s", s.title(), threshold(s.Eligible.Threshold),
			number(s.Eligible.Precision.Value), number(s.Eligible.Recall.Value))
		if hit, miss, ok := at(s.points, s.Eligible.Threshold); ok && s.WithTag {
			rocMarks = append(rocMarks, operating{point{miss, hit}, s.class(), text})
			if p := s.Eligible.Precision.Value; !math.IsNaN(p) {
				prMarks = append(prMarks, operating{point{hit, p}, s.class(), text})
			}
		}
		d.Legend = append(d.Legend, legend{s.class(), s.title()})
		if s.Name == "all" && s.Cases > 0 {
			base = float64(s.Taken) / float64(s.Cases)
		}
	}
	d.ROC = plot("ROC", "false positive rate", "true positive rate", true, 0, rocs, rocMarks)
	d.PR = plot("precision and recall", "recall", "precision", false, base, prs, prMarks)
	var tagged []*Set
	for i := range r.Sets {
		if r.Sets[i].WithTag {
			tagged = append(tagged, &r.Sets[i])
		}
	}
	d.Reliability = reliabilityPlot(tagged)
	for i := range r.Worst {
		d.Cases = append(d.Cases, explain(&r.Worst[i], doc))
	}
	if err := page.Execute(w, d); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

// at is the share of taken, and of other, cases at or above a threshold.
func at(s []model.Scored, threshold float64) (hit, miss float64, ok bool) {
	var yes, no float64
	for _, c := range s {
		up := 0.0
		if c.P >= threshold {
			up = 1
		}
		if c.Label {
			yes, hit = yes+1, hit+up
		} else {
			no, miss = no+1, miss+up
		}
	}
	return hit / yes, miss / no, yes > 0 && no > 0
}

func explain(d *Disagreement, doc func(string) string) explained {
	e := explained{Disagreement: *d, P: number(d.With.P), Said: string(d.Judgement.Verdict)}
	if c := d.Judgement.ReasonClass; c != "" {
		e.Said += ": " + string(c)
	}
	for _, c := range d.Judgement.Contributions {
		add := c.Add()
		width := min(math.Abs(add)/barScale, 1) * 50
		b := bar{Name: c.Name, Doc: doc(c.Name), Value: fmt.Sprintf("%.3g", c.Value), Add: fmt.Sprintf("%+.2f", add), Left: 50, Width: width,
			For: add > 0}
		if add < 0 {
			b.Left = 50 - width
		}
		e.Bars = append(e.Bars, b)
	}
	e.Rules = slices.DeleteFunc(slices.Clone(d.Judgement.Rules), func(w verdict.Weighed) bool {
		return w.Outcome == rules.NotApplicable || w.Outcome == rules.Unknown
	})
	return e
}

func short(id string) string {
	if len(id) == 40 || len(id) == 64 {
		return id[:12]
	}
	return id
}
