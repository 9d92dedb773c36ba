package silicon

import (
	"strings"
	"syscall"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
)

// diffOf is a change with one added line in a file, none for an empty line.
func diffOf(path, line string) *change.Change {
	f := &gitdiff.File{NewName: path, OldName: path}
	if line != "" {
		f.TextFragments = []*gitdiff.TextFragment{{NewPosition: 10, Lines: []gitdiff.Line{{Op: gitdiff.OpAdd, Line: line + "\n"}}}}
	}
	return &change.Change{Files: []*gitdiff.File{f}}
}

// first writes the first match in short.
func first(ch *change.Change) string {
	ms := Default().Match(ch)
	if len(ms) == 0 {
		return "none: " + Default().NoHardware(ch)
	}
	return ms[0].Kind + " " + ms[0].Label() + " " + string(ms[0].State)
}

// TestAnyDriver: files of every kind, by their path alone.
func TestAnyDriver(t *testing.T) {
	for path, want := range map[string]string{
		"drivers/usb/serial/option.c":                   "driver option production",
		"drivers/hid/hid-logitech-dj.c":                 "driver hid-logitech-dj production",
		"sound/pci/hda/patch_realtek.c":                 "driver snd-hda-codec-realtek production",
		"sound/hda/codecs/patch_realtek.c":              "driver snd-hda-codec-realtek production", // moved later
		"drivers/net/ethernet/microsoft/mana/mana_en.c": "driver mana production",
		"drivers/nvme/host/pci.c":                       "driver nvme production",
		// called by its module's name before it moved
		"drivers/platform/x86/lenovo-wmi-hotkey-utilities.c": "driver lenovo-wmi-hotkey-utilities production",
		"drivers/mmc/host/sdhci-msm.c":                       "driver sdhci-msm production",
		"drivers/mmc/host/sdhci.c":                           "library all drivers of mmc (sdhci) production",
		"drivers/mmc/core/core.c":                            "library all drivers of mmc (mmc_core) production",
		"drivers/mmc/core/block.c":                           "driver mmc_block production",
		"drivers/usb/core/hub.c":                             "library all drivers of usb (usbcore) production",
		"drivers/usb/host/xhci-made-up.c":                    "library all drivers of usb (xhci-hcd) production",
		"drivers/usb/gadget/function/f_uvc.c":                "library all drivers of usb gadget (usb_f_uvc) production",
		"drivers/gpu/drm/ttm/ttm_bo.c":                       "library all drivers of drm (ttm) production",
		"drivers/gpu/drm/scheduler/sched_main.c":             "library all drivers of drm (gpu-sched) production",
		"net/mac80211/mlme.c":                                "library all drivers of wireless (mac80211) production",
		"net/bluetooth/hci_core.c":                           "library all drivers of bluetooth production",
		"include/linux/mmc/host.h":                           "library all drivers of mmc production",
		"drivers/platform/x86/amd/pmc/pmc.c":                 "driver amd-pmc production",
		"drivers/platform/x86/amd/pmc/made-up.c":             "driver amd-pmc production", // its folder
		"drivers/platform/x86/made-up.c":                     "driver drivers/platform/x86 unknown",
		"drivers/madeup/core.c":                              "driver drivers/madeup unknown",
		"rust/kernel/usb.rs":                                 "library all drivers of usb production",
		"rust/kernel/drm/gem.rs":                             "library all drivers of drm production",
		"rust/kernel/dma.rs":                                 "none: it changes core code (rust/kernel), which is for no hardware of its own",
		"rust/kernel/sync/arc.rs":                            "none: it changes core code (rust/kernel/sync), which is for no hardware of its own",
		"include/linux/serdev.h":                             "library all drivers of tty production",
		"drivers/thunderbolt/tb.c":                           "driver thunderbolt production",
		// on a bus without tables, and on the hardware of a driver beside it
		"drivers/input/joystick/sidewinder.c":               "driver sidewinder production",
		"drivers/net/wireless/quantenna/qtnfmac/commands.c": "library all drivers of wireless (qtnfmac) production",
		"drivers/usb/musb/musb_gadget.c":                    "driver musb_hdrc production",
		"arch/arm64/boot/dts/qcom/sc8280xp-made-up.dts":     "board sc8280xp-made-up production",
		"arch/arm/mach-omap2/board-generic.c":               "driver mach-omap2/board-generic production",
		"drivers/net/wwan/wwan_core.c":                      "library all drivers of net (wwan) production",
		"arch/mips/cavium-octeon/made-up.c":                 "driver cavium-octeon production",
		"arch/mips/kernel/made-up.c":                        "none: it changes core code (arch/mips/kernel), which is for no hardware of its own",
		"arch/arm/mach-madeup/core.c":                       "driver mach-madeup unknown",
		"Documentation/devicetree/bindings/mmc/x.yaml":      "none: it changes device-tree bindings, which describe hardware and run nowhere",
		"Documentation/admin-guide/x.rst":                   "none: it changes documentation",
		"tools/power/x86/turbostat/turbostat.c":             "none: it changes a userspace tool or test (tools/power/x86/turbostat)",
		"mm/slub.c":                                         "none: it changes core code (mm), which is for no hardware of its own",
		"main.c":                                            "none: ",
		"src/main.c":                                        "none: ",
		"drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c":            "family GFX11 production", // the catalogue's depth wins
		"drivers/infiniband/sw/rxe/rxe_req.c":               "none: rdma_rxe (drivers/infiniband/sw/rxe) is a device in software: it has no table of devices on a hardware bus and makes its own by ib_register_device()",
		"drivers/net/veth.c":                                "none: veth (drivers/net) is a device in software: it has no table of devices on a hardware bus and makes its own by rtnl_link_register()",
	} {
		if got := first(diffOf(path, "")); got != want {
			t.Errorf("%s:\n got %s\nwant %s", path, got, want)
		}
	}
}

// TestSoftware: devices in software and code of the kernel are known by rule.
func TestSoftware(t *testing.T) {
	for _, p := range strings.Fields(`drivers/infiniband/sw/siw/siw_main.c drivers/block/loop.c drivers/net/dummy.c drivers/net/netdevsim/netdev.c
		drivers/gpu/drm/vkms/vkms_drv.c drivers/block/zram/zram_drv.c drivers/block/nbd.c drivers/net/tun.c drivers/net/bonding/bond_main.c
		drivers/net/macvlan.c drivers/net/vxlan/vxlan_core.c drivers/net/wireguard/main.c drivers/block/null_blk/main.c drivers/scsi/scsi_debug.c
		drivers/usb/gadget/udc/dummy_hcd.c drivers/usb/usbip/vhci_hcd.c drivers/md/raid1.c drivers/md/dm-crypt.c drivers/base/core.c
		sound/drivers/dummy.c sound/drivers/aloop.c drivers/watchdog/softdog.c drivers/gpu/drm/vgem/vgem_drv.c drivers/hid/uhid.c
		drivers/net/dsa/dsa_loop.c drivers/net/dsa/dsa_loop_bdinfo.c drivers/usb/usbip/vudc_dev.c
		drivers/input/misc/uinput.c drivers/net/team/team_core.c drivers/net/wireless/virtual/mac80211_hwsim.c`) {
		ch := diffOf(p, "")
		if ms := Default().Match(ch); len(ms) > 0 {
			t.Errorf("%s is said to be hardware: %s (%s)", p, ms[0].Label(), ms[0].Why)
		} else if Default().NoHardware(ch) == "" {
			t.Errorf("%s: no word on why there is no hardware", p)
		}
	}
}

// TestDeviceIDs: what an added line names, wherever it stands.
func TestDeviceIDs(t *testing.T) {
	for _, c := range []struct{ path, line, want string }{
		{"drivers/usb/serial/option.c", "\t{ USB_DEVICE(0x1199, 0x9041) },", "device USB 1199:9041 production"},
		{"drivers/usb/core/quirks.c", "\t{ USB_DEVICE(0x1b1c, 0x1b3e), .driver_info = QUIRK },", "device USB 1b1c:1b3e production"},
		{"sound/pci/hda/patch_realtek.c", "\tSND_PCI_QUIRK(0x103c, 0x8004, \"Example Book 14\", FIXUP),", "device Example Book 14 (103c:8004) production"},
		{"drivers/acpi/resource.c", "\t\t\tDMI_MATCH(DMI_PRODUCT_NAME, \"Example 15\"),", "device Example 15 production"},
		{"drivers/pci/quirks.c", "DECLARE_PCI_FIXUP_FINAL(PCI_VENDOR_ID_EXAMPLE, 0x0123, fixup);", "device PCI PCI_VENDOR_ID_EXAMPLE:0123 production"},
		{"drivers/platform/x86/intel/hid.c", "\t{\"INTC1099\", 0}, /* acpi */", "device ACPI INTC1099 production"},
		{"drivers/hid/hid-ids-made-up.c", "\t{ HID_USB_DEVICE(0x046d, USB_DEVICE_ID_EXAMPLE) },", "device USB 046d:USB_DEVICE_ID_EXAMPLE production"},
		{"drivers/mmc/host/sdhci-made-up.c", "\t{ SDIO_DEVICE(0x02d0, 0xa9a6) },", "device SDIO 02d0:a9a6 production"},
		{"kernel/made-up.c", "\tif (of_machine_is_compatible(\"qcom,msm8917\"))", "device qcom,msm8917 production"},
		{"drivers/soc/made-up.c", "\t{ .compatible = \"qcom,sm8550-tlmm\" },", "device qcom,sm8550-tlmm production"},
		{"mm/slub.c", "\tpr_info(\"DEADBEEF\");", "none: it changes core code (mm), which is for no hardware of its own"},
	} {
		if got := first(diffOf(c.path, c.line)); got != c.want {
			t.Errorf("%s: %s:\n got %s\nwant %s", c.path, c.line, got, c.want)
		}
	}
}

// TestDeviceOwner: a row of a driver's own table is its device, whoever else has the ID.
func TestDeviceOwner(t *testing.T) {
	ms := Default().Match(diffOf("drivers/platform/x86/intel/hid.c", "\t{ \"INTC1099\" }, /* acpi */"))
	if len(ms) != 2 || ms[0].Driver != "intel-hid" {
		t.Errorf("got %+v", ms)
	}
}

// TestKconfigEntry: a change of a driver's entry is the driver's.
func TestKconfigEntry(t *testing.T) {
	ch := diffOf("drivers/mmc/host/Kconfig", "\tdepends on EXAMPLE")
	ch.Files[0].TextFragments[0].Comment = "config MMC_SDHCI_MSM"
	if got := first(ch); got != "driver sdhci-msm production" {
		t.Errorf("got %s", got)
	}
}

// TestDriversRoundTrip: what is encoded is what is read.
func TestDriversRoundTrip(t *testing.T) {
	in := []Driver{
		{Name: "foo-core", Folder: "drivers/x", Role: Hardware, Symbol: "X_FOO_CORE", Buses: []string{"of", "pci"}, Maintainers: "X DRIVERS",
			Files: []string{"drivers/x/foo-core.c", "drivers/x/foo-pci.c", "include/linux/foo.h"}, Since: "6.2"},
		{Name: "bar", Folder: "drivers/x/bar", Role: Software, Makes: "alloc_netdev", Files: []string{"drivers/x/bar/"}, After: "6.1", By: "6.12", Until: "6.12"},
		{Name: "baz", Folder: "drivers/x", Role: Hardware, NoTable: []string{"platform"}, Files: []string{"drivers/x/baz.c"}},
		{Name: "qux", Folder: "drivers/x", Role: Hardware, Buses: []string{"usb"}, Maintainers: "X DRIVERS", Files: []string{"drivers/x/qux.c"}, After: "5.10", By: "6.12"},
		{Name: "far", Folder: "drivers/x", Role: Hardware, Buses: []string{"pci"}, Files: []string{"drivers/y/far.c"}},
	}
	text := EncodeDrivers("made up", []string{"6.1", "6.12"}, in)
	ids := EncodeIDs(in, []ID{{"of", "a,b", []int{0}}, {"of", "a,c", []int{0, 2}}, {"pci", "8086:1533", []int{0}}})
	table, err := LoadDrivers(text, func() (string, error) { return ids, nil })
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"drivers/x/foo-pci.c": "foo-core", "include/linux/foo.h": "foo-core", "drivers/x/bar/deep/new.c": "bar", "drivers/x/baz.c": "baz"} {
		ds := table.Of(path)
		if len(ds) != 1 || ds[0].Name != want {
			t.Errorf("%s belongs to %v, want %s", path, ds, want)
		}
	}
	d := table.Of("drivers/x/bar/bar.c")[0]
	if d.Makes != "alloc_netdev" || d.After != "6.1" || d.By != "6.12" || d.Until != "6.12" || d.Role != Software {
		t.Errorf("got %+v", d)
	}
	if d := table.Of("drivers/x/foo-core.c")[0]; d.Symbol != "X_FOO_CORE" || d.Since != "6.2" || d.Maintainers != "X DRIVERS" || len(d.Buses) != 2 {
		t.Errorf("got %+v", d)
	}
	for path, want := range map[string]string{"drivers/x/baz.c": "", "drivers/x/qux.c": "X DRIVERS"} {
		if d := table.Of(path)[0]; d.Maintainers != want {
			t.Errorf("%s is kept by %q, want %q", path, d.Maintainers, want)
		}
	}
	if d := table.Of("drivers/x/qux.c")[0]; d.After != "5.10" || d.By != "6.12" {
		t.Errorf("qux came after %s, by %s", d.After, d.By)
	}
	for d := range table.All { // its own folder has no file of it
		if d.Name == "far" && len(d.Files) > 0 {
			t.Errorf("far has %q in its folder", d.Files)
		}
	}
	if ds := table.Of("drivers/y/far.c"); len(ds) != 1 || ds[0].Name != "far" {
		t.Errorf("drivers/y/far.c is of %v", ds)
	}
	if ds := table.ByID("of", "a,c"); len(ds) != 2 || ds[1].Name != "baz" {
		t.Errorf("a,c is of %v", ds)
	}
	if ds := table.ByID("of", "a,d"); ds != nil {
		t.Errorf("a,d is of %v", ds)
	}
	if _, err := LoadDrivers(text[:len(text)-3], nil); err == nil {
		t.Error("a table that is cut off is read")
	}
}

// TestOlderTable: a state folder may hold the text of an older version, which names
// drivers by their folders and writes every row's maintainer and bounds.
func TestOlderTable(t *testing.T) {
	text := "!releases 6.1 6.12\n!maintainer X DRIVERS\n/drivers/x\nfoo\tX_^\tof\t1\t6.1<6.12\t\nqux\t\tusb\t\t\t\n"
	table, err := LoadDrivers(text, func() (string, error) { return "%of\na,b\tdrivers/x/foo drivers/x/qux drivers/x/gone\n", nil })
	if err != nil {
		t.Fatal(err)
	}
	ds := table.ByID("of", "a,b")
	if len(ds) != 2 || ds[0].Maintainers != "X DRIVERS" || ds[0].After != "6.1" || ds[0].Symbol != "X_FOO" || ds[1].Maintainers != "" {
		t.Errorf("got %+v", ds)
	}
}

// TestBuiltinTable: the embedded table holds together, and stays small.
func TestBuiltinTable(t *testing.T) {
	table := Default().Drivers()
	if size := len(driversText) + len(idsText); size > 1<<20 {
		t.Errorf("the table has %d bytes, want at most 1 MB", size)
	}
	if table.Len() < 10000 || table.Newest() == "" {
		t.Errorf("the table has %d drivers up to %q", table.Len(), table.Newest())
	}
	for d := range table.All {
		if d.Role == Hardware && len(d.Buses)+len(d.NoTable) == 0 {
			t.Errorf("%s/%s is hardware's without a reason", d.Folder, d.Name)
		}
	}
	for bus, id := range map[string]string{"of": "qcom,sm8550-tlmm", "pci": "8086:1533", "usb": "0bda:8152", "acpi": "INT33C3", "sdio": "0020:2280", "hdaudio": "10ec:0256"} {
		if table.ByID(bus, id) == nil {
			t.Errorf("no driver has %s %s", bus, id)
		}
	}
}

// BenchmarkLoadDrivers is what the table costs at start.
func BenchmarkLoadDrivers(b *testing.B) {
	b.ReportAllocs()
	before := processor()
	for b.Loop() {
		if _, err := LoadDrivers(driversText, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processor()-before)/float64(b.N), "cpu-ns/op")
}

// processor is the time that this process has used of it: on a busy machine the
// clock says nothing.
func processor() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkAnyDriver is what a file costs that the table knows, one that has
// moved, and one that nobody knows.
func BenchmarkAnyDriver(b *testing.B) {
	for _, p := range []string{"sound/soc/codecs/wm8994.c", "sound/hda/codecs/patch_realtek.c", "drivers/platform/x86/made-up.c", "mm/slub.c"} {
		ch := diffOf(p, "\tif (x->y)")
		b.Run(p[strings.LastIndexByte(p, '/')+1:], func(b *testing.B) {
			b.ReportAllocs()
			c := Default()
			before := processor()
			for b.Loop() {
				c.Match(ch)
			}
			b.ReportMetric(float64(processor()-before)/float64(b.N), "cpu-ns/op")
		})
	}
}
