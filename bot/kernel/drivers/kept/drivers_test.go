package kept

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/rules/silicon"
)

// TestDriversOfMainline: a release that the embedded table does not know is read
// from mainline, and the next start knows its drivers.
func TestDriversOfMainline(t *testing.T) {
	repo, state := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"Makefile":                        "VERSION = 99\nPATCHLEVEL = 1\n",
		"include/linux/mod_devicetable.h": "struct pci_device_id {\n};\n",
		"drivers/lamp/Makefile":           "obj-$(CONFIG_LAMP) += lamp.o\n",
		"drivers/lamp/lamp.c": "static const struct pci_device_id ids[] = {\n\t{ PCI_DEVICE(0x1234, 0x5678) " +
			"},\n};\nMODULE_DEVICE_TABLE(pci, ids);\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(repo, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(repo, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm",
		"Linux 99.1"},
		{"tag", "v99.1"}, {"tag", "v99.2-rc1"}} {
		c := exec.CommandContext(t.Context(), "git", args...)
		c.Dir = repo
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
	}
	t.Cleanup(func() { silicon.Use(nil); leastShare = 2 })
	if err := Refresh(t.Context(), repo, state, zap.NewNop()); err == nil {
		t.Error("a mainline with one driver is taken for a kernel")
	}
	leastShare = 1 << 20
	if err := Refresh(t.Context(), repo, state, zap.NewNop()); err != nil {
		t.Fatal(err)
	}
	if silicon.Default().Drivers().Newest() == "99.1" {
		t.Error("the table changed in a process that was judging")
	}
	Use(state, zap.NewNop())
	table := silicon.Default().Drivers()
	if ds := table.Of("drivers/lamp/lamp.c"); table.Newest() != "99.1" || len(ds) != 1 || ds[0].Name != "lamp" {
		t.Errorf("after the next start: %s, %v", table.Newest(), ds)
	}
	if err := os.WriteFile(filepath.Join(folder(state), "drivers.txt"), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	silicon.Use(nil)
	Use(state, zap.NewNop())
	if silicon.Default().Drivers().Newest() == "99.1" {
		t.Error("a broken table is used")
	}
}
