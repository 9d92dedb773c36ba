package export

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/git/gittest"
)

// dropIn is the patches of the fixture for its vendor's own package.
func dropIn(t *testing.T, branches ...string) (*Package, *DropIn) {
	t.Helper()
	p := demo(t, branches...)
	p.Name, p.Version = "demo-vendor", ""
	d, err := p.Patches(t.Context(), git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p, d
}

func TestDropIn(t *testing.T) {
	t.Parallel()
	p, d := dropIn(t, "6.1", "6.6")
	var got []string
	for _, f := range d.files {
		got = append(got, f.name)
	}
	slices.Sort(got)
	if want := []string{"README.md", "demo-vendor-24.1.conf", "demo-vendor/patches/0001-demo-fix-reset.patch", "demo-vendor/patches/0002-demo-fix-exit.patch"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	p.Name = "other"
	if _, err := p.Patches(t.Context(), git.Options{}); err == nil || !strings.Contains(err.Error(), "calls itself demo-vendor") {
		t.Errorf("a package of another name: %v", err)
	}
	p.Name, p.Version = "demo-vendor", "24.2"
	if _, err := p.Patches(t.Context(), git.Options{}); err == nil || !strings.Contains(err.Error(), "version 24.1, not 24.2") {
		t.Errorf("a version that the package has not: %v", err)
	}
	p.VendorFolder, p.Version = "nowhere", ""
	if _, err := p.Patches(t.Context(), git.Options{}); err == nil || !strings.Contains(err.Error(), "--package-version") {
		t.Errorf("a package without a version: %v", err)
	}
}

// TestDropInDKMS has Debian's dkms build the vendor's package with the patches of
// /etc/dkms, and without them when they are gone.
func TestDropInDKMS(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	p, d := dropIn(t, h.branch())
	checkout(t, p, filepath.Join(h.top, "src", d.Name+"-"+d.Version))
	etc, source := h.lay(d)
	name := d.Name + "/" + d.Version
	if out := h.must("install", name, "-k", h.kernel); strings.Count(out, "applying patch") != len(d.Queue) || len(h.installed("demo_card")) != 1 {
		t.Errorf("%d patches, installed %v:\n%s", len(d.Queue), h.installed("demo_card"), out)
	}
	// A source that has one of them already takes the others.
	run(t, "patch", "-s", "-p1", "-d", source, "-i", filepath.Join(etc, d.Name, "patches", d.Queue[0].File))
	h.must("remove", name, "--all")
	if out := h.must("build", name, "-k", h.kernel); strings.Count(out, "applying patch") != len(d.Queue)-1 {
		t.Errorf("with the first fix in the source:\n%s", out)
	}
	// Undone as the README says.
	run(t, "patch", "-R", "-s", "-p1", "-d", source, "-i", filepath.Join(etc, d.Name, "patches", d.Queue[0].File))
	run(t, "rm", "-r", filepath.Join(etc, d.Name+"-"+d.Version+".conf"), filepath.Join(etc, d.Name, "patches"), filepath.Join(source, "patches"))
	h.must("remove", name, "--all")
	if out := h.must("build", name, "-k", h.kernel); strings.Contains(out, "patch") {
		t.Errorf("after undoing it:\n%s", out)
	}
	same(t, p, source)
}

// checkout writes the vendor's release into a folder.
func checkout(t *testing.T, p *Package, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, "sh", "-c", `git -C "$1" archive "$2" | tar -x -C "$3"`, "sh", p.Vendor.Path, p.Tag, dir)
}

// same fails unless a folder is as the vendor ships it.
func same(t *testing.T, p *Package, dir string) {
	t.Helper()
	want := filepath.Join(t.TempDir(), "release")
	checkout(t, p, want)
	list := func(dir string) (out []string) {
		_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				data, _ := os.ReadFile(path)
				rel, _ := filepath.Rel(dir, path)
				out = append(out, rel+": "+string(data))
			}
			return err
		})
		return out
	}
	if !slices.Equal(list(want), list(dir)) {
		t.Error("the source is not as the vendor ships it")
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// TestClimb: a fix that does not merge goes onto the vendor's source by the ladder, and
// what a person would have to check does not.
func TestClimb(t *testing.T) {
	t.Parallel()
	body := func(first, kick string) string {
		return "#include \"demo.h\"\n\nint demo_irq(struct demo *d)\n{\n\tint n = d->slots;\n\n" + first + kick + "\treturn n;\n}\n"
	}
	r := gittest.New(t)
	r.Put("drivers/demo/irq.c", body("\td->count = 0;\n", "\tdemo_kick(d);\n"), "demo: begin")
	fix := r.Put("drivers/demo/irq.c", body("\td->count = 0;\n", "\tif (n)\n\t\tdemo_kick(d);\n"), "demo: fix a kick of an idle ring")
	r.Git("checkout", "-q", "--orphan", "vendor")
	r.Git("rm", "-q", "-r", "-f", ".")
	r.Put("dkms.conf", "PACKAGE_NAME=\"demo-vendor\"\nPACKAGE_VERSION=\"1\"\n", "begin")
	r.Put("irq.c", body("\tdemo_reset_count(d);\n\td->seen = false;\n", "\tdemo_kick(d);\n"), "release 1")
	r.Git("tag", "v1")
	g := open(t, r)
	p := &Package{Name: "demo-vendor", Vendor: g, Tag: "v1", Mainline: g, MainlineFolder: "drivers/demo", Fixes: []Fix{{ID: fix, Class: "conflicts", Branches: []string{"6.1"}}}}
	d, err := p.Patches(t.Context(), git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Queue) != 1 || len(d.Queue[0].Deviates) == 0 {
		t.Fatalf("queue %+v, unfit %+v", d.Queue, d.Unfit)
	}
	if !strings.Contains(string(d.files[len(d.files)-1].data), "+\tif (n)\n") {
		t.Errorf("the patch is\n%s", d.files[len(d.files)-1].data)
	}
}

// TestMessageIsNoPatch: dkms puts a patch on with patch(1), which applies what looks like
// a diff in the message, too, in whatever form. Nothing above git's own diff is one.
func TestMessageIsNoPatch(t *testing.T) {
	p := demo(t, "6.1")
	hunk := "--- a/ring.c\n+++ b/ring.c\n@@ -1,3 +1,4 @@\n // SPDX-License-Identifier: GPL-2.0\n" +
		" #include <linux/errno.h>\n+int planted;\n #include \"demo.h\"\n"
	indented := "  " + strings.ReplaceAll(hunk, "\n", "\n  ")
	message := "demo: fix the reset, at a length that a mail would fold into --- a/ring.c and +++ b/ring.c below\n\nIt hangs. Not so:\n\n" + indented +
		"\n\nIndex: ring.c\n6a7\n> int planted;\n"
	last := p.Fixes[1].ID
	p.Fixes = p.Fixes[1:2]
	id, err := exec.Command("git", "-C", p.Mainline.Path, "-c", "user.name=Ada", "-c", "user.email=ada@example.org",
		"commit-tree", last+"^{tree}", "-p", last+"^", "-m", message).Output()
	if err != nil {
		t.Fatal(err)
	}
	p.Fixes[0].ID = strings.TrimSpace(string(id))
	b, err := p.Build(t.Context(), git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "demo")
	if err := b.Write(dir); err != nil {
		t.Fatal(err)
	}
	patches, _ := filepath.Glob(filepath.Join(dir, "patches", "*"))
	if len(patches) != 1 {
		t.Fatalf("patches: %v", patches)
	}
	text, err := os.ReadFile(patches[0])
	if err != nil {
		t.Fatal(err)
	}
	above, _, _ := strings.Cut(string(text), "\ndiff --git ")
	for line := range strings.Lines(above) {
		if !strings.HasPrefix(line, "# ") && line != "\n" {
			t.Errorf("above the diff stands %q", line)
		}
	}
	if program, err := exec.LookPath("patch"); err == nil {
		if out, err := exec.Command(program, "-p1", "-f", "-d", dir, "-i", patches[0]).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		if out, _ := exec.Command("grep", "-r", "int planted", "--include=*.[ch]", dir).Output(); len(out) > 0 {
			t.Errorf("the message was applied: %s", out)
		}
	}
}
