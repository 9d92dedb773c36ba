package mainline

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
	name   string // "6.4"
	day    time.Time
	commit string // what closes it in this history, "" when that is not known
}

// released are the days of mainline releases, by the dates of their tags in the
// mainline repository. They serve histories without tags; the rows of a history
// with tags come from the tags.
var released = []struct{ name, day string }{
	{"4.0", "2015-04-12"}, {"4.1", "2015-06-21"}, {"4.2", "2015-08-30"}, {"4.3", "2015-11-01"}, {"4.4", "2016-01-10"},
	{"4.5", "2016-03-13"}, {"4.6", "2016-05-15"}, {"4.7", "2016-07-24"}, {"4.8", "2016-10-02"}, {"4.9", "2016-12-11"},
	{"4.10", "2017-02-19"}, {"4.11", "2017-04-30"}, {"4.12", "2017-07-02"}, {"4.13", "2017-09-03"}, {"4.14", "2017-11-12"},
	{"4.15", "2018-01-28"}, {"4.16", "2018-04-01"}, {"4.17", "2018-06-03"}, {"4.18", "2018-08-12"}, {"4.19", "2018-10-22"},
	{"4.20", "2018-12-23"}, {"5.0", "2019-03-03"}, {"5.1", "2019-05-05"}, {"5.2", "2019-07-07"}, {"5.3", "2019-09-15"},
	{"5.4", "2019-11-24"}, {"5.5", "2020-01-26"}, {"5.6", "2020-03-29"}, {"5.7", "2020-05-31"}, {"5.8", "2020-08-02"},
	{"5.9", "2020-10-11"}, {"5.10", "2020-12-13"}, {"5.11", "2021-02-14"}, {"5.12", "2021-04-25"}, {"5.13", "2021-06-27"},
	{"5.14", "2021-08-29"}, {"5.15", "2021-10-31"}, {"5.16", "2022-01-09"}, {"5.17", "2022-03-20"}, {"5.18", "2022-05-22"},
	{"5.19", "2022-07-31"}, {"6.0", "2022-10-02"}, {"6.1", "2022-12-11"}, {"6.2", "2023-02-19"}, {"6.3", "2023-04-23"},
	{"6.4", "2023-06-25"}, {"6.5", "2023-08-27"}, {"6.6", "2023-10-29"}, {"6.7", "2024-01-07"}, {"6.8", "2024-03-10"},
	{"6.9", "2024-05-12"}, {"6.10", "2024-07-14"}, {"6.11", "2024-09-15"}, {"6.12", "2024-11-17"}, {"6.13", "2025-01-19"},
	{"6.14", "2025-03-24"}, {"6.15", "2025-05-25"}, {"6.16", "2025-07-27"}, {"6.17", "2025-09-28"},
}

// longterms are the longterm series, by kernel.org's list of releases.
var longterms = []string{"4.4", "4.9", "4.14", "4.19", "5.4", "5.10", "5.15", "6.1", "6.6", "6.12"}

// settled is how long before a release most of what it carries was written: a
// change of the last 50 days before a release made the merge window of the next
// one, unless it was a fix. It places commits for which no release is marked.
const settled = 50 * 24 * time.Hour

// findReleases finds what closes each release: its tag, its mark, or the place
// where a branch named after it left.
func (m *Mainline) findReleases(ctx context.Context, tip, marks, cache string) error {
	closing := map[string]history.Position{}
	days := map[string]time.Time{}
	for _, r := range released {
		days[r.name], _ = time.Parse(time.DateOnly, r.day)
	}
	refs, err := m.repo.Refs(ctx, "refs/heads", "refs/remotes", "refs/tags")
	if err != nil {
		return err
	}
	heads := map[string]string{} // of branches, by the release that they are named after
	for ref, id := range refs {
		name := ref[strings.LastIndexByte(ref, '/')+1:]
		if v, ok := strings.CutPrefix(name, "v"); ok && strings.HasPrefix(ref, "refs/tags/") && isRelease(v) {
			if p := m.h.Find(id); p != 0 {
				closing[v], days[v] = p, time.Unix(int64(m.h.Commit[p-1]), 0).UTC()
			}
			continue
		}
		v := stableOf(name)
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
			if ps := m.h.Titled(history.TitleKey(fmt.Sprintf(marks, name))); len(ps) > 0 {
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
		r := release{name: name, day: day}
		if p := closing[name]; p != 0 {
			r.commit = m.h.ID(p)
		}
		m.releases = append(m.releases, r)
	}
	slices.SortFunc(m.releases, func(a, b release) int { return compare(a.name, b.name) })
	if n := len(m.releases); n > 0 && !m.releases[n-1].day.IsZero() {
		// What comes next has no number and no day yet; what is written today goes there.
		m.releases = append(m.releases, release{})
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
	for i < len(m.releases) && !m.releases[i].day.IsZero() && t.After(m.releases[i].day.Add(-settled)) {
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
		if slices.Contains(longterms, m.releases[i].name) {
			out[n] = i
			n++
		}
	}
	return out
}

// stableOf is the release that a branch is named after: "linux-6.6.y",
// "6.6-lts", "v6.6-stable".
func stableOf(branch string) string {
	v := strings.TrimPrefix(strings.TrimPrefix(branch, "linux-"), "v")
	for _, end := range []string{".y", "-lts", "-stable"} {
		if x, ok := strings.CutSuffix(v, end); ok && isRelease(x) {
			return x
		}
	}
	return ""
}

func isRelease(s string) bool {
	a, b, ok := strings.Cut(s, ".")
	_, err1 := strconv.ParseUint(a, 10, 16)
	_, err2 := strconv.ParseUint(b, 10, 16)
	return ok && err1 == nil && err2 == nil
}

func compare(a, b string) int {
	x, y := number(a), number(b)
	return slices.Compare(x[:], y[:])
}

func number(s string) [2]int {
	a, b, _ := strings.Cut(s, ".")
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return [2]int{x, y}
}
