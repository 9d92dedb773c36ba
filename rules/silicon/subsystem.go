package silicon

import (
	"strings"
)

type subsystem struct{ hardware, other int32 }

// topOf is the folder of a subsystem: drivers/x, sound, arch/x.
func topOf(folder string) string {
	a, rest, ok := strings.Cut(folder, "/")
	if !ok || a == "sound" {
		return a
	}
	b, _, _ := strings.Cut(rest, "/")
	return folder[:len(a)+1+len(b)]
}

// Drives reports whether the subsystem that a folder belongs to drives hardware.
// One that is newer than the table may.
func (t *DriverTable) Drives(folder string) bool {
	s, known := t.subs[topOf(folder)]
	return s.hardware > 0 || !known && strings.HasPrefix(folder, "drivers/") || HardwareNet(folder)
}

// Knows reports whether a folder, or one above it within its subsystem, has
// drivers of the table.
func (t *DriverTable) Knows(folder string) bool {
	_, ok := t.folders[folder]
	return ok
}

// hardwareNear is the nearest folder, up to that of the subsystem, that has
// drivers of hardware.
func (t *DriverTable) hardwareNear(folder string) (bool, string) {
	for top := topOf(folder); ; {
		found := false
		t.lines(folder, func(line string) bool {
			_, rest, _ := strings.Cut(line, "\t")
			_, role, ok := strings.Cut(rest, "\t")
			found = line[0] != '@' && ok && role != "" && strings.IndexByte("=~-", role[0]) < 0
			return !found
		})
		if found {
			return true, folder
		}
		if folder == top {
			return false, folder
		}
		folder = folder[:strings.LastIndexByte(folder, '/')]
	}
}

// hasBelow reports whether a folder, or one below it, has drivers of the table.
func (t *DriverTable) hasBelow(folder string) bool {
	if t.Knows(folder) {
		return true
	}
	for f := range t.folders {
		if strings.HasPrefix(f, folder+"/") {
			return true
		}
	}
	return false
}

// Subsystem names the drivers that live in a folder: "usb", "drm", "wireless".
func Subsystem(folder string) string {
	for _, s := range [...]struct{ begins, name string }{
		{"drivers/gpu/drm", "drm"}, {"drivers/net/wireless", "wireless"}, {"net/wireless", "wireless"}, {"net/mac80211", "wireless"},
		{"drivers/net/ethernet", "ethernet"}, {"drivers/net/usb", "usb"}, {"drivers/net/phy", "phy"}, {"drivers/net/can", "can"}, {"drivers/net/dsa", "dsa"},
		{"drivers/hid", "hid"}, {"sound", "sound"}, {"drivers/platform/x86", "platform/x86"},
		{"drivers/usb/gadget", "usb gadget"}, {"drivers/usb/typec", "usb typec"},
	} {
		if folder == s.begins || strings.HasPrefix(folder, s.begins+"/") {
			return s.name
		}
	}
	top := topOf(folder)
	if i := strings.IndexByte(top, '/'); i >= 0 && !strings.HasPrefix(top, "arch/") {
		return top[i+1:]
	}
	return top
}

// hardwareNets are the folders of the network that only drivers of hardware use.
var hardwareNets = []string{"net/mac80211/", "net/wireless/", "net/bluetooth/", "net/nfc/", "net/ieee802154/", "net/mac802154/", "net/rfkill/",
	"net/can/", "net/dsa/", "net/phonet/"}

// HardwareNet reports whether a folder of the network serves drivers of hardware
// alone, as mac80211 does.
func HardwareNet(folder string) bool {
	for _, n := range hardwareNets {
		if strings.HasPrefix(folder+"/", n) {
			return true
		}
	}
	return false
}

// hardwareHeaders are the folders and files of headers that belong to the drivers of a subsystem.
var hardwareHeaders = []struct{ begins, subsystem string }{
	{"include/drm/", "drm"}, {"include/uapi/drm/", "drm"}, {"include/sound/", "sound"}, {"include/uapi/sound/", "sound"},
	{"include/media/", "media"}, {"include/rdma/", "infiniband"}, {"include/uapi/rdma/", "infiniband"},
	{"include/net/mac80211.h", "wireless"}, {"include/net/cfg80211", "wireless"}, {"include/linux/ieee80211", "wireless"}, {"include/net/ieee80211", "wireless"},
	{"include/uapi/linux/nl80211", "wireless"}, {"include/net/bluetooth/", "bluetooth"}, {"include/net/nfc/", "nfc"},
	{"include/linux/mmc/", "mmc"}, {"include/linux/usb", "usb"}, {"include/uapi/linux/usb/", "usb"}, {"include/linux/iio/", "iio"},
	{"include/linux/mfd/", "mfd"}, {"include/linux/mtd/", "mtd"}, {"include/linux/clk", "clk"}, {"include/linux/phy", "phy"},
	{"include/linux/soc/", "soc"}, {"include/soc/", "soc"}, {"include/linux/pinctrl/", "pinctrl"}, {"include/linux/gpio", "gpio"}, {"include/linux/regulator/", "regulator"},
	{"include/linux/spi/", "spi"}, {"include/linux/i2c", "i2c"}, {"include/linux/i3c/", "i3c"}, {"include/linux/hid", "hid"}, {"include/linux/input", "input"},
	{"include/scsi/", "scsi"}, {"include/linux/libata.h", "ata"}, {"include/linux/ata", "ata"}, {"include/linux/nvme", "nvme"},
	{"include/linux/platform_data/", "platform"}, {"include/linux/power", "power"}, {"include/linux/thermal", "thermal"},
	{"include/linux/serial", "tty"}, {"include/linux/serdev.h", "tty"}, {"include/linux/pci", "pci"}, {"include/linux/interconnect", "interconnect"}, {"include/linux/irqchip", "irqchip"},
	{"include/linux/remoteproc", "remoteproc"}, {"include/linux/rpmsg", "rpmsg"}, {"include/linux/soundwire/", "soundwire"}, {"include/linux/wmi.h", "platform"},
	{"include/linux/hwmon", "hwmon"}, {"include/linux/leds", "leds"}, {"include/linux/led-", "leds"}, {"include/linux/backlight.h", "video"},
	{"include/linux/thunderbolt.h", "thunderbolt"}, {"include/linux/mlx", "ethernet"}, {"include/linux/qed/", "ethernet"}, {"include/linux/avf/", "ethernet"},
	{"include/linux/net/intel/", "ethernet"}, {"include/net/libeth/", "ethernet"}, {"include/net/mana/", "ethernet"}, {"include/net/dsa", "dsa"}, {"include/linux/ssb/", "ssb"}, {"include/linux/bcma/", "bcma"},
	{"include/linux/mei", "mei"}, {"include/linux/fsl", "soc"}, {"include/linux/dma/", "dma"}, {"include/linux/dmaengine.h", "dma"}, {"include/linux/iommu.h", "iommu"},
	{"include/linux/intel", "platform"}, {"include/linux/amd", "platform"}, {"include/video/", "video"}, {"include/linux/fb.h", "video"}, {"include/misc/", "misc"},
	{"include/linux/can/", "can"}, {"include/linux/firmware/", "firmware"}, {"include/linux/vfio", "vfio"}, {"include/linux/watchdog.h", "watchdog"},
	{"include/linux/mdio", "phy"}, {"include/linux/sfp.h", "phy"}, {"include/linux/rtsx", "misc"}, {"include/linux/extcon", "extcon"}, {"include/linux/cxl", "cxl"},
	{"include/linux/acpi", "acpi"}, {"include/acpi/", "acpi"}, {"include/linux/rtc", "rtc"}, {"include/linux/mailbox", "mailbox"}, {"include/linux/reset", "reset"},
	{"include/ufs/", "ufs"}, {"include/pcmcia/", "pcmcia"}, {"include/linux/greybus", "greybus"}, {"include/linux/surface_aggregator/", "platform"},
	{"include/linux/hsi/", "hsi"}, {"include/linux/fpga/", "fpga"}, {"include/linux/ulpi/", "usb"}, {"include/linux/comedi/", "comedi"}, {"include/linux/mux/", "mux"},
	{"include/linux/pwm.h", "pwm"}, {"include/linux/nvmem-", "nvmem"}, {"include/linux/w1.h", "w1"}, {"include/linux/memstick.h", "memstick"}, {"include/linux/edac.h", "edac"},
}

// rustOf is the subsystem of drivers of hardware that code of the kernel's Rust library
// serves, "" where it is of none: rust/kernel/usb.rs and rust/kernel/drm/ are.
func (t *DriverTable) rustOf(p string) string {
	rest, ok := strings.CutPrefix(p, "rust/kernel/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	switch name = strings.TrimSuffix(name, ".rs"); name {
	case "platform", "firmware", "dma": // the bus, the loader and the mapping: of the core, in spite of their names
		return ""
	}
	for _, folder := range []string{"drivers/" + name, "drivers/gpu/" + name} {
		if t.subs[topOf(folder)].hardware > 0 && t.hasBelow(folder) {
			return Subsystem(folder)
		}
	}
	return ""
}
