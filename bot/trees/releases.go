package trees

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/trees/history"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/releases"
)

// release is one mainline release.
type release struct {
	name string // "6.1"
	date time.Time
	tip  history.Position // 0: known by its date only
}

// freeze is how long before a release the last commit that is no fix goes in:
// the merge window closes seven weeks earlier.
const freeze = 50 * 24 * time.Hour

// version is a release or branch name as a number to sort by: "6.12" → 6012.
func version(name string) int {
	a, b, _ := strings.Cut(name, ".")
	x, err := strconv.Atoi(a)
	y, err2 := strconv.Atoi(b)
	if err != nil || err2 != nil || y > 999 {
		return -1
	}
	return 1000*x + y
}

// markReleases finds which release first carried each mainline commit.
func (s *Set) markReleases(ctx context.Context) error {
	m := s.main
	m.in = make([]uint16, m.Len())
	known := map[string]release{}
	for _, r := range releases.All() {
		known[r.Name] = release{name: r.Name, date: r.Day}
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
			if p := m.Find(id); p != 0 && version(name) > 0 {
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
	slices.SortFunc(m.releases, func(a, b release) int { return version(a.name) - version(b.name) })
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
			for n < i && m.AuthorDate(p) > m.releases[n].date.Add(-freeze).Unix() {
				n++
			}
			m.in[p-1] = uint16(n + 1)
		}
		last = i
	}
	return nil
}
