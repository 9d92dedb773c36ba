package parity

import (
	_ "embed" // the page
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

// Group is one driver.
type Group struct {
	Driver string
	Rows   []*Row
	Sums   []Sum // one a branch
}

// Sum counts what a branch did with what any of the branches has.
type Sum struct {
	Branch                                        string
	Has, Only, Lacks, Reverted, NoBug, NoHardware int
	Late                                          int // took it later than another branch
	Median                                        int // days, of those
}

// Groups are the drivers.
func (r *Report) Groups() (out []Group) {
	for i := 0; i < len(r.Rows); {
		n := i
		for n < len(r.Rows) && r.Rows[n].Driver == r.Rows[i].Driver {
			n++
		}
		g := Group{Driver: r.Rows[i].Driver, Rows: r.Rows[i:n]}
		for _, name := range r.Branches {
			g.Sums = append(g.Sums, sum(name, g.Rows))
		}
		out, i = append(out, g), n
	}
	return out
}

func sum(name string, rows []*Row) Sum {
	s := Sum{Branch: name}
	var late []int
	for _, r := range rows {
		c := r.Cells[name]
		count := map[State]*int{Took: &s.Has, Began: &s.Has, Reverted: &s.Reverted, Lacks: &s.Lacks, NoBug: &s.NoBug, NoHardware: &s.NoHardware}
		*count[c.State]++
		if r.Only() == name {
			s.Only++
		}
		if c.Late != nil && *c.Late > 0 {
			late = append(late, *c.Late)
		}
	}
	slices.Sort(late)
	if s.Late = len(late); s.Late > 0 {
		s.Median = late[s.Late/2]
	}
	return s
}

// String says it in a line.
func (s Sum) String() string {
	parts := []string{fmt.Sprintf("has %d", s.Has)}
	for _, x := range []struct {
		n    int
		text string
	}{{s.Only, "only here"}, {s.Lacks, "lacking"}, {s.Reverted, "taken out again"}, {s.NoBug, "without the bug"}, {s.NoHardware, "without the hardware"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.text))
		}
	}
	if s.Late > 0 {
		parts = append(parts, fmt.Sprintf("%d later than elsewhere, half of them by %s or more", s.Late, days(s.Median)))
	}
	return strings.Join(parts, ", ")
}

func days(n int) string {
	return change.Count(n, "day")
}

// JSON writes a line for each row.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, row := range r.Rows {
		if err := e.Encode(row); err != nil {
			return fmt.Errorf("writing the rows: %w", err)
		}
	}
	return nil
}

// undated is told where days are not known.
const undated = "The history was rewritten: when a branch took a commit is not known, and nothing is called late."

// Text writes the drivers, and of their rows those in which branches differ; with all the
// others too. The text of a cell is that of its branch's column.
func (r *Report) Text(w io.Writer, width int, all bool) error {
	var b strings.Builder
	if r.Undated {
		b.WriteString(undated + "\n")
	}
	for _, g := range r.Groups() {
		fmt.Fprintf(&b, "\n%s: %d\n", change.Plain(g.Driver), len(g.Rows))
		for _, s := range g.Sums {
			fmt.Fprintf(&b, "  %-10s %s\n", s.Branch, s)
		}
		for _, row := range g.Rows {
			if !all && !row.Differs() {
				continue
			}
			line := "    "
			for _, name := range r.Branches {
				line += fmt.Sprintf("%-*s", len(name)+9, name+" "+row.Cells[name].brief())
			}
			fmt.Fprintln(&b, clip(fmt.Sprintf("%s %.12s %s", line, row.Commit, change.Plain(row.Title)), width))
		}
	}
	if len(r.Rows) == 0 {
		b.WriteString("none of them took a commit from mainline there\n")
	}
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}

// brief is a cell in a word.
func (c *Cell) brief() string {
	switch {
	case c.State == Took && c.Late != nil && *c.Late > 0:
		return fmt.Sprintf("+%dd", *c.Late)
	case c.has():
		return "has"
	case c.State == Reverted:
		return "undone"
	case c.Why != "" && c.State == Lacks:
		return "lacks?"
	}
	return map[State]string{Lacks: "lacks", NoBug: "no bug", NoHardware: "no hw"}[c.State]
}

func clip(s string, n int) string {
	r := []rune(s)
	if n <= 0 || len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"short": func(id string) string { return id[:min(12, len(id))] },
	"days":  days,
}).Parse(pageText))

// HTML writes a page: a row for each commit, a column for each branch. It loads nothing.
func (r *Report) HTML(w io.Writer) error {
	type cell struct {
		*Cell
		Lag int
		Bad bool
	}
	type line struct {
		*Row
		Same  bool
		Cells []cell
	}
	type group struct {
		Group
		Lines []line
	}
	data := struct {
		Branches []string
		Note     string
		Groups   []group
	}{Branches: r.Branches}
	if r.Undated {
		data.Note = undated
	}
	for _, g := range r.Groups() {
		x := group{Group: g}
		for _, row := range g.Rows {
			l := line{Row: row, Same: !row.Differs()}
			for _, name := range r.Branches {
				c := row.Cells[name]
				y := cell{Cell: c, Bad: !l.Same && (c.State == Lacks || c.State == Reverted)}
				if c.Late != nil {
					y.Lag = *c.Late
				}
				l.Cells = append(l.Cells, y)
			}
			x.Lines = append(x.Lines, l)
		}
		data.Groups = append(data.Groups, x)
	}
	if err := page.Execute(w, data); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}
