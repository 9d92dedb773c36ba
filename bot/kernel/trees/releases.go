package trees

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/kernel/history"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
)

// mark is one mainline release, and where it ends.
type mark struct {
	name string // "6.1"
	date time.Time
	tip  history.Position // 0: known by its date only
}

// markReleases finds which release first carried each mainline commit.
func (s *Set) markReleases(ctx context.Context) error {
	m := s.main
	m.in = make([]uint16, m.Len())
	known := map[string]mark{}
	for _, r := range release.All() {
		day, _ := r.Day()
		known[r.String()] = mark{name: r.String(), date: day}
	}
	if s.cfg.TitleMarks != "" {
		for name, r := range known {
			for _, p := range m.Titled(change.TitleKey(fmt.Sprintf(s.cfg.TitleMarks, name))) {
				r.tip = p // the last one closes it
			}
			// A longterm branch leaves where its release ended.
			for _, b := range s.branches {
				if r.tip == 0 && b.name == name {
					r.tip = b.fork
				}
			}
			known[name] = r
		}
	} else {
		refs, err := m.Refs(ctx, "refs/tags/v*")
		if err != nil {
			return err
		}
		for ref, id := range refs {
			name := strings.TrimPrefix(ref, "refs/tags/v")
			if p := m.Find(id); p != 0 && release.Is(name) {
				r := known[name]
				r.name, r.tip = name, p
				r.date = time.Unix(int64(m.Commit[p-1]), 0).UTC()
				known[name] = r
			}
		}
	}
	for _, r := range known {
		m.releases = append(m.releases, r)
	}
	slices.SortFunc(m.releases, func(a, b mark) int { return release.Compare(a.name, b.name) })
	last := -1 // the last release with a tip
	for i := range m.releases {
		r := &m.releases[i]
		if r.tip == 0 {
			continue
		}
		lo := last + 1
		for p, set := history.Position(1), m.Reachable(r.tip); int(p) <= m.Len(); p++ {
			if m.in[p-1] != 0 || !set.In(p) {
				continue
			}
			// Releases without a mark lie between: the author date tells.
			n := lo
			for n < i && m.AuthorDate(p) > m.releases[n].date.Add(-release.Settled).Unix() {
				n++
			}
			m.in[p-1] = uint16(n + 1)
		}
		last = i
	}
	return nil
}
