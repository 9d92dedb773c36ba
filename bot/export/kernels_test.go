package export

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules/release"
)

// names are forms of `uname -r`, the kernel whose number counts there, and the one whose
// DRM runs there where that is another: "-" when it is not known.
var names = []struct{ uname, number, drm, what string }{
	{"5.10.0-28-arm64", "5.10", "", "Debian 11"},
	{"6.1.0-0.deb11.21-amd64", "6.1", "", "Debian 11 with backports"},
	{"6.1.0-18-amd64", "6.1", "", "Debian 12"},
	{"6.1.0-18-rt-amd64", "6.1", "", "Debian 12, real time"},
	{"6.1.0-28-cloud-amd64", "6.1", "", "Debian 12, cloud"},
	{"6.10.11+bpo-amd64", "6.10", "", "Debian 12 with backports: not 6.1"},
	{"6.12.9+bpo-amd64", "6.12", "", "Debian 12 with backports"},
	{"6.12.48+deb13-amd64", "6.12", "", "Debian 13"},
	{"6.12.48+deb13-arm64-16k", "6.12", "", "Debian 13, ARM with large pages"},
	{"6.19-rc5-amd64", "6.19", "", "Debian experimental"},

	{"5.15.0-119-generic", "5.15", "", "Ubuntu 22.04"},
	{"5.15.0-1068-raspi", "5.15", "", "Ubuntu 22.04, Raspberry Pi"},
	{"6.2.0-39-generic", "6.2", "", "Ubuntu 22.04 HWE"},
	{"6.5.0-1016-oem", "6.5", "", "Ubuntu 22.04 OEM"},
	{"6.8.0-45-generic", "6.8", "", "Ubuntu 24.04"},
	{"6.8.0-1018-aws", "6.8", "", "Ubuntu 24.04, cloud"},
	{"6.8.1-1015-realtime", "6.8", "", "Ubuntu 24.04, real time"},
	{"6.11.0-1009-oem", "6.11", "", "Ubuntu 24.04 OEM"},
	{"6.17.0-5-generic", "6.17", "", "Ubuntu 25.10"},
	{"7.0.0-12-generic", "7.0", "", "Ubuntu 26.04"},
	{"6.14.4-061404-generic", "6.14", "", "Ubuntu's mainline builds"},

	{"6.10.3-arch1-2", "6.10", "", "Arch"},
	{"6.12.10-1-lts", "6.12", "", "Arch, longterm"},
	{"6.14.2-zen1-1-zen", "6.14", "", "Arch, zen"},
	{"7.1.3-hardened1-1-hardened", "7.1", "", "Arch, hardened"},
	{"6.12.9-1-MANJARO", "6.12", "", "Manjaro"},

	{"6.11.4-301.fc41.x86_64", "6.11", "", "Fedora 41"},
	{"6.18.0-0.rc3.20251030gite53642b87a4f.31.fc44.x86_64", "6.18", "", "Fedora rawhide"},
	{"7.2.1-200.fc44.aarch64", "7.2", "", "Fedora, ARM"},
	{"6.17.7-300.fc43.x86_64+debug", "6.17", "", "Fedora, debug"},

	{"3.10.0-1160.119.1.el7.x86_64", "3.10", "-", "RHEL 7.9: not in the table"},
	{"4.18.0-553.el8_10.x86_64", "4.18", "-", "RHEL 8.10: not in the table"},
	{"5.14.0-362.8.1.el9_3.x86_64", "5.14", "-", "RHEL 9.3: not in the table"},
	{"5.14.0-427.13.1.el9_4.x86_64", "5.14", "6.6", "RHEL 9.4"},
	{"5.14.0-503.11.1.el9_5.x86_64", "5.14", "6.9", "RHEL 9.5, Rocky, Alma"},
	{"5.14.0-503.15.1.el9_5.aarch64+64k", "5.14", "6.9", "RHEL 9.5, ARM with large pages"},
	{"5.14.0-503.15.1.el9_5.x86_64+rt", "5.14", "6.9", "RHEL 9.5, real time"},
	{"5.14.0-570.12.1.el9_6.x86_64", "5.14", "-", "RHEL 9.6: not in the table"},
	{"5.14.0-611.5.1.el9_7.x86_64", "5.14", "6.14", "RHEL 9.7"},
	{"5.14.0-687.1.1.el9_8.x86_64", "5.14", "6.17", "RHEL 9.8"},
	{"5.14.0-999.el9.x86_64", "5.14", "-", "CentOS Stream 9: of no release"},
	{"6.12.0-55.9.1.el10_0.x86_64", "6.12", "-", "RHEL 10.0: not in the table"},
	{"6.12.0-124.8.1.el10_1.ppc64le", "6.12", "-", "Alma 10.1: not in the table"},

	{"5.4.17-2136.340.4.1.el8uek.x86_64", "5.4", "", "Oracle's own kernel, UEK 6"},
	{"5.15.0-205.149.5.1.el9uek.x86_64", "5.15", "", "Oracle's own kernel, UEK 7"},
	{"6.12.0-103.40.4.2.el10uek.aarch64", "6.12", "", "Oracle's own kernel, UEK 8"},

	{"6.1.128-1.el9.elrepo.x86_64", "6.1", "", "elrepo kernel-lt"},
	{"6.9.7-1.el9.elrepo.x86_64", "6.9", "", "elrepo kernel-ml"},
	{"7.2.0-1.el10.elrepo.x86_64", "7.2", "", "elrepo kernel-ml, a first release"},
	{"6.6.52-1.el9.x86_64", "6.6", "", "somebody's own kernel for EL 9"},

	{"5.14.21-150500.55.52-default", "5.14", "", "SLES 15 SP5"},
	{"6.4.0-150600.23.25-default", "6.4", "", "SLES 15 SP6"},
	{"6.4.0-150600.8.17-azure", "6.4", "", "SLES 15 SP6, cloud"},
	{"6.4.0-150700.53.3-rt", "6.4", "", "SLES 15 SP7, real time"},
	{"6.12.0-160000.5-default", "6.12", "", "SLES 16"},
	{"6.17.5-1-default", "6.17", "", "openSUSE Tumbleweed"},

	{"5.15.148-android13-8-00001-g0123456789ab-ab11984352", "5.15", "", "Android 13"},
	{"6.1.75-android14-11-g0123456789ab", "6.1", "", "Android 14"},
	{"6.6.30-android15-8-maybe-dirty-4k", "6.6", "", "Android 15"},
	{"6.12.23-android16-5-g0123456789ab-ab13700000", "6.12", "", "Android 16"},

	{"6.6.30", "6.6", "", "as released"},
	{"6.6.30-rt30", "6.6", "", "as released, real time"},
	{"6.12-rc1", "6.12", "", "somebody's"},
	{"6.1", "6.1", "", "somebody's"},
	{"6.1.109-118.189.amzn2023.x86_64", "6.1", "", "Amazon Linux 2023"},
	{"6.20.1", "6.20", "", "a release that nobody knows of"},
	{"10.5.3", "10.5", "", "later than any range here"},
}

// built asks a dkms.conf, in bash as dkms does it, which kernels it is built for and
// installed for by itself.
func built(t *testing.T, conf []byte, kernels []string, hidden bool) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dkms.conf")
	if err := os.WriteFile(file, conf, 0o644); err != nil {
		t.Fatal(err)
	}
	// pad is how dkms compares versions: as text, each number three digits long.
	script := `conf=$1 auto=$2; shift 2
		pad() { local n s=$1; out=; while [[ $s =~ ^([^0-9]*)([0-9]+)(.*)$ ]]; do
			n=${BASH_REMATCH[2]}; out+="${BASH_REMATCH[1]}"; while (( ${#n} < 3 )); do n=0$n; done; out+=$n; s=${BASH_REMATCH[3]}; done; out+=$s; }
		less() { pad "$1"; local a=$out; pad "$2"; [[ $a < $out ]]; }
		safe_source() { . "$conf"; }
		read_conf() { local kernelver=$1; safe_source; }
		for kernelver; do
			unset ${!BUILD_EXCLUSIVE_@} AUTOINSTALL answer
			# What was built for last is another kernel, AUTOINSTALL is for this one.
			[[ $auto ]] && read_conf 2.6.32 && answer=" $AUTOINSTALL"
			read_conf "$kernelver"
			[[ ! $auto ]] && answer=" $AUTOINSTALL"
			[[ $BUILD_EXCLUSIVE_KERNEL && ! $kernelver =~ $BUILD_EXCLUSIVE_KERNEL ]] && answer="no$answer"
			[[ $BUILD_EXCLUSIVE_KERNEL_MIN ]] && less "$kernelver" "$BUILD_EXCLUSIVE_KERNEL_MIN" && answer="no$answer"
			[[ $BUILD_EXCLUSIVE_KERNEL_MAX ]] && less "$BUILD_EXCLUSIVE_KERNEL_MAX" "$kernelver" && answer="no$answer"
			[[ $answer = no* ]] || answer="yes$answer"
			echo "$kernelver $answer"
		done`
	out, err := exec.Command("bash", append([]string{"-c", script, "bash", file, map[bool]string{true: "yes"}[hidden]}, kernels...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, conf)
	}
	answers := map[string]string{}
	for line := range strings.Lines(string(out)) {
		kernel, answer, _ := strings.Cut(strings.TrimSpace(line), " ")
		answers[kernel] = answer
	}
	return answers
}

// TestNames: each form of `uname -r` is matched by the number that counts for it, for
// each kind of driver and dkms.
func TestNames(t *testing.T) {
	if len(names) < 60 {
		t.Fatalf("%d names", len(names))
	}
	var all []string
	for _, n := range names {
		all = append(all, n.uname)
	}
	for _, c := range []struct {
		span     string
		graphics bool
		dkms     Generation
	}{
		{"5.15..7.2", false, DKMS28}, {"5.15..7.2", false, DKMS30}, {"5.15..7.2", true, DKMS30}, {"5.15..7.2", false, Current}, {"5.15..7.2", true, Current},
		{"6.1..6.6", false, DKMS30}, {"6.1..6.6", true, DKMS30}, {"6.9", true, DKMS30}, {"6.9", true, Current}, {"6.12..7.2", false, Current},
		{"4.18..5.14", false, DKMS30}, {"4.18..5.14", true, Current}, {"6.17", true, DKMS30},
	} {
		r, err := ParseRange(c.span)
		if err != nil {
			t.Fatal(err)
		}
		b := &Built{Name: "demo", Version: "1", Tag: "v1", Base: "0", Range: r, Kernels: MatchOf(r, c.graphics), Graphics: c.graphics, DKMS: c.dkms,
			Modules: []Module{{Name: "demo", Dest: "/extra"}}}
		conf, _, err := b.texts()
		if err != nil {
			t.Fatal(err)
		}
		got := built(t, conf, all, c.span == "6.1..6.6")
		hits := 0
		for _, n := range names {
			number := n.number
			if c.graphics && n.drm != "" {
				number = n.drm
			}
			want := "no"
			if k, ok := release.Parse(number); ok && r.has(k) {
				want = "yes"
				hits++
			}
			if want == "yes" || c.dkms.Current() {
				want += " yes" // AUTOINSTALL
			}
			if strings.TrimSpace(got[n.uname]) != want {
				t.Errorf("%+v: %s (%s): %q, want %q", c, n.uname, n.what, got[n.uname], want)
			}
		}
		if hits == 0 || hits == len(names) {
			t.Errorf("%+v: %d of %d names match: nothing was tested", c, hits, len(names))
		}
	}
}

func TestAtLeast(t *testing.T) {
	for _, least := range []int{1, 5, 8, 9, 10, 15, 19, 80, 89, 99, 100, 109, 240, 999} {
		re := regexp.MustCompile("^" + numbers(least, -1) + "$")
		for n := range 2100 {
			if got := re.MatchString(fmt.Sprint(n)); got != (n >= least) {
				t.Errorf("%d: %s says %v of %d", least, re, got, n)
			}
		}
	}
}

func TestRanges(t *testing.T) {
	for _, bad := range [][]string{nil, {"six"}, {"6"}, {"2.6", "6.1"}, {"6.-1"}} {
		if r, err := Spans(bad); err == nil {
			t.Errorf("%q: %v, want an error", bad, r)
		}
	}
	for _, bad := range []string{"", "6.1..", "..6.1", "6.6..6.1", "6.1...6.6", "6.100"} {
		if r, err := ParseRange(bad); err == nil {
			t.Errorf("%q: %v, want an error", bad, r)
		}
	}
	r, err := Spans([]string{"6.1", "5.18"})
	if err != nil || r.String() != "5.18 to 6.1" {
		t.Errorf("%v, %v", r, err)
	}
	if after := r.after(release.Of(5, 19)); after.has(release.Of(5, 19)) || !after.has(release.Of(6, 0)) || after.empty() {
		t.Errorf("5.18 to 6.1 after 5.19 is %v", after)
	}
	if after := r.after(release.Of(6, 1)); MatchOf(after, false).Others != never {
		t.Errorf("5.18 to 6.1 after 6.1 is %v", after)
	}
}

// namesIn are the modules of a dkms.conf for a kernel with a configuration, "-" for none.
func namesIn(t *testing.T, conf []byte, config string) string {
	t.Helper()
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "dkms.conf"), conf, 0o644)
	if err == nil && config != "-" {
		err = os.WriteFile(filepath.Join(dir, ".config"), []byte(config), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("bash", "-c", `kernelver=6.1.0-1 kernel_source_dir=$1; . "$1/dkms.conf"; echo "${BUILT_MODULE_NAME[*]}"`, "bash", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}
