package missing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/cve"
	"github.com/stablebot/stablebot/bot/kernel/refusal"
	"github.com/stablebot/stablebot/bot/kernel/trees"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Sweep looks for what branches lack.
type Sweep struct {
	Set   *trees.Set
	Judge *verdict.Judge
	AsOf  time.Time // the zero day is today
	Paths []string  // only what touches these; all without
	Jobs  int
	// Conflicts names what is in the way of a row that needs a backport. It asks git for
	// the history of each place.
	Conflicts bool
	Config    string // text of a .config; "": what is built is not asked
	Refusals  *refusal.List
	Said      []flow.Standing // of the branch, oldest first
	CVE       *cve.List
	// Next are the words of the commands in front of a commit.
	Next Commands
	// Told is called with what could not be judged.
	Told func(commit string, err error)
}

// Report is what one branch lacks.
type Report struct {
	Branch  string    `json:"branch"`
	Release string    `json:"release,omitempty"` // the last one in it
	Tip     string    `json:"tip"`
	AsOf    time.Time `json:"as_of"`
	Looked  int       `json:"looked_at"` // commits of mainline that the branch has not and that may be for it
	Failed  int       `json:"failed,omitempty"`
	Rows    []Row     `json:"rows"`
	Since   time.Time `json:"since,omitzero"` // of what is new
}

// ErrEnded says that a branch takes no fixes any more.
var ErrEnded = errors.New("the branch takes no fixes any more")

// Branch finds what a branch lacks.
func (s *Sweep) Branch(ctx context.Context, name string) (*Report, error) {
	r := &Report{AsOf: s.AsOf}
	if r.AsOf.IsZero() {
		r.AsOf = time.Now()
	}
	if err := s.begin(ctx, r, name); err != nil {
		return nil, err
	}
	cs, err := s.Set.Candidates(r.Branch, s.AsOf)
	if err != nil {
		return nil, err
	}
	if cs, err = s.below(ctx, r.Branch, cs); err != nil {
		return nil, err
	}
	r.Looked = len(cs)
	if r.Rows, err = s.Rows(ctx, r.Branch, cs, func(id string, err error) {
		r.Failed++
		if s.Told != nil {
			s.Told(id, err)
		}
	}); err != nil {
		return nil, err
	}
	s.finish(ctx, r)
	return r, nil
}

// begin finds the branch, by its name or as linux-6.1.y.
func (s *Sweep) begin(ctx context.Context, r *Report, name string) error {
	plain := strings.TrimSuffix(strings.TrimPrefix(name, "linux-"), ".y")
	for _, b := range s.Set.List(ctx, s.AsOf) {
		if b.Role != trees.Stable && b.Role != trees.Distro || b.Name != name && b.Name != plain {
			continue
		}
		r.Branch, r.Release, r.Tip = b.Name, b.Release, b.Tip
		if b.State == "active" {
			return nil
		}
		if b.Ended != nil {
			return fmt.Errorf("%w: %s ended on %s", ErrEnded, b.Name, b.Ended.Format(time.DateOnly))
		}
		return fmt.Errorf("%s did not exist on %s", b.Name, r.AsOf.Format(time.DateOnly))
	}
	return fmt.Errorf("%w: %s; there are %s", trees.ErrNoBranch, name, strings.Join(s.Set.Branches(), ", "))
}

// below leaves those that touch the paths.
func (s *Sweep) below(ctx context.Context, branch string, cs []trees.Candidate) ([]trees.Candidate, error) {
	if len(s.Paths) == 0 {
		return cs, nil
	}
	m := s.Set.Mainline()
	place, _ := s.Set.Place(branch)
	revs := []string{m.Tip}
	if place.Repo == m.Repo {
		revs = append(revs, "^"+place.Tip)
	}
	ids, err := m.Repo.RevList(ctx, git.Query{Revs: revs, Paths: s.Paths, FullHistory: true, NoMerges: true})
	if err != nil {
		return nil, err
	}
	defer ids.Close()
	touch := map[string]bool{}
	for {
		id, err := ids.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		touch[id] = true
	}
	return slices.DeleteFunc(slices.Clone(cs), func(c trees.Candidate) bool { return !touch[c.Commit] }), nil
}

// Rows judges candidates; those that are no rows are left out. bad is called for each
// that cannot be judged.
func (s *Sweep) Rows(ctx context.Context, branch string, cs []trees.Candidate, bad func(string, error)) ([]Row, error) {
	ids := make([]string, len(cs))
	of := map[string]*trees.Candidate{}
	for i := range cs {
		ids[i] = cs[i].Commit
		of[ids[i]] = &cs[i]
	}
	bar := progress.Begin(ctx, "judging for "+branch, len(cs))
	defer bar.End()
	var mu sync.Mutex
	var rows []Row
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(max(1, s.Jobs))
	for commit, err := range s.Set.Mainline().Repo.Named(inner, ids) {
		if err != nil {
			return nil, errors.Join(fmt.Errorf("reading what %s lacks: %w", branch, err), group.Wait())
		}
		group.Go(func() error {
			defer bar.Add(1)
			bar.At(commit.Title())
			c, err := commit.Change()
			var row *Row
			if err == nil || git.Incomplete(err) {
				row, err = s.row(inner, branch, of[commit.ID], c)
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case inner.Err() != nil:
				return inner.Err()
			case err != nil:
				bad(commit.ID, err)
			case row != nil:
				rows = append(rows, *row)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	sorted(rows)
	return rows, nil
}

// row judges one; nil where the branch needs nothing of it.
func (s *Sweep) row(ctx context.Context, branch string, at *trees.Candidate, c *change.Change) (*Row, error) {
	if !at.Signed {
		// What no word calls a fix is looked at closer where its text alone says it is one.
		if j := s.Judge.Change(c, nil, nil); !j.IsFix() {
			return nil, nil
		}
	}
	facts, err := s.Set.Facts(trees.About(ctx, branch), c, nil, s.AsOf)
	if err != nil {
		return nil, err
	}
	j := s.Judge.Change(c, nil, facts)
	i := slices.IndexFunc(j.Branches, func(b verdict.Branch) bool { return b.Name == branch })
	if i < 0 {
		return nil, errors.New("no row for the branch: it is not alive on that day, or no remote has the code")
	}
	b := &j.Branches[i]
	if b.State == verdict.Present || b.State != verdict.Queued && b.Spared() || b.State == verdict.NoBaseThere {
		return nil, nil
	}
	named := len(at.Origins) > 0
	if !j.IsFix() && !b.Is(verdict.StableEligible) && !named {
		return nil, nil
	}
	row := &Row{Lack: flow.Lack{Branch: branch, Commit: c.ID, Title: c.Subject, Date: at.At.Format(time.DateOnly), Release: facts.Mainline.Release,
		Worth: j.Worth, Score: b.Score, Applies: b.Applies, Class: b.ReasonClass, Prerequisites: b.Prerequisites, PileLines: b.PileLines,
		Driver: driverOf(&j, c), Doubt: doubt(facts, at, b)}}
	for _, f := range c.Files {
		row.files = append(row.files, cmp.Or(f.NewName, f.OldName))
	}
	row.State, row.Why = standOf(&j, b, named)
	if s.Conflicts && row.State == flow.StandBackport {
		row.InWay = s.inWay(ctx, c, branch)
	}
	for _, o := range at.Origins {
		row.Culprits = append(row.Culprits, flow.TakenCulprit{Commit: o.Named, As: o.As, By: s.taker(ctx, branch, o)})
	}
	return row, nil
}

// doubt says why it is not certain that the branch has the bug.
func doubt(facts *rules.Tree, at *trees.Candidate, b *verdict.Branch) string {
	switch {
	case b.State != verdict.Affected || len(at.Origins) > 0:
		return ""
	case !at.Named:
		return "it names no culprit; the lines that it mends are in " + b.Name
	}
	for _, c := range facts.Culprits {
		if slices.Contains(c.Branches, b.Name) {
			return ""
		}
	}
	return "a culprit that it names is not known"
}

// inWay names each commit in the way once.
func (s *Sweep) inWay(ctx context.Context, c *change.Change, branch string) (out []flow.InWay) {
	// A row without it is a row all the same: what is in the way is a hint.
	found, err := s.Set.Conflicts(ctx, c, branch, s.AsOf)
	if err != nil {
		return nil
	}
	for _, x := range found {
		if !slices.ContainsFunc(out, func(o flow.InWay) bool { return o.Commit == x.Commit }) {
			out = append(out, flow.InWay{Commit: x.Commit, Title: x.Title})
		}
	}
	return out
}

// taker says who took a culprit into the branch: the last sign-off of its backport, which
// is that of who applied it.
func (s *Sweep) taker(ctx context.Context, branch string, o trees.Origin) string {
	if o.Began {
		return BeganWithIt
	}
	place, ok := s.Set.Place(branch)
	if !ok || o.As == "" {
		return "not known"
	}
	commit, err := place.Repo.Commit(ctx, o.As)
	if err != nil {
		return "not known"
	}
	if c, err := commit.Change(); c != nil && (err == nil || git.Incomplete(err)) {
		for _, t := range slices.Backward(c.Trailers) {
			if strings.EqualFold(t.Key, "Signed-off-by") {
				name, _, _ := strings.Cut(t.Value, " <")
				return name
			}
		}
	}
	return commit.Committer.Name
}

// sorted puts what can be done first, and within a state what is worth most.
func sorted(rows []Row) {
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(slices.Index(flow.Stands, a.State), slices.Index(flow.Stands, b.State)),
			cmp.Compare(b.Worth, a.Worth), release.Compare(a.Release, b.Release), cmp.Compare(a.Commit, b.Commit))
	})
}
