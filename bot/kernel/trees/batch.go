package trees

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/bot/kernel/merge"
	"github.com/stablebot/stablebot/bot/kernel/objects"
)

// Batch is Line for commits on top of a branch of the set that stand in a repository of
// their own, which sees the objects of mainline and of the branch. Nothing is kept of it,
// the set goes on as it is, and it may be asked for at any time; close ends it.
func (s *Set) Batch(ctx context.Context, path, tip, name string) (l *Line, end func() error, err error) {
	under := slices.IndexFunc(s.branches, func(b *branch) bool { return b.name == name })
	if under < 0 {
		return nil, nil, fmt.Errorf("%w: %s", ErrNoBranch, name)
	}
	g, err := git.Open(ctx, path, s.cfg.Git)
	if err != nil {
		return nil, nil, err
	}
	r := &repo{Repo: g, objects: objects.New(g, s.cfg.Bytes), merger: merge.New(g), snaps: map[string]*objects.Snapshot{}}
	end = func() error { return errors.Join(r.merger.Close(), r.Close()) }
	b := &branch{repo: r, name: name, role: s.branches[under].role, tip: tip}
	if err := s.put(ctx, b, s.branches[under]); err != nil {
		return nil, nil, errors.Join(err, end())
	}
	return &Line{s, b}, end, nil
}

// put reads a branch as that on which it stands, with what is on top.
func (s *Set) put(ctx context.Context, b, on *branch) (err error) {
	b.alone = on.alone
	var exclude []string
	if !b.alone {
		exclude = []string{s.main.tip}
	}
	if b.own, err = history.Grow(ctx, b.Repo, "", on.own, b.tip, exclude...); err == nil {
		s.bounds(b)
	}
	return err
}
