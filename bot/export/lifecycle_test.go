package export

import (
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
)

// again is the package under another version, as dkms.conf then has it.
func again(t *testing.T, b *Built, version string, change func(*Built)) *Built {
	t.Helper()
	next := *b
	next.Version = version
	if change != nil {
		change(&next)
	}
	conf, _, err := next.texts()
	if err != nil {
		t.Fatal(err)
	}
	next.tree = append(slices.DeleteFunc(slices.Clone(b.tree), func(f file) bool { return f.name == "dkms.conf" }), file{name: "dkms.conf", data: conf})
	return &next
}

// TestKernel has Debian's dkms build the package for the kernel whose headers are
// installed. All else that dkms does with it, the tests below show with a toy kernel.
func TestKernel(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.real()
	b, err := demo(t, h.branch()).Build(t.Context(), git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.put(b)
	if out := h.must("install", b.Name+"/"+b.Version, "-k", h.kernel); len(h.installed("demo_card")) != 1 || strings.Count(out, "applying patch") != len(b.Queue) {
		t.Errorf("installed %v, and should with %d patches\n%s", h.installed("demo_card"), len(b.Queue), out)
	}
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
	h.put(b)
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
	next := again(t, b, "24.1-fixes2", nil)
	h.put(next)
	h.must("remove", name, "--all")
	if left := h.installed("demo_card"); len(left) != 0 {
		t.Errorf("left after remove: %v", left)
	}
	h.must("install", next.Name+"/"+next.Version, "-k", h.kernel)
	if len(h.installed("demo_card")) != 1 {
		t.Errorf("after the upgrade: %v", h.installed("demo_card"))
	}
	h.must("remove", next.Name+"/"+next.Version, "--all")
	if out := h.must("status"); strings.Contains(out, b.Name) || len(h.installed("demo_card")) != 0 {
		t.Errorf("still there after remove: %v\n%s", h.installed("demo_card"), out)
	}
}

// TestExcludedByConfig: a kernel that is built without what the package, or each of its
// modules, needs leaves autoinstall in peace, for each dkms that fails there otherwise.
func TestExcludedByConfig(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	b, err := demo(t, h.branch()).Build(t.Context(), git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		dkms   Generation
		needs  []string
		module []string
	}{
		{"lacks-one", DKMS30, []string{"CONFIG_PCI", "CONFIG_NONE"}, nil},
		{"has-what-it-must-not", DKMS28, []string{"!CONFIG_PCI"}, nil},
		{"no-module", DKMS30, nil, []string{"CONFIG_NONE"}},
		{"fits", DKMS30, []string{"CONFIG_PCI"}, []string{"!CONFIG_NONE"}},
	} {
		next := again(t, b, "1", func(n *Built) {
			n.Name, n.DKMS, n.Needs, n.Modules = c.name, c.dkms, c.needs, slices.Clone(b.Modules)
			n.Modules[0].Needs = c.module
		})
		h.put(next)
		h.add(next)
	}
	if out := h.must("autoinstall", "-k", h.kernel); len(h.installed("demo_card")) != 1 || strings.Count(out, "Running module version") > 1 {
		t.Errorf("installed %v\n%s", h.installed("demo_card"), out)
	}
}
