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

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
)

// branch is one stable, queue, distribution or vendor branch: the mainline
// commits that it started with, and what was put on top.
type branch struct {
	*repo
	name   string
	role   Role
	layout change.Layout // of a vendor's
	tip    string
	own    *history.History // what mainline does not have
	base   history.Set      // mainline commits that it has as themselves
	fork   history.Position // the newest of them
	dates  []int64          // when own commits came, see when
	queues []*branch
	alone  bool // in a repository without mainline's tip

	closing sync.Once
	closed  []stableRelease // oldest first
	writing sync.Once
	written map[int64][]history.Position // own commits by author date
}

// ErrNoBranch says that a pattern finds nothing.
var ErrNoBranch = errors.New("no such branch")

// DefaultStable are the names that stable branches have: in the stable
// repository, as remote-tracking branches of it, and in freebsd/drm-kmod.
var DefaultStable = []string{"refs/heads/linux-*.y", "refs/remotes/*/linux-*.y", "refs/heads/*-lts"}

// FindStable is the first pattern of DefaultStable that a repository has branches
// of, none when it has none.
func FindStable(ctx context.Context, repo string, o git.Options) ([]string, error) {
	r, err := git.Open(ctx, repo, o)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	refs, err := r.Refs(ctx)
	if err != nil {
		return nil, err
	}
	for _, pattern := range DefaultStable {
		for ref := range refs {
			if ok, _ := path.Match(pattern, ref); ok && versionIn(ref) != "" {
				return []string{pattern}, nil
			}
		}
	}
	return nil, nil
}

// openBranches opens what a remote names. A pattern that finds nothing is an
// error: a typo would otherwise look like no branch being affected.
func (s *Set) openBranches(ctx context.Context, m Remote) ([]*branch, error) {
	bar := progress.Begin(ctx, "reading the branch "+m.Ref, 0)
	defer bar.End()
	r, err := s.repo(ctx, m.Path)
	if err != nil {
		return nil, err
	}
	if m.Ref == "" { // of a queue whose files were looked for
		m.Ref = "linux-*.y"
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
		if m.Layout != nil {
			if b.layout, err = m.Layout(ctx, r.Repo, tip); err != nil {
				return nil, err
			}
		}
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
		if len(parts) >= 2 && release.Is(parts[0]+"."+parts[1]) {
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
	if b.own, err = s.grown(ctx, b, exclude); err == nil {
		s.bounds(b)
	}
	return err
}

// bounds finds what a branch began with, and when its own commits came.
func (s *Set) bounds(b *branch) {
	var from []history.Position
	for _, id := range b.own.Outside {
		if p := s.main.Find(id); p != 0 {
			from = append(from, p)
		}
	}
	if b.own.Len() == 0 {
		from = append(from, s.main.Find(b.tip))
	}
	if b.alone {
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
}

// order sorts newest first; names that are no version come last.
func (s *Set) order() {
	slices.SortStableFunc(s.branches, func(a, b *branch) int { return release.NewestFirst(a.name, b.name) })
}

// active reports whether the branch was alive on a day.
func (s *Set) active(b *branch, asOf time.Time) bool {
	if !s.begun(b, asOf) {
		return false
	}
	end, ok := s.ended(b)
	if asOf.IsZero() {
		asOf = time.Now()
	}
	return !ok || asOf.Before(end)
}

// begun reports whether the branch was there on a day: not before the release
// that it is named after.
func (s *Set) begun(b *branch, asOf time.Time) bool {
	if asOf.IsZero() || b.role != Stable {
		return true
	}
	for _, r := range s.main.releases {
		if r.name == b.name {
			return r.date.IsZero() || !asOf.Before(r.date)
		}
	}
	return true
}

// ended says when a branch ended, if it did. A distribution's branch lives as
// long as its distribution, of which kernel.org knows nothing.
func (s *Set) ended(b *branch) (time.Time, bool) {
	if end, ok := s.cfg.Ended[b.name]; ok || b.role != Stable {
		return end, ok
	}
	var last time.Time
	if n := len(b.dates); n > 0 {
		last = time.Unix(b.dates[n-1], 0)
	}
	return s.cfg.Lifetimes.end(b.name, last)
}

// Branch is a branch as people see it.
type Branch struct {
	Name    string     `json:"name"`
	Role    Role       `json:"role"`
	State   string     `json:"state"` // active, ended, to come; of a queue queue, of others -
	Ended   *time.Time `json:"ended,omitempty"`
	Tip     string     `json:"tip"`
	Date    time.Time  `json:"date"`              // of the tip
	Release string     `json:"release,omitempty"` // the last stable release in it, or the mainline one that it began with
	Own     int        `json:"own"`               // commits that mainline does not have
	Path    string     `json:"path"`              // of its repository
}

// List is every branch of the set on a day; the zero day is today: mainline,
// those that are judged, newest first, and then queues and vendor trees.
func (s *Set) List(ctx context.Context, asOf time.Time) []Branch {
	m := s.main
	show := func(v view, role Role) Branch {
		b := Branch{Name: v.name, Role: role, State: "-", Tip: v.tip, Own: int(v.last), Path: v.Path}
		if v.last > 0 {
			b.Date = time.Unix(int64(v.own.Commit[v.last-1]), 0).UTC()
			b.Release = v.lastRelease(v.last)
		} else if p := m.Find(v.tip); p != 0 {
			b.Date = time.Unix(int64(m.Commit[p-1]), 0).UTC()
		}
		if b.Release == "" {
			b.Release = s.releaseOf(v)
		}
		return b
	}
	top := history.Position(m.Len())
	for ; top > 1 && !m.seen(top, asOf); top-- {
		continue
	}
	first := Branch{Name: "mainline", Role: Mainline, State: "-", Tip: m.ID(top), Date: time.Unix(int64(m.Commit[top-1]), 0).UTC(),
		Path: m.Path}
	for _, r := range m.releases {
		if r.tip != 0 && r.tip <= top {
			first.Release = r.name
		}
	}
	out := []Branch{first}
	for _, b := range s.branches {
		x := show(b.at(asOf), b.role)
		if x.State = "active"; !s.active(b, asOf) {
			x.State = "to come"
			if end, ok := s.ended(b); ok && s.begun(b, asOf) {
				x.State, x.Ended = "ended", &end
			}
		}
		out = append(out, x)
	}
	for _, b := range s.branches {
		for _, q := range b.queues {
			out = append(out, show(q.at(asOf), Queue))
		}
	}
	for _, q := range s.queues {
		x := Branch{Name: "queue", Role: Queue, State: "-", Path: q.Path}
		if id, err := q.on(ctx, asOf); err == nil && id != "" {
			x.Tip = id
			if c, err := q.Commit(ctx, id); err == nil {
				x.Date = c.Committer.Date.UTC()
			}
		}
		out = append(out, x)
	}
	for _, b := range s.vendors {
		out = append(out, show(b.at(asOf), Vendor))
	}
	return out
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
