package mainline

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

// mark is one mainline release, and what closes it.
type mark struct {
	name   string // "6.4"
	day    time.Time
	commit string // what closes it in this history, "" when that is not known
}

// findReleases finds what closes each release: its tag, its mark, or the place
// where a branch named after it left.
func (m *Mainline) findReleases(ctx context.Context, tip, marks, cache string) error {
	closing := map[string]history.Position{}
	days := map[string]time.Time{}
	for _, r := range release.All() {
		days[r.String()], _ = r.Day()
	}
	refs, err := m.repo.Refs(ctx, "refs/heads", "refs/remotes", "refs/tags")
	if err != nil {
		return err
	}
	heads := map[string]string{} // of branches, by the release that they are named after
	for ref, id := range refs {
		name := ref[strings.LastIndexByte(ref, '/')+1:]
		if v, ok := strings.CutPrefix(name, "v"); ok && strings.HasPrefix(ref, "refs/tags/") && release.Is(v) {
			if p := m.h.Find(id); p != 0 {
				closing[v], days[v] = p, time.Unix(int64(m.h.Commit[p-1]), 0).UTC()
			}
			continue
		}
		v := release.OfBranch(name)
		if v == "" || strings.HasPrefix(ref, "refs/tags/") {
			continue
		}
		heads[v] = id
	}
	if marks != "" {
		if strings.Count(marks, "%s") != 1 || strings.Count(marks, "%") != 1 {
			return fmt.Errorf("the title %q that marks releases needs one %%s, where the number stands", marks)
		}
		found := 0
		for name := range days {
			if ps := m.h.Titled(change.TitleKey(fmt.Sprintf(marks, name))); len(ps) > 0 {
				found++
				if closing[name] == 0 {
					closing[name] = ps[len(ps)-1]
				}
			}
		}
		if found == 0 {
			return fmt.Errorf("no commit of %s has a title such as %q", tip, fmt.Sprintf(marks, "6.1"))
		}
	}
	// Git walks both histories to find where a branch left, seconds in a kernel's,
	// anew whenever one has moved: it is asked only where nothing else tells.
	left := openForks(cache)
	defer left.keep()
	for v, id := range heads {
		if closing[v] != 0 {
			continue
		}
		base, err := left.of(ctx, m.repo, tip, id)
		if err != nil {
			return err
		}
		if p := m.h.Find(base); p != 0 && base != tip && base != id {
			closing[v] = p
		}
	}
	for name := range closing {
		if _, ok := days[name]; !ok {
			days[name] = time.Time{}
		}
	}
	for name, day := range days {
		r := mark{name: name, day: day}
		if p := closing[name]; p != 0 {
			r.commit = m.h.ID(p)
		}
		m.releases = append(m.releases, r)
	}
	slices.SortFunc(m.releases, func(a, b mark) int { return release.Compare(a.name, b.name) })
	if n := len(m.releases); n > 0 && !m.releases[n-1].day.IsZero() {
		// What comes next has no number and no day yet; what is written today goes there.
		m.releases = append(m.releases, mark{})
	}
	m.place(closing)
	return nil
}

// place gives each commit its release: the first whose closing commit reaches
// it. Before the first closed release, and behind the last, the author date
// decides.
func (m *Mainline) place(closing map[string]history.Position) {
	m.of = make([]int16, m.h.Len())
	for i := range m.of {
		m.of[i] = -1
	}
	first, last := -1, -1
	var have history.Set
	for i, r := range m.releases {
		p := closing[r.name]
		if p == 0 {
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
		reach := m.h.Reachable(p)
		for q := history.Position(1); int(q) <= m.h.Len(); q++ {
			if reach.In(q) && !have.In(q) {
				m.of[q-1] = int16(i)
			}
		}
		have = reach
	}
	for i := range m.of {
		written := time.Unix(int64(m.h.Author[i]), 0)
		switch {
		case int(m.of[i]) == first && first >= 0:
			m.of[i] = int16(min(m.byDate(written), first))
		case m.of[i] < 0 && first >= 0:
			m.of[i] = int16(max(m.byDate(written), last+1))
		case m.of[i] < 0:
			m.of[i] = int16(m.byDate(written))
		}
		if int(m.of[i]) >= len(m.releases) {
			m.of[i] = -1
		}
	}
}

// byDate is the first release that a change of that day can have made.
func (m *Mainline) byDate(t time.Time) int {
	i := 0
	for i < len(m.releases) && !m.releases[i].day.IsZero() && t.After(m.releases[i].day.Add(-release.Settled)) {
		i++
	}
	return i
}

// next is the first release that was not made by that day, the nameless one that
// is to come included; -1 when the days of releases are not known so far.
func (m *Mainline) next(day time.Time) int {
	for i, r := range m.releases {
		if r.name == "" || !r.day.IsZero() && r.day.After(day) {
			return i
		}
	}
	return -1
}

// longterm is the newest and the second newest longterm release up to at, -1
// for none.
func (m *Mainline) longterm(at int) [2]int {
	out := [2]int{-1, -1}
	n := 0
	for i := at; i >= 0 && n < 2; i-- {
		if release.Longterm(m.releases[i].name) {
			out[n] = i
			n++
		}
	}
	return out
}
