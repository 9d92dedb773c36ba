package export

import (
	"os/exec"
	"testing"

	"github.com/stablebot/stablebot/rules/release"
)

// names are what `uname -r` says, the kernel whose DRM runs there ("" when it is
// not known), by distribution.
var names = []struct{ uname, drm, what string }{
	{"6.1.0-18-amd64", "6.1", "Debian 12"},
	{"6.1.0-18-rt-amd64", "6.1", "Debian 12, real time"},
	{"6.12.48+deb13-amd64", "6.12", "Debian 13"},
	{"6.12.9+bpo-amd64", "6.12", "Debian 12 with backports"},
	{"5.10.0-28-arm64", "5.10", "Debian 11"},
	{"6.2.0-39-generic", "6.2", "Ubuntu 22.04 HWE"},
	{"6.5.0-1016-oem", "6.5", "Ubuntu 22.04 OEM"},
	{"6.8.0-45-generic", "6.8", "Ubuntu 24.04"},
	{"6.4.0-150600.23.25-default", "6.4", "SLES 15 SP6"},
	{"6.12.0-160000.5-default", "6.12", "SLES 16"},
	{"5.14.0-427.13.1.el9_4.x86_64", "6.6", "RHEL 9.4"},
	{"5.14.0-503.11.1.el9_5.x86_64", "6.9", "RHEL 9.5"},
	{"5.14.0-362.8.1.el9_3.x86_64", "", "RHEL 9.3: not in the table"},
	{"5.14.0-999.el9.x86_64", "", "CentOS Stream 9: of no release"},
	{"6.12.0-55.9.1.el10_0.x86_64", "", "RHEL 10.0: not in the table, and no 6.12"},
	{"6.1.9-100.el9_4.elrepo.x86_64", "", "a package for RHEL with a kernel of its own"},
	{"5.15.0-119-generic", "5.15", "Ubuntu 22.04"},
	{"6.11.0-1009-oem", "6.11", "Ubuntu 24.04 OEM"},
	{"6.8.0-1018-aws", "6.8", "Ubuntu 24.04, cloud"},
	{"6.1.0-28-cloud-amd64", "6.1", "Debian 12, cloud"},
	{"6.1.0-0.deb11.21-amd64", "6.1", "Debian 11 with backports"},
	{"6.10.11+bpo-amd64", "6.10", "Debian 12 with backports: not 6.1"},
	{"5.14.21-150500.55.52-default", "5.14", "SLES 15 SP5"},
	{"6.4.0-150700.53.3-rt", "6.4", "SLES 15 SP7, real time"},
	{"6.4.0-150600.8.17-azure", "6.4", "SLES 15 SP6, cloud"},
	{"4.18.0-553.el8_10.x86_64", "", "RHEL 8.10: not in the table"},
	{"5.14.0-503.15.1.el9_5.aarch64+64k", "6.9", "RHEL 9.5, ARM with large pages"},
	{"5.14.0-503.15.1.el9_5.x86_64+rt", "6.9", "RHEL 9.5, real time"},
	{"5.14.0-570.12.1.el9_6.x86_64", "", "RHEL 9.6: not in the table"},
	{"5.15.0-205.149.5.1.el9uek.x86_64", "", "Oracle's own kernel on EL 9"},
	{"6.11.4-301.fc41.x86_64", "6.11", "Fedora 41"},
	{"6.6.30", "6.6", "as released"},
	{"6.6.30-rt30", "6.6", "as released, real time"},
	{"6.12-rc1", "6.12", "somebody's"},
	{"6.10.3-arch1-2", "6.10", "Arch"},
	{"6.1", "6.1", "somebody's"},
}

func TestMatch(t *testing.T) {
	for _, branches := range [][]string{{"6.1"}, {"6.6", "6.1"}, {"5.10", "6.12"}, {"6.10", "6.11"}, {"6.9"}} {
		r, err := Spans(branches)
		if err != nil {
			t.Fatal(err)
		}
		m := MatchOf(r.all())
		hits := 0
		for _, n := range names {
			want := false
			if n.drm != "" {
				k, err := ParseKernel(n.drm)
				if err != nil {
					t.Fatal(err)
				}
				want = r.has(k)
			}
			// As dkms does it: in bash.
			script := `case "$1" in ` + isRedHat + `) x=$3;; *) x=$2;; esac; [[ $1 =~ $x ]]`
			got := exec.Command("bash", "-c", script, "bash", n.uname, m.Others, m.RedHat).Run() == nil
			if got != want {
				t.Errorf("%s: %s (%s): %v, want %v; %q %q", r, n.uname, n.what, got, want, m.Others, m.RedHat)
			}
			if got {
				hits++
			}
		}
		if hits == 0 || hits == len(names) {
			t.Errorf("%s: %d of %d names match: nothing was tested", r, hits, len(names))
		}
	}
}

func TestSpans(t *testing.T) {
	for _, bad := range [][]string{nil, {"six"}, {"6"}, {"2.6", "6.1"}, {"6.-1"}} {
		if r, err := Spans(bad); err == nil {
			t.Errorf("%q: %v, want an error", bad, r)
		}
	}
	r, err := Spans([]string{"6.1", "5.18"})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.all(); len(got) != 4 || got[1] != release.Of(5, 19) || got[2] != release.Of(6, 0) {
		t.Errorf("5.18 to 6.1 is %v", got)
	}
}
