package export

import (
	"regexp"
	"strings"

	"github.com/stablebot/stablebot/rules/release"
)

// enterprise is a distribution release whose DRM is not that of its kernel's
// number: `uname -r` says 5.14 and the graphics drivers are those of 6.9.
type enterprise struct {
	Release string // "9.5"
	Kernel  Kernel // of uname -r
	DRM     Kernel // that its graphics drivers were brought to
	Source  string // where that can be checked
}

// redHat is what is known of Red Hat's kernels. For a release that is not listed no
// graphics driver is ever built: its DRM is not known, and a guess would replace a
// newer driver by an older one.
var redHat = []enterprise{
	{"9.4", release.Of(5, 14), release.Of(6, 6), "centos-stream-9 merge request 3321"},
	{"9.5", release.Of(5, 14), release.Of(6, 9), "centos-stream-9 merge request 3977"},
	{"9.7", release.Of(5, 14), release.Of(6, 14), "centos-stream-9 merge request 6708"},
	{"9.8", release.Of(5, 14), release.Of(6, 17), "centos-stream-9 merge request 7329"},
}

// Match says for which kernels something is, as expressions on `uname -r` that
// `grep -E` and bash understand. Red Hat's are apart for graphics drivers, because no
// expression without look-ahead can say "6.12 but not Red Hat's 6.12" legibly; dkms.conf
// is a shell script and asks first which of the two a kernel is. For other drivers both
// are the same.
type Match struct{ Others, RedHat string }

// Apart reports whether it matters whose kernel it is.
func (m Match) Apart() bool { return m.Others != m.RedHat }

// MatchOf is the expressions for a range of kernels. Graphics: Red Hat's kernels count by
// the DRM they were brought to; any other driver is judged by the number, as everywhere.
func MatchOf(r Range, graphics bool) Match {
	out := Match{Others: r.expression()}
	if !graphics {
		out.RedHat = out.Others
		return out
	}
	out.RedHat = never
	var el []string
	for _, e := range redHat {
		if r.has(e.DRM) {
			el = append(el, regexp.QuoteMeta(e.Kernel.String())+`\..*\.el`+strings.ReplaceAll(e.Release, ".", "_"))
		}
	}
	if len(el) > 0 {
		out.RedHat = "^(" + strings.Join(el, "|") + `)([._+-]|$)`
	}
	return out
}

// Shell patterns of `uname -r`. Red Hat and its rebuilds keep the third number at 0;
// Oracle's own kernel, elrepo's kernel-ml and -lt and what else people build for an
// Enterprise Linux are what their number says.
const (
	ownNumber = `*uek*|*.elrepo*`
	isRedHat  = `[0-9]*.[0-9]*.0-*.el[0-9]*`
)
