package evaluate

import (
	"cmp"
	"encoding/json"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Figure is a measured number with its interval; NaN, null in JSON, when the
// cases do not allow it (nothing was taken, say).
type Figure struct {
	Value float64
	model.Interval
	// Of a share: how many, of how many.
	Hits, Of int
}

// MarshalJSON writes null for what is not known.
func (f Figure) MarshalJSON() ([]byte, error) {
	if math.IsNaN(f.Value) {
		return []byte("null"), nil
	}
	out := struct {
		Value float64  `json:"value"`
		Low   *float64 `json:"low,omitempty"`
		High  *float64 `json:"high,omitempty"`
		Hits  int      `json:"hits,omitempty"`
		Of    int      `json:"of,omitempty"`
	}{Value: f.Value, Hits: f.Hits, Of: f.Of}
	if !math.IsNaN(f.Low) {
		out.Low, out.High = &f.Low, &f.High
	}
	return json.Marshal(out)
}

// Cut is what a threshold does: the cases at or above it.
type Cut struct {
	Threshold float64 `json:"threshold"`
	Cases     int     `json:"cases"`     // at or above
	Precision Figure  `json:"precision"` // share of them that was taken
	Recall    Figure  `json:"recall"`    // share of the taken ones that is among them
}

// Bin is a line of the reliability table.
type Bin struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Cases int     `json:"cases"`
	Said  float64 `json:"said"`  // mean probability
	Taken float64 `json:"taken"` // share that was taken
}

// Fates is a line of the confusion of verdicts against fates.
type Fates struct {
	Verdict verdict.Verdict `json:"verdict"`
	Taken   int             `json:"taken"`
	Not     int             `json:"not_taken"`
}

// Set is every figure over one set of cases.
type Set struct {
	Name    string `json:"name"`     // "all" or "fixes"
	WithTag bool   `json:"with_tag"` // false: judged as if no stable tag stood there
	Cases   int    `json:"cases"`
	Taken   int    `json:"taken"`

	AUC              Figure `json:"auc"`
	AveragePrecision Figure `json:"average_precision"`
	BrierSkill       Figure `json:"brier_skill"`       // against always saying the share taken
	CalibrationError Figure `json:"calibration_error"` // over Reliability
	Reliability      []Bin  `json:"reliability"`
	Eligible         Cut    `json:"eligible"` // at the policy's threshold for stable-eligible
	DKMS             Cut    `json:"dkms"`     // at the one for dkms-only

	Confusion []Fates `json:"confusion"`
	// Shares of verdicts, in the words of the goals that they are held against.
	Decided       Figure `json:"decided"`        // neither uncertain, nor out-of-scope though tagged, of all
	TakenEligible Figure `json:"taken_eligible"` // called stable-eligible, of those taken
	TakenDKMS     Figure `json:"taken_dkms"`     // called dkms-only, of those taken
	WrongEligible Figure `json:"wrong_eligible"` // never taken, of those called stable-eligible

	points []model.Scored // for the plots
}

// Driver is the short form for the changes of one driver.
type Driver struct {
	Name             string `json:"name"`
	Cases            int    `json:"cases"`
	Taken            int    `json:"taken"`
	AUC              Figure `json:"auc"`
	AveragePrecision Figure `json:"average_precision"`
	Fixes            int    `json:"fixes"`
	FixesTaken       int    `json:"fixes_taken"`
	FixesAUC         Figure `json:"fixes_auc"`
	FixesAP          Figure `json:"fixes_average_precision"`
	Calibration      Figure `json:"calibration_error"`
}

// Report is everything that was measured.
type Report struct {
	Title      string           `json:"title"`
	Data       []string         `json:"data"`    // what was judged, and by which labels, for a reader
	Weights    string           `json:"weights"` // version of the weights
	Thresholds model.Thresholds `json:"thresholds"`
	Rounds     int              `json:"bootstrap_rounds"`
	Seed       uint64           `json:"seed"`

	Sets []Set `json:"sets"`
	// Worths are the figures of the score over what can be counted: as it stands,
	// what was merged, and what was merged and can be seen.
	Worths []Worth `json:"worths"`
	// Masked counts the fixes whose fate is no label, by the reason.
	Masked   []Masked       `json:"masked,omitempty"`
	Branches []BranchFigure `json:"branches,omitempty"`
	Reaches  []Reach        `json:"reaches,omitempty"`
	Drivers  []Driver       `json:"drivers"`
	// FewDrivers counts those with too few taken or untaken cases for figures.
	FewDrivers int `json:"drivers_with_too_few"`
	// Silent are the taken cases without any sign of being a fix: prerequisites
	// and clean-ups that were pulled in for another fix.
	Silent int            `json:"taken_without_sign"`
	Worst  []Disagreement `json:"worst"`
}

// Options of Measure.
type Options struct {
	Title      string
	Data       []string
	Posted     bool // the cases are patches as posted
	Weights    string
	Thresholds model.Thresholds
	Rounds     int // of the bootstrap; 0 leaves the intervals out
	Seed       uint64
}

// fewest taken, and not taken, cases of a driver that has figures of its own:
// below that an AUC says nothing.
const fewest = 5

// Measure computes every figure. It runs on all processors; the result does not
// depend on how many there are.
func Measure(k *Collector, o Options) *Report {
	r := &Report{Title: o.Title, Data: o.Data, Weights: o.Weights, Thresholds: o.Thresholds, Rounds: o.Rounds, Seed: o.Seed}
	var all, fixes []*Case
	drivers := map[string][]*Case{}
	for i := range k.Cases {
		c := &k.Cases[i]
		all = append(all, c)
		if c.Claims {
			fixes = append(fixes, c)
		} else if c.Taken {
			r.Silent++
		}
		drivers[c.Driver] = append(drivers[c.Driver], c)
	}
	b := &bootstrap{rounds: o.Rounds, seed: o.Seed}
	r.Sets = make([]Set, 4)
	for i, s := range []struct {
		name    string
		cases   []*Case
		without bool
	}{{"all", all, false}, {"fixes", fixes, false}, {"all", all, true}, {"fixes", fixes, true}} {
		b.set(&r.Sets[i], s.name, s.cases, s.without, o.Thresholds)
	}
	var short []*Driver
	for name, cs := range drivers {
		if d := b.driver(name, cs); d != nil {
			short = append(short, d)
		} else {
			r.FewDrivers++
		}
	}
	b.worths(r, all, fixes, o.Posted)
	b.branches(r, fixes)
	b.reaches(r, fixes)
	b.wait()
	for _, d := range short {
		r.Drivers = append(r.Drivers, *d)
	}
	slices.SortFunc(r.Drivers, func(a, b Driver) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), cmp.Compare(a.Name, b.Name))
	})
	k.trim()
	r.Worst = k.worst
	return r
}

// bootstrap collects the figures and works on their intervals at once.
type bootstrap struct {
	rounds int
	seed   uint64
	jobs   []func()
}

func (b *bootstrap) wait() {
	work := make(chan func())
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for f := range work {
				f()
			}
		})
	}
	for _, f := range b.jobs {
		work <- f
	}
	close(work)
	wg.Wait()
}

// measure fills a figure now and its interval later. f must stay where it is.
func (b *bootstrap) measure(f *Figure, s []model.Scored, of func([]model.Scored) float64) {
	b.later(func() {
		f.Value, f.Interval = math.NaN(), model.Interval{Low: math.NaN(), High: math.NaN()}
		if len(s) == 0 {
			return
		}
		if f.Value = of(s); b.rounds > 0 && !math.IsNaN(f.Value) {
			f.Interval = model.Bootstrap(s, of, b.rounds, b.seed)
		}
	})
}

func (b *bootstrap) later(f func()) { b.jobs = append(b.jobs, f) }

// share fills the share of cases for which is holds.
func (b *bootstrap) share(f *Figure, cs []*Case, is func(*Case) bool) {
	s := make([]model.Scored, len(cs))
	for i, c := range cs {
		s[i].Label = is(c)
	}
	f.Of = len(cs)
	for i := range s {
		if s[i].Label {
			f.Hits++
		}
	}
	b.measure(f, s, shareOf)
}

func shareOf(s []model.Scored) float64 {
	n := 0
	for _, x := range s {
		if x.Label {
			n++
		}
	}
	return float64(n) / float64(len(s))
}

const bins = 10

func calibration(s []model.Scored) float64 { return model.CalibrationError(model.Reliability(s, bins)) }

// skill is NaN where there is no base rate to beat.
func skill(s []model.Scored) float64 {
	v := model.BrierSkill(s)
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// set fills s, which must stay where it is until wait.
func (b *bootstrap) set(s *Set, name string, cs []*Case, without bool, t model.Thresholds) {
	*s = Set{Name: name, WithTag: !without, Cases: len(cs), points: scored(cs, without)}
	taken := only(cs, func(c *Case) bool { return c.Taken })
	s.Taken = len(taken)
	for _, x := range model.Reliability(s.points, bins) {
		s.Reliability = append(s.Reliability, Bin{x.From, x.To, x.Cases, x.Mean, x.Taken})
	}
	b.measure(&s.AUC, s.points, model.AUC)
	b.measure(&s.AveragePrecision, s.points, model.AveragePrecision)
	b.measure(&s.BrierSkill, s.points, skill)
	b.measure(&s.CalibrationError, s.points, calibration)
	b.cut(&s.Eligible, cs, taken, without, t.Eligible)
	b.cut(&s.DKMS, cs, taken, without, t.DKMS)

	s.Confusion = confusion(cs, without)
	is := func(v verdict.Verdict) func(*Case) bool {
		return func(c *Case) bool { return c.view(without).Verdict == v }
	}
	b.share(&s.Decided, cs, func(c *Case) bool { return c.decided(without) })
	b.share(&s.TakenEligible, taken, is(verdict.StableEligible))
	b.share(&s.TakenDKMS, taken, is(verdict.DKMSOnly))
	b.share(&s.WrongEligible, only(cs, is(verdict.StableEligible)), func(c *Case) bool { return !c.Taken })
}

// cut fills what a threshold does.
func (b *bootstrap) cut(k *Cut, cs, taken []*Case, without bool, threshold float64) {
	reach := func(c *Case) bool { return c.view(without).P >= threshold }
	above := only(cs, reach)
	k.Threshold, k.Cases = threshold, len(above)
	b.share(&k.Precision, above, func(c *Case) bool { return c.Taken })
	b.share(&k.Recall, taken, reach)
}

func only(cs []*Case, is func(*Case) bool) []*Case {
	var out []*Case
	for _, c := range cs {
		if is(c) {
			out = append(out, c)
		}
	}
	return out
}

// driver fills the short form, when there are cases enough.
func (b *bootstrap) driver(name string, cs []*Case) *Driver {
	fixes := only(cs, func(c *Case) bool { return c.Claims })
	taken := func(cs []*Case) int { return len(only(cs, func(c *Case) bool { return c.Taken })) }
	d := &Driver{Name: name, Cases: len(cs), Taken: taken(cs), Fixes: len(fixes), FixesTaken: taken(fixes)}
	if d.Taken < fewest || d.Cases-d.Taken < fewest {
		return nil
	}
	all, fx := scored(cs, false), scored(fixes, false)
	b.measure(&d.AUC, all, model.AUC)
	b.measure(&d.AveragePrecision, all, model.AveragePrecision)
	b.measure(&d.Calibration, all, calibration)
	if d.FixesTaken < fewest || d.Fixes-d.FixesTaken < fewest {
		fx = nil
	}
	b.measure(&d.FixesAUC, fx, model.AUC)
	b.measure(&d.FixesAP, fx, model.AveragePrecision)
	return d
}

var verdicts = []verdict.Verdict{verdict.StableEligible, verdict.DKMSOnly, verdict.Wait, verdict.Uncertain, verdict.NotNeeded,
	verdict.OutOfScope}

func confusion(cs []*Case, without bool) []Fates {
	rows := make([]Fates, len(verdicts))
	for i, v := range verdicts {
		rows[i].Verdict = v
	}
	for _, c := range cs {
		i := slices.Index(verdicts, c.view(without).Verdict)
		if i < 0 {
			continue
		}
		if c.Taken {
			rows[i].Taken++
		} else {
			rows[i].Not++
		}
	}
	return rows
}
