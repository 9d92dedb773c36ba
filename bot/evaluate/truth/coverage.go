package truth

import (
	"maps"
	"slices"
	"time"

	"github.com/stablebot/stablebot/rules/release"
)

// Coverage is what a table can see: of which stable series it lists the releases,
// and when these were made. A table of subjects is made of some releases and not
// of others; what a release that is not in it took looks as if nobody had.
type Coverage struct {
	series map[string]*covered
}

// covered is what is covered of one series.
type covered struct {
	born  time.Time // the mainline release
	spans []span    // oldest first
}

type span struct{ from, to time.Time }

const (
	// fewRows: with fewer rows a series is there by accident (a table of one series
	// mentions others), and shows nothing of what that series took.
	fewRows = 100
	// bridge: so many releases in a row may be missing from a list that is whole:
	// some carry one reverted commit, or a fix that has no subject of its own.
	bridge = 3
	// cadence: a series gets a release about every week.
	cadence = 6.6 * 24 * float64(time.Hour)
)

// documented are the days of some releases, to within a fortnight, from which the
// others of a long series are counted: by the cadence alone the estimate is wrong
// by months after years. What a series did between the last two goes on.
var documented = map[string][]struct {
	point int
	day   string
}{
	"5.10": {{50, "2021-07-14"}, {100, "2022-02-11"}, {161, "2022-12-21"}, {223, "2024-07-27"}},
	"6.1":  {{50, "2023-08-30"}, {70, "2024-01-01"}, {100, "2024-07-18"}, {123, "2025-01-02"}, {143, "2025-07-06"}, {159, "2025-12-06"}},
	"6.6":  {{50, "2024-09-08"}, {69, "2025-01-02"}},
	"6.12": {{25, "2025-04-25"}, {60, "2025-12-01"}},
}

// dayOf is when a point release was made, by the documented days and the cadence.
func dayOf(series string, born time.Time, point int) time.Time {
	at, day, step := 0, born, cadence
	for _, k := range documented[series] {
		d, err := time.Parse(time.DateOnly, k.day)
		if err != nil {
			panic(err) // a fault of the list, which a test reads
		}
		step = float64(d.Sub(day)) / float64(k.point-at)
		if k.point >= point {
			break
		}
		at, day = k.point, d
	}
	return day.Add(time.Duration(float64(point-at) * step))
}

// Coverage derives what tables of subjects cover from the releases that they list;
// nil when they list none, so that nothing tells. A table that says yes or no of each
// change names releases by the way, and shows nothing of what it could see.
func (ts Tables) Coverage() *Coverage {
	points := map[string]map[int]int{}
	for _, t := range ts {
		if !t.closed {
			continue
		}
		for _, labels := range []map[string]Label{t.byID, t.bySubject} {
			for _, l := range labels {
				for _, r := range l.In {
					series, point, ok := release.Point(r)
					if !ok {
						continue
					}
					if points[series] == nil {
						points[series] = map[int]int{}
					}
					points[series][point]++
				}
			}
		}
	}
	if c := cover(points); len(c.series) > 0 {
		return c
	}
	return nil
}

func cover(points map[string]map[int]int) *Coverage {
	c := &Coverage{series: map[string]*covered{}}
	for series, at := range points {
		rows := 0
		for _, n := range at {
			rows += n
		}
		r, _ := release.Parse(series)
		day, ok := r.Due()
		if rows < fewRows || !ok {
			continue
		}
		k := &covered{born: day}
		seen := slices.Sorted(maps.Keys(at))
		first := seen[0]
		for i, p := range seen {
			if i+1 < len(seen) && seen[i+1]-p <= bridge+1 {
				continue
			}
			k.spans = append(k.spans, span{dayOf(series, day, first-1), dayOf(series, day, p)})
			if i+1 < len(seen) {
				first = seen[i+1]
			}
		}
		c.series[series] = k
	}
	return c
}

// Series are the names of what is covered, oldest first.
func (c *Coverage) Series() []string {
	out := slices.Collect(maps.Keys(c.series))
	slices.SortFunc(out, release.Compare)
	return out
}

// End is the day of the youngest release that is covered.
func (c *Coverage) End() time.Time {
	var end time.Time
	for _, k := range c.series {
		if last := k.spans[len(k.spans)-1].to; last.After(end) {
			end = last
		}
	}
	return end
}

// What a fix takes to come into a release of stable, from the day that it is
// posted or merged: half of those that are taken are there within a month, nine
// in ten within three.
const (
	soonest = 14 * 24 * time.Hour
	latest  = 90 * 24 * time.Hour
	// enough of that time must be covered.
	enough = .6
)

// sees reports whether what a series takes of a change of that day is covered.
func (k *covered) sees(day time.Time) bool {
	from, to := day.Add(soonest), day.Add(latest)
	var seen time.Duration
	for _, s := range k.spans {
		a, b := s.from, s.to
		if a.Before(from) {
			a = from
		}
		if b.After(to) {
			b = to
		}
		if b.After(a) {
			seen += b.Sub(a)
		}
	}
	return float64(seen) >= enough*float64(to.Sub(from))
}

// Sees reports whether what a series takes of a change of a day is covered.
func (c *Coverage) Sees(series string, day time.Time) bool {
	return c != nil && c.series[series] != nil && c.series[series].sees(day)
}

// Ended reports whether nothing of what becomes of a change of that day is covered.
func (c *Coverage) Ended(day time.Time) bool {
	for _, k := range c.series {
		if k.sees(day) {
			return false
		}
	}
	return true
}

// Bug is what is known of where a bug is.
type Bug struct {
	// Since is the first mainline release that has it, "" when that is not known:
	// then every branch may.
	Since string
	// Backported are the stable releases that took the culprit.
	Backported []string
	// Fixed is the mainline release that the fix went into, "" when not known.
	Fixed string
	// Asked is the oldest branch that the author asks for, "" without such a word.
	Asked string
}

// Mask says whether the table can see what became of a fix of that day. Of a nil
// coverage nothing is known but what the releases tell.
func (c *Coverage) Mask(b Bug, day time.Time) Mask {
	if c == nil {
		if b.Since != "" && len(b.Backported) == 0 && b.Fixed != "" && !release.Newer(b.Fixed, b.Since) {
			return Unreleased
		}
		return ""
	}
	if c.Ended(day) {
		return Beyond
	}
	if b.Since == "" && b.Asked == "" {
		return ""
	}
	for _, r := range b.Backported {
		series, _, ok := release.Point(r)
		if !ok {
			series = r
		}
		if k := c.series[series]; k != nil && k.sees(day) {
			return ""
		}
	}
	oldest := b.Since
	if b.Asked != "" && (oldest == "" || release.Newer(b.Asked, oldest)) {
		oldest = b.Asked
	}
	released := false
	for _, r := range releases {
		// A branch that leaves mainline after the fix has it from the start.
		if !release.Newer(oldest, r.name) && before(r, b.Fixed, day) {
			released = true
			if k := c.series[r.name]; k != nil && k.sees(day) {
				return ""
			}
		}
	}
	if !released && b.Since != "" && oldest == b.Since {
		return Unreleased
	}
	return Unseen
}

// before reports whether a release was made without the fix.
func before(r known, fixed string, day time.Time) bool {
	if fixed != "" {
		return release.Newer(fixed, r.name)
	}
	return r.day.Before(day)
}

// known is a release of the list, or one that is to be expected, and its day.
type known struct {
	name string
	day  time.Time
}

// releases are those of the list and twenty more, oldest first.
var releases = func() (out []known) {
	for _, r := range release.All() {
		day, _ := r.Day()
		out = append(out, known{r.String(), day})
	}
	all := release.All()
	for k, r := 0, all[len(all)-1].Next(); k < 20; k, r = k+1, r.Next() {
		day, _ := r.Due()
		out = append(out, known{r.String(), day})
	}
	return out
}()

// ReleaseOf is the first mainline release that can have carried what was posted
// on a day.
func ReleaseOf(day time.Time, fix bool) string {
	if !fix {
		day = day.Add(release.Settled)
	}
	for _, r := range releases {
		if r.day.After(day) {
			return r.name
		}
	}
	return ""
}
