package trees

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/kernel/backport"
	"github.com/stablebot/stablebot/bot/kernel/objects"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
)

// adapted is how the patch goes in by the ladder of bot/kernel/backport.
const adapted = "adapted"

// maxAdapted bounds the files of a change that is adapted: nobody looks through more,
// and a person has to.
const maxAdapted = 40

// adapt climbs the ladder where a branch needs a backport.
func (s *Set) adapt(ctx context.Context, c *question, v view, t *objects.Snapshot, out *rules.Branch) {
	r, err := s.ladder(ctx, c, v, t)
	if err != nil || r == nil || !r.Proposed() {
		return // what is known already is told
	}
	out.Applies, out.Adapted = adapted, told(r)
	out.Why = strings.Join(append(slices.Clone(out.Adapted.Proof[:min(2, len(out.Adapted.Proof))]), out.Adapted.Doubts...), "; ")
	out.PileLines, out.PileMore, out.PileBeyond = 0, false, 0
}

func told(r *backport.Result) *rules.Adaptation {
	a := &rules.Adaptation{Rung: r.Rung.String(), Proof: r.Proof(), Doubts: r.Doubts()}
	if r.Carried != nil {
		a.Carried = r.Carried.Commit
	}
	return a
}

// ladder puts a change into a branch by the ladder; nil where there is no version to
// start from.
func (s *Set) ladder(ctx context.Context, c *question, v view, t *objects.Snapshot) (*backport.Result, error) {
	if len(c.Files) > maxAdapted {
		return nil, nil
	}
	files := c.Files
	base, theirs, err := s.sides(ctx, c, v)
	if base == nil || err != nil {
		return nil, err
	}
	if p := c.proposal; p != nil && c.carrier == "" {
		files = p.files
	}
	return backport.Adapt(ctx, backport.Question{Files: files, Base: base, Theirs: theirs, Ours: t, Newer: s.carried(ctx, c, v),
		Words: s.words})
}

// carried are the backports of a change that newer stable branches have and that are not
// mainline's patch, those of the nearest branch first.
func (s *Set) carried(ctx context.Context, c *question, v view) (out []backport.Carried) {
	if c.me.at == 0 {
		return nil
	}
	own := change.PatchID(c.Files)
	for _, b := range slices.Backward(s.branches) {
		if b.role != Stable || b.repo != v.repo || !release.Newer(b.name, v.name) {
			continue
		}
		x := b.at(c.asOf)
		p := s.placed(x, c.me)
		if p.sha == "" || p.revert != "" || x.base.In(s.main.Find(p.sha)) {
			continue
		}
		n, err := b.Change(ctx, p.sha)
		if err != nil || len(n.Files) == 0 || change.PatchID(n.Files) == own {
			continue
		}
		before, err := b.repo.at(ctx, p.sha+"^")
		if err != nil {
			continue
		}
		after, err := b.repo.at(ctx, p.sha)
		if err != nil {
			continue
		}
		out = append(out, backport.Carried{Branch: b.name, Commit: p.sha, Files: n.Files, Before: before, After: after})
	}
	return out
}

// Adapted is a change as it goes into a branch by the ladder.
type Adapted struct {
	*rules.Adaptation
	Files []backport.File
}

// Adapt makes the adapted patch of a change for a branch; it is for who writes it out.
// Nil: there is none.
func (s *Set) Adapt(ctx context.Context, c *change.Change, name string, asOf time.Time) (*Adapted, error) {
	q, v, t, err := s.ask(ctx, c, name, asOf)
	if err != nil {
		return nil, err
	}
	r, err := s.ladder(ctx, q, v, t)
	if err != nil || r == nil || !r.Proposed() {
		return nil, err
	}
	return &Adapted{told(r), r.Files}, nil
}

// Conflicts names for a change that needs a backport by hand the commits that stand in
// its way. It asks git for the history of each place, so nobody asks but who plans.
func (s *Set) Conflicts(ctx context.Context, c *change.Change, name string, asOf time.Time) ([]rules.Conflict, error) {
	q, v, t, err := s.ask(ctx, c, name, asOf)
	if err != nil || q.carrier == "" || v.repo != s.main.repo {
		return nil, err
	}
	r, err := s.ladder(ctx, q, v, t)
	if err != nil || r == nil || r.Proposed() || v.fork == 0 {
		return nil, err
	}
	return backport.InWay(ctx, v.Repo, backport.Range{Fork: s.main.ID(v.fork), Base: q.carrier + "^", Ours: v.tip, Tip: s.main.tip,
		Touched: s.touched}, r)
}

func (s *Set) ask(ctx context.Context, c *change.Change, name string, asOf time.Time) (*question, view, *objects.Snapshot, error) {
	for _, b := range s.branches {
		if b.name != name {
			continue
		}
		v := b.at(asOf)
		t, err := v.snapshot(ctx)
		return s.question(ctx, c, nil, asOf), v, t, err
	}
	return nil, view{}, nil, fmt.Errorf("%w: %s", ErrNoBranch, name)
}
