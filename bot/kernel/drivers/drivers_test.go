package drivers

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/rules/silicon"
)

// made is a small kernel of our own.
var made = map[string]string{
	"Makefile":    "VERSION = 6\nPATCHLEVEL = 2\nSUBLEVEL = 0\n",
	"MAINTAINERS": "LAMP DRIVERS\nM:\tA <a@example.org>\nF:\tdrivers/lamp/\n\nTHINGS\nF:\tdrivers/lamp/bare/t*\n\nLAMP HUB\nF:\tdrivers/lamp/hub*\n\nTHERMOMETERS\nF:\tdrivers/lamp/bare/th*\n",
	"include/linux/mod_devicetable.h": "struct pci_device_id {\n};\nstruct of_device_id {\n};\nstruct platform_device_id {\n};\n" +
		"struct mdio_device_id {\n};\nstruct usb_device_id {\n};\n",
	"include/linux/lamp.h": "#define LAMP 1\n",
	"drivers/Makefile":     "obj-$(CONFIG_LAMP) += lamp/\n",
	"drivers/lamp/Makefile": "obj-$(CONFIG_LAMP_PCI) += lamp-pci.o\n" +
		"lamp-pci-y := pci.o \\\n\tirq.o\n" +
		"lamp-pci-$(CONFIG_A)$(CONFIG_B) += debug.o\n" +
		"ifdef CONFIG_NEVER\nlamp-pci-y += $(addprefix deep/, one.o two.o)\nendif\n" +
		"obj-${CONFIG_LAMP_SOFT} := soft.o\n" +
		"obj-y += lamp-core.o\n" +
		"obj-$(CONFIG_LAMP_HUB) += hub/\n",
	"drivers/lamp/pci.c": "#include \"lamp.h\"\n#include <linux/lamp.h>\n#define LAMP_ID 0x12\nstatic const struct pci_device_id ids[] = {\n" +
		"\t{ PCI_DEVICE(0x1234, LAMP_ID) },\n\t{ }\n};\nMODULE_DEVICE_TABLE(pci, ids);\nstatic struct pci_driver d = {\n};\nmodule_pci_driver(d);\n",
	"drivers/lamp/lamp.h":       "int x;\n",
	"drivers/lamp/irq.c":        "int a;\n",
	"drivers/lamp/debug.c":      "int b;\n",
	"drivers/lamp/deep/one.c":   "int c;\n",
	"drivers/lamp/deep/two.c":   "int d;\n",
	"drivers/lamp/soft.c":       "static int i(void)\n{\n\treturn rtnl_link_register(&ops);\n}\nmodule_init(i);\n",
	"drivers/lamp/lamp-core.c":  "int lamp_on(void)\n{\n\treturn 0;\n}\nEXPORT_SYMBOL_GPL(lamp_on);\n",
	"drivers/lamp/hub/Makefile": "obj-y := hub.o\nhub-y := main.o port.o\n",
	"drivers/lamp/hub/main.c": "static const struct of_device_id m[] = {\n\t{ .compatible = \"maker,hub\" },\n\t{ }\n};\nstatic struct platform_driver d = {\n" +
		"};\nmodule_platform_driver(d);\n",
	"drivers/lamp/hub/port.c": "int p;\n",
	"drivers/soft/Makefile":   "obj-$(CONFIG_ONLY) += only.o\n",
	// A loop names the modules of a list of files.
	"drivers/lamp/loop/Makefile": "lamp-target-$(CONFIG_LAMP_DIM) += dim.o\n" +
		"define LAMP_TARGET\nlamp-$(1)-y := $(1).o\nobj-$(2) += lamp-$(1).o\nendef\n" +
		"$(foreach target, $(basename $(lamp-target-y)), $(eval $(call LAMP_TARGET,$(target),y)))\n",
	"drivers/lamp/loop/dim.c": "static const struct i2c_device_id m[] = {\n\t{ \"dim\" },\n\t{ }\n};\nMODULE_DEVICE_TABLE(i2c, m);\n" +
		"static struct i2c_driver d = {\n};\nmodule_i2c_driver(d);\n",
	// In Rust, with the table in a module of the crate.
	"drivers/lamp/rust/Makefile":     "obj-$(CONFIG_LAMP_RUST) += lamp_rust.o\n",
	"drivers/lamp/rust/lamp_rust.rs": "mod driver;\nkernel::module_platform_driver! {\n}\n",
	"drivers/lamp/rust/driver.rs":    "kernel::of_device_table!(\n    T,\n    [(of::DeviceId::new(c\"maker,rust\"), ())]\n);\nimpl platform::Driver for Lamp {\n}\n",
	// Makes its device itself; what it exports is for its tests.
	"drivers/lamp/toy/Makefile": "obj-$(CONFIG_LAMP_TOY) += toy.o\nobj-$(CONFIG_LAMP_KUNIT_TEST) += toy-test.o\n",
	"drivers/lamp/toy/toy.c":    "int i = faux_device_create(a, b, c);\nint k = drm_dev_register(&x);\nEXPORT_SYMBOL(k);\nmodule_init(i);\n",
	"drivers/lamp/toy/toy-test.c": "static struct platform_driver d = {\n};\nstatic const struct of_device_id m[] = {\n\t{ .compatible = \"test,toy\" },\n\t{ }\n};\n" +
		"kunit_test_suite(s);\n",
	"drivers/soft/only.c": "int q;\nEXPORT_SYMBOL(q);\n",
	// A bus that has no tables, a driver on it, and drivers of what stands in a machine.
	"drivers/lamp/bare/Makefile": "obj-y += gameport.o stick.o thermo.o panel.o board.o\n",
	"drivers/lamp/bare/gameport.c": "int gameport_register_driver(void);\nEXPORT_SYMBOL(gameport_register_driver);\n" +
		"module_init(i);\n",
	"drivers/lamp/bare/stick.c":  "static struct gameport_driver d = {\n};\nint i = input_allocate_device();\nmodule_gameport_driver(d);\n",
	"drivers/lamp/bare/thermo.c": "static struct w1_family f = {\n};\nmodule_w1_family(f);\n",
	"drivers/lamp/bare/panel.c":  "int v = *(volatile int *)PANEL;\nint i = register_framebuffer(&x);\nmodule_init(i);\n",
	"drivers/lamp/bare/board.c":  "int i(void)\n{\n\treturn machine_is_lamp() ? platform_device_alloc(a) : 0;\n}\nmodule_init(i);\n",
	// Makes a sound card on the lamp of another module, whose header it has.
	"drivers/lamp/split/Makefile": "obj-$(CONFIG_SPLIT) += split.o\nobj-$(CONFIG_SPLIT_ALSA) += split-alsa.o\n",
	"drivers/lamp/split/common.h": "int s;\n",
	"drivers/lamp/split/split.c": "#include \"common.h\"\nstatic const struct pci_device_id ids[] = {\n\t{ PCI_DEVICE(0x1234, 0x9) },\n};\n" +
		"MODULE_DEVICE_TABLE(pci, ids);\nmodule_pci_driver(d);\n",
	"drivers/lamp/split/split-alsa.c": "#include \"common.h\"\nint c = snd_card_new(a);\nmodule_init(c);\n",
	// Software, and the chip that it makes up for itself.
	"drivers/lamp/fake/Makefile": "obj-$(CONFIG_FAKE) += fake.o fake-demod.o\n",
	"drivers/lamp/fake/fake.c":   "#include \"fake.h\"\nint a = dvb_register_adapter(x);\nint p = platform_device_register(&y);\nmodule_init(a);\n",
	"drivers/lamp/fake/fake.h":   "int f;\n",
	"drivers/lamp/fake/fake-demod.c": "#include \"fake.h\"\nstatic const struct i2c_device_id m[] = {\n\t{ \"fake\" },\n};\nMODULE_DEVICE_TABLE(i2c, m);\n" +
		"module_i2c_driver(d);\n",
	// A network over the RDMA cards of others, one over the devices of its folder's drivers,
	// and a driver with the header of another that touches registers itself.
	"drivers/lamp/over/Makefile": "obj-$(CONFIG_OVER) += over.o\n",
	"drivers/lamp/over/over.c":   "int n = alloc_netdev(a);\nint l = rtnl_link_register(x);\nint c = ib_register_client(&y);\nmodule_init(c);\n",
	"net/nfc/Makefile":           "obj-$(CONFIG_NFC_LINK) += nfc_link.o\n",
	"net/nfc/nfc_link.c":         "int n = alloc_netdev(a);\nmodule_init(n);\n",
	"drivers/lamp/twin/Makefile": "obj-$(CONFIG_TWIN) += twin.o\nobj-$(CONFIG_TWIN_OLD) += twin-old.o\n",
	"drivers/lamp/twin/twin.h":   "int t;\n",
	"drivers/lamp/twin/twin.c": "#include \"twin.h\"\nstatic const struct pci_device_id ids[] = {\n\t{ PCI_DEVICE(0x1234, 0xa) },\n};\n" +
		"MODULE_DEVICE_TABLE(pci, ids);\nmodule_pci_driver(d);\n",
	"drivers/lamp/twin/twin-old.c": "#include \"twin.h\"\nint i = readl(x);\nmodule_init(i);\n",
	// A switch that is not there, its data, and a controller in software beside a driver of
	// hardware whose header it has.
	"drivers/lamp/mock/Makefile":    "obj-$(CONFIG_MOCK) += mock.o mock_data.o\nobj-$(CONFIG_MOCK_REAL) += real.o\nobj-$(CONFIG_MOCK_UDC) += udc.o\nobj-$(CONFIG_MOCK_LINK) += link.o\n",
	"drivers/lamp/mock/link.c":      "int l = rtnl_link_register(x);\nEXPORT_SYMBOL(l);\nmodule_init(l);\n", // the library of real.c
	"drivers/lamp/mock/mock.c":      "static struct mdio_driver d = {\n};\nint p = fixed_phy_register(x);\nint i = mdio_driver_register(&d);\nmodule_init(i);\n",
	"drivers/lamp/mock/mock_data.c": "#include \"mock.h\"\nint i = mdiobus_register_board_info(x);\nmodule_init(i);\n",
	"drivers/lamp/mock/mock.h":      "int m;\n",
	"drivers/lamp/mock/both.h":      "int b;\n",
	"drivers/lamp/mock/real.c":      "#include \"both.h\"\nstatic const struct usb_device_id ids[] = {\n\t{ USB_DEVICE(0x1, 0x9) },\n};\nMODULE_DEVICE_TABLE(usb, ids);\nmodule_usb_driver(d);\n",
	"drivers/lamp/mock/udc.c": "#include \"both.h\"\nstatic struct platform_driver d = {\n};\nint p = platform_device_alloc(x);\nint g = usb_add_gadget_udc(y);\n" +
		"int i = platform_driver_register(&d);\nmodule_init(i);\n",
}

func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestTree: what a Makefile and the sources say becomes a row.
func TestTree(t *testing.T) {
	tree, err := Folder(writeTree(t, made))
	if err != nil {
		t.Fatal(err)
	}
	if tree.Release != "6.2" {
		t.Errorf("release %q, want 6.2", tree.Release)
	}
	table := Join(tree)
	rows, ids := table.Encode("made up")
	read, err := silicon.LoadDrivers(rows, func() (string, error) { return ids, nil })
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"drivers/lamp/pci.c": "lamp-pci hardware LAMP_PCI pci LAMP DRIVERS", "drivers/lamp/irq.c": "lamp-pci hardware LAMP_PCI pci LAMP DRIVERS",
		"drivers/lamp/debug.c": "lamp-pci hardware LAMP_PCI pci LAMP DRIVERS", "drivers/lamp/deep/two.c": "lamp-pci hardware LAMP_PCI pci LAMP DRIVERS",
		"drivers/lamp/lamp.h": "lamp-pci hardware LAMP_PCI pci LAMP DRIVERS", "include/linux/lamp.h": "lamp-pci hardware LAMP_PCI pci LAMP DRIVERS",
		"drivers/lamp/soft.c": "soft software LAMP_SOFT  LAMP DRIVERS", "drivers/lamp/lamp-core.c": "lamp-core library LAMP  LAMP DRIVERS",
		"drivers/lamp/hub/port.c": "hub hardware LAMP_HUB of LAMP HUB", "drivers/lamp/hub/later.c": "hub hardware LAMP_HUB of LAMP HUB",
		"drivers/soft/only.c":     "only core ONLY  ",
		"drivers/lamp/loop/dim.c": "lamp-dim hardware LAMP_DIM i2c LAMP DRIVERS", "drivers/lamp/rust/driver.rs": "lamp_rust hardware LAMP_RUST of LAMP DRIVERS",
		"drivers/lamp/bare/gameport.c": "gameport library LAMP  LAMP DRIVERS", "drivers/lamp/bare/stick.c": "stick hardware LAMP  LAMP DRIVERS",
		"drivers/lamp/bare/thermo.c": "thermo hardware LAMP  THERMOMETERS", "drivers/lamp/bare/panel.c": "panel hardware LAMP  LAMP DRIVERS",
		"drivers/lamp/bare/board.c":       "board hardware LAMP  LAMP DRIVERS",
		"drivers/lamp/split/split-alsa.c": "split-alsa library SPLIT_ALSA  LAMP DRIVERS", "drivers/lamp/split/common.h": "split hardware SPLIT pci LAMP DRIVERS; split-alsa library SPLIT_ALSA  LAMP DRIVERS",
		"drivers/lamp/mock/mock.c": "mock software MOCK  LAMP DRIVERS", "drivers/lamp/mock/mock_data.c": "mock_data software MOCK  LAMP DRIVERS",
		"drivers/lamp/mock/link.c": "link library MOCK_LINK  LAMP DRIVERS",
		"drivers/lamp/mock/real.c": "real hardware MOCK_REAL usb LAMP DRIVERS", "drivers/lamp/mock/udc.c": "udc software MOCK_UDC  LAMP DRIVERS",
		"drivers/lamp/over/over.c": "over library OVER  LAMP DRIVERS", "net/nfc/nfc_link.c": "nfc_link library NFC_LINK  ",
		"drivers/lamp/twin/twin-old.c":   "twin-old hardware TWIN_OLD  LAMP DRIVERS",
		"drivers/lamp/fake/fake-demod.c": "fake-demod software FAKE  LAMP DRIVERS",
		"drivers/lamp/toy/toy.c":         "toy software LAMP_TOY  LAMP DRIVERS", "drivers/lamp/toy/toy-test.c": "toy-test library LAMP_KUNIT_TEST  LAMP DRIVERS",
	} {
		var got []string
		for _, d := range read.Of(path) {
			got = append(got, strings.Join([]string{d.Name, string(d.Role), d.Symbol, strings.Join(d.Buses, ","), d.Maintainers}, " "))
		}
		if !slices.Equal(got, strings.Split(want, "; ")) {
			t.Errorf("%s:\n got %q\nwant %q", path, got, want)
		}
	}
	if ds := read.ByID("pci", "1234:0012"); len(ds) != 1 || ds[0].Name != "lamp-pci" {
		t.Errorf("pci 1234:0012 is of %v", ds)
	}
	if ds := read.ByID("of", "maker,hub"); len(ds) != 1 || ds[0].Name != "hub" {
		t.Errorf("maker,hub is of %v", ds)
	}
	again, _ := Join(tree).Encode("made up")
	if again != rows {
		t.Error("the same tree gave another table")
	}
}

// TestSince: releases that follow each other date a driver; a gap bounds it.
func TestSince(t *testing.T) {
	at := func(version, patch string, with bool) *Tree {
		files := map[string]string{}
		for k, v := range made {
			if with || !strings.HasPrefix(k, "drivers/lamp/hub/") {
				files[k] = v
			}
		}
		files["Makefile"] = "VERSION = " + version + "\nPATCHLEVEL = " + patch + "\nSUBLEVEL = 0\n"
		tree, err := Folder(writeTree(t, files))
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}
	hub := func(trees ...*Tree) silicon.Driver {
		for _, d := range Join(trees...).Drivers {
			if d.Name == "hub" {
				return d
			}
		}
		t.Fatal("no hub")
		return silicon.Driver{}
	}
	if d := hub(at("5", "19", false), at("6", "0", true)); d.Since != "6.0" {
		t.Errorf("5.19 lacks it, 6.0 has it: since %q", d.Since)
	}
	if d := hub(at("6", "1", false), at("6", "12", true)); d.Since != "" || d.After != "6.1" || d.By != "6.12" {
		t.Errorf("6.1 lacks it, 6.12 has it: %+v", d)
	}
	if d := hub(at("6", "1", true)); d.Since != "" || d.By != "" {
		t.Errorf("the oldest release has it: %+v", d)
	}
	if d := hub(at("6", "1", true), at("6", "2", false)); d.Until != "6.1" {
		t.Errorf("6.2 has it no more: %+v", d)
	}
}

// TestJoined: a module whose files a newer release has in one other module is that
// one: it has no row, and no file, of its own.
func TestJoined(t *testing.T) {
	at := func(patch, makefile string) *Tree {
		files := maps.Clone(made)
		files["Makefile"] = "VERSION = 6\nPATCHLEVEL = " + patch + "\nSUBLEVEL = 0\n"
		files["drivers/lamp/hub/Makefile"] = makefile
		tree, err := Folder(writeTree(t, files))
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}
	var got []string
	for _, d := range Join(at("1", "obj-y := hub.o hub-port.o\nhub-y := main.o\nhub-port-y := port.o\n"), at("2", made["drivers/lamp/hub/Makefile"])).Drivers {
		if strings.HasPrefix(d.Folder, "drivers/lamp/hub") {
			got = append(got, d.Name+" "+d.Since+" "+strings.Join(d.Files, " "))
		}
	}
	if want := []string{"hub  drivers/lamp/hub/"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRevision: a revision of a repository reads as its folder does.
func TestRevision(t *testing.T) {
	dir := writeTree(t, made)
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "x"}} {
		c := exec.CommandContext(t.Context(), "git", args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
	}
	repo, err := git.Open(context.Background(), dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = repo.Close() }()
	a, err := Revision(context.Background(), repo, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	ta, ia := Join(a).Encode("x")
	tb, ib := Join(b).Encode("x")
	if ta != tb || ia != ib {
		t.Errorf("two tables:\n%s\n%s", ta, tb)
	}
}

// TestNoTree: a folder that is no kernel is said to be none.
func TestNoTree(t *testing.T) {
	if _, err := Folder(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no kernel tree") {
		t.Errorf("got %v", err)
	}
}
