package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
)

// Totals are the sums that pages show. They cost a pass over all that is
// listed, so whoever shows them keeps them for a while.
type Totals struct {
	Days    []DayTotal // by day of judgement and verdict, oldest first
	Lists   []Total
	Drivers []Total
	Chips   []Total // Of is the driver
	Cells   []CellTotal
	Gap     []GapTotal
	// Months count what was judged by the month in which it came: of what a backfill
	// brought, when its mail did. Newest first.
	Months []VerdictTotal
	// By counts the verdicts of each driver, most changes first.
	By []VerdictTotal
}

// VerdictTotal is how many changes of a month ("2026-01") or a driver have which verdict.
type VerdictTotal struct {
	Name string
	N    map[string]int // by verdict
	Sum  int
}

// Total is how many public changes carry a name.
type Total struct {
	Name, Of string
	N        int
}

// DayTotal counts one verdict of one day: what came then, and apart from it what
// a backfill brought, which was only judged then.
type DayTotal struct {
	Day        time.Time
	Verdict    string
	Backfilled bool
	N          int
}

// CellTotal counts what one stable branch says.
type CellTotal struct {
	Branch, Cell string
	N, Lines     int
}

// GapTotal is the same for one chip.
type GapTotal struct {
	Driver, Chip string
	CellTotal
}

const dayMillis = 24 * 60 * 60 * 1000

// count is a number of changes and of their lines.
type count struct{ n, lines int }

// tally sums up in one pass: the databases took a minute and a half for a
// million changes, with a join of five million rows, where this takes seconds.
type tally struct {
	days    map[dayKey]*count
	lists   map[string]*count
	drivers map[string]*count
	chips   map[string]*count
	of      map[string]string // chip → driver, the last by name of several
	cells   map[cellKey]*count
	gap     map[gapKey]*count
	months  map[string]*VerdictTotal
	by      map[string]*VerdictTotal
}

func more(m map[string]*VerdictTotal, name, verdict string) {
	if m[name] == nil {
		m[name] = &VerdictTotal{Name: name, N: map[string]int{}}
	}
	m[name].N[verdict]++
	m[name].Sum++
}

type (
	dayKey struct {
		day        int64
		verdict    string
		backfilled bool
	}
	cellKey struct{ branch, cell string }
	gapKey  struct {
		Chip
		cellKey
	}
)

func in[K comparable](m map[K]*count, k K, lines int) {
	c := m[k]
	if c == nil {
		c = &count{}
		m[k] = c
	}
	c.n++
	c.lines += lines
}

func (y *tally) add(judged, came int64, verdict, list, chips, cells string, backfilled bool) {
	in(y.days, dayKey{judged / dayMillis, verdict, backfilled}, 0)
	if came == 0 && !backfilled {
		came = judged
	}
	if came > 0 { // of a commit that a backfill brought it is not known
		more(y.months, time.UnixMilli(came).UTC().Format("2006-01"), verdict)
	}
	if list != "" {
		in(y.lists, list, 0)
	}
	if chips == "" && cells == "" {
		return
	}
	hardware := readChips(chips)
	for i, c := range hardware {
		if c.Driver != "" && !slices.ContainsFunc(hardware[:i], func(o Chip) bool { return o.Driver == c.Driver }) {
			in(y.drivers, c.Driver, 0)
			more(y.by, c.Driver, verdict)
		}
		if c.Name != c.Driver {
			in(y.chips, c.Name, 0)
			y.of[c.Name] = max(y.of[c.Name], c.Driver)
		}
	}
	branches, says := readCells(cells)
	for i, p := range says {
		k := cellKey{branches[i], p.Cell}
		in(y.cells, k, p.Lines)
		for _, c := range hardware {
			in(y.gap, gapKey{c, k}, p.Lines)
		}
	}
}

// Totals sums up what everybody may see.
func (s *Store) Totals(ctx context.Context) (*Totals, error) {
	y := tally{map[dayKey]*count{}, map[string]*count{}, map[string]*count{}, map[string]*count{}, map[string]string{}, map[cellKey]*count{}, map[gapKey]*count{},
		map[string]*VerdictTotal{}, map[string]*VerdictTotal{}}
	err := s.each(ctx, "reading", `select judged, coalesce((select received from mail where mail.id = change_id), 0), verdict, list, chips, cells, backfilled
		from listed`, nil, func(r *sql.Rows) error {
		var judged, came int64
		var backfilled bool
		var verdict, list, chips, cells string
		if err := r.Scan(&judged, &came, &verdict, &list, &chips, &cells, &backfilled); err != nil {
			return err
		}
		y.add(judged, came, verdict, list, chips, cells, backfilled)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return y.totals(), nil
}

func (y *tally) totals() *Totals {
	t := &Totals{}
	for k, c := range y.days {
		t.Days = append(t.Days, DayTotal{time.UnixMilli(k.day * dayMillis).UTC(), k.verdict, k.backfilled, c.n})
	}
	slices.SortFunc(t.Days, func(a, b DayTotal) int { return cmp.Or(a.Day.Compare(b.Day), strings.Compare(a.Verdict, b.Verdict)) })
	for _, m := range y.months {
		t.Months = append(t.Months, *m)
	}
	slices.SortFunc(t.Months, func(a, b VerdictTotal) int { return strings.Compare(b.Name, a.Name) })
	for _, d := range y.by {
		t.By = append(t.By, *d)
	}
	slices.SortFunc(t.By, func(a, b VerdictTotal) int { return cmp.Or(b.Sum-a.Sum, strings.Compare(a.Name, b.Name)) })
	for name, c := range y.lists {
		t.Lists = append(t.Lists, Total{name, "", c.n})
	}
	for name, c := range y.drivers {
		t.Drivers = append(t.Drivers, Total{name, "", c.n})
	}
	for name, c := range y.chips {
		t.Chips = append(t.Chips, Total{name, y.of[name], c.n})
	}
	for _, list := range [][]Total{t.Lists, t.Drivers, t.Chips} {
		slices.SortFunc(list, func(a, b Total) int {
			return cmp.Or(b.N-a.N, strings.Compare(a.Name, b.Name))
		})
	}
	for k, c := range y.cells {
		t.Cells = append(t.Cells, CellTotal{k.branch, k.cell, c.n, c.lines})
	}
	slices.SortFunc(t.Cells, byBranch)
	for k, c := range y.gap {
		t.Gap = append(t.Gap, GapTotal{k.Driver, k.Name, CellTotal{k.branch, k.cell, c.n, c.lines}})
	}
	slices.SortFunc(t.Gap, func(a, b GapTotal) int {
		return cmp.Or(strings.Compare(a.Driver, b.Driver), strings.Compare(a.Chip, b.Chip), byBranch(a.CellTotal, b.CellTotal))
	})
	return t
}

func byBranch(a, b CellTotal) int {
	return cmp.Or(strings.Compare(a.Branch, b.Branch), strings.Compare(a.Cell, b.Cell))
}
