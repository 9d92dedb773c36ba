package silicon

import (
	"path"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// A file may be newer than the table. What the table is made by tells of it too, as
// far as the patch shows it: a driver that is registered on a bus of hardware, a
// table of its devices, a call that touches registers, ports or firmware.

// shownBuses are the buses with hardware alone on them, as "struct x_driver" and
// "struct x_device_id" write them.
var shownBuses = wordSet("acpi amba hda_codec hdac hid i2c i3c mdio mei_cl of pci pcmcia phy pnp sdio sdw serdev_device serio slim " +
	"spi ssam tb_service usb usb_serial wmi")

// shownCalls reach hardware, or its firmware, whoever calls them.
var shownCalls = wordSet("readb readw readl readq writeb writew writel writeq ioread8 ioread16 ioread32 iowrite8 iowrite16 iowrite32 inb outb inw outw inl outl " +
	"devm_ioremap_resource devm_platform_ioremap_resource request_muxed_region rdmsrl wrmsrl rdmsrq wrmsrq " +
	"acpi_evaluate_object acpi_evaluate_integer acpi_evaluate_dsm wmi_evaluate_method wmidev_evaluate_method wmidev_block_query wmidev_block_set " +
	"ec_read ec_write i2c_smbus_read_byte_data i2c_smbus_write_byte_data i2c_smbus_read_word_data i2c_smbus_write_word_data i2c_transfer " +
	"spi_sync spi_write_then_read usb_control_msg usb_bulk_msg usb_submit_urb pci_read_config_dword pci_write_config_dword " +
	"pci_read_config_word pci_write_config_word pci_read_config_byte pci_write_config_byte hid_hw_raw_request hid_hw_output_report " +
	"serdev_device_write_buf dmi_check_system dmi_first_match x86_match_cpu")

func wordSet(s string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		out[w] = true
	}
	return out
}

// shows says in a phrase why a file that the table does not know drives hardware, ""
// when the patch does not show it. Reasons that counts refuses are none.
func shows(f *gitdiff.File, counts func(why string) bool) string {
	left := maxLines
	for _, frag := range f.TextFragments {
		if why := lineShows(frag.Comment); why != "" && counts(why) {
			return why
		}
		for i := range frag.Lines {
			if left--; left < 0 {
				return ""
			}
			if why := lineShows(frag.Lines[i].Line); why != "" && counts(why) {
				return why
			}
		}
	}
	return ""
}

func anyReason(string) bool { return true }

// onBus: in code of an architecture registers and ports are everybody's; a device on a
// bus is hardware of its own.
func onBus(why string) bool {
	call, ok := strings.CutPrefix(why, "calls ")
	return !ok || strings.HasPrefix(call, "pci_") || strings.HasPrefix(call, "i2c_") || strings.HasPrefix(call, "spi_")
}

// ofArch adds a file of an architecture where the patch shows that it reaches a device on
// a bus, as the nodes of a processor are reached.
func (m *matcher) ofArch(p string, f *gitdiff.File) {
	if why := shows(f, onBus); why != "" && path.Ext(p) == ".c" {
		put(&m.others.drivers, Match{Name: boardName(p), Driver: boardName(p), Kind: KindDriver, State: Production,
			Why: why + ", by what the patch shows", Where: []Where{{In: InPath, Text: p, File: p}}}, maxOthers)
	}
}

func lineShows(s string) string {
	t := strings.TrimLeft(s, " \t")
	if len(s) > maxLine || t == "" || t[0] == '*' || strings.HasPrefix(t, "//") || strings.HasPrefix(t, "/*") {
		return ""
	}
	for i := 0; i < len(t); {
		switch {
		case t[i] == '"': // words of a message are none
			j := strings.IndexByte(t[i+1:], '"')
			if j < 0 {
				return ""
			}
			i += j + 2
			continue
		case !isAlpha(t, i):
			i++
			continue
		}
		j := i + 1
		for j < len(t) && (isAlpha(t, j) || isDigit(t[j])) {
			j++
		}
		if why := wordShows(t[i:j], t[j:]); why != "" {
			return why
		}
		i = j
	}
	return ""
}

// wordShows judges one word by what follows it.
func wordShows(w, rest string) string {
	call := strings.HasPrefix(rest, "(")
	switch {
	case call && shownCalls[w]:
		return "calls " + w + "()"
	case call && w == "MODULE_DEVICE_TABLE":
		bus, _, _ := strings.Cut(rest[1:], ",")
		if shownBuses[strings.TrimSpace(bus)] {
			return "has a table of " + busNames([]string{bus}) + " devices"
		}
	case call:
		bus, ok := strings.CutPrefix(w, "module_")
		if bus, is := strings.CutSuffix(bus, "_driver"); ok && is && shownBuses[bus] {
			return "registers a driver of the " + bus + " bus"
		}
	default:
		if bus, ok := strings.CutSuffix(w, "_driver"); ok && shownBuses[bus] && strings.Contains(rest, "=") {
			return "registers a driver of the " + bus + " bus"
		}
		if bus, ok := strings.CutSuffix(w, "_device_id"); ok && shownBuses[bus] && strings.Contains(rest, "[") {
			return "has a table of " + busNames([]string{bus}) + " devices"
		}
	}
	return ""
}

// newer adds a file that the table does not know: a driver where the patch shows
// one, else something unknown of its folder. A file that the patch adds may be for
// hardware that is not on sale yet.
func (m *matcher) newer(p string, f *gitdiff.File) {
	where := []Where{{In: InPath, Text: p, File: p}}
	lacks := "the table, which knows the kernel up to " + m.table.Newest() + ", does not have this file"
	why := ""
	if ext := path.Ext(p); ext == ".c" || ext == ".h" {
		why = shows(f, anyReason)
	}
	switch {
	case why == "":
		put(&m.others.unknown, Match{Name: path.Dir(p), Kind: KindDriver, State: Unknown, Why: lacks, Where: where}, maxOthers)
	case f.IsNew:
		put(&m.others.unknown, Match{Name: boardName(p), Kind: KindDriver, State: Unknown, Why: "a new file that " + why, Where: where}, maxOthers)
	default:
		put(&m.others.drivers, Match{Name: boardName(p), Driver: boardName(p), Kind: KindDriver, State: Production,
			Why: why + ", by what the patch shows; " + lacks, Where: where}, maxOthers)
	}
}
