package export

import (
	"fmt"
	"slices"

	"github.com/stablebot/stablebot/rules/release"
)

// Arrived says from which point release on a branch has each fix of a package by itself.
type Arrived struct {
	Release string // "6.12.40"
}

// Expression matches that point release and what follows it in its branch, for kernels
// that name theirs: "6.12.40-arch1-1" does, "6.12.0-3-amd64" does not.
func (a Arrived) Expression() string {
	series, point, _ := release.Point(a.Release)
	k, _ := release.Parse(series)
	return fmt.Sprintf(`^%d\.%d\.%s`, k.Major, k.Minor, numbers(point, -1)) + ends
}

// Say is the bound in words.
func (a Arrived) Say() string { return a.Release + " has each of these fixes" }

// arrivals are the point releases from which on the package has nothing to give: each of
// its fixes is in the kernel's own driver. One fix that a branch lacks keeps the package
// whole there, because its source replaces the kernel's driver and what is left out of it
// is missing then, whatever the kernel has.
func arrivals(queue []Queued) (out []Arrived) {
	last := map[string]int{}
	for i, q := range queue {
		in := map[string]int{}
		for _, u := range q.Until {
			if series, point, ok := release.Point(u); ok {
				in[series] = point
			}
		}
		for series, point := range in {
			if was, ok := last[series]; i == 0 || ok {
				last[series] = max(was, point)
			}
		}
		for series := range last {
			if _, ok := in[series]; !ok {
				delete(last, series)
			}
		}
	}
	for series, point := range last {
		out = append(out, Arrived{Release: fmt.Sprintf("%s.%d", series, point)})
	}
	slices.SortFunc(out, func(a, b Arrived) int { return release.Compare(a.Release, b.Release) })
	return out
}
