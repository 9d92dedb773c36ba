package export

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/rules/release"
)

// Kernel is a release by its first two numbers: 6.12.
type Kernel = release.Release

// ParseKernel reads "6.12", "6.12.y" or "v6.12.3".
func ParseKernel(s string) (Kernel, error) {
	k, ok := release.Parse(s)
	if !ok || k.Major < 3 {
		return k, fmt.Errorf("%q is no kernel release; write 6.12", s)
	}
	return k, nil
}

// Range is kernels from one release to another, both included: the releases
// between two stable branches are those that distributions froze on.
type Range struct{ From, To Kernel }

// Spans is the smallest range with all the branches in it.
func Spans(branches []string) (Range, error) {
	var r Range
	for i, b := range branches {
		k, err := ParseKernel(b)
		if err != nil {
			return r, err
		}
		if i == 0 || k.Compare(r.From) < 0 {
			r.From = k
		}
		if i == 0 || k.Compare(r.To) > 0 {
			r.To = k
		}
	}
	if len(branches) == 0 {
		return r, fmt.Errorf("no branch is named: a package without kernels to build for is none")
	}
	return r, nil
}

func (r Range) String() string {
	if r.From == r.To {
		return r.From.String()
	}
	return r.From.String() + " to " + r.To.String()
}

func (r Range) has(k Kernel) bool { return r.From.Compare(k) <= 0 && k.Compare(r.To) <= 0 }

// all lists the range, oldest first.
func (r Range) all() []Kernel {
	var out []Kernel
	for k := r.From; k.Compare(r.To) <= 0; k = k.Next() {
		out = append(out, k)
	}
	return out
}

// enterprise is a distribution release whose DRM is not that of its kernel's
// number: `uname -r` says 5.14 and the graphics drivers are those of 6.9.
type enterprise struct {
	Release string // "9.5"
	Kernel  Kernel // of uname -r
	DRM     Kernel // that its graphics drivers were brought to
	Source  string // where that can be checked
}

// redHat is what is known of Red Hat's kernels. A release that is not listed is
// never built for: its DRM is not known, and a guess would replace a newer
// driver by an older one.
var redHat = []enterprise{
	{"9.4", release.Of(5, 14), release.Of(6, 6), "centos-stream-9 merge request 3321"},
	{"9.5", release.Of(5, 14), release.Of(6, 9), "centos-stream-9 merge request 3977"},
	{"9.7", release.Of(5, 14), release.Of(6, 14), "centos-stream-9 merge request 6708"},
	{"9.8", release.Of(5, 14), release.Of(6, 17), "centos-stream-9 merge request 7329"},
}

// Match says for which kernels something is, as expressions on `uname -r` that
// `grep -E` and bash understand. Red Hat's are apart, because no expression
// without look-ahead can say "6.12 but not Red Hat's 6.12" legibly; dkms.conf is
// a shell script and asks first which of the two a kernel is.
type Match struct{ Others, RedHat string }

// never matches no kernel: each has a digit in its name.
const never = "^$"

// MatchOf is the expressions for some kernels.
func MatchOf(kernels []Kernel) Match {
	byMajor := map[int][]string{}
	var majors []int
	for _, k := range kernels {
		if byMajor[k.Major] == nil {
			majors = append(majors, k.Major)
		}
		byMajor[k.Major] = append(byMajor[k.Major], strconv.Itoa(k.Minor))
	}
	slices.Sort(majors)
	var parts []string
	for _, m := range majors {
		minors := byMajor[m]
		if len(minors) == 1 {
			parts = append(parts, fmt.Sprintf(`%d\.%s`, m, minors[0]))
		} else {
			parts = append(parts, fmt.Sprintf(`%d\.(%s)`, m, strings.Join(minors, "|")))
		}
	}
	out := Match{Others: never, RedHat: never}
	if len(parts) > 0 {
		// After the second number comes ".", or "-" and "+" in what people build:
		// 6.1 is not 6.10.
		out.Others = "^(" + strings.Join(parts, "|") + `)([.+-]|$)`
	}
	var el []string
	for _, e := range redHat {
		if slices.Contains(kernels, e.DRM) {
			el = append(el, regexp.QuoteMeta(e.Kernel.String())+`\..*\.el`+strings.ReplaceAll(e.Release, ".", "_"))
		}
	}
	if len(el) > 0 {
		out.RedHat = "^(" + strings.Join(el, "|") + `)([._+-]|$)`
	}
	return out
}

// isRedHat is the shell pattern of Red Hat's and its rebuilds' kernels.
const isRedHat = `*.el[0-9]*`
