package build

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/internal/peers"
)

// tarball is where Debian's package puts the source of its kernel.
const tarball = "/usr/src/linux-source-6.1.tar.xz"

// needed are the parts of a kernel that the objects of three drivers are made with: the
// rest of 78,000 files would only cost time.
var needed = regexp.MustCompile(`^(Makefile|Kbuild|Kconfig|\.clang.*)$|(^|/)(Kconfig[^/]*|Makefile|Kbuild)$` +
	`|^(scripts|include|arch/x86|certs|init|kernel|security|tools/(arch|build|include|lib|objtool|scripts))/` +
	`|^lib/[^/]*$|^drivers/(hwmon|gpu/drm/etnaviv|net/wireless/realtek/rtw88)/`)

// small is a configuration with little but the three drivers.
const small = `CONFIG_64BIT=y
# CONFIG_WERROR is not set
# CONFIG_DEBUG_KERNEL is not set
# CONFIG_MITIGATION_RETPOLINE is not set
# CONFIG_SPECULATION_MITIGATIONS is not set
# CONFIG_STACK_VALIDATION is not set
CONFIG_EXPERT=y
CONFIG_COMPILE_TEST=y
CONFIG_MODULES=y
CONFIG_PCI=y
CONFIG_NET=y
CONFIG_INET=y
CONFIG_WIRELESS=y
CONFIG_CFG80211=m
CONFIG_MAC80211=m
CONFIG_NETDEVICES=y
CONFIG_WLAN=y
CONFIG_WLAN_VENDOR_REALTEK=y
CONFIG_RTW88=m
CONFIG_RTW88_8822BE=m
CONFIG_I2C=y
CONFIG_HWMON=y
CONFIG_SENSORS_NCT7802=m
CONFIG_DRM=m
CONFIG_DRM_ETNAVIV=m
`

// debian makes a repository of the parts that are needed.
func debian(t *testing.T) *gittest.Repo {
	t.Helper()
	if _, err := os.Stat(tarball); err != nil {
		peers.Lack(t, tarball+" is not here: real objects are compiled of it after sudo apt-get install -y --no-install-recommends linux-source-6.1")
	}
	unpack := exec.Command(peers.Need(t, "xz"), "-dc", tarball)
	packed, err := unpack.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r := gittest.New(t)
	load := exec.Command("git", "-c", "core.compression=0", "fast-import", "--quiet")
	load.Dir = r.Dir
	in, err := load.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*exec.Cmd{unpack, load} {
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	w := bufio.NewWriterSize(in, 1<<20)
	fmt.Fprintf(w, "commit refs/heads/main\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata 9\nLinux 6.1\n")
	if err := load61(tar.NewReader(packed), w); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Flush(), in.Close(), unpack.Wait(), load.Wait()); err != nil {
		t.Fatal(err)
	}
	r.Git("tag", "v6.1")
	return r
}

func load61(from *tar.Reader, to io.Writer) error {
	for {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		_, name, _ := strings.Cut(path.Clean(h.Name), "/")
		if !needed.MatchString(name) {
			continue
		}
		switch {
		case h.Typeflag == tar.TypeSymlink:
			_, err = fmt.Fprintf(to, "M 120000 inline %s\ndata %d\n%s\n", name, len(h.Linkname), h.Linkname)
		case h.Typeflag == tar.TypeReg:
			mode := "100644"
			if h.Mode&0o100 != 0 {
				mode = "100755"
			}
			if _, err = fmt.Fprintf(to, "M %s inline %s\ndata %d\n", mode, name, h.Size); err == nil {
				_, err = io.Copy(to, from)
			}
			_, _ = io.WriteString(to, "\n")
		}
		if err != nil {
			return err
		}
	}
}

// Objects of three drivers of Debian's 6.1: one has an error put in, one a warning, one
// nothing; a fourth file is of a driver that the configuration leaves out.
func TestDebian(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute of compiling: run without -short")
	}
	for _, program := range []string{"make", "gcc", "bc", "bison", "flex"} {
		peers.Need(t, program)
	}
	r := debian(t)
	g, err := git.Open(t.Context(), r.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: t.TempDir(), Config: config, Room: 1 << 30}
	for _, c := range []struct{ file, more, want, why, warning string }{
		{"drivers/gpu/drm/etnaviv/etnaviv_perfmon.c", "\nint never_defined(void);\nint never_defined(void) { return no_such_name; }\n", No, "no_such_name", ""},
		{"drivers/hwmon/nct7802.c", "\nstatic int never_used(void) { return 1; }\n", Yes, "", "never_used"},
		{"drivers/net/wireless/realtek/rtw88/rx.c", "\n", Yes, "", ""},
		{"drivers/hwmon/lm75.c", "\n", NotTried, "no CONFIG of yours builds this: drivers/hwmon/lm75.c: CONFIG_SENSORS_LM75 is not set", ""},
	} {
		was, err := g.Object(t.Context(), "v6.1:"+c.file)
		if err != nil {
			t.Fatal(err)
		}
		res, err := Objects(t.Context(), g, r.Git("rev-parse", "v6.1"), []File{{c.file, []byte(string(was.Data) + c.more)}}, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %s %s, warnings %q, %v", c.file, res.Builds, res.Why, res.Warnings, res.Took.Round(time.Millisecond))
		if res.Builds != c.want || !strings.Contains(res.Why, c.why) || (c.warning == "") != (len(res.Warnings) == 0) ||
			!strings.Contains(strings.Join(res.Warnings, "\n"), c.warning) {
			t.Errorf("%s: %+v", c.file, res)
		}
	}
}
