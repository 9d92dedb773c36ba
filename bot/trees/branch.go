package trees

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/trees/history"
)

// branch is one stable, queue, distribution or vendor branch: the mainline
// commits that it started with, and what was put on top.
type branch struct {
	*repo
	name   string
	role   Role
	tip    string
	own    *history.History // what mainline does not have
	base   history.Set      // mainline commits that it has as themselves
	fork   history.Position // the newest of them
	dates  []int64          // when own commits came, see when
	queues []*branch
	alone  bool // in a repository without mainline's tip

	closing sync.Once
	closed  []stableRelease // oldest first
}

// ErrNoBranch says that a pattern finds nothing.
var ErrNoBranch = errors.New("no such branch")

// DefaultStable are the names that stable branches have: in the stable
// repository, as remote-tracking branches of it, and in freebsd/drm-kmod.
var DefaultStable = []string{"refs/heads/linux-*.y", "refs/remotes/*/linux-*.y", "refs/heads/*-lts"}

// openBranches opens what a remote names. A pattern that finds nothing is an
// error: a typo would otherwise look like no branch being affected.
func (s *Set) openBranches(ctx context.Context, m Remote) ([]*branch, error) {
	r, err := s.repo(ctx, m.Path)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	if !strings.Contains(m.Ref, "*") {
		tip, err := r.Resolve(ctx, m.Ref)
		if err != nil {
			return nil, err
		}
		name := m.Name
		if name == "" {
			name = versionIn(m.Ref)
		}
		if name == "" {
			name = m.Ref
		}
		found[name] = tip
	} else {
		refs, err := r.Refs(ctx)
		if err != nil {
			return nil, err
		}
		for ref, id := range refs {
			for _, full := range []string{m.Ref, "refs/heads/" + m.Ref, "refs/remotes/*/" + m.Ref} {
				if ok, err := path.Match(full, ref); err != nil {
					return nil, fmt.Errorf("the pattern %q of branches: %w", m.Ref, err)
				} else if ok && versionIn(ref) != "" {
					found[versionIn(ref)] = id
				}
			}
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%w: %s has none like %q; see git branch -a there", ErrNoBranch, m.Path, m.Ref)
		}
	}
	var out []*branch
	for name, tip := range found {
		b := &branch{repo: r, name: name, role: m.Role, tip: tip}
		if err := s.load(ctx, b); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// versionIn is the first "6.12" in the last part of a ref.
func versionIn(ref string) string {
	s := ref[strings.LastIndexByte(ref, '/')+1:]
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			continue
		}
		j := i
		for j < len(s) && (s[j] >= '0' && s[j] <= '9' || s[j] == '.') {
			j++
		}
		parts := strings.Split(strings.Trim(s[i:j], "."), ".")
		if len(parts) >= 2 && version(parts[0]+"."+parts[1]) > 0 {
			return parts[0] + "." + parts[1]
		}
		i = j
	}
	return ""
}

func (s *Set) load(ctx context.Context, b *branch) error {
	var exclude []string
	if _, err := b.Stat(ctx, s.main.tip); err == nil {
		exclude = []string{s.main.tip}
	}
	b.alone = exclude == nil
	var err error
	if b.own, err = s.grown(ctx, b, exclude); err != nil {
		return err
	}
	var from []history.Position
	for _, id := range b.own.Outside {
		if p := s.main.Find(id); p != 0 {
			from = append(from, p)
		}
	}
	if b.own.Len() == 0 {
		from = append(from, s.main.Find(b.tip))
	}
	if exclude == nil {
		// Another repository, without mainline's tip: its history has the base
		// commits in it.
		for p := history.Position(1); int(p) <= b.own.Len(); p++ {
			if q := s.main.Find(b.own.ID(p)); q != 0 {
				from = append(from, q)
			}
		}
	}
	b.base = s.main.Reachable(from...)
	for _, p := range from {
		b.fork = max(b.fork, p)
	}
	b.dates = make([]int64, b.own.Len())
	var latest int64
	for i := range b.dates {
		p := history.Position(i + 1)
		if !s.main.rewritten {
			b.dates[i] = int64(b.own.Commit[i])
			continue
		}
		// An author date beyond the commit's own is a wrong clock.
		if t := b.own.AuthorDate(p); t <= int64(b.own.Commit[i]) {
			latest = max(latest, t)
		}
		b.dates[i] = latest
	}
	return nil
}

// order sorts newest first; names that are no version come last.
func (s *Set) order() {
	slices.SortStableFunc(s.branches, func(a, b *branch) int {
		if v, w := version(a.name), version(b.name); v != w {
			return w - v
		}
		return strings.Compare(a.name, b.name)
	})
}

// active reports whether the branch was alive on a day.
func (s *Set) active(b *branch, asOf time.Time) bool {
	end, ok := s.cfg.Ended[b.name]
	if asOf.IsZero() {
		asOf = time.Now()
	}
	return !ok || asOf.Before(end)
}

// view is a branch as it was at one moment.
type view struct {
	*branch
	last history.Position // own commits up to here count
	tip  string
}

// at is the branch on a day.
func (b *branch) at(asOf time.Time) view {
	v := view{branch: b, last: history.Position(b.own.Len()), tip: b.tip}
	if asOf.IsZero() {
		return v
	}
	n, _ := slices.BinarySearch(b.dates, asOf.Unix()+1)
	if b.dates == nil || !slices.IsSorted(b.dates) {
		n = 0
		for i, t := range b.dates {
			if t <= asOf.Unix() {
				n = i + 1
			}
		}
	}
	return b.until(history.Position(n))
}

// until is the branch with its own commits up to p.
func (b *branch) until(p history.Position) view {
	v := view{branch: b, last: p, tip: b.tip}
	switch {
	case int(p) == b.own.Len():
	case p > 0:
		v.tip = b.own.ID(p)
	case len(b.own.Outside) > 0:
		v.tip = b.own.Outside[len(b.own.Outside)-1]
	}
	return v
}
