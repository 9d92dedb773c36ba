package export

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// host is a machine with dkms, in folders of its own.
type host struct {
	t           *testing.T
	top, kernel string
	script      string // dkms, looking into top/etc instead of /etc/dkms
	source      string // of the kernel; "" for the headers of one that is installed
}

// missing ends a test for which something has to be installed.
func missing(t *testing.T) {
	t.Helper()
	const how = "dkms, kernel headers and root are needed: sudo apt-get install -y --no-install-recommends dkms linux-headers-amd64"
	if os.Getenv("STABLEBOT_CI") == "1" {
		t.Fatal(how)
	}
	t.Skip(how)
}

// newHost skips where there is no dkms. Its kernel is the toy of the fixture, which has
// what dkms asks of a kernel and is compiled against in a moment.
func newHost(t *testing.T) *host {
	t.Helper()
	dkms, err := exec.LookPath("dkms")
	if err != nil || os.Getuid() != 0 {
		missing(t)
	}
	h := &host{t: t, top: t.TempDir(), kernel: "6.1.0-1-toy"}
	h.script, h.source = filepath.Join(h.top, "dkms.sh"), filepath.Join(h.top, "kernel")
	for _, dir := range []string{"dkms", "src", "etc", "modules/" + h.kernel} {
		if err := os.MkdirAll(filepath.Join(h.top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(dkms)
	if err != nil {
		t.Fatal(err)
	}
	own := strings.ReplaceAll(string(text), "/etc/dkms", filepath.Join(h.top, "etc"))
	if err := os.WriteFile(h.script, []byte(own), 0o755); err != nil {
		t.Fatal(err)
	}
	toy, err := txtar.ParseFile("../../fixtures/export/kernel.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range toy.Files {
		to := filepath.Join(h.source, f.Name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// real makes the kernel the one whose headers are installed.
func (h *host) real() {
	h.t.Helper()
	kernels, _ := filepath.Glob("/lib/modules/*/build/Makefile")
	if len(kernels) == 0 {
		missing(h.t)
	}
	h.kernel, h.source = strings.Split(kernels[len(kernels)-1], "/")[3], ""
	if err := os.MkdirAll(filepath.Join(h.top, "modules", h.kernel), 0o755); err != nil {
		h.t.Fatal(err)
	}
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
	if h.source != "" {
		args = append(args, "--kernelsourcedir", h.source)
	}
	out, err := exec.CommandContext(h.t.Context(), h.script, args...).CombinedOutput()
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

// put writes a package where dkms looks for its source.
func (h *host) put(b *Built) {
	h.t.Helper()
	if err := b.Write(filepath.Join(h.top, "src", b.Name+"-"+b.Version)); err != nil {
		h.t.Fatal(err)
	}
}

// lay writes what /etc/dkms takes, and links the patches as its README says.
func (h *host) lay(d *DropIn) (etc, source string) {
	h.t.Helper()
	etc, source = filepath.Join(h.top, "etc"), filepath.Join(h.top, "src", d.Name+"-"+d.Version)
	if err := d.Write(etc); err != nil {
		h.t.Fatal(err)
	}
	run(h.t, "ln", "-s", filepath.Join(etc, d.Name, "patches"), filepath.Join(source, "patches"))
	return etc, source
}

// add does what dkms add does, without starting it.
func (h *host) add(b *Built) {
	h.t.Helper()
	dir := filepath.Join(h.top, "dkms", b.Name, b.Version)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(h.top, "src", b.Name+"-"+b.Version), filepath.Join(dir, "source")); err != nil {
		h.t.Fatal(err)
	}
}
