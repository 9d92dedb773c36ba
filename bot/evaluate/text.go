package evaluate

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// number writes a share the way the tables of the field do: .901.
func number(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	s := fmt.Sprintf("%.3f", x)
	switch {
	case strings.HasPrefix(s, "0."):
		return s[1:]
	case strings.HasPrefix(s, "-0."):
		return "-" + s[2:]
	}
	return s
}

// threshold writes a threshold without the noughts behind it: .55.
func threshold(x float64) string { return strings.TrimRight(number(x), "0") }

func (f Figure) String() string {
	if math.IsNaN(f.Value) {
		return "-"
	}
	s := number(f.Value)
	if !math.IsNaN(f.Low) {
		s += fmt.Sprintf(" (%s–%s)", number(f.Low), number(f.High))
	}
	if f.Of > 0 {
		return fmt.Sprintf("%d of %d = %s", f.Hits, f.Of, s)
	}
	return s
}

// line is one line of the table of figures.
type line struct {
	Name  string
	Cells []string // one for each set
}

// lines are the figures side by side, the same in text and HTML.
func (r *Report) lines() []line {
	row := func(name string, of func(*Set) string) line {
		l := line{Name: name}
		for i := range r.Sets {
			l.Cells = append(l.Cells, of(&r.Sets[i]))
		}
		return l
	}
	t := r.Thresholds
	return []line{
		row("ROC AUC", func(s *Set) string { return s.AUC.String() }),
		row("average precision", func(s *Set) string { return s.AveragePrecision.String() }),
		row("Brier skill", func(s *Set) string { return s.BrierSkill.String() }),
		row("calibration error", func(s *Set) string { return s.CalibrationError.String() }),
		row(fmt.Sprintf("scored %s or more: taken", threshold(t.Eligible)), func(s *Set) string { return s.Eligible.Precision.String() }),
		row(fmt.Sprintf("taken: scored %s or more", threshold(t.Eligible)), func(s *Set) string { return s.Eligible.Recall.String() }),
		row(fmt.Sprintf("scored %s or more: taken", threshold(t.DKMS)), func(s *Set) string { return s.DKMS.Precision.String() }),
		row(fmt.Sprintf("taken: scored %s or more", threshold(t.DKMS)), func(s *Set) string { return s.DKMS.Recall.String() }),
		row("neither uncertain, nor out-of-scope though tagged", func(s *Set) string { return s.Decided.String() }),
		row("taken: called stable-eligible", func(s *Set) string { return s.TakenEligible.String() }),
		row("taken: called dkms-only", func(s *Set) string { return s.TakenDKMS.String() }),
		row("called stable-eligible: never taken", func(s *Set) string { return s.WrongEligible.String() }),
	}
}

func (s *Set) title() string {
	if s.WithTag {
		return s.Name
	}
	return s.Name + ", no stable tag"
}

func (s *Set) size() string { return fmt.Sprintf("%d, %d taken", s.Cases, s.Taken) }

// worthText prints the score over each population.
func (r *Report) worthText(p *printer) {
	p.f("\nworth: the score against what was taken, by what is counted\n")
	p.table(func(row func(...string)) {
		row("COUNTED", "OF THOSE", "CASES", "TAKEN", "MEAN SCORE", "AUC", "AVERAGE PRECISION", "CALIBRATION ERROR")
		for i := range r.Worths {
			w := &r.Worths[i]
			if w.Cases == 0 {
				continue
			}
			row(w.Population, w.Slice, fmt.Sprint(w.Cases), fmt.Sprintf("%d = %s", w.Taken, number(float64(w.Taken)/float64(w.Cases))),
				number(w.Said),
				w.AUC.String(), w.AveragePrecision.String(), w.CalibrationError.String())
		}
	})
	for _, m := range r.Masked {
		p.f("%d of the %d fixes have no label: %s\n", m.Cases, r.Sets[1].Cases, m.Mask)
	}
}

// branchText prints what the rows of branches came to.
func (r *Report) branchText(p *printer) {
	if len(r.Branches) == 0 {
		return
	}
	p.f("\nfixes × branches\n")
	p.table(func(row func(...string)) {
		row("BRANCH", "OF THE", "N OF N")
		for i := range r.Branches {
			f := &r.Branches[i]
			row(cmp.Or(f.Branch, "all"), f.What, f.Share.String())
		}
	})
	p.f("\nreach: the score of the affected rows against what the branch took, by how the patch goes on there\n")
	p.table(func(row func(...string)) {
		row("APPLIES", "ROWS", "TAKEN", "MEAN SCORE", "AUC", "CALIBRATION ERROR")
		for i := range r.Reaches {
			x := &r.Reaches[i]
			row(string(x.Applies), fmt.Sprint(x.Rows), fmt.Sprintf("%d = %s", x.Taken, number(float64(x.Taken)/float64(x.Rows))), number(x.Said),
				x.AUC.String(), x.CalibrationError.String())
		}
	})
}

// Text prints the report for people.
func (r *Report) Text(w io.Writer) error {
	p := &printer{w: w}
	p.f("%s\n\n", r.Title)
	for _, d := range r.Data {
		p.f("%s\n", d)
	}
	p.f("weights %s; stable-eligible from %s, dkms-only below %s\n", r.Weights, threshold(r.Thresholds.Eligible), threshold(r.Thresholds.DKMS))
	if r.Rounds > 0 {
		p.f("in brackets: the middle 95 %% of %d bootstrap rounds, seed %d\n", r.Rounds, r.Seed)
	}
	p.f("fixes: a Fixes: tag, a stable tag, or a title word that begins with fix\n\n")

	p.table(func(row func(...string)) {
		head, size := []string{"FIGURE"}, []string{""}
		for i := range r.Sets {
			head, size = append(head, strings.ToUpper(r.Sets[i].title())), append(size, r.Sets[i].size())
		}
		row(head...)
		row(size...)
		for _, l := range r.lines() {
			row(append([]string{l.Name}, l.Cells...)...)
		}
	})

	r.worthText(p)
	r.branchText(p)
	for i := range r.Sets {
		s := &r.Sets[i]
		p.f("\nreliability, %s\n", s.title())
		p.table(func(row func(...string)) {
			row("SAID", "CASES", "MEAN", "TAKEN")
			for _, b := range s.Reliability {
				if b.Cases > 0 {
					row(fmt.Sprintf("%.1f–%.1f", b.From, b.To), fmt.Sprint(b.Cases), number(b.Said), number(b.Taken))
				}
			}
		})
	}
	for i := range r.Sets {
		s := &r.Sets[i]
		p.f("\nverdicts, %s\n", s.title())
		p.table(func(row func(...string)) {
			row("VERDICT", "TAKEN", "NOT", "SHARE TAKEN")
			for _, c := range s.Confusion {
				if n := c.Taken + c.Not; n > 0 {
					row(string(c.Verdict), fmt.Sprint(c.Taken), fmt.Sprint(c.Not), number(float64(c.Taken)/float64(n)))
				}
			}
		})
	}
	if len(r.Drivers) > 0 {
		p.f("\nby driver, with the stable tag\n")
		p.table(func(row func(...string)) {
			row("DRIVER", "CASES", "TAKEN", "AUC", "AVERAGE PRECISION", "CALIBRATION", "FIXES", "TAKEN", "AUC", "AVERAGE PRECISION")
			for _, d := range r.Drivers {
				row(d.Name, fmt.Sprint(d.Cases), fmt.Sprint(d.Taken), d.AUC.String(), d.AveragePrecision.String(), d.Calibration.String(),
					fmt.Sprint(d.Fixes), fmt.Sprint(d.FixesTaken), d.FixesAUC.String(), d.FixesAP.String())
			}
		})
		if r.FewDrivers > 0 {
			p.f("and %d with fewer than %d taken or %d untaken changes\n", r.FewDrivers, fewest, fewest)
		}
	}
	if len(r.Sets) > 0 {
		p.f("\n%d of the %d taken changes carry no sign of being a fix\n", r.Silent, r.Sets[0].Taken)
	}
	return p.err
}

// printer keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) f(format string, a ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, a...)
	}
}

func (p *printer) table(fill func(row func(...string))) {
	if p.err != nil {
		return
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 8, 3, ' ', 0)
	fill(func(cells ...string) { _, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) })
	_ = t.Flush() // into memory
	for l := range strings.Lines(b.String()) {
		p.f("  %s\n", strings.TrimRight(l, " \n"))
	}
}
