package trees

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/rules/change"
)

// Next is the set as the remotes stand now: s itself when no ref has moved,
// otherwise another one. Where a branch only went on, the commits since are read
// and nothing else. Both answer from the same repositories, so s goes on to
// answer as before, and only the last one is to be closed. Only one call at a
// time.
func (s *Set) Next(ctx context.Context) (*Set, error) {
	refs, err := s.readRefs(ctx)
	if err != nil || maps.Equal(refs, s.refs) {
		return s, err
	}
	n := &Set{cfg: s.cfg, repos: maps.Clone(s.repos), prev: s, refs: refs, chips: s.chips, words: s.words, touched: s.touched}
	if err := n.open(ctx); err != nil {
		for path, r := range n.repos {
			if s.repos[path] == nil {
				_ = r.merger.Close()
				_ = r.Close()
			}
		}
		return nil, err
	}
	n.prev = nil
	return n, nil
}

// readRefs is where all refs of the repositories are, by path and name.
func (s *Set) readRefs(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	for path, r := range s.repos {
		if err := addRefs(ctx, out, path, r.Repo); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func addRefs(ctx context.Context, to map[string]string, path string, r *git.Repo) error {
	refs, err := r.Refs(ctx)
	for ref, id := range refs {
		to[path+"\x00"+ref] = id
	}
	return err
}

// State names where every branch stands and the last release: it differs when
// one has moved, or a release was made.
func (s *Set) State() string {
	at := []string{"mainline " + s.main.tip, "release " + s.LastRelease()}
	for _, b := range slices.Concat(s.branches, s.vendors) {
		at = append(at, fmt.Sprintf("%s %s %s", b.role, b.name, b.tip))
		for _, q := range b.queues {
			at = append(at, fmt.Sprintf("%s %s %s", q.role, q.name, q.tip))
		}
	}
	for _, q := range s.queues {
		at = append(at, fmt.Sprintf("%s %s %s", Queue, q.Path, q.tip))
	}
	slices.Sort(at)
	return strings.Join(at, "\n")
}

// Commit reads a mainline commit.
func (s *Set) Commit(ctx context.Context, id string) (*change.Change, error) {
	return s.main.Change(ctx, id)
}

// before is the mainline that was read last; nil the first time.
func (s *Set) before() *mainline {
	if s.prev == nil {
		return nil
	}
	return s.prev.main
}

// grown reads what a branch has beyond mainline, as far as it is new.
func (s *Set) grown(ctx context.Context, b *branch, exclude []string) (*history.History, error) {
	var old *branch
	if s.prev != nil {
		for _, o := range s.prev.all() {
			if o.repo == b.repo && o.role == b.role && o.name == b.name {
				old = o
			}
		}
	}
	if old == nil || old.alone != (exclude == nil) || !s.stillBeyond(old) {
		return history.Open(ctx, b.Repo, s.cfg.State, b.tip, exclude...)
	}
	return history.Grow(ctx, b.Repo, s.cfg.State, old.own, b.tip, exclude...)
}

// stillBeyond reports whether nothing that a branch had for itself has come to
// mainline since.
func (s *Set) stillBeyond(old *branch) bool {
	was := s.prev.main
	if was.tip == s.main.tip {
		return true
	}
	if was.Len() > s.main.Len() || was.ID(history.Position(was.Len())) != s.main.ID(history.Position(was.Len())) {
		return false // mainline was rewritten
	}
	for p := history.Position(was.Len() + 1); int(p) <= s.main.Len(); p++ {
		if old.own.Find(s.main.ID(p)) != 0 {
			return false
		}
	}
	return true
}

// all are the branches of every role but mainline.
func (s *Set) all() []*branch {
	out := slices.Concat(s.branches, s.vendors)
	for _, b := range s.branches {
		out = append(out, b.queues...)
	}
	return out
}
