package web

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/rules/silicon"
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
	if driver != "" && !slices.ContainsFunc(slices.Collect(maps.Keys(chips)), wanted) {
		if e := onTheBox(driver, chips); e != nil {
			v.Meant = e.Name
			chips, wanted = map[string][]string{e.Drivers[0]: {e.Name}}, func(string) bool { return true }
		}
	}
	for name, cs := range chips {
		v.All = append(v.All, name)
		if !wanted(name) {
			continue
		}
		d := gapDriver{Name: name}
		for _, chip := range cs {
			row := gapRow{Chip: chip, Whole: chip == name}
			if e := entryOf(name, chip); e != nil {
				row.Launched, row.Since = e.Launched, e.Since
			}
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

// entryOf is the catalogue's row of a chip; nil when it has none.
func entryOf(driver, chip string) *silicon.Entry {
	all := silicon.Default().Entries()
	for i := range all {
		if all[i].Name == chip && slices.Contains(all[i].Drivers, driver) {
			return &all[i]
		}
	}
	return nil
}

// onTheBox is the chip, of those that the store knows, that people mean by a name: the
// chip's own, or one that cards are sold under ("RX 7900").
func onTheBox(name string, chips map[string][]string) *silicon.Entry {
	asked := words(name)
	all := silicon.Default().Entries()
	for i := range all {
		e := &all[i]
		if len(e.Drivers) == 0 || !slices.Contains(chips[e.Drivers[0]], e.Name) {
			continue
		}
		if strings.EqualFold(e.Name, name) {
			return e
		}
		for _, p := range e.Patterns {
			if p.How == "word" && shares(words(strings.ReplaceAll(p.What, "_", " ")), asked) {
				return e
			}
		}
	}
	return nil
}

func words(s string) []string { return strings.Fields(strings.ToLower(s)) }

// shares reports whether two names have a word with a number of three digits and more
// in common: what tells cards of a maker apart.
func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(w string) bool {
		return len(w) >= 3 && strings.ContainsAny(w, "0123456789") && slices.Contains(b, w)
	})
}

// near are names of drivers and chips of the store that one could have meant.
func near(name string, sum *summed) []string {
	found := map[string]bool{}
	asked := strings.ToLower(strings.Join(strings.Fields(name), ""))
	for _, g := range sum.Gap {
		for _, known := range []string{g.Driver, g.Chip} {
			k := strings.ToLower(known)
			if asked != "" && len(k) > 1 && (strings.HasPrefix(k, asked[:min(3, len(asked))]) || strings.Contains(asked, k)) {
				found[known] = true
			}
		}
	}
	out := slices.Sorted(maps.Keys(found))
	return out[:min(len(out), 8)]
}
