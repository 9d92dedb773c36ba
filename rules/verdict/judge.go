package verdict

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/silicon"
)

// Judge is the road from a change to its judgement. It is safe for concurrent
// use: nothing in it changes.
type Judge struct {
	Suite     []*rules.Rule
	Catalogue *silicon.Catalogue
	Model     *model.Model
	// AsOf is the day whose knowledge counts; the zero time is today's.
	AsOf time.Time
	// Untagged judges as if the change did not ask for stable, for figures; the
	// caller takes the tags out of the change as well.
	Untagged bool
}

// Default judges with everything that is built in.
func Default() *Judge {
	return &Judge{Suite: rules.Suite, Catalogue: silicon.Default(), Model: model.Default()}
}

// Change judges c. series and tree may be nil: what they would say is unknown
// then, and the findings say so. It never panics: a fault of its own becomes a
// judgement with an error, so that one strange change does not stop the rest.
func (j *Judge) Change(c *change.Change, series *rules.Series, tree *rules.Tree) (out Judgement) {
	defer func() {
		if p := recover(); p != nil {
			out = Failed(c.ID, c.Kind, fmt.Errorf("a fault in stablebot while judging: %v", p))
			out.Subject = c.Subject
		}
	}()
	f := &rules.Facts{Change: c, Silicon: j.Catalogue.Match(c.Named()), Series: series, Tree: tree, Untagged: j.Untagged}
	if !j.AsOf.IsZero() {
		f.Silicon = silicon.At(f.Silicon, j.AsOf)
	}
	found := rules.Check(j.Suite, f)
	score := j.Model.Score(f, found)
	in := judged{
		Facts:    f,
		found:    found,
		Policy:   j.Model.Thresholds,
		worth:    round(score.Worth), // what the reader sees is what decides
		fix:      round(score.Fix),
		why:      score.Contributions,
		branches: j.branchesOf(f, round(score.Worth)),
	}
	if len(f.Silicon) == 0 {
		in.nowhere = j.Catalogue.NoHardware(c)
		in.foreign = j.Catalogue.Foreign(c) != ""
	}
	d := in.decide()

	out = Judgement{
		ID: c.ID, Kind: c.Kind, Subject: c.Subject, Author: c.Author.String(),
		Verdict: d.verdict, ReasonClass: d.class, Mixed: d.mixed, Reason: d.reason,
		Score: in.best(), Worth: in.worth, Fix: agreeing(in.fix, in.isFix.yes, in.Fix),
		Upstream: upstreamOf(f), NotUpstream: c.NotUpstream,
		Size: c.Size, Silicon: f.Silicon, Branches: in.branches,
		Rules:         weigh(found, score.Contributions),
		Contributions: sorted(score.Contributions),
		Weights:       j.Model.Version,
		Lines:         &in.Policy,
	}
	if c.Damage != nil {
		text := c.Damage.Error()
		out.Error = &text
	}
	if !c.Date.IsZero() {
		out.Date = c.Date.Format(time.RFC3339)
	}
	if p := c.Prefix; p.Of > 0 {
		out.Series = &SeriesRef{Version: max(p.Version, 1), N: p.N, Of: p.Of}
	}
	if c.Prefix.Of > 1 || c.Proposed || series != nil && series.Of > 1 {
		out.Names = namesOf(f, d.verdict)
	}
	if d.verdict == StableEligible {
		out.When = whenOf(f)
	}
	if len(out.Branches) == 0 {
		out.Branches = addressed(f, d, out.Score)
	}
	if out.Silicon == nil {
		out.Silicon = []silicon.Match{}
	}
	if out.Branches == nil {
		out.Branches = []Branch{}
	}
	return out
}

// upstreamOf is the mainline commit that a backport names. A tree knows it better:
// the one named may be of a stable branch, or of the other of DRM's two.
func upstreamOf(f *rules.Facts) string {
	if t := f.Tree; t != nil && t.Mainline.Has && t.Mainline.SHA != f.Change.ID && len(f.Change.Origin) > 0 {
		return t.Mainline.SHA
	}
	if o := f.Change.Upstream(); o != nil {
		return o.SHA
	}
	return ""
}

// whenOf: a mail waits for mainline unless a tree or an upstream mark says that
// it is there; a commit read from git counts as merged unless a tree says not, or it
// is only proposed.
func whenOf(f *rules.Facts) When {
	if f.Tree != nil && f.Tree.Mainline.Known {
		if f.Tree.Mainline.Has {
			return Now
		}
		return AfterMainline
	}
	if f.Change.NotUpstream == "" && (f.Change.Kind == change.Commit && !f.Change.Proposed || f.Change.Carries()) {
		return Now
	}
	return AfterMainline
}

// addressed is what a submission to stable gets without trees: a row for each
// branch that it names, with the verdict and nothing known of the branch.
func addressed(f *rules.Facts, d decision, score float64) []Branch {
	if !f.Submission() || d.verdict.Silent() {
		return nil
	}
	var out []Branch
	for _, name := range f.Change.Prefix.Trees {
		out = append(out, Branch{Branch: rules.Branch{Name: name, State: Unknown, Applies: NotTried}, Verdict: verdictOf(d.verdict), ReasonClass: d.class, Score: score})
	}
	return out
}

func (j *Judge) branchesOf(f *rules.Facts, worth float64) []Branch {
	if f.Tree == nil || f.Tree.Absent {
		return nil // the change stands for itself
	}
	var out []Branch
	for _, b := range f.Tree.Branches {
		if !b.Active {
			continue
		}
		score, reach := j.Model.OnBranch(worth, &b, f.Tree.Mainline.Release)
		out = append(out, Branch{Branch: b, Score: round(score), Reach: reach})
	}
	return out
}

// best is the score of the change: that of the affected branch where it is best, or
// its worth where no branch is known to be affected.
func (j *judged) best() float64 {
	best := -1.0
	for _, b := range j.branches {
		if b.State == Affected {
			best = max(best, b.Score)
		}
	}
	if best < 0 {
		return j.worth
	}
	return best
}

// weigh puts beside each finding what its rule adds to the score.
func weigh(found []rules.Finding, cs []model.Contribution) []Weighed {
	adds := make(map[string]float64, len(found))
	for _, c := range cs {
		adds[model.RuleOf(c.Name)] += c.Add()
	}
	out := make([]Weighed, len(found))
	for i, f := range found {
		out[i] = Weighed{Finding: f, Weight: round(adds[f.ID])}
	}
	return out
}

// sorted returns the contributions that add something, the heaviest first.
func sorted(cs []model.Contribution) []model.Contribution {
	out := make([]model.Contribution, 0, len(cs))
	for _, c := range cs {
		if c.Add() != 0 {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b model.Contribution) int {
		return cmp.Compare(math.Abs(b.Add()), math.Abs(a.Add()))
	})
	return out
}

// round keeps three digits: more would pretend a precision that a calibration
// error of a few hundredths does not have.
func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// NoPatch is the judgement of a mail that carries no patch, and why.
func NoPatch(id string, kind change.Kind, subject, author string, date time.Time, reason string) Judgement {
	j := Judgement{ID: id, Kind: kind, Subject: subject, Author: author, Verdict: OutOfScope, Reason: reason,
		Silicon: []silicon.Match{}, Branches: []Branch{}, Rules: []Weighed{}}
	if !date.IsZero() {
		j.Date = date.Format(time.RFC3339)
	}
	return j
}

// TooExpensive is what is said of a change whose judging would keep all others
// waiting; why says what ran out.
func TooExpensive(c *change.Change, why string) Judgement {
	j := Failed(c.ID, c.Kind, errors.New(why))
	j.Subject, j.Author, j.Size, j.Reason = c.Subject, c.Author.String(), c.Size, "too expensive to judge"
	if p := c.Prefix; p.Of > 0 {
		j.Series = &SeriesRef{Version: max(p.Version, 1), N: p.N, Of: p.Of}
	}
	return j
}

// Failed is the judgement of something that could not be read at all: a human
// should look.
func Failed(id string, kind change.Kind, err error) Judgement {
	text := err.Error()
	return Judgement{ID: id, Kind: kind, Verdict: Uncertain, Reason: "it could not be read", Error: &text,
		Silicon: []silicon.Match{}, Branches: []Branch{}, Rules: []Weighed{}}
}
