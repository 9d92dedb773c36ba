package parity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
)

// State is what a branch did with a commit, part of the contract with programs.
type State string

// The states.
const (
	Took       State = "took"
	Began      State = "began-with-it"
	Reverted   State = "reverted" // it took it, and took it out again
	Lacks      State = "lacks"
	NoBug      State = "no-bug"      // it lacks it, and has no culprit of it
	NoHardware State = "no-hardware" // it lacks it, and all that it is for
)

// Cell is a commit in a branch.
type Cell struct {
	State State      `json:"state"`
	As    string     `json:"as,omitempty"` // the branch's own commit
	At    *time.Time `json:"at,omitempty"` // when the branch took it; nil where that is not known
	Late  *int       `json:"late_days,omitempty"`
	Why   string     `json:"why,omitempty"`
}

// has reports whether the branch has the commit.
func (c *Cell) has() bool { return c.State == Took || c.State == Began }

// Row is a commit of mainline that some branch took.
type Row struct {
	Driver  string           `json:"driver"`
	Commit  string           `json:"commit"`
	Title   string           `json:"title"`
	Release string           `json:"release,omitempty"` // of mainline, that first had it
	Cells   map[string]*Cell `json:"branches"`
}

// Only is the branch that alone has the commit while another one lacks it; "" for none.
func (r *Row) Only() string {
	only, lacking := "", false
	for name, c := range r.Cells {
		lacking = lacking || c.State == Lacks || c.State == Reverted
		if c.has() {
			if only != "" {
				return ""
			}
			only = name
		}
	}
	if !lacking {
		return ""
	}
	return only
}

// Differs reports whether a branch lacks, or took out, what another one has.
func (r *Row) Differs() bool {
	has, lacking := false, false
	for _, c := range r.Cells {
		has = has || c.has()
		lacking = lacking || c.State == Lacks || c.State == Reverted
	}
	return has && lacking
}

// Report is the branches side by side.
type Report struct {
	Branches []string
	Rows     []*Row // by driver, then in the order of mainline
	Undated  bool   // days are not known: the history was rewritten
}

// Question is what is asked.
type Question struct {
	Set      *trees.Set
	Branches []string // as the set names them, at least two
	Paths    []string // only what touches these; all without
}

// ErrBranches says that there are not two branches to compare.
var ErrBranches = errors.New("name two branches or more")

// Compare reads what each of the branches took.
func (q *Question) Compare(ctx context.Context) (*Report, error) {
	if len(q.Branches) < 2 {
		return nil, fmt.Errorf("%w; there are %s", ErrBranches, strings.Join(q.Set.Branches(), ", "))
	}
	lines := map[string]*trees.Line{}
	for _, name := range q.Branches {
		place, ok := q.Set.Place(name)
		if !ok {
			return nil, fmt.Errorf("%w: %s; there are %s", trees.ErrNoBranch, name, strings.Join(q.Set.Branches(), ", "))
		}
		l, err := q.Set.Line(ctx, place.Repo.Path, place.Tip, name)
		if err != nil {
			return nil, err
		}
		lines[name] = l
	}
	ids, err := q.taken()
	if err != nil {
		return nil, err
	}
	r := &Report{Branches: q.Branches, Undated: q.Set.Rewritten()}
	bar := progress.Begin(ctx, "comparing "+strings.Join(q.Branches, ", "), len(ids))
	defer bar.End()
	for commit, err := range q.Set.Mainline().Repo.Named(ctx, ids) {
		if err != nil {
			return nil, fmt.Errorf("reading what was taken: %w", err)
		}
		bar.At(commit.Title())
		bar.Add(1)
		c, err := commit.Change()
		if err != nil && !git.Incomplete(err) {
			return nil, fmt.Errorf("reading %.12s: %w", commit.ID, err)
		}
		if c.ClosesRelease() || !q.touches(c) {
			continue
		}
		r.Rows = append(r.Rows, q.row(ctx, lines, c))
	}
	slices.SortStableFunc(r.Rows, func(a, b *Row) int { return cmp.Compare(a.Driver, b.Driver) })
	return r, ctx.Err()
}

// taken are the commits of mainline that a branch took, in the order of mainline.
func (q *Question) taken() ([]string, error) {
	var all []trees.Known
	seen := map[string]bool{}
	for _, name := range q.Branches {
		took, err := q.Set.Takings(name, time.Time{}, time.Time{})
		if err != nil {
			return nil, err
		}
		for _, t := range took {
			if k, ok := q.Set.KnownAs(t.Commit); ok && !seen[k.ID] {
				seen[k.ID] = true
				all = append(all, k)
			}
		}
	}
	slices.SortFunc(all, func(a, b trees.Known) int {
		if a.Before(b) {
			return -1
		}
		return 1
	})
	ids := make([]string, len(all))
	for i, k := range all {
		ids[i] = k.ID
	}
	return ids, nil
}

// touches reports whether a change is below the paths.
func (q *Question) touches(c *change.Change) bool {
	return len(q.Paths) == 0 || slices.ContainsFunc(files(c), func(f string) bool {
		return slices.ContainsFunc(q.Paths, func(p string) bool {
			p = strings.TrimSuffix(p, "/")
			return f == p || strings.HasPrefix(f, p+"/")
		})
	})
}

func files(c *change.Change) (out []string) {
	for _, f := range c.Files {
		out = append(out, cmp.Or(f.NewName, f.OldName))
	}
	return append(out, c.Paths...)
}

func (q *Question) row(ctx context.Context, lines map[string]*trees.Line, c *change.Change) *Row {
	k, _ := q.Set.KnownAs(c.ID)
	r := &Row{Driver: driverOf(c), Commit: k.ID, Title: c.Subject, Release: q.Set.ReleaseOf(k), Cells: map[string]*Cell{}}
	for name, l := range lines {
		r.Cells[name] = q.cell(ctx, l, k, c)
	}
	r.late()
	return r
}

func (q *Question) cell(ctx context.Context, l *trees.Line, k trees.Known, c *change.Change) *Cell {
	x := l.Standing(k, l.Len())
	switch {
	case x.Revert != "":
		return &Cell{State: Reverted, As: x.Commit, Why: fmt.Sprintf("taken out with %.12s", x.Revert)}
	case x.Commit != "" && x.Number == 0:
		return &Cell{State: Began}
	case x.Commit != "" && q.Set.Rewritten():
		return &Cell{State: Took, As: x.Commit}
	case x.Commit != "":
		day := l.Day(x.Number)
		return &Cell{State: Took, As: x.Commit, At: &day}
	}
	bugs := q.Set.Bugs(c, k)
	for _, b := range bugs {
		if b.ID == "" {
			return &Cell{State: Lacks, Why: fmt.Sprintf("whether it has the bug is not known: mainline has no commit %.12s", cmp.Or(b.SHA, b.Subject))}
		}
	}
	if len(bugs) > 0 && !slices.ContainsFunc(bugs, func(b trees.Bug) bool { return l.Standing(b.Known, l.Len()).In() }) {
		return &Cell{State: NoBug, Why: fmt.Sprintf("%.12s is not there", bugs[0].ID)}
	}
	if lacks := l.Hardware(ctx, c, l.Tip()); lacks != "" {
		return &Cell{State: NoHardware, Why: lacks}
	}
	return &Cell{State: Lacks}
}

// late counts days from the first branch that took it.
func (r *Row) late() {
	var first time.Time
	for _, c := range r.Cells {
		if c.At != nil && (first.IsZero() || c.At.Before(first)) {
			first = *c.At
		}
	}
	for _, c := range r.Cells {
		if c.At != nil {
			days := int(c.At.Sub(first).Hours() / 24)
			c.Late = &days
		}
	}
}

// driverOf is what a row is listed under: the driver whose hardware the change names, else
// the folder of its first file.
func driverOf(c *change.Change) string {
	for _, m := range silicon.Default().Match(c) {
		if m.Driver != "" {
			return m.Driver
		}
	}
	for _, f := range files(c) {
		if dir := path.Dir(f); dir != "." {
			return dir
		}
	}
	return "(root)"
}

// Ask names the branches: as people write them, or, when none is named, all stable branches
// and kernels of distributions that are alive.
func Ask(ctx context.Context, set *trees.Set, names, paths []string) (*Question, error) {
	q := &Question{Set: set, Paths: paths}
	for _, name := range names {
		if _, ok := set.Place(name); !ok {
			name = strings.TrimSuffix(strings.TrimPrefix(name, "linux-"), ".y")
		}
		if slices.Contains(q.Branches, name) {
			return nil, fmt.Errorf("%s is named twice", name)
		}
		q.Branches = append(q.Branches, name)
	}
	if len(names) > 0 {
		return q, nil
	}
	for _, b := range set.List(ctx, time.Time{}) {
		if b.State == "active" && (b.Role == trees.Stable || b.Role == trees.Distro) {
			q.Branches = append(q.Branches, b.Name)
		}
	}
	return q, nil
}
