// Package releases says when mainline releases were made, which of them became
// longterm series, and what a release was, or is to be expected to be, on a day.
package releases

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Release is one release of mainline.
type Release struct {
	Name string // "6.4"
	Day  time.Time
}

// All are the releases known here, oldest first, by the dates of their tags in the
// mainline repository. They serve where a history has no tags of its own.
func All() []Release { return slices.Clone(all) }

var all = func() []Release {
	out := make([]Release, len(table))
	for i, r := range table {
		day, err := time.Parse(time.DateOnly, r.day)
		if err != nil {
			panic(err) // a fault of the table, which a test reads
		}
		out[i] = Release{r.name, day}
	}
	return out
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

// What follows the table comes every nine or ten weeks, and after x.19 comes a
// new first number, as it did three times.
const (
	shortCycle = 9 * 7 * 24 * time.Hour
	longCycle  = 10 * 7 * 24 * time.Hour
	lastMinor  = 19
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
	earliest := func(k int) time.Time { return all[len(all)-1].Day.Add(time.Duration(k) * shortCycle) }
	latest := func(k int) time.Time { return all[len(all)-1].Day.Add(time.Duration(k) * longCycle) }
	if i := slices.IndexFunc(all, func(r Release) bool { return r.Name == name }); i >= 0 {
		switch next := i + 1; {
		case day.Before(all[i].Day):
			return Coming
		case next < len(all) && day.Before(all[next].Day), next == len(all) && day.Before(latest(1)):
			return Newest
		}
		return Released
	}
	major, minor, _ := numbersOf(all[len(all)-1].Name)
	wantMajor, wantMinor, ok := numbersOf(name)
	if !ok {
		return Unheard
	}
	if wantMajor < major || wantMajor == major && wantMinor < minor {
		return Released // older than the table, or a name that never was
	}
	for k := 1; k <= ahead; k++ {
		if minor++; minor > lastMinor {
			major, minor = major+1, 0
		}
		if major == wantMajor && minor == wantMinor {
			switch {
			case day.Before(earliest(k)):
				return Coming
			case day.Before(latest(k + 1)):
				return Newest
			}
			return Released
		}
	}
	return Unheard
}

// Newer reports whether release a came after b, by their numbers: "6.12" after "6.6".
// What is no release, as the name of a distribution's branch, is not compared.
func Newer(a, b string) bool {
	am, an, ok := numbersOf(a)
	bm, bn, and := numbersOf(b)
	return ok && and && (am > bm || am == bm && an > bn)
}

// Between counts the releases from one to another: from "5.15" to "6.1" are six. 0 when
// one is not known, or the second is the older.
func Between(from, to string) int {
	am, an, ok := numbersOf(from)
	bm, bn, and := numbersOf(to)
	if !ok || !and || bm < am || bm-am > maxMajors {
		return 0
	}
	n := bn - an
	for m := am; m < bm; m++ {
		last, ok := lastMinors[m]
		if !ok {
			last = lastMinor
		}
		n += last + 1
	}
	return max(n, 0)
}

// lastMinors are the last releases of the majors that did not end with lastMinor.
var lastMinors = map[int]int{4: 20}

// maxMajors is how many first numbers may lie between two releases that are compared.
const maxMajors = 4

// numbersOf reads "6.12"; what follows, as in 2.6.32 or 6.10-lts, is left out.
func numbersOf(name string) (major, minor int, ok bool) {
	a, b, _ := strings.Cut(name, ".")
	if i := strings.IndexFunc(b, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		b = b[:i]
	}
	major, err := strconv.Atoi(a)
	minor, err2 := strconv.Atoi(b)
	return major, minor, err == nil && err2 == nil
}
