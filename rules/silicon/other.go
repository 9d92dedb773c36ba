package silicon

import (
	"path"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/change"
)

// What follows answers for all files that the catalogue's own drivers do not
// hold: by the table of all drivers, by what their paths say, and by the device
// IDs that a patch writes.

// maxOthers bounds what is told of one change by the table, and maxDevices the
// devices; a change of a whole subsystem touches hundreds of drivers.
const maxOthers, maxDevices = 12, 6

// extra are the matches of one change that the catalogue does not have.
type extra struct {
	devices []Match // named by an ID in an added line
	drivers []Match // and libraries
	boards  []Match
	unknown []Match
}

func (o *extra) count() int {
	return len(o.devices) + len(o.drivers) + len(o.boards) + len(o.unknown)
}

// put adds a match, or a recognition to the one of that name.
func put(list *[]Match, m Match, limit int) {
	for i := range *list {
		have := &(*list)[i]
		if have.Name == m.Name && have.Kind == m.Kind && have.Driver == m.Driver {
			for _, w := range m.Where {
				if len(have.Where) < maxWhere && !slices.Contains(have.Where, w) {
					have.Where = append(have.Where, w)
				}
			}
			return
		}
	}
	if len(*list) < limit {
		*list = append(*list, m)
	}
}

// other places a file that no driver of the catalogue holds.
func (m *matcher) other(f *gitdiff.File) {
	p := m.path
	m.devices(f, "")
	switch classOf(p) {
	case pathBoard:
		s := Production
		if f.IsNew {
			s = Unknown
		}
		put(&m.others.boards, Match{Name: boardName(p), Kind: KindBoard, State: s,
			Why: "a device tree describes a board", Where: []Where{{In: InPath, Text: p, File: p}}}, maxOthers)
		return
	case pathHardware:
	default:
		return
	}
	if m.table == nil {
		return
	}
	found, how := m.table.of(p)
	if how == byName && f.IsNew { // a driver of its own, perhaps
		found, how = nil, byNobody
	}
	if how == byNobody {
		if found = m.bySymbol(f); len(found) > 0 {
			how = byConfig
		}
	}
	if len(found) > maxOwners {
		m.shared(p, f)
		return
	}
	for i := range found {
		m.driverMatch(&found[i], p, how)
	}
	if len(found) == 0 {
		m.shared(p, f)
	}
}

// driverMatch adds a driver or a library. What serves no hardware is none.
func (m *matcher) driverMatch(d *Driver, p string, how belongs) {
	out := Match{Name: d.Name, Driver: d.Name, State: Production, Since: d.Since, Why: d.Reason(), Config: d.Symbol,
		Where: []Where{{In: InPath, Text: p, File: p}}}
	switch how {
	case byFolder:
		out.Where[0].Text = d.Folder + "/"
	case byMove:
		out.Where[0].Text = "a file of this name was in " + d.Folder
	case byName:
		out.Where[0].Text = "named like a file of " + d.Name + " beside it"
		out.Since = "" // of the file
	case byConfig:
		out.Where[0].In, out.Where[0].Text = InConfig, "CONFIG_"+d.Symbol
	}
	switch d.Role {
	case Hardware:
		out.Kind = KindDriver
	case Library:
		out.Kind, out.Driver = KindLibrary, Subsystem(d.Folder)
	default:
		return
	}
	put(&m.others.drivers, out, maxOthers)
	m.devicesOf(d)
}

// shared says what is known of a file that no driver of the table has for
// itself: a header among drivers is shared by them, other files are new.
func (m *matcher) shared(p string, f *gitdiff.File) {
	folder := path.Dir(p)
	switch {
	case strings.HasPrefix(p, "include/"):
		for _, h := range hardwareHeaders {
			if strings.HasPrefix(p, h.begins) {
				put(&m.others.drivers, Match{Name: h.subsystem, Driver: h.subsystem, Kind: KindLibrary, State: Production,
					Why: "a header of the drivers of " + h.subsystem, Where: []Where{{In: InPath, Text: p, File: p}}}, maxOthers)
				return
			}
		}
		return
	case strings.HasPrefix(p, "arch/"):
		m.machine(p, folder)
		return
	case !m.table.Drives(folder):
		return
	}
	ext := path.Ext(p)
	build := ext != ".c" && ext != ".h" && ext != ".S"
	known, near := m.table.hardwareNear(folder)
	if !known && m.table.Knows(folder) {
		known, near = true, folder
	}
	switch {
	case known && !f.IsNew && ext == ".h", build && m.table.hasBelow(folder):
		put(&m.others.drivers, Match{Name: Subsystem(folder), Driver: Subsystem(folder), Kind: KindLibrary, State: Production,
			Why: "shared by the drivers of " + near, Where: []Where{{In: InPath, Text: p, File: p}}}, maxOthers)
	default:
		put(&m.others.unknown, Match{Name: folder, Kind: KindDriver, State: Unknown,
			Why:   "no driver of the table, which knows the kernel up to " + m.table.Newest() + ", has this file",
			Where: []Where{{In: InPath, Text: p, File: p}}}, maxOthers)
	}
}

// machine says which machines a file of an architecture is for, when its folder
// is of some; the rest is code of the processor.
func (m *matcher) machine(p, folder string) {
	parts := strings.Split(folder, "/")
	for i := 2; i < len(parts); i++ {
		name, at := parts[i], strings.Join(parts[:i+1], "/")
		if name == "platforms" || name == "platform" || name == "boards" {
			if i+1 == len(parts) {
				return
			}
			name, at = parts[i+1], at+"/"+parts[i+1]
		} else if !strings.HasPrefix(name, "mach-") && !strings.HasPrefix(name, "plat-") {
			continue
		}
		out := Match{Name: name, Driver: name, Kind: KindDriver, State: Unknown, Why: "code for machines, in a folder that the table does not know",
			Where: []Where{{In: InPath, Text: p, File: p}}}
		if m.table.Knows(at) {
			out.State, out.Why = Production, "code for the machines of "+at
			put(&m.others.drivers, out, maxOthers)
		} else {
			put(&m.others.unknown, out, maxOthers)
		}
		return
	}
}

// bySymbol finds the drivers that a change of Kconfig or a Makefile is about.
func (m *matcher) bySymbol(f *gitdiff.File) []Driver {
	base := path.Base(m.path)
	kconfig := strings.HasPrefix(base, "Kconfig")
	if !kconfig && base != "Makefile" && base != "Kbuild" {
		return nil
	}
	var out []Driver
	note := func(symbol string) bool {
		for _, d := range m.table.BySymbol(symbol) {
			if strings.HasPrefix(d.Folder+"/", path.Dir(m.path)+"/") && len(out) <= maxOwners {
				out = append(out, d)
			}
		}
		return len(out) <= maxOwners
	}
	for _, frag := range f.TextFragments {
		for symbol := range touchedSymbols(frag, kconfig) {
			if !note(symbol) {
				return out
			}
		}
	}
	return out
}

// touchedSymbols yields the symbols whose entries a hunk changes.
func touchedSymbols(frag *gitdiff.TextFragment, kconfig bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		symbol := ""
		if kconfig {
			symbol = configEntry(frag.Comment)
		}
		for _, l := range frag.Lines {
			if s := configEntry(l.Line); s != "" && kconfig {
				symbol = s
			} else if !kconfig {
				if _, rest, ok := strings.Cut(l.Line, "$(CONFIG_"); ok {
					symbol, _, _ = strings.Cut(rest, ")")
				}
			}
			if l.Op != gitdiff.OpContext && symbol != "" && !yield(symbol) {
				return
			}
		}
	}
}

func configEntry(line string) string {
	for _, word := range []string{"config ", "menuconfig "} {
		if s, ok := strings.CutPrefix(line, word); ok {
			return strings.TrimSpace(s)
		}
	}
	return ""
}

// result of the others, most specific first.
func (o *extra) append(out []Match) []Match {
	out = append(out, o.drivers...)
	out = append(out, o.unknown...)
	return append(out, o.boards...)
}

// Reason says in a phrase why a driver counts as hardware, or what else it is.
func (d *Driver) Reason() string {
	switch {
	case d.Role == Library:
		return "library of the drivers of " + Subsystem(d.Folder)
	case d.Role == Software:
		return "makes its device in software"
	case d.Role == Core:
		return "serves the kernel, not hardware"
	case len(d.Buses) > 0:
		return "has a table of " + strings.Join(d.Buses, ", ") + " devices"
	case len(d.NoTable) == 1 && d.NoTable[0] == "io":
		return "talks to registers or firmware of the machine"
	case len(d.NoTable) > 0:
		return "registers a driver of the " + strings.Join(d.NoTable, ", ") + " bus"
	}
	return "drives hardware"
}

// Classes of paths.
type pathClass uint8

const (
	pathCore     pathClass = iota // of the kernel
	pathHardware                  // a folder of drivers
	pathBoard                     // a device tree
	pathBinding
	pathDoc
	pathTool
	pathForeign // no path of a kernel tree
)

// topFolders of a kernel tree.
var topFolders = map[string]pathClass{
	"Documentation": pathDoc, "LICENSES": pathDoc, "arch": pathCore, "block": pathCore, "certs": pathCore, "crypto": pathCore,
	"drivers": pathHardware, "fs": pathCore, "include": pathCore, "init": pathCore, "io_uring": pathCore, "ipc": pathCore,
	"kernel": pathCore, "lib": pathCore, "mm": pathCore, "net": pathCore, "rust": pathCore, "samples": pathTool, "scripts": pathTool,
	"security": pathCore, "sound": pathHardware, "tools": pathTool, "usr": pathTool, "virt": pathCore, "firmware": pathHardware,
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
	{"include/linux/soc/", "soc"}, {"include/linux/pinctrl/", "pinctrl"}, {"include/linux/gpio", "gpio"}, {"include/linux/regulator/", "regulator"},
	{"include/linux/spi/", "spi"}, {"include/linux/i2c", "i2c"}, {"include/linux/i3c/", "i3c"}, {"include/linux/hid", "hid"}, {"include/linux/input", "input"},
	{"include/scsi/", "scsi"}, {"include/linux/libata.h", "ata"}, {"include/linux/ata", "ata"}, {"include/linux/nvme", "nvme"},
	{"include/linux/platform_data/", "platform"}, {"include/linux/power", "power"}, {"include/linux/thermal", "thermal"},
	{"include/linux/serial", "tty"}, {"include/linux/pci", "pci"}, {"include/linux/interconnect", "interconnect"}, {"include/linux/irqchip", "irqchip"},
	{"include/linux/remoteproc", "remoteproc"}, {"include/linux/rpmsg", "rpmsg"}, {"include/linux/soundwire/", "soundwire"}, {"include/linux/wmi.h", "platform"},
	{"include/linux/hwmon", "hwmon"}, {"include/linux/leds", "leds"}, {"include/linux/led-", "leds"}, {"include/linux/backlight.h", "video"},
	{"include/linux/thunderbolt.h", "thunderbolt"}, {"include/linux/mlx", "ethernet"}, {"include/linux/qed/", "ethernet"}, {"include/linux/avf/", "ethernet"},
	{"include/linux/net/intel/", "ethernet"}, {"include/net/mana/", "ethernet"}, {"include/net/dsa", "dsa"}, {"include/linux/ssb/", "ssb"}, {"include/linux/bcma/", "bcma"},
	{"include/linux/mei", "mei"}, {"include/linux/fsl", "soc"}, {"include/linux/dma/", "dma"}, {"include/linux/dmaengine.h", "dma"}, {"include/linux/iommu.h", "iommu"},
	{"include/linux/intel", "platform"}, {"include/linux/amd", "platform"}, {"include/video/", "video"}, {"include/linux/fb.h", "video"}, {"include/misc/", "misc"},
	{"include/linux/can/", "can"}, {"include/linux/firmware/", "firmware"}, {"include/linux/vfio", "vfio"}, {"include/linux/watchdog.h", "watchdog"},
	{"include/linux/mdio", "phy"}, {"include/linux/sfp.h", "phy"}, {"include/linux/rtsx", "misc"}, {"include/linux/extcon", "extcon"}, {"include/linux/cxl", "cxl"},
	{"include/linux/acpi", "acpi"}, {"include/acpi/", "acpi"}, {"include/linux/rtc", "rtc"}, {"include/linux/mailbox", "mailbox"}, {"include/linux/reset", "reset"},
}

// classOf tells by its path what a file can be.
func classOf(p string) pathClass {
	top, rest, ok := strings.Cut(p, "/")
	if !ok {
		switch {
		case p == "MAINTAINERS" || p == "CREDITS" || p == "COPYING" || p == "README":
			return pathDoc
		case topFile(p):
			return pathTool
		}
		return pathForeign
	}
	class, known := topFolders[top]
	switch {
	case !known:
		return pathForeign
	case top == "Documentation" && strings.HasPrefix(rest, "devicetree/"), strings.HasPrefix(p, "include/dt-bindings/"):
		return pathBinding
	case isDeviceTree(p):
		return pathBoard
	case top == "arch":
		return archClass(rest)
	case top == "net":
		if HardwareNet(path.Dir(p)) {
			return pathHardware
		}
	case top == "include":
		return pathHardware // the table tells whose header it is; else headerOf
	}
	return class
}

func archClass(rest string) pathClass {
	_, rest, _ = strings.Cut(rest, "/")
	if strings.HasPrefix(rest, "kvm/") || strings.HasPrefix(rest, "crypto/") || strings.HasPrefix(rest, "mm/") || strings.HasPrefix(rest, "lib/") || strings.HasPrefix(rest, "net/") {
		return pathCore
	}
	return pathHardware
}

func isDeviceTree(p string) bool {
	switch path.Ext(p) {
	case ".dts", ".dtsi", ".dtso":
		return true
	}
	return strings.HasPrefix(p, "arch/") && strings.Contains(p, "/boot/dts/")
}

func boardName(p string) string {
	base := path.Base(p)
	return strings.TrimSuffix(base, path.Ext(base))
}

// topFile: a file in the root of a kernel tree.
func topFile(p string) bool {
	switch p {
	case "Makefile", "Kbuild", "Kconfig":
		return true
	}
	return strings.HasPrefix(p, ".")
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

// NoHardware says in one sentence why there is no hardware in a change, "" when
// there is some, when it is uncertain, and when its paths are not those of a
// kernel tree, so that nothing can be said.
func (c *Catalogue) NoHardware(ch *change.Change) string {
	if len(ch.Files) == 0 || len(c.Match(ch)) > 0 {
		return ""
	}
	return c.noHardware(ch)
}

func (c *Catalogue) noHardware(ch *change.Change) string {
	reason, rank := "", -1
	for _, f := range ch.Files {
		p := f.NewName
		if p == "" || f.IsDelete {
			p = f.OldName
		}
		why, r := c.whyNone(p)
		if why == "" {
			return ""
		}
		if r > rank { // code says more than documentation beside it
			reason, rank = why, r
		}
	}
	return reason
}

// whyNone says why a file is no hardware's, and how much that says of a change.
func (c *Catalogue) whyNone(p string) (string, int) {
	switch classOf(p) {
	case pathForeign:
		return "", 0
	case pathDoc:
		return "it changes documentation", 0
	case pathTool:
		top, _, ok := strings.Cut(p, "/")
		if !ok {
			return "it changes how the kernel is built (" + p + ")", 1
		}
		return "it changes " + toolKind[top] + " (" + path.Dir(p) + ")", 1
	case pathBinding:
		return "it changes device-tree bindings, which describe hardware and run nowhere", 1
	}
	if c.table != nil {
		for _, d := range c.table.Of(p) {
			switch d.Role {
			case Software:
				return d.Name + " (" + d.Folder + ") is a device in software: it has no table of devices on a hardware bus and makes its own by " + d.Makes + "()", 3
			case Core:
				return d.Name + " (" + d.Folder + ") serves the kernel, and no driver of hardware is in its folders", 2
			}
		}
	}
	return "it changes core code (" + path.Dir(p) + "), which is for no hardware of its own", 2
}

var toolKind = map[string]string{"tools": "a userspace tool or test", "samples": "a sample", "scripts": "a script of the build", "usr": "the build of the initramfs"}
