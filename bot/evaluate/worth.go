package evaluate

import (
	"github.com/stablebot/stablebot/bot/evaluate/truth"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Worth are the figures of the score over one population and slice of it.
type Worth struct {
	Population string `json:"population"`
	Slice      string `json:"slice"`
	Cases      int    `json:"cases"`
	Taken      int    `json:"taken"`

	AUC              Figure  `json:"auc"`
	AveragePrecision Figure  `json:"average_precision"`
	CalibrationError Figure  `json:"calibration_error"`
	Said             float64 `json:"said"` // mean probability, to be held against the share taken
}

// Masked is how many fates are none, and why.
type Masked struct {
	Mask  truth.Mask `json:"mask"`
	Cases int        `json:"cases"`
}

// worths fills the figures of the score. What was merged and is visible is what
// worth promises; as posted stands beside it.
func (b *bootstrap) worths(r *Report, all, fixes []*Case, posted bool) {
	type population struct {
		name string
		is   func(*Case) bool
	}
	ps := []population{{"as it stands", func(*Case) bool { return true }}, {"visible", (*Case).Visible}}
	if posted {
		ps = []population{
			{"as posted", func(*Case) bool { return true }},
			{"applied, by a notice", func(c *Case) bool { return c.Merged == truth.Applied }},
			{"merged, as far as is known", func(c *Case) bool { return c.Merged != "" }},
			{"merged and visible", (*Case).Visible},
			{"the same, merged by more than the table", func(c *Case) bool { return c.Visible() && c.Merged.Independent() }},
		}
	}
	slices := []struct {
		name  string
		cases []*Case
	}{
		{"fixes", fixes},
		{"with a stable tag", only(fixes, func(c *Case) bool { return c.Tagged })},
		{"Fixes: and no stable tag", only(fixes, func(c *Case) bool { return !c.Tagged && c.Named })},
		{"a fix by its title alone", only(fixes, func(c *Case) bool { return !c.Tagged && !c.Named })},
		{"all changes", all},
	}
	r.Worths = make([]Worth, 0, len(ps)*len(slices)) // figures stay where they are
	for _, p := range ps {
		for _, s := range slices {
			cs := only(s.cases, p.is)
			w := Worth{Population: p.name, Slice: s.name, Cases: len(cs), Taken: len(only(cs, func(c *Case) bool { return c.Taken }))}
			for _, c := range cs {
				w.Said += c.With.P / float64(len(cs))
			}
			r.Worths = append(r.Worths, w)
			at, points := &r.Worths[len(r.Worths)-1], scored(cs, false)
			b.measure(&at.AUC, points, model.AUC)
			b.measure(&at.AveragePrecision, points, model.AveragePrecision)
			b.measure(&at.CalibrationError, points, calibration)
		}
	}
	for _, m := range truth.Masks() {
		if n := len(only(fixes, func(c *Case) bool { return c.Mask == m })); n > 0 {
			r.Masked = append(r.Masked, Masked{m, n})
		}
	}
}

// decided reports whether a fix has a label that says something: neither
// uncertain, nor out-of-scope though its author tagged it.
func (c *Case) decided(without bool) bool {
	v := c.view(without).Verdict
	return v != verdict.Uncertain && (v != verdict.OutOfScope || !c.Named && (without || !c.Tagged))
}

// Reach are the figures of the score of rows that are affected, for all of them and
// by how the patch goes on there.
type Reach struct {
	Applies verdict.Applies `json:"applies"`
	Rows    int             `json:"rows"`
	Taken   int             `json:"taken"`
	Said    float64         `json:"said"` // mean score
	AUC     Figure          `json:"auc"`

	CalibrationError Figure `json:"calibration_error"`
}

// reaches fills the figures of the rows' scores; a row counts where it is known what
// its branch did.
func (b *bootstrap) reaches(r *Report, fixes []*Case) {
	points := map[verdict.Applies][]model.Scored{}
	for _, c := range fixes {
		for _, x := range c.Rows {
			if x.State != verdict.Affected || !x.Known {
				continue
			}
			s := model.Scored{P: x.Score, Label: x.Taken}
			points["all"] = append(points["all"], s)
			points[x.Applies] = append(points[x.Applies], s)
		}
	}
	r.Reaches = make([]Reach, 0, len(points)) // figures stay where they are
	for _, name := range append([]verdict.Applies{"all"}, verdict.Applicabilities...) {
		ps := points[name]
		if len(ps) == 0 {
			continue
		}
		x := Reach{Applies: name, Rows: len(ps)}
		for _, s := range ps {
			x.Said += s.P / float64(len(ps))
			if s.Label {
				x.Taken++
			}
		}
		r.Reaches = append(r.Reaches, x)
		at := &r.Reaches[len(r.Reaches)-1]
		b.measure(&at.AUC, ps, model.AUC)
		b.measure(&at.CalibrationError, ps, calibration)
	}
}

// BranchFigure is a share over rows fix × branch, or over fixes judged by their
// branches.
type BranchFigure struct {
	Branch string `json:"branch,omitempty"` // "" for all of them
	What   string `json:"what"`             // the words of "n of N"
	Share  Figure `json:"share"`
}

// branches fills what the rows of branches came to. A row counts where it is known
// what its branch did later.
func (b *bootstrap) branches(r *Report, fixes []*Case) {
	var names []string
	seen := map[string]bool{}
	for _, c := range fixes {
		for _, x := range c.Rows {
			if !seen[x.Branch] {
				seen[x.Branch] = true
				names = append(names, x.Branch)
			}
		}
	}
	if len(names) == 0 {
		return
	}
	r.Branches = make([]BranchFigure, 0, 16*(len(names)+1)) // figures stay where they are
	add := func(branch, what string, n []bool) {
		if len(n) == 0 {
			return
		}
		s := make([]model.Scored, len(n))
		hits := 0
		for i, ok := range n {
			if s[i].Label = ok; ok {
				hits++
			}
		}
		r.Branches = append(r.Branches, BranchFigure{Branch: branch, What: what, Share: Figure{Hits: hits, Of: len(n)}})
		b.measure(&r.Branches[len(r.Branches)-1].Share, s, shareOf)
	}
	b.rows(fixes, "", add)
	for _, name := range sortedReleases(names) {
		b.rows(fixes, name, add)
	}
	visible := only(fixes, func(c *Case) bool { return len(c.Rows) > 0 })
	var lost, vain []bool
	for _, c := range visible {
		taken := c.Taken
		for _, x := range c.Rows {
			taken = taken || x.Taken
		}
		if taken {
			lost = append(lost, c.With.Verdict == verdict.DKMSOnly)
		}
		if c.With.Verdict == verdict.StableEligible && (taken || c.Visible()) {
			vain = append(vain, !taken)
		}
	}
	add("", "fixes that stable took: called dkms-only", lost)
	add("", "visible fixes called stable-eligible: taken by no branch", vain)
}

// rows counts the rows of one branch, or of all.
func (b *bootstrap) rows(fixes []*Case, branch string, add func(branch, what string, n []bool)) {
	var decided, labelled, eligible, out, conflicts, unclear []bool
	for _, c := range fixes {
		for _, x := range c.Rows {
			if branch != "" && x.Branch != branch {
				continue
			}
			said := x.Verdict == verdict.StableEligible || x.Verdict == verdict.DKMSOnly
			if x.State == verdict.Affected {
				decided = append(decided, x.Verdict != verdict.Uncertain && (x.Verdict != verdict.OutOfScope || !c.Named && !c.Tagged))
				if c.With.Verdict != verdict.OutOfScope {
					labelled = append(labelled, said)
				}
			}
			if !x.Known {
				continue
			}
			switch {
			case x.Verdict == verdict.StableEligible:
				eligible = append(eligible, x.Taken)
			case x.Verdict == verdict.DKMSOnly && x.Class == verdict.Conflicts:
				conflicts = append(conflicts, !x.Taken)
			case x.Verdict == verdict.DKMSOnly:
				out = append(out, !x.Taken)
			case x.Verdict == verdict.Uncertain && x.State == verdict.Affected:
				unclear = append(unclear, x.Taken)
			}
		}
	}
	add(branch, "affected rows: neither uncertain, nor out-of-scope though tagged", decided)
	add(branch, "affected rows of what is in scope: stable-eligible or dkms-only", labelled)
	add(branch, "eligible rows: taken by that branch", eligible)
	add(branch, "dkms-only rows, without conflicts: not taken by it", out)
	add(branch, "dkms-only rows of class conflicts: not taken by it", conflicts)
	add(branch, "affected rows that are uncertain: taken by it", unclear)
}
