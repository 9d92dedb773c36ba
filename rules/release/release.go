// Package release is the one reader of mainline's releases: their numbers, how they are
// compared and counted, when they were made, which became longterm series, and what a
// release was, or is to be expected to be, on a day.
package release

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Release is one release of mainline, and the stable branch that grows from it: 6.12.
// The zero value is none. Of the 2.6 series the third number is the minor: 2.6.39 is
// {2, 39}, and 3.0 came after it.
type Release struct{ Major, Minor int }

// Of is the release of that number.
func Of(major, minor int) Release { return Release{major, minor} }

// Parse reads the release at the beginning of a name; what follows it, a point release,
// ".y" or "-lts", is left out, and so is a "v" before it. Not ok: the name begins with
// none, as that of a distribution's branch.
func Parse(name string) (r Release, ok bool) {
	s := strings.TrimPrefix(name, "v")
	if rest, old := strings.CutPrefix(s, "2.6."); old {
		n, _, ok := number(rest)
		return Release{2, n}, ok
	}
	if s == "2.6" {
		return Release{2, 0}, true // where that series began
	}
	major, rest, ok := number(s)
	if !ok || rest == "" || rest[0] != '.' {
		return Release{}, false
	}
	minor, _, ok := number(rest[1:])
	if !ok || major == 0 || major == 2 {
		return Release{}, false
	}
	return Release{major, minor}, true
}

// number reads up to four digits, and returns what follows them.
func number(s string) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, err := strconv.Atoi(s[:i])
	return n, s[i:], err == nil && i <= 4
}

// Is reports whether the name is a release and nothing more: "6.12", not "6.12.3" and
// not "6.12-rc1".
func Is(name string) bool {
	r, ok := Parse(name)
	return ok && r.String() == name
}

// Point takes the name of a point release apart: "6.1.35" is the 35th of "6.1".
func Point(name string) (series string, point int, ok bool) {
	r, ok := Parse(name)
	if !ok {
		return "", 0, false
	}
	rest, ok := strings.CutPrefix(name, r.String()+".")
	if !ok {
		return "", 0, false
	}
	point, tail, ok := number(rest)
	return r.String(), point, ok && tail == "" && point > 0
}

// OfBranch is the release that a branch is named after, "" for none: "linux-6.6.y",
// "6.6-lts", "v6.6-stable".
func OfBranch(branch string) string {
	v := strings.TrimPrefix(strings.TrimPrefix(branch, "linux-"), "v")
	for _, end := range []string{".y", "-lts", "-stable"} {
		if x, ok := strings.CutSuffix(v, end); ok && Is(x) {
			return x
		}
	}
	return ""
}

// String writes it as its tag has it, without the "v".
func (r Release) String() string {
	switch {
	case r == Release{}:
		return ""
	case r.Major == 2:
		return "2.6." + strconv.Itoa(r.Minor)
	}
	return strconv.Itoa(r.Major) + "." + strconv.Itoa(r.Minor)
}

// Compare orders releases, oldest first.
func (r Release) Compare(o Release) int {
	return cmp.Or(cmp.Compare(r.Major, o.Major), cmp.Compare(r.Minor, o.Minor))
}

// Next is the release that came, or is to be expected to come, after it.
func (r Release) Next() Release {
	if r.Minor >= lastOf(r.Major) {
		return Release{r.Major + 1, 0}
	}
	return Release{r.Major, r.Minor + 1}
}

// lastOf is the last minor of a major, by what is known; after x.19 comes a new first
// number, as it mostly did.
func lastOf(major int) int {
	switch major {
	case 2:
		return 39
	case 4:
		return 20
	}
	return 19
}

// Compare orders names of releases, oldest first; what is none comes before them, by its
// text.
func Compare(a, b string) int {
	x, _ := Parse(a)
	y, _ := Parse(b)
	return cmp.Or(x.Compare(y), cmp.Compare(a, b))
}

// NewestFirst orders names of branches, the newest release first; what is none comes last.
func NewestFirst(a, b string) int {
	x, _ := Parse(a)
	y, _ := Parse(b)
	return cmp.Or(y.Compare(x), cmp.Compare(a, b))
}

// Newer reports whether release a came after b: "6.12" after "6.6". What is no release,
// as the name of a distribution's branch, is not compared.
func Newer(a, b string) bool {
	x, ok := Parse(a)
	y, and := Parse(b)
	return ok && and && x.Compare(y) > 0
}

// Between counts the releases from one to another: from "5.15" to "6.1" are six. 0 when
// one is not known, or the second is the older.
func Between(from, to string) int {
	x, ok := Parse(from)
	y, and := Parse(to)
	if !ok || !and || y.Major-x.Major > maxMajors {
		return 0
	}
	n := 0
	for ; x.Compare(y) < 0; n++ {
		if x.Major == y.Major {
			return n + y.Minor - x.Minor
		}
		n, x = n+max(lastOf(x.Major)-x.Minor, 0), Release{x.Major + 1, 0}
	}
	return n
}

// maxMajors is how many first numbers may lie between two releases that are compared.
const maxMajors = 4

// Settled is how long before a release most of what it carries was written: the merge
// window closes seven weeks earlier, so that a change of the last 50 days before a release
// made the merge window of the next one, unless it was a fix.
const Settled = 50 * 24 * time.Hour

// All are the releases whose day is known here, oldest first.
func All() []Release { return slices.Clone(all) }

// Day is the day of its tag in the mainline repository, and whether it is known here. It
// serves where a history has no tags of its own.
func (r Release) Day() (day time.Time, known bool) {
	if i := slices.Index(all, r); i >= 0 {
		return days[i], true
	}
	return time.Time{}, false
}

// Due is its day; for the next releases beyond those that are known, the day when they
// are to be expected. Not ok: it is older than those, or too far ahead.
func (r Release) Due() (day time.Time, ok bool) {
	if day, ok = r.Day(); ok {
		return day, true
	}
	k := r.beyond()
	return newest().Add(time.Duration(k) * usualCycle), k > 0
}

// newest is the day of the newest release that is known here.
func newest() time.Time { return days[len(days)-1] }

// beyond says the how manieth release after the known ones it is, 0 for none of them.
func (r Release) beyond() int {
	for k, x := 1, all[len(all)-1].Next(); k <= ahead; k, x = k+1, x.Next() {
		if x == r {
			return k
		}
	}
	return 0
}

// all and days are the table, taken apart.
var all, days = func() (rs []Release, ds []time.Time) {
	for _, row := range table {
		r, ok := Parse(row.name)
		day, err := time.Parse(time.DateOnly, row.day)
		if err != nil || !ok {
			panic("rules/release: row " + row.name) // a fault of the table, which a test reads
		}
		rs, ds = append(rs, r), append(ds, day)
	}
	return rs, ds
}()

var table = []struct{ name, day string }{
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

// Longterm reports whether a release became a longterm series, by kernel.org's list
// of releases.
func Longterm(name string) bool { return slices.Contains(longterms, name) }

var longterms = []string{"4.4", "4.9", "4.14", "4.19", "5.4", "5.10", "5.15", "6.1", "6.6", "6.12"}

// What follows the table comes every nine or ten weeks.
const (
	shortCycle = 9 * 7 * 24 * time.Hour
	longCycle  = 10 * 7 * 24 * time.Hour
	usualCycle = 66 * 24 * time.Hour
	ahead      = 50 // releases beyond the table that are counted on, eight years
)

// Standing is what a release was on some day.
type Standing int8

// The standings.
const (
	Unheard  Standing = iota // no release of that name is known or to be expected
	Coming                   // not out yet
	Newest                   // out, and none after it; or so it may be
	Released                 // out, and a newer one too
)

// On says what a release such as "5.14" was on a day. Beyond the table
// it goes by the earliest and the latest day that are to be expected.
func On(name string, day time.Time) Standing {
	r, ok := Parse(name)
	if !ok {
		return Unheard
	}
	earliest := func(k int) time.Time { return newest().Add(time.Duration(k) * shortCycle) }
	latest := func(k int) time.Time { return newest().Add(time.Duration(k) * longCycle) }
	if i := slices.Index(all, r); i >= 0 {
		switch next := i + 1; {
		case day.Before(days[i]):
			return Coming
		case next < len(all) && day.Before(days[next]), next == len(all) && day.Before(latest(1)):
			return Newest
		}
		return Released
	}
	if r.Compare(all[len(all)-1]) < 0 {
		return Released // older than the table, or a name that never was
	}
	switch k := r.beyond(); {
	case k == 0:
		return Unheard
	case day.Before(earliest(k)):
		return Coming
	case day.Before(latest(k + 1)):
		return Newest
	}
	return Released
}
