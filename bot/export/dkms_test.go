package export

import (
	"bytes"
	"cmp"
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
		"root":    func(p *Package) { p.Modules = []Module{{Name: "a", Built: "/etc"}} },
		"up":      func(p *Package) { p.Modules = []Module{{Name: "a", Dest: "/kernel/../../../etc"}} },
		"dest":    func(p *Package) { p.Modules = []Module{{Name: "a", Dest: "/etc"}} },
		"make":    func(p *Package) { p.Make = "make \"x" },
		"goes on": func(p *Package) { p.Make = `make \` },
		"clean":   func(p *Package) { p.Clean = `make clean \` },
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

// TestVendorConfQuotes: a value ends with the quote that it began with, and goes on behind
// a backslash at the end of its line.
func TestVendorConfQuotes(t *testing.T) {
	v := readVendorConf("MAKE[0]=\"make \\\n  modules\"\nMAKE[1]='make it\\'\nMAKE[2]=plain # why\nCLEAN=\"make 'clean'\"\nBUILT_MODULE_NAME[0]=\"a'\n")
	if !slices.Equal(v.Make, []Make{{"make   modules", ""}, {"plain", ""}}) || v.Clean != "make 'clean'" || len(v.Modules) > 0 {
		t.Errorf("%+v", v)
	}
}

// TestVendorConfRefused: a vendor's module is held to what --module is held to, and what is
// not taken over is told with the flag that says it instead.
func TestVendorConfRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ conf, flag, want string }{
		{`BUILT_MODULE_LOCATION="../../../etc"`, "--module", `"../../../etc": that is no folder below the package's root; name all`},
		{`BUILT_MODULE_LOCATION="/etc"`, "--module", `"/etc": that is no folder`},
		{`DEST_MODULE_LOCATION="/kernel/../../../../etc"`, "--module", "dkms takes what is below /kernel"},
		{`DEST_MODULE_LOCATION="etc"`, "--module", "dkms takes what is below /kernel"},
		{`BUILT_MODULE_NAME="$PACKAGE_NAME"`, "--module", `"$PACKAGE_NAME" is no name of a module`},
		{`BUILT_MODULE_NAME[$n]="b"`, "--module", "only a shell can say"},
		{`BUILT_MODULE_NAME[1]="b" BUILT_MODULE_LOCATION[1]="b/"`, "--module", "only a shell can say"},
		{`BUILT_MODULE_NAME[1000]="b"`, "--module", "a number over 999"},
		{"MAKE=\"make `nproc`\"", "--make", "only a shell can say"},
		{`MAKE[1]="make old"` + "\n" + `MAKE_MATCH[1]="^5'; id; '"`, "--make", "MAKE_MATCH[1] has a quote in it, so MAKE[1] is left out"},
		{`MAKE='make $(id)'`, "--make", "a command in single quotes"},
		{`CLEAN="make clean\"`, "--clean", "ends in a backslash; say what is right with --clean"},
		{`BUILD_EXCLUSIVE_CONFIG="CONFIG_PCI; id"`, "--needs", "is no list of symbols"},
	} {
		b := &Built{DKMS: DKMS30, Tag: "v1", Base: "0", tree: []file{{name: "dkms.conf",
			data: []byte("# BUILT_MODULE_NAME=$x\nBUILT_MODULE_NAME[7]=good\nBUILT_MODULE_NAME=demo\n" + c.conf + "\n")}}}
		if err := new(Package).describe(b); err != nil {
			t.Fatal(err)
		}
		if len(b.Refused) != 1 || !strings.Contains(b.Refused[0], c.want) || !strings.Contains(b.Refused[0], c.flag) {
			t.Errorf("%s: told %q, want %q and %s", c.conf, b.Refused, c.want, c.flag)
		}
		for _, f := range b.tree {
			if f.name == "dkms.conf" && (bytes.Contains(f.data, []byte("etc")) || !bytes.Contains(f.data, []byte(`"good"`))) {
				t.Errorf("%s: written\n%s", c.conf, f.data)
			}
			if f.name == "README.md" && !bytes.Contains(f.data, []byte("\n## Left out of the vendor's dkms.conf\n\n- ")) {
				t.Errorf("%s: the README does not tell:\n%s", c.conf, f.data)
			}
		}
	}
	tree := []file{{name: "dkms.conf", data: []byte("BUILT_MODULE_NAME=\"$PACKAGE_NAME\"\n")}}
	b := &Built{DKMS: DKMS30, Tag: "v1", Base: "0", tree: slices.Clone(tree)}
	if err := new(Package).describe(b); err == nil || !strings.Contains(err.Error(), `"$PACKAGE_NAME" is no name`) {
		t.Errorf("no module is left, and told is %v", err)
	}
	// What is given stands for what could not be read.
	b = &Built{DKMS: DKMS30, Tag: "v1", Base: "0", tree: tree}
	if err := (&Package{Modules: []Module{{Name: "demo"}}}).describe(b); err != nil || len(b.Refused) > 0 {
		t.Errorf("%v, %q", err, b.Refused)
	}
}

// TestClean: what is given stands, and the vendor's dkms.conf says the rest.
func TestClean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ make, clean, want string }{
		{"", "make mine", "make mine"}, {"make x", "make mine", "make mine"}, {"make x", "", "make vendors"}, {"", "", "make vendors"},
	} {
		p := &Package{Make: c.make, Clean: c.clean}
		b := &Built{DKMS: DKMS30, Tag: "v1", Base: "0", tree: []file{{name: "dkms.conf", data: []byte("MAKE=\"make all\"\nCLEAN=\"make vendors\"\nBUILT_MODULE_NAME=\"demo\"\n")}}}
		if err := p.describe(b); err != nil || b.Clean != c.want || b.Make[0].Command != cmp.Or(c.make, "make all") {
			t.Errorf("%+v: make %v, clean %q, %v", c, b.Make, b.Clean, err)
		}
	}
}

// TestOutside: what a fix changes outside the packaged folder is no reason to call it
// present, and is told where the rest goes in.
func TestOutside(t *testing.T) {
	t.Parallel()
	r := gittest.New(t)
	r.Write("drivers/demo/a.c", "int a;\n")
	base := r.Put("drivers/core.c", "int core;\n", "begin")
	outside := r.Put("drivers/core.c", "int core = 1;\n", "core: fix it")
	r.Write("drivers/demo/a.c", "int a = 1;\n")
	both := r.Put("drivers/core.c", "int core = 2;\n", "demo: fix both")
	r.Git("checkout", "-q", "--orphan", "vendor", base)
	r.Git("rm", "-q", "-r", "-f", ".")
	r.Put("a.c", "int a;\n", "release 1")
	r.Git("tag", "v1")
	g := open(t, r)
	p := &Package{Name: "demo", Vendor: g, Tag: "v1", Mainline: g, MainlineFolder: "drivers/demo",
		Fixes: []Fix{{ID: outside, Class: "abi", Branches: []string{"6.1"}}, {ID: both, Class: "too-big", Why: "over [100] lines", Branches: []string{"6.1"}}}}
	b, err := p.Compare(t.Context(), git.Options{}) // no dkms.conf says what is built, and none is needed
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Has) > 0 || len(b.Unfit) != 1 || !strings.Contains(b.Unfit[0].Reason, "nothing below drivers/demo") ||
		len(b.Queue) != 1 || !strings.Contains(strings.Join(b.Queue[0].Deviates, "\n"), "drivers/core.c: left out") {
		t.Errorf("has %+v, unfit %+v, queue %+v", b.Has, b.Unfit, b.Queue)
	}
	var list strings.Builder
	if err := b.Worklist(&list); err != nil || !strings.Contains(list.String(), "over [100] lines") {
		t.Errorf("%v\n%s", err, list.String())
	}
}

// TestWriteFiles: nothing is written outside the folder, and nothing at all then.
func TestWriteFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	for _, bad := range []string{"../x", "/x", "a/../../x", ""} {
		if err := writeFiles(dir, []file{{name: "good"}, {name: bad}}); err == nil || !strings.Contains(err.Error(), "leads out of") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("written all the same: %v", err)
	}
}

// TestSparse: a patch of ours goes where dkms still looks, when the package's own list has
// gaps.
func TestSparse(t *testing.T) {
	t.Parallel()
	_, d := dropIn(t, "6.1")
	dir := t.TempDir()
	if err := d.Write(filepath.Join(dir, "etc")); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("bash", "-c", `cd "$1"; kernelver=6.1.0-1 dkms_tree=$1 source_tree=$1 PATCH[0]=a PATCH[7]=b; . "etc/$2"
		for ((i = 0; i < ${#PATCH[@]}; i++)); do echo -n "${PATCH[i]} "; done`, "bash", dir, d.Name+"-"+d.Version+".conf").CombinedOutput()
	if want := "a " + d.Queue[0].File + " " + d.Queue[1].File + "  "; err != nil || string(out) != want {
		t.Errorf("dkms takes %q, %v; want %q", out, err, want)
	}
}
