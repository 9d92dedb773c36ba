package export

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

// demo is the package of the fixture: the vendor has the first fix, the next two
// go in, the fourth does not fit.
func demo(t *testing.T, branches ...string) *Package {
	t.Helper()
	r := gittest.New(t)
	base := step(t, r, "base", "demo: begin")
	var fixes []Fix
	for _, f := range []struct{ folder, class string }{{"1-bound", "too-big"}, {"2-reset", "no-base"}, {"3-exit", "abi"}} {
		fixes = append(fixes, Fix{ID: step(t, r, f.folder, "demo: fix | "+f.folder[2:]+"\n\nIt hangs."), Class: f.class, Why: "912 lines with context", Branches: branches})
	}
	r.Put("drivers/demo/new.c", "int new;\n", "demo: a file that the vendor has not")
	fixes = append(fixes, Fix{ID: r.Put("drivers/demo/new.c", "int newer;\n", "demo: fix the new file"), Class: "no-base", Branches: branches})
	r.Git("checkout", "-q", "--orphan", "vendor", base)
	r.Git("rm", "-q", "-r", "-f", ".")
	step(t, r, "vendor", "release 24.1, everything in one commit")
	r.Git("tag", "v24.1")
	g := open(t, r)
	return &Package{Name: "demo-card", Version: "24.1-fixes1", Vendor: g, Tag: "v24.1", Mainline: g, MainlineFolder: "drivers/demo", Fixes: fixes}
}

func TestPackage(t *testing.T) {
	p := demo(t, "6.1", "6.6")
	p.Fixes[2].Lacking = []string{"6.1"}
	b, err := p.Build(t.Context(), git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Queue) != 2 || len(b.Has) != 1 || len(b.Unfit) != 1 {
		t.Fatalf("queue %+v\nhas %+v\nunfit %+v", b.Queue, b.Has, b.Unfit)
	}
	if b.Has[0].ID != p.Fixes[0].ID || !strings.Contains(b.Unfit[0].Reason, "new.c") {
		t.Errorf("has %+v, unfit %+v", b.Has, b.Unfit)
	}
	var list strings.Builder
	if err := b.Worklist(&list); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"lacks it, goes on", "has it ", "lacks it, by hand", "conflicts in new.c"} {
		if !strings.Contains(list.String(), want) {
			t.Errorf("the worklist lacks %q:\n%s", want, list.String())
		}
	}
	dir := filepath.Join(t.TempDir(), "demo-card-24.1-fixes1")
	if err := b.Write(dir); err != nil {
		t.Fatal(err)
	}
	// As dkms reads it, for a kernel of each kind.
	for _, c := range []struct{ kernel, exclusive, patches string }{
		{"6.1.0-18-amd64", "yes", "1 0"},
		{"6.5.0-1016-oem", "yes", "1 1"},
		{"6.10.0-1", "no", "1 0"},
		{"5.14.0-427.13.1.el9_4.x86_64", "no", "1 0"},
	} {
		script := `kernelver=$1; . "$2/dkms.conf"; m() { [[ ! $1 || $kernelver =~ $1 ]]; }
			m "$BUILD_EXCLUSIVE_KERNEL" && echo -n yes || echo -n no
			for i in 0 1; do m "${PATCH_MATCH[$i]}" && echo -n " 1" || echo -n " 0"; [ -f "$2/patches/${PATCH[$i]}" ] || exit 1; done`
		out, err := exec.Command("bash", "-ec", script, "bash", c.kernel, dir).CombinedOutput()
		if want := c.exclusive + " " + c.patches; err != nil || string(out) != want {
			t.Errorf("%s: %q, %v; want %q", c.kernel, out, err, want)
		}
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`| demo: fix \| reset | `, "stays out of 6.1 and 6.6: no-base, 912 lines with context", "kernels newer than 6.1", "update-initramfs", "dracut", "mokutil",
		"Red Hat's kernels count by their number", "## Which dkms", "AUTOINSTALL is set only for kernels that match",
		"## Fixes that the vendor has already", "demo: fix \\| bound", "## Fixes that are not in it", "demo: fix the new file"} {
		if !bytes.Contains(readme, []byte(want)) {
			t.Errorf("the README lacks %q:\n%s", want, readme)
		}
	}
}

func TestPackageBad(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Package){
		"name":    func(p *Package) { p.Name = "a b; rm" },
		"version": func(p *Package) { p.Version = "$(x)" },
		"module":  func(p *Package) { p.Modules = []Module{{Name: "a\"b"}} },
		"folder":  func(p *Package) { p.Modules = []Module{{Name: "a", Built: "../.."}} },
		"make":    func(p *Package) { p.Make = "make \"x" },
		"tag":     func(p *Package) { p.Tag = "v0" },
		"vendor":  func(p *Package) { p.VendorFolder = "nowhere" },
		"nothing": func(p *Package) { p.Fixes = nil },
		"kernels": func(p *Package) { p.Fixes[0].Branches = []string{"next"} },
	} {
		p := demo(t, "6.1")
		spoil(p)
		if _, err := p.Build(t.Context(), git.Options{}); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
}

func TestVendorConf(t *testing.T) {
	v := readVendorConf("MAKE[0]=\"make -j8\"\nMAKE[1]=\"make old\"\nMAKE_MATCH[1]=\"^5\\.\"\nBUILD_EXCLUSIVE_CONFIG=\"CONFIG_PCI !CONFIG_X junk;\"\nBUILD_EXCLUSIVE_CONFIG[1]=\"CONFIG_USB\"\nCLEAN='make mrproper'\nBUILT_MODULE_NAME[1]=\"b\"\nBUILT_MODULE_NAME=\"a\"\nDEST_MODULE_LOCATION[1]=\"/kernel/x\"\nBUILT_MODULE_NAME[2]=\"$(evil)\"\n")
	if !slices.Equal(v.Make, []Make{{"make -j8", ""}, {"make old", `^5\.`}}) || !slices.Equal(v.Needs, []string{"CONFIG_PCI", "!CONFIG_X"}) ||
		!slices.Equal(v.Modules[1].Needs, []string{"CONFIG_USB"}) || v.Clean != "make mrproper" || len(v.Modules) != 2 || v.Modules[0].Name != "a" || v.Modules[1].Dest != "/kernel/x" {
		t.Errorf("%+v", v)
	}
}

// host is a machine with dkms, in folders of its own but for /etc/dkms.
type host struct {
	t           *testing.T
	top, kernel string
}

// newHost skips where there is no dkms.
func newHost(t *testing.T) *host {
	t.Helper()
	kernels, _ := filepath.Glob("/lib/modules/*/build/Makefile")
	if _, err := exec.LookPath("dkms"); err != nil || len(kernels) == 0 || os.Getuid() != 0 {
		const how = "dkms, kernel headers and root are needed: sudo apt-get install -y --no-install-recommends dkms linux-headers-amd64"
		if os.Getenv("STABLEBOT_CI") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	h := &host{t, t.TempDir(), strings.Split(kernels[len(kernels)-1], "/")[3]}
	for _, dir := range []string{"dkms", "src", "modules/" + h.kernel} {
		if err := os.MkdirAll(filepath.Join(h.top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// branch is the release of the kernel.
func (h *host) branch() string {
	h.t.Helper()
	k, err := ParseKernel(h.kernel)
	if err != nil {
		h.t.Fatal(err)
	}
	return k.String()
}

func (h *host) dkms(args ...string) (string, error) {
	args = append(args, "--dkmstree", filepath.Join(h.top, "dkms"), "--sourcetree", filepath.Join(h.top, "src"), "--installtree", filepath.Join(h.top, "modules"), "--no-depmod")
	out, err := exec.CommandContext(h.t.Context(), "dkms", args...).CombinedOutput()
	return string(out), err
}

func (h *host) must(args ...string) string {
	h.t.Helper()
	out, err := h.dkms(args...)
	if err != nil {
		logs, _ := filepath.Glob(filepath.Join(h.top, "dkms", "*", "*", "build", "make.log"))
		for _, l := range logs {
			text, _ := os.ReadFile(l)
			out += string(text)
		}
		h.t.Fatalf("dkms %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// installed are the modules of that name.
func (h *host) installed(module string) []string {
	found, _ := filepath.Glob(filepath.Join(h.top, "modules", h.kernel, "*", "*", module+".ko*"))
	return found
}

// TestDKMS has Debian's dkms add, build, install, upgrade and remove the package, and
// autoinstall it for a kernel of the range and for one out of it.
func TestDKMS(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	b, err := demo(t, h.branch()).Build(t.Context(), git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	name := b.Name + "/" + b.Version
	if err := b.Write(filepath.Join(h.top, "src", b.Name+"-"+b.Version)); err != nil {
		t.Fatal(err)
	}
	h.must("add", name)
	// Added only, and then installed: a kernel that is out of the range leaves autoinstall in peace.
	const foreign = "9.9.9-foreign"
	h.must("autoinstall", "-k", foreign)
	if out := h.must("autoinstall", "-k", h.kernel); len(h.installed("demo_card")) != 1 || strings.Count(out, "applying patch") != len(b.Queue) {
		t.Errorf("autoinstall for a kernel of the range installed %v, and should with %d patches\n%s", h.installed("demo_card"), len(b.Queue), out)
	}
	if out := h.must("autoinstall", "-k", foreign); strings.Contains(out, "BUILD_EXCLUSIVE") {
		t.Errorf("autoinstall tried a kernel out of the range:\n%s", out)
	}
	if out, err := h.dkms("build", name, "-k", foreign); err == nil || !strings.Contains(out, "BUILD_EXCLUSIVE") {
		t.Errorf("built for a kernel out of the range: %v\n%s", err, out)
	}
	// The next version takes its place, and what is left after both are gone is nothing.
	next := *b
	next.Version = "24.1-fixes2"
	conf, _, err := next.texts()
	if err != nil {
		t.Fatal(err)
	}
	next.tree = append(slices.DeleteFunc(slices.Clone(b.tree), func(f file) bool { return f.name == "dkms.conf" }), file{name: "dkms.conf", data: conf})
	if err := next.Write(filepath.Join(h.top, "src", next.Name+"-"+next.Version)); err != nil {
		t.Fatal(err)
	}
	h.must("remove", name, "--all")
	if left := h.installed("demo_card"); len(left) != 0 {
		t.Errorf("left after remove: %v", left)
	}
	h.must("install", next.Name+"/"+next.Version, "-k", h.kernel)
	if out := h.must("status", next.Name+"/"+next.Version); !strings.Contains(out, "installed") || len(h.installed("demo_card")) != 1 {
		t.Errorf("after the upgrade: %v\n%s", h.installed("demo_card"), out)
	}
	h.must("remove", next.Name+"/"+next.Version, "--all")
	if out := h.must("status"); strings.Contains(out, b.Name) || len(h.installed("demo_card")) != 0 {
		t.Errorf("still there after remove: %v\n%s", h.installed("demo_card"), out)
	}
}
