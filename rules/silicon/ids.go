package silicon

import (
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Device IDs that added lines write. They count in every folder: a row of a
// quirk table is hardware that somebody has.

// idForm is one way to write an ID, by the word before its bracket.
type idForm struct {
	begins string // the macro, or how it begins
	in     string
	bus    string // of the table of IDs, "" for none
	label  string
}

// idForms, the most special first.
var idForms = []idForm{
	{"SND_PCI_QUIRK", InSSID, "", "subsystem"},
	{"HDA_CODEC_QUIRK", InSSID, "", "subsystem"},
	{"SDW_PCI_QUIRK", InSSID, "", "subsystem"},
	{"PCI_DEVICE_SUB", InPCI, "pci", "PCI"},
	{"PCI_VDEVICE", InPCI, "pci", "PCI"},
	{"PCI_DEVICE", InPCI, "pci", "PCI"},
	{"DECLARE_PCI_FIXUP_", InPCI, "pci", "PCI"},
	{"HDA_CODEC_ENTRY", InHDA, "hdaudio", "HDA codec"},
	{"HDA_CODEC_ID", InHDA, "hdaudio", "HDA codec"},
	{"HID_USB_DEVICE", InHID, "hid", "USB"},
	{"HID_BLUETOOTH_DEVICE", InHID, "hid", "Bluetooth"},
	{"HID_I2C_DEVICE", InHID, "hid", "I2C HID"},
	{"HID_DEVICE", InHID, "hid", "HID"},
	{"USB_DEVICE", InUSB, "usb", "USB"},
	{"USB_AUDIO_DEVICE", InUSB, "usb", "USB"},
	{"USB_VENDOR_AND_INTERFACE_INFO", InUSB, "", "USB"},
	{"UNUSUAL_DEV", InUSB, "usb", "USB"},
	{"QUIRK_FLAGS_DEVICE", InUSB, "usb", "USB"},
	{"DEVICE_FLG", InUSB, "usb", "USB"},
	{"QMI_", InUSB, "usb", "USB"},
	{"SDIO_DEVICE", InSDIO, "sdio", "SDIO"},
	{"MMC_FIXUP", InSDIO, "", "MMC"},
	{"SDIO_FIXUP", InSDIO, "", "SDIO"},
}

// devices reads the IDs of a file's added lines. driver is the catalogue's, for
// a file of it.
func (m *matcher) devices(f *gitdiff.File, driver string) {
	left := maxLines
	for _, frag := range f.TextFragments {
		line := int(frag.NewPosition)
		for i := range frag.Lines {
			l := &frag.Lines[i]
			if l.Op == gitdiff.OpAdd {
				if left--; left < 0 {
					return
				}
				m.line = line
				m.deviceLine(l.Line, frag, i, driver)
			}
			if l.Op != gitdiff.OpDelete {
				line++
			}
		}
	}
}

func (m *matcher) deviceLine(s string, frag *gitdiff.TextFragment, at int, driver string) {
	if len(s) > maxLine || strings.IndexByte(s, '(') < 0 && strings.IndexByte(s, '"') < 0 {
		return
	}
	t := strings.TrimLeft(s, " \t{")
	if i := strings.IndexByte(t, '('); i > 0 {
		if i = strings.LastIndexAny(t[:i], " \t{=") + 1; i > 0 {
			t = t[i:]
		}
		if t[0] >= 'A' && t[0] <= 'Z' {
			m.macro(t, s, frag, at, driver)
			return
		}
	}
	m.strings(s, frag, driver)
}

// macro reads "USB_DEVICE(0x1199, 0x9041)" and its like.
func (m *matcher) macro(t, s string, frag *gitdiff.TextFragment, at int, driver string) {
	open := strings.IndexByte(t, '(')
	if open <= 0 {
		return
	}
	name, args := t[:open], t[open+1:]
	if strings.HasPrefix(name, "DMI_") {
		m.dmi(name, args, frag, at, driver)
		return
	}
	for _, f := range idForms {
		if !strings.HasPrefix(name, f.begins) {
			continue
		}
		if driver != "" && f.in == InPCI { // the catalogue knows these chips by name
			return
		}
		a, rest, _ := strings.Cut(args, ",")
		b, tail, _ := strings.Cut(rest, ",")
		if f.bus == "hdaudio" {
			b = ""
		}
		id := joinID(a, b)
		if id == "" {
			return
		}
		d := Match{Name: f.label + " " + id, Kind: KindDevice, Driver: driver, State: Production,
			Where: []Where{{In: f.in, Text: strings.TrimSpace(s), File: m.path, Line: m.line}}}
		if f.in == InSSID {
			if _, q, ok := strings.Cut(tail, `"`); ok {
				if title, _, ok := strings.Cut(q, `"`); ok && title != "" {
					d.Name = title + " (" + id + ")"
				}
			}
			d.Why = "a row for one machine by its subsystem ID"
		} else {
			d.Why = "a row of device IDs"
			m.known(&d, f.bus, id)
		}
		if f.in == InPCI && !strings.HasPrefix(name, "DECLARE") && d.Driver == "" {
			d.State = Unknown // a chip that is not on sale has a PCI ID too; its driver says more
		}
		put(&m.others.devices, d, maxDevices)
		return
	}
	m.strings(s, frag, driver)
}

// known names the driver that has an ID in its table.
func (m *matcher) known(d *Match, bus, id string) {
	if bus == "" || d.Driver != "" || m.table == nil {
		return
	}
	if ds := m.table.ByID(bus, id); len(ds) > 0 {
		d.Driver, d.State = ds[0].Name, Production
	}
}

// joinID writes two numbers as "1199:9041", and names as they are.
func joinID(a, b string) string {
	a, b = idNumber(a), idNumber(b)
	switch {
	case a == "":
		return ""
	case b == "":
		return a
	}
	return a + ":" + b
}

func idNumber(s string) string {
	s = strings.TrimRight(strings.TrimSpace(s), ") },")
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		if len(hex) < 4 {
			hex = "0000"[len(hex):] + hex
		}
		return hex
	}
	if len(s) > maxToken || s == "" || !isIdent(s) {
		return ""
	}
	return s
}

// dmi reads the row of a machine: its vendor and name may stand on lines of
// their own, of which the name is told.
func (m *matcher) dmi(name, args string, frag *gitdiff.TextFragment, at int, driver string) {
	if !strings.Contains(name, "MATCH") {
		return
	}
	field, rest, _ := strings.Cut(args, ",")
	_, q, _ := strings.Cut(rest, `"`)
	value, _, ok := strings.Cut(q, `"`)
	if !ok || value == "" || field == "DMI_SYS_VENDOR" || field == "DMI_BOARD_VENDOR" || field == "DMI_CHASSIS_VENDOR" || field == "DMI_BIOS_VENDOR" {
		return
	}
	put(&m.others.devices, Match{Name: ofVendor(vendorOf(frag, at), clip(value)), Kind: KindDevice, Driver: driver, State: Production,
		Why:   "a row for one machine by what its firmware says",
		Where: []Where{{In: InDMI, Text: strings.TrimSpace(frag.Lines[at].Line), File: m.path, Line: m.line}}}, maxDevices)
}

// ofVendor puts the vendor before a name that does not begin with it.
func ofVendor(vendor, name string) string {
	if strings.HasPrefix(strings.ToLower(name)+" ", strings.ToLower(vendor)) {
		return name
	}
	return vendor + name
}

// vendorOf finds the vendor of the same row, with a blank, "" without one.
func vendorOf(frag *gitdiff.TextFragment, at int) string {
	for j := at - 1; j >= 0 && j >= at-4; j-- {
		if _, q, ok := strings.Cut(frag.Lines[j].Line, `VENDOR, "`); ok {
			v, _, _ := strings.Cut(q, `"`)
			v, _, _ = strings.Cut(v, " ")
			return clip(strings.TrimRight(v, ",.")) + " "
		}
	}
	return ""
}

// strings reads compatible strings and ACPI IDs.
func (m *matcher) strings(s string, frag *gitdiff.TextFragment, driver string) {
	for {
		_, q, ok := strings.Cut(s, `"`)
		if !ok {
			return
		}
		v, rest, ok := strings.Cut(q, `"`)
		if !ok {
			return
		}
		s = rest
		switch {
		case len(v) > maxToken || len(v) < 4:
		case isCompatible(v):
			m.ofString(v, driver)
		case isACPI(v):
			m.acpiID(v, frag, driver)
		}
	}
}

// isCompatible: "vendor,device" in the letters that bindings use.
func isCompatible(v string) bool {
	comma := strings.IndexByte(v, ',')
	if comma < 1 || comma == len(v)-1 || strings.ContainsAny(v, " %\\") {
		return false
	}
	for i := range len(v) {
		if c := v[i]; lower[c] == 0 && c != ',' && c != '-' && c != '.' && c != '+' {
			return false
		}
	}
	return true
}

func (m *matcher) ofString(v, driver string) {
	where := []Where{{In: InOF, Text: v, File: m.path, Line: m.line}}
	if driver != "" { // read with the driver's own lines
		return
	}
	m.driver = -1
	for r := m.x.of[v]; r != 0; r = m.x.refs[r-1].next {
		m.found(m.x.refs[r-1].entry, "", InOF, v)
	}
	if m.table == nil {
		return
	}
	ds := m.table.ByID("of", v)
	if len(ds) == 0 {
		// "qcom,msm8917": the name of a SoC begins the strings of its parts.
		if part := m.table.begins("of", v+"-"); part != "" {
			put(&m.others.devices, Match{Name: v, Kind: KindDevice, State: Production,
				Why: "a SoC: drivers have compatible strings of its parts, such as " + part, Where: where}, maxDevices)
		}
		return
	}
	put(&m.others.devices, Match{Name: v, Kind: KindDevice, Driver: ds[0].Name, State: Production,
		Why: "a compatible string of the driver " + ds[0].Name, Where: where}, maxDevices)
}

// isACPI: "INTC1055", "PNP0C09", "BCM2E0A".
func isACPI(v string) bool {
	if len(v) != 7 && len(v) != 8 {
		return false
	}
	letters := len(v) - 4
	for i := range len(v) {
		c := v[i]
		upper := c >= 'A' && c <= 'Z'
		switch {
		case i < letters && !upper && !isDigit(c):
			return false
		case i >= letters && !isDigit(c) && (c < 'A' || c > 'F'):
			return false
		}
	}
	return v[0] >= 'A' && v[0] <= 'Z'
}

func (m *matcher) acpiID(v string, frag *gitdiff.TextFragment, driver string) {
	var ds []Driver
	if m.table != nil {
		ds = m.table.ByID("acpi", v)
	}
	if len(ds) == 0 && !strings.Contains(strings.ToLower(frag.Comment), "acpi") && !m.acpiNear(frag) {
		return // eight capitals are a word of a message too
	}
	d := Match{Name: "ACPI " + v, Kind: KindDevice, Driver: driver, State: Production, Why: "a row of ACPI IDs",
		Where: []Where{{In: InACPI, Text: v, File: m.path, Line: m.line}}}
	if len(ds) > 0 && driver == "" {
		d.Driver = ds[0].Name
	}
	put(&m.others.devices, d, maxDevices)
}

// acpiNear: the hunk speaks of ACPI. It is read once.
func (m *matcher) acpiNear(frag *gitdiff.TextFragment) bool {
	if m.acpiFrag != frag {
		m.acpiFrag, m.acpi = frag, slices.ContainsFunc(frag.Lines, func(l gitdiff.Line) bool {
			return strings.Contains(l.Line, "acpi") || strings.Contains(l.Line, "ACPI")
		})
	}
	return m.acpi
}

// busOf is the bus whose table a recognition is a row of.
var busOf = map[string]string{InPCI: "pci", InUSB: "usb", InHID: "hid", InSDIO: "sdio", InHDA: "hdaudio", InACPI: "acpi", InOF: "of"}

// devicesOf gives the devices that a file of a driver names to that driver: those
// of its own tables, and those that no other driver has.
func (m *matcher) devicesOf(driver *Driver) {
	for i := range m.others.devices {
		d := &m.others.devices[i]
		if len(d.Where) == 0 || d.Where[0].File != m.path {
			continue
		}
		if d.Driver == "" || slices.Contains(driver.Buses, busOf[d.Where[0].In]) {
			d.Driver, d.State = driver.Name, Production
		}
	}
}

// maxColumn bounds what is quoted of a stranger's line.
const maxColumn = 200

func clip(s string) string {
	if len(s) > maxColumn {
		s = s[:maxColumn]
	}
	return strings.ToValidUTF8(s, "")
}
