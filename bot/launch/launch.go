// Package launch is the off-by-one report: for a chip, each fix since its support
// landed in mainline against each branch that people run. It shows at a glance
// which kernels a card works on, which could be mended, and which only the
// vendor's package can help.
//
// A Report is a pure value; table, JSON, CSV and page are made of it alone.
package launch

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Cell is what one branch says of one fix.
type Cell string

// The cells, from the best for a user of that branch to the worst. Stable names
// of the JSON and CSV.
const (
	In            Cell = "in"            // it is there, or on its way
	NotAffected   Cell = "not-affected"  // the bug is not there
	Unknown       Cell = "unknown"       // nobody can tell whether the bug is there
	Eligible      Cell = "eligible"      // stable would take it, and it applies
	Prerequisites Cell = "prerequisites" // stable would take it, with others first
	Backport      Cell = "backport"      // stable would take it, adjusted by hand
	Open          Cell = "open"          // not decided
	DKMS          Cell = "dkms-only"     // needed, and stable does not take it there
)

// Cells are all, in that order.
var Cells = []Cell{In, NotAffected, Unknown, Eligible, Prerequisites, Backport, Open, DKMS}

// CellOf is the row of a branch as a user of that branch sees it. It decides nothing:
// the verdict of the row does.
func CellOf(b *verdict.Branch) Cell {
	switch {
	case b.There():
		return In
	case b.Spared():
		return NotAffected
	case b.Is(verdict.DKMSOnly):
		return DKMS
	case !b.Is(verdict.StableEligible) && b.State == verdict.Unknown:
		return Unknown
	case !b.Is(verdict.StableEligible):
		return Open
	case b.Applies == verdict.NeedsPrerequisites:
		return Prerequisites
	case b.Applies == verdict.NeedsBackport, b.Applies == "unknown":
		return Backport
	}
	return Eligible
}

// Square is a cell with its numbers.
type Square struct {
	Branch string        `json:"branch"`
	Cell   Cell          `json:"cell"`
	Lines  int           `json:"lines_with_context"` // of the pile; 0 where nothing is to be done
	More   bool          `json:"more,omitempty"`     // what it stands on is not in Lines: it was not found in full
	First  int           `json:"prerequisites,omitempty"`
	Class  verdict.Class `json:"reason_class,omitempty"`
	Score  float64       `json:"score,omitempty"`
	Why    string        `json:"why,omitempty"`
}

// Fix is a row.
type Fix struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Date    string   `json:"date"`    // 2023-01-31
	Release string   `json:"release"` // that first carried it, "" when unreleased
	Lines   int      `json:"lines_with_context"`
	Parts   []string `json:"parts,omitempty"` // of the card: what it was recognised as a fix for
	Squares []Square `json:"branches"`
}

// Worst is the row's worst cell.
func (f Fix) Worst() Cell {
	at := 0
	for _, s := range f.Squares {
		for i, c := range Cells {
			if s.Cell == c {
				at = max(at, i)
			}
		}
	}
	return Cells[at]
}

// Total is one kind of cell of a branch, summed.
type Total struct {
	Cell  Cell `json:"cell"`
	Fixes int  `json:"fixes"`
	Lines int  `json:"lines_with_context"`
	More  bool `json:"more,omitempty"` // there are more than these
}

// Column is a branch with its totals, one for each of Cells.
type Column struct {
	Branch string  `json:"branch"`
	Active bool    `json:"active"`
	Totals []Total `json:"totals"`
}

// Total of one kind.
func (c Column) Total(cell Cell) Total {
	for _, t := range c.Totals {
		if t.Cell == cell {
			return t
		}
	}
	return Total{Cell: cell}
}

// LeftOut is a change of the chip that names a culprit, or asks for stable, and gets
// no label.
type LeftOut struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Release string `json:"release"`
	Why     string `json:"why"` // of its judgement
}

// Block is the chip, or one that was taken in because the chip carries it.
type Block struct {
	Name   string `json:"name"`
	Source string `json:"source,omitempty"` // the file that says that it is on the chip
	Fixes  int    `json:"fixes"`            // rows that it stands in
}

// Report is the whole.
type Report struct {
	Names    []Block   `json:"names"` // what was asked for, as the catalogue calls it
	Chip     string    `json:"chip"`
	Driver   string    `json:"driver"`
	Since    string    `json:"since"`              // first mainline release with support
	Launched string    `json:"launched,omitempty"` // when it went on sale
	Blocks   []Block   `json:"blocks,omitempty"`   // taken in for the chip
	AsOf     string    `json:"as_of"`
	Scanned  int       `json:"scanned"` // commits that were looked at
	Touching int       `json:"touching"`
	Common   int       `json:"common"`           // commits of code that all chips share, which name none
	Failed   int       `json:"failed,omitempty"` // that could not be judged
	Columns  []Column  `json:"columns"`
	Fixes    []Fix     `json:"fixes"`              // oldest first
	LeftOut  []LeftOut `json:"left_out,omitempty"` // oldest first
}

// Sum fills the columns and counts the blocks from the rows.
func (r *Report) Sum() {
	for _, bs := range [][]Block{r.Names, r.Blocks} {
		for i := range bs {
			bs[i].Fixes = 0
			for _, f := range r.Fixes {
				if slices.Contains(f.Parts, bs[i].Name) {
					bs[i].Fixes++
				}
			}
		}
	}
	for i := range r.Columns {
		c := &r.Columns[i]
		c.Totals = make([]Total, len(Cells))
		for k, cell := range Cells {
			c.Totals[k].Cell = cell
			for _, f := range r.Fixes {
				for _, s := range f.Squares {
					if s.Branch == c.Branch && s.Cell == cell {
						c.Totals[k].Fixes++
						c.Totals[k].Lines += s.Lines
						c.Totals[k].More = c.Totals[k].More || s.More
					}
				}
			}
		}
	}
}

// JSON writes one line.
func (r *Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// CSV writes a line for each fix and branch.
func (r *Report) CSV(w io.Writer) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{"commit", "title", "date", "release", "fix_lines_with_context", "branch", "cell", "lines_with_context",
		"prerequisites", "reason_class", "score"})
	for _, f := range r.Fixes {
		for _, s := range f.Squares {
			_ = c.Write([]string{f.ID, harmless(change.Plain(f.Title)), f.Date, f.Release, strconv.Itoa(f.Lines),
				s.Branch, string(s.Cell), strconv.Itoa(s.Lines),
				strconv.Itoa(s.First), string(s.Class), fmt.Sprintf("%.3f", s.Score)})
		}
	}
	c.Flush()
	return c.Error() // of any of the writes
}

// harmless keeps a title from being a formula of a spreadsheet.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// Text writes the totals, and the fixes that some branch lacks.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s), supported since %s%s\n%s in mainline since then, of %s for the chip (%d looked at), as of %s\n",
		r.Chip, r.Driver, r.Since, map[bool]string{true: ", on sale since " + r.Launched}[r.Launched != ""],
		change.Count(len(r.Fixes), "fix"), change.Count(r.Touching, "commit"), r.Scanned, r.AsOf)
	if len(r.Blocks) > 0 {
		var with []string
		for _, x := range r.Blocks {
			with = append(with, fmt.Sprintf("%s %d", x.Name, x.Fixes))
		}
		fmt.Fprintf(&b, "with what is on it: %s\n", strings.Join(with, ", "))
	}
	if len(r.LeftOut) > 0 {
		fmt.Fprintf(&b, "left out: %d that %s stable, and %s out of scope\n", len(r.LeftOut),
			change.Agree(len(r.LeftOut), "names a culprit or asks for", "name a culprit or ask for"), change.Agree(len(r.LeftOut), "is", "are"))
	}
	fmt.Fprintln(&b)
	tw := tabwriter.NewWriter(&b, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "BRANCH\t")
	for _, c := range Cells {
		fmt.Fprintf(tw, "%s\t", strings.ToUpper(string(c)))
	}
	fmt.Fprintln(tw)
	for _, c := range r.Columns {
		fmt.Fprintf(tw, "%s\t", c.Branch)
		for _, t := range c.Totals {
			switch {
			case t.More:
				fmt.Fprintf(tw, "%d (more than %s)\t", t.Fixes, change.Count(t.Lines, "line"))
			case t.Lines > 0:
				fmt.Fprintf(tw, "%d (%s)\t", t.Fixes, change.Count(t.Lines, "line"))
			default:
				fmt.Fprintf(tw, "%d\t", t.Fixes)
			}
		}
		fmt.Fprintln(tw)
	}
	_ = tw.Flush() // into memory
	tw = tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprint(tw, "\nIN\tLINES")
	for _, c := range r.Columns {
		fmt.Fprintf(tw, "\t%s", c.Branch)
	}
	fmt.Fprintln(tw, "\tFIX")
	rows := 0
	for _, f := range r.Fixes {
		switch f.Worst() {
		case In, NotAffected, Unknown:
			continue
		}
		rows++
		fmt.Fprintf(tw, "%s\t%d", orDash(f.Release), f.Lines)
		for _, s := range f.Squares {
			fmt.Fprintf(tw, "\t%s", mark(s))
		}
		fmt.Fprintf(tw, "\t%.12s %s\n", f.ID, change.Plain(f.Title))
	}
	if rows == 0 {
		fmt.Fprint(&b, "\nNo branch lacks any of them.\n")
	} else {
		_ = tw.Flush() // into memory
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// mark is a cell in few letters.
func mark(s Square) string {
	switch s.Cell {
	case NotAffected:
		return "-"
	case Eligible:
		return "yes"
	case Prerequisites:
		return fmt.Sprintf("after %d", s.First)
	case Backport:
		return "by hand"
	case Unknown:
		return "~"
	case Open:
		return "?"
	case DKMS:
		if s.Class != "" {
			return string(s.Class)
		}
		return "dkms"
	}
	return "in"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
