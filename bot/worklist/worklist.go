// Package worklist says to the vendor of an out-of-tree driver what there is to do for its
// package: for each kernel, which fixes of mainline the kernel lacks that the package could
// carry until they come, or for good; and of what the package has of its own, what mainline
// has now and what it has not.
package worklist

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/stablebot/stablebot/bot/export"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/missing"
	"github.com/stablebot/stablebot/rules/change"
)

// List is the whole of it.
type List struct {
	Vendor   string       `json:"vendor"`
	Tag      string       `json:"tag"`
	Mainline string       `json:"mainline"` // commit
	Kernels  []Kernel     `json:"kernels"`
	Own      []export.Own `json:"own"`
	Notes    []string     `json:"notes,omitempty"` // what was not looked at
}

// Kernel is what one of them lacks.
type Kernel struct {
	Name  string `json:"kernel"`
	Fixes []Fix  `json:"fixes"`
}

// Fix is one that the kernel lacks, and how the package stands to it.
type Fix struct {
	Commit  string     `json:"commit"`
	Title   string     `json:"title"`
	Release string     `json:"release,omitempty"` // of mainline that first carried it
	Stays   bool       `json:"dkms_only"`         // stable takes it not; else it has not come yet
	State   flow.Stand `json:"state"`
	Why     string     `json:"why,omitempty"`
	Package Standing   `json:"package"`
	Note    string     `json:"note,omitempty"`
}

// Standing is how the package stands to a fix.
type Standing string

// The standings, those first that there is something to do about.
const (
	GoesOn  Standing = "lacks it, goes on as it is"
	Adapted Standing = "lacks it, goes on adapted"
	ByHand  Standing = "lacks it, by hand"
	Has     Standing = "has it"
)

var standings = []Standing{GoesOn, Adapted, ByHand, Has}

// Question is what is asked. Reports are what the kernels lack, newest first.
type Question struct {
	Package export.Package // but for its fixes
	Vendor  string         // as people call it
	Tip     string         // of mainline
	Since   string         // the vendor's release before, "" when the commits are not compared
	Reports []*missing.Report
}

// Make compares the package with all of it.
func Make(ctx context.Context, q Question, o git.Options) (*List, error) {
	out := &List{Vendor: q.Vendor, Tag: q.Package.Tag, Mainline: q.Tip, Kernels: []Kernel{}, Own: []export.Own{}}
	q.Package.Name = "worklist" // said nowhere
	q.Package.Fixes = fixes(q.Reports)
	stands, err := compared(ctx, &q.Package, o)
	if err != nil {
		return nil, err
	}
	for _, r := range q.Reports {
		k := Kernel{Name: r.Branch, Fixes: []Fix{}}
		for i := range r.Rows {
			row := &r.Rows[i]
			stays, counts := carried(row.State)
			if !counts {
				continue
			}
			f := stands[row.Commit]
			f.Commit, f.Title, f.Release, f.Stays, f.State, f.Why = row.Commit, row.Title, row.Release, stays, row.State, row.Why
			k.Fixes = append(k.Fixes, f)
		}
		slices.SortStableFunc(k.Fixes, func(a, b Fix) int { return cmp.Compare(rank(a.Package), rank(b.Package)) })
		out.Kernels = append(out.Kernels, k)
		if r.Failed > 0 {
			out.Notes = append(out.Notes, fmt.Sprintf("%s could not be judged for %s", change.Count(r.Failed, "fix"), r.Branch))
		}
	}
	own, err := q.Package.Own(ctx, q.Tip, q.Since)
	if err != nil {
		return nil, err
	}
	out.Own = append(out.Own, own...)
	if q.Since == "" {
		out.Notes = append(out.Notes, "the vendor's commits were not compared; name the release before with --since")
	}
	return out, nil
}

func rank(s Standing) int { return slices.Index(standings, s) }

// carried reports whether a package is for a fix that stands so, and whether it stays
// there. What somebody declined for stable is what the package is for, most of all.
func carried(s flow.Stand) (stays, counts bool) {
	switch s {
	case flow.StandBelowBar, flow.StandDeclined:
		return true, true
	case flow.StandUnknown, flow.StandNotBuilt, flow.StandScope, flow.StandDone:
		return false, false
	}
	return false, true
}

// fixes are those of all kernels, oldest first.
func fixes(reports []*missing.Report) (out []export.Fix) {
	days := map[string]string{}
	for _, r := range reports {
		for i := range r.Rows {
			row := &r.Rows[i]
			stays, counts := carried(row.State)
			if !counts {
				continue
			}
			at := slices.IndexFunc(out, func(f export.Fix) bool { return f.ID == row.Commit })
			if at < 0 {
				at = len(out)
				out = append(out, export.Fix{ID: row.Commit, Class: string(row.Class), Why: row.Why, Since: row.Release})
				days[row.Commit] = row.Date
			}
			if stays {
				out[at].Branches = append(out[at].Branches, r.Branch)
			} else {
				out[at].Eligible = append(out[at].Eligible, r.Branch)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b export.Fix) int { return cmp.Compare(days[a.ID], days[b.ID]) })
	return out
}

// compared says for each fix how the package stands to it.
func compared(ctx context.Context, p *export.Package, o git.Options) (map[string]Fix, error) {
	out := map[string]Fix{}
	if len(p.Fixes) == 0 {
		return out, nil
	}
	b, err := p.Compare(ctx, o)
	if err != nil {
		return nil, err
	}
	for _, x := range b.Queue {
		f := Fix{Package: GoesOn}
		if len(x.Deviates) > 0 {
			f.Package, f.Note = Adapted, x.Deviates[0]
		}
		out[x.ID] = f
	}
	for _, x := range b.Unfit {
		out[x.ID] = Fix{Package: ByHand, Note: x.Reason}
	}
	for _, x := range b.Has {
		out[x.ID] = Fix{Package: Has, Note: x.Reason}
	}
	return out, nil
}
