package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/launch"
)

// gapOf makes the heat map from the sums, of the driver of that name, or of those that it
// is part of; "" shows every driver with
// its chips that lack most.
func gapOf(sum *summed, driver string) gapView {
	v := gapView{Driver: driver}
	for _, b := range sum.Branches {
		v.Branches = append(v.Branches, b.Name)
	}
	type at struct{ driver, chip, branch string }
	squares := map[at]*gapSquare{}
	chips, known := map[string][]string{}, map[[2]string]bool{}
	for _, g := range sum.Gap {
		k := at{g.Driver, g.Chip, g.Branch}
		if squares[k] == nil {
			squares[k] = &gapSquare{Branch: g.Branch, N: map[launch.Cell]int{}}
		}
		q := squares[k]
		q.N[launch.Cell(g.Cell)] += g.N
		q.Sum += g.Lines
		if id := [2]string{g.Driver, g.Chip}; !known[id] {
			known[id] = true
			chips[g.Driver] = append(chips[g.Driver], g.Chip)
		}
	}
	wanted := chosen(chips, driver)
	for name, cs := range chips {
		v.All = append(v.All, name)
		if !wanted(name) {
			continue
		}
		d := gapDriver{Name: name}
		for _, chip := range cs {
			row := gapRow{Chip: chip, Whole: chip == name}
			for _, b := range v.Branches {
				q := squares[at{name, chip, b}]
				if q == nil {
					q = &gapSquare{Branch: b, N: map[launch.Cell]int{}}
				}
				q.finish()
				row.Most = max(row.Most, q.Lacks)
				row.Squares = append(row.Squares, *q)
			}
			d.Rows = append(d.Rows, row)
		}
		slices.SortFunc(d.Rows, func(a, b gapRow) int {
			if a.Whole != b.Whole {
				if a.Whole {
					return -1
				}
				return 1
			}
			return cmp.Or(cmp.Compare(b.Most, a.Most), cmp.Compare(a.Chip, b.Chip))
		})
		if driver == "" && len(d.Rows) > maxChips {
			v.Hidden += len(d.Rows) - maxChips
			d.Rows = d.Rows[:maxChips]
		}
		v.Drivers = append(v.Drivers, d)
	}
	slices.Sort(v.All)
	v.All = v.All[:min(len(v.All), suggested)]
	slices.SortFunc(v.Drivers, func(a, b gapDriver) int {
		return cmp.Or(cmp.Compare(b.most(), a.most()), cmp.Compare(a.Name, b.Name))
	})
	if len(v.Drivers) > maxDrivers {
		v.Left = len(v.Drivers) - maxDrivers
		v.Drivers = v.Drivers[:maxDrivers]
	}
	return v
}

// chosen tells which drivers a reader means by a name: that one; where there is none,
// those that it is part of.
func chosen(chips map[string][]string, driver string) func(string) bool {
	if _, ok := chips[driver]; ok {
		return func(name string) bool { return name == driver }
	}
	part := strings.ToLower(strings.TrimSpace(driver))
	return func(name string) bool { return strings.Contains(strings.ToLower(name), part) }
}

func (d gapDriver) most() (n int) {
	for _, r := range d.Rows {
		n = max(n, r.Most)
	}
	return n
}

func (q *gapSquare) finish() {
	q.Has = q.N[launch.In]
	for _, c := range lacking {
		q.Lacks += q.N[c]
	}
	q.Of = q.Has + q.Lacks
	if q.Lacks > 0 {
		q.Heat = 1 + min(4, 5*q.Lacks/q.Of)
	}
	if q.Of > 0 {
		shown := map[launch.Cell]int{}
		for c, n := range q.N {
			if c != launch.NotAffected && c != launch.Unknown {
				shown[c] = n
			}
		}
		q.Stack = stack(shown, 64)
	}
	q.Says = squareSays(q)
}
