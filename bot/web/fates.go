package web

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Fates tells what stable really did. Nothing embargoed is told of.
type Fates interface {
	// Fate returns what became of one change, oldest first.
	Fate(ctx context.Context, id string) ([]Fate, error)
	// Fates returns every change of which it is known, taken or not.
	Fates(ctx context.Context) ([]Fated, error)
}

// Fate is one thing that happened to a change in one branch.
type Fate struct {
	Branch  string    `json:"branch"`
	What    string    `json:"what"` // taken, queued, dropped, reverted, followed-up, not-taken
	Commit  string    `json:"commit,omitempty"`
	Release string    `json:"release,omitempty"`
	At      time.Time `json:"at"`
	Note    string    `json:"note,omitempty"`
}

// Fated is a change with the verdict that it had and what came of it.
type Fated struct {
	ID      string
	Driver  string
	Judged  time.Time
	Verdict verdict.Verdict
	Score   float64
	Taken   bool
	// Backfilled: the verdict is what would have been said on its day.
	Backfilled bool
}

// quality compares verdicts with what came.
type quality struct {
	Cases, Taken  int
	Error         float64 // calibration error
	Skill         float64 // Brier skill
	Bins          []model.Bin
	Rows          []qualityRow // by verdict
	Months        []qualityRow // oldest first
	Weeks         []qualityRow // by their Mondays, oldest first
	Drivers       []qualityRow // most cases first
	Called, Right int          // called stable-eligible, and taken of those
	Backfilled    int          // of Cases
}

// qualityRow is one group of changes.
type qualityRow struct {
	Name                 string
	Cases, Taken         int
	Called, Right        int // called stable-eligible, and taken of those
	Precision, Recall    float64
	HasPrecision, HasAny bool
}

func (q *qualityRow) add(f Fated) {
	q.Cases++
	called := f.Verdict == verdict.StableEligible
	if f.Taken {
		q.Taken++
	}
	if called {
		q.Called++
	}
	if called && f.Taken {
		q.Right++
	}
	q.HasPrecision, q.HasAny = q.Called > 0, q.Taken > 0
	q.Precision, q.Recall = float64(q.Right)/float64(max(1, q.Called)), float64(q.Right)/float64(max(1, q.Taken))
}

// HasSkill: against a base rate of nothing or of everything there is none.
func (q *quality) HasSkill() bool { return q.Taken > 0 && q.Taken < q.Cases }

// bins of the reliability plot, as in `stablebot evaluate`.
const bins = 10

// mostDrivers keeps the table to those with something to say.
const mostDrivers = 40

func qualityOf(fs []Fated) *quality {
	q := &quality{Cases: len(fs)}
	var scored []model.Scored
	groups := [4]map[string]*qualityRow{{}, {}, {}, {}}
	for _, f := range fs {
		scored = append(scored, model.Scored{P: f.Score, Label: f.Taken})
		if f.Taken {
			q.Taken++
		}
		if f.Backfilled {
			q.Backfilled++
		}
		if f.Verdict == verdict.StableEligible {
			q.Called++
			if f.Taken {
				q.Right++
			}
		}
		for i, name := range []string{string(f.Verdict), f.Judged.UTC().Format("2006-01"), f.Driver, monday(f.Judged).Format(time.DateOnly)} {
			if name == "" {
				continue
			}
			if groups[i][name] == nil {
				groups[i][name] = &qualityRow{Name: name}
			}
			groups[i][name].add(f)
		}
	}
	if len(fs) == 0 {
		return q
	}
	q.Bins = model.Reliability(scored, bins)
	q.Error, q.Skill = model.CalibrationError(q.Bins), model.BrierSkill(scored)
	for i, to := range []*[]qualityRow{&q.Rows, &q.Months, &q.Drivers, &q.Weeks} {
		for _, r := range groups[i] {
			*to = append(*to, *r)
		}
	}
	slices.SortFunc(q.Rows, func(a, b qualityRow) int { return cmp.Compare(verdictRank(a.Name), verdictRank(b.Name)) })
	slices.SortFunc(q.Months, func(a, b qualityRow) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(q.Weeks, func(a, b qualityRow) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(q.Drivers, func(a, b qualityRow) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), cmp.Compare(a.Name, b.Name))
	})
	q.Drivers = q.Drivers[:min(len(q.Drivers), mostDrivers)]
	return q
}

func monday(t time.Time) time.Time {
	t = t.UTC()
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
}

// Time is the rows of the chart over time: weeks while there are few months.
func (q *quality) Time() (unit string, rows []qualityRow) {
	if len(q.Months) <= fewMonths {
		return "Week of", q.Weeks
	}
	return "Month", q.Months
}

// fewMonths make no curve.
const fewMonths = 3

// verdictNames in the order in which they ask for attention.
var verdictNames = []verdict.Verdict{verdict.StableEligible, verdict.DKMSOnly, verdict.Wait, verdict.Uncertain, verdict.NotNeeded,
	verdict.OutOfScope}

func verdictRank(v string) int {
	if i := slices.Index(verdictNames, verdict.Verdict(v)); i >= 0 {
		return i
	}
	return len(verdictNames)
}
