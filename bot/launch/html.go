package launch

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
)

//go:embed page.html
var pageText string

// page escapes whatever comes from a commit.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"says":   func(c Cell) string { return says[c].long },
	"name":   func(c Cell) string { return says[c].name },
	"letter": func(c Cell) string { return says[c].letter },
	"class":  func(c Cell) string { return "c-" + strings.TrimSuffix(string(c), "-only") },
	"tell":   tell,
	"short":  func(s string) string { return fmt.Sprintf("%.12s", s) },
	"share":  func(n, of int) string { return fmt.Sprintf("%.2f%%", 100*float64(n)/float64(max(1, of))) },
	"many":   func(n int) string { return thousands(n) },
	"met":    func(c Cell, of []Cell) bool { return slices.Contains(of, c) },
	"span":   func(c []Column) int { return len(c) + 2 },
	"parts":  func(s []string) string { return strings.Join(s, ", ") },
	"lacks":  func(f Fix) bool { w := f.Worst(); return w != In && w != NotAffected && w != Unknown },
}).Parse(pageText))

// says is each cell in words; the letter stands in the cell, so that colour is
// never alone.
var says = map[Cell]struct{ letter, name, long string }{
	In:            {"✓", "in", "the branch has it, or it is queued"},
	NotAffected:   {"·", "not affected", "the bug is not in the branch"},
	Unknown:       {"~", "unknown", "the trees do not tell whether the bug is in the branch"},
	Eligible:      {"E", "eligible", "stable would take it, and it applies"},
	Prerequisites: {"P", "prerequisites", "stable would take it, with other commits first"},
	Backport:      {"B", "by hand", "stable would take it, as a patch adjusted by hand"},
	Open:          {"?", "open", "not decided: the evidence conflicts or is missing"},
	DKMS:          {"D", "DKMS only", "needed, and stable does not take it there"},
}

// tell is a cell in a sentence.
func tell(s Square) string {
	out := s.Branch + ": " + says[s.Cell].name
	if s.Class != "" {
		out += " (" + string(s.Class) + ")"
	}
	if s.First > 0 {
		out += fmt.Sprintf(", %d first", s.First)
	}
	if s.Lines > 0 {
		out += fmt.Sprintf(", %s%s with context", map[bool]string{true: "more than "}[s.More], change.Count(s.Lines, "line"))
	}
	if s.Why != "" {
		out += ": " + s.Why
	}
	return out
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// group is the fixes of one release.
type group struct {
	Release string
	Fixes   []Fix
}

// kinds are those that some branch has.
func (r *Report) kinds() (out []Cell) {
	for _, cell := range Cells {
		if slices.ContainsFunc(r.Columns, func(c Column) bool { return c.Total(cell).Fixes > 0 }) {
			out = append(out, cell)
		}
	}
	return out
}

// origin is a source with the blocks that it tells of.
type origin struct{ Blocks, Source string }

// sources are where the blocks are known from, each once.
func (r *Report) sources() (out []origin) {
	for _, b := range r.Blocks {
		if n := len(out); n > 0 && out[n-1].Source == b.Source {
			out[n-1].Blocks += ", " + b.Name
		} else {
			out = append(out, origin{b.Name, b.Source})
		}
	}
	return out
}

// HTML writes a page that needs nothing but itself.
func (r *Report) HTML(w io.Writer) error {
	data := struct {
		*Report
		Cells   []Cell
		Groups  []group
		Sources []origin
	}{Report: r, Cells: r.kinds(), Sources: r.sources()}
	for _, f := range r.Fixes {
		if n := len(data.Groups); n == 0 || data.Groups[n-1].Release != f.Release {
			data.Groups = append(data.Groups, group{Release: f.Release})
		}
		g := &data.Groups[len(data.Groups)-1]
		g.Fixes = append(g.Fixes, f)
	}
	if err := page.Execute(w, data); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}
