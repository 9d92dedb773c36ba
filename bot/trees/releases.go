package trees

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/trees/history"
)

// release is one mainline release.
type release struct {
	name string // "6.1"
	date time.Time
	tip  history.Position // 0: known by its date only
}

// dates are the days of mainline releases, from their tags in the kernel's own
// repository. They are used where a history has no such tags.
const dates = `4.15 2018-01-28
4.16 2018-04-01
4.17 2018-06-03
4.18 2018-08-12
4.19 2018-10-22
4.20 2018-12-23
5.0 2019-03-03
5.1 2019-05-05
5.2 2019-07-07
5.3 2019-09-15
5.4 2019-11-24
5.5 2020-01-26
5.6 2020-03-29
5.7 2020-05-31
5.8 2020-08-02
5.9 2020-10-11
5.10 2020-12-13
5.11 2021-02-14
5.12 2021-04-25
5.13 2021-06-27
5.14 2021-08-29
5.15 2021-10-31
5.16 2022-01-09
5.17 2022-03-20
5.18 2022-05-22
5.19 2022-07-31
6.0 2022-10-02
6.1 2022-12-11
6.2 2023-02-19
6.3 2023-04-23
6.4 2023-06-25
6.5 2023-08-27
6.6 2023-10-29
6.7 2024-01-07
6.8 2024-03-10
6.9 2024-05-12
6.10 2024-07-14
6.11 2024-09-15
6.12 2024-11-17
`

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
	for line := range strings.Lines(dates) {
		name, day, _ := strings.Cut(strings.TrimSpace(line), " ")
		d, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return fmt.Errorf("the table of releases: %w", err)
		}
		known[name] = release{name: name, date: d}
	}
	if s.cfg.TitleMarks != "" {
		for name, r := range known {
			for _, p := range m.Titled(history.TitleKey(fmt.Sprintf(s.cfg.TitleMarks, name))) {
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
