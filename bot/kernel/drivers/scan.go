package drivers

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// source is what one C file says about the hardware that it drives.
type source struct {
	includes []string            // as written, "foo.h" or linux/foo.h; quoted ones first
	code     []string            // C files that it includes
	tables   map[string][]string // bus → IDs of its tables, in the form of id.go; present without IDs where none could be read
	module   []string            // buses of MODULE_DEVICE_TABLE
	drivers  []string            // buses on which it registers a driver
	makes    string              // what it makes without a bus: the call
	makesOwn string              // see makeOwnCalls
	own      bool                // makes the device that it then drives
	fakes    string              // makes what it then finds on this bus
	fakeCall string
	io       bool     // touches registers, ports, interrupts or firmware tables
	exports  int      // symbols
	offers   []string // bare buses whose drivers it registers for others: it is the bus
	serves   bool     // plays a function of the hardware of others: of a USB gadget, over an RDMA card
	links    bool     // registers a kind of network link that users make
	tests    bool     // holds KUnit tests
	init     bool
	defines  map[string]uint16 // numbers of vendors and devices
	types    []string          // buses that it has the type of a table for
}

// maxSource: longer files are register headers and firmware.
const maxSource = 2 << 20

// What calls tell. A call alone proves little, so that each is used only where
// the stronger evidence, a table or a driver of a bus, is missing.
var ioCalls = words(`inb inw inl outb outw outl inb_p outb_p readb readw readl readq writeb writew writel writeq
	ioread8 ioread16 ioread32 ioread64 iowrite8 iowrite16 iowrite32 iowrite64 __raw_readl __raw_writel __raw_readw __raw_writew
	ioremap ioremap_wc ioremap_cache devm_ioremap devm_ioremap_resource memremap of_iomap ioport_map
	request_region request_muxed_region request_mem_region request_irq request_threaded_irq free_irq
	rdmsr rdmsrl wrmsr wrmsrl rdmsrl_safe wrmsrl_safe rdmsr_safe rdmsrq wrmsrq native_read_msr cpuid cpuid_eax
	acpi_evaluate_object acpi_evaluate_integer acpi_get_table acpi_dev_found acpi_dev_present wmi_evaluate_method
	acpi_install_notify_handler dmi_check_system dmi_first_match x86_match_cpu
	of_find_compatible_node of_find_matching_node of_find_node_by_path of_machine_is_compatible
	sbi_ecall arm_smccc_smc opal_call plpar_hcall hcall_norets pdc_iodc_read
	pci_get_device pci_get_class pci_get_domain_bus_and_slot for_each_pci_dev pci_register_driver
	parport_register_dev_model efi_runtime_services mtspr mfspr mfdcr mtdcr diag_stat_inc ccw_device_start
	__raw_readb __raw_writeb in_be32 out_be32 in_8 out_8 in_le32 out_le32 z_readb z_writeb sun3x_esp_read prom_getproperty
	nubus_get_rsrc_mem mac_scsi_init amiga_chip_alloc gsc_readl gsc_writel
	KSEG1ADDR CKSEG1ADDR adb_register adb_request sclp_register sclp_add_request sun4v_mach_set_watchdog mach_beep in_be16 out_be16 pmu_get_model pmu_request
	fb_readb fb_readw fb_readl fb_writeb fb_writew fb_writel do_map_probe pi_init raw3270_add_view st_register`)

// makeCalls make a device of a subsystem. A character device, or a platform
// device alone, proves nothing: drivers of hardware make those too.
var makeCalls = words(`alloc_netdev alloc_netdev_mqs alloc_etherdev alloc_etherdev_mqs alloc_netdev_mq
	blk_alloc_disk blk_mq_alloc_disk alloc_disk add_disk device_add_disk
	ib_alloc_device ib_register_device snd_card_new snd_devm_card_new ieee80211_alloc_hw ieee80211_alloc_hw_nm wiphy_new
	usb_create_hcd usb_add_hcd usb_add_gadget_udc tty_alloc_driver
	hid_allocate_device input_allocate_device devm_input_allocate_device scsi_host_alloc dm_register_target
	mtd_device_register add_mtd_device video_register_device register_framebuffer drm_dev_register
	ieee802154_alloc_hw wpan_phy_new hci_alloc_dev nfc_allocate_device target_register_template transport_register_subsystem
	register_md_personality iio_sw_device_create
	nvmf_register_transport nvmet_register_transport iscsi_register_transport mac802154_register can_link_ops watchdog_register_device devm_watchdog_register_device`)

// makeOwnCalls make one only where the module makes the parent of it too: a library
// calls them for the drivers that it serves.
var makeOwnCalls = words("dvb_register_adapter")

// fakeCalls make what a driver of one bus finds there, so that one which has no table
// drives nothing else: the PHYs that stand for a switch which is not there.
var fakeCalls = map[string]string{"fixed_phy_register": "mdio", "fixed_phy_register_100fd": "mdio"}

// serveCalls register code that works on the hardware that others drive.
var serveCalls = words(`DECLARE_USB_FUNCTION DECLARE_USB_FUNCTION_INIT usb_function_register usb_composite_probe
	module_usb_composite_driver usb_gadget_register_driver usb_mon_register most_register_component
	ib_register_client rdma_create_id`)

var ownCalls = words(`platform_device_register platform_device_register_simple platform_device_register_full platform_device_register_data
	platform_device_alloc platform_create_bundle platform_add_devices faux_device_create faux_device_create_with_groups root_device_register
	__root_device_register bus_register auxiliary_device_add class_create device_bind_driver`)

var exportCalls = words(`EXPORT_SYMBOL EXPORT_SYMBOL_GPL EXPORT_SYMBOL_NS EXPORT_SYMBOL_NS_GPL EXPORT_SYMBOL_FOR_KUNIT EXPORT_NS_GPL_DEV_PM_OPS EXPORT_GPL_DEV_PM_OPS
	EXPORT_PER_CPU_SYMBOL EXPORT_PER_CPU_SYMBOL_GPL EXPORT_TRACEPOINT_SYMBOL_GPL V4L2_EXPORT EXPORT_SYMBOL_HDA EXPORT_GPL_RUNTIME_DEV_PM_OPS
	EXPORT_SYMBOL_FOR_MODULES MTK_CLK_EXPORT EXPORT_GPL_SIMPLE_DEV_PM_OPS EXPORT_SIMPLE_DEV_PM_OPS EXPORT_DEV_PM_OPS EXPORT_DEV_SLEEP_PM_OPS`)

var initCalls = words(`module_init device_initcall late_initcall subsys_initcall arch_initcall postcore_initcall core_initcall fs_initcall
	early_initcall pure_initcall rootfs_initcall late_initcall_sync subsys_initcall_sync arch_initcall_sync postcore_initcall_sync
	device_initcall_sync fs_initcall_sync console_initcall machine_device_initcall machine_arch_initcall machine_subsys_initcall
	omap_subsys_initcall DT_MACHINE_START MACHINE_START define_machine`)

func words(s string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		out[w] = true
	}
	return out
}

// softBuses have tables, and no hardware on them: handlers of input events that
// take any device, and functions of an endpoint that software plays.
var softBuses = words("input pci_epf cpu_feature")

// busNames are those that a table's type has under another name in MODULE_DEVICE_TABLE.
var busNames = map[string]string{"hv_vmbus": "vmbus", "hda": "hdaudio", "dmi_system": "dmi", "x86_cpu": "x86cpu", "mei_cl": "mei",
	"fsl_mc": "fslmc", "tb_service": "tbsvc", "tee_client": "tee", "rio": "rapidio", "mips_cdmm": "mipscdmm", "phy": "mdio",
	"usb_serial": "usb", "usb_composite": "", "device": "", "tty": "", "console": "", "drm": "", "cpufreq": "", "cpuidle": "", "uart": "",
	"serdev_device": "serdev", "usb_gadget": "", "spi_mem": "spi", "hda_codec": "hdaudio", "snd_soc_component": "", "snd_seq": "",
	"mdio_device": "mdio", "usb_function": "", "net_device": "", "xenbus": "xen", "hid_ll": "", "iscsi": "", "uio": "", "of_platform": "of"}

var (
	tableOf      = regexp.MustCompile(`\bstruct\s+(\w+?)(?:_device|_cl)?_id\s+(?:__\w+\s+)?\w+\s*\[`)
	driverOf     = regexp.MustCompile(`\bstruct\s+(\w+)_driver\s+(?:__\w+\s+)?\w+(?:\[[^\]]*\])?\s*=\s*\{?`)
	moduleTable  = regexp.MustCompile(`\bMODULE_DEVICE_TABLE\s*\(\s*(\w+)`)
	moduleMacro  = regexp.MustCompile(`\b(?:module|builtin)_(\w+?)_drivers?(?:_probe)?\s*\(`)
	registerCall = regexp.MustCompile(`\b(?:__)?(\w+?)(?:_register_driver|_driver_register|_register_drivers)\s*\(`)
	offered      = regexp.MustCompile(`\(\s*(?:__)?(\w+?)(?:_register_driver|_driver_register|_register_family)\b`)
	define       = regexp.MustCompile(`^\s*#\s*define\s+(\w+)\s+\(?(0[xX][0-9a-fA-F]{1,4})\)?\s*(?:/[/*].*)?$`)
	declares     = regexp.MustCompile(`\b(\w*OF_DECLARE\w*|IRQCHIP_DECLARE|IRQCHIP_MATCH|RESERVEDMEM_\w*DECLARE|\w+_DECLARE)\s*\(`)
	alias        = regexp.MustCompile(`\bMODULE_ALIAS(_\w+)?\s*\(\s*"?(\w*)`)
)

// aliasBuses name in MODULE_ALIAS what a driver of an older kind drives.
var aliasBuses = words("pci usb i2c spi platform pnp acpi isapnp scsi of serio dmi hid sdio virtio wmi amba pcmcia zorro parisc ccw")

// scan reads one C file. It looks at words and lines, not at the grammar.
func scan(text []byte) *source {
	s := &source{}
	if len(text) > maxSource {
		return s
	}
	for len(text) > 0 {
		line := text
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = nil
		}
		t := bytes.TrimLeft(line, " \t")
		if len(t) < 3 || t[0] == '*' || t[0] == '/' && t[1] != '*' {
			continue
		}
		if t[0] == '#' {
			s.directive(string(t))
			if !bytes.Contains(t, []byte("MODULE_DEVICE_TABLE")) {
				continue
			}
		}
		if !s.line(t) {
			continue
		}
		// The whole table, however it is broken into lines.
		rest := text
		bus := tableBus(t, rest)
		if bus == "" {
			continue
		}
		end := bytes.Index(rest, []byte("\n}"))
		if end < 0 || end > maxTable {
			end = min(len(rest), maxTable)
		}
		body := append(append(slices.Clip(t), '\n'), rest[:end]...)
		if bus == "x86cpu" && !bytes.Contains(body, []byte("MODEL")) && !bytes.Contains(body, []byte("VFM")) && !bytes.Contains(body, []byte("FAM")) {
			bus = "cpu_feature"
		}
		s.table(bus, idsOf(bus, body)...)
	}
	return s
}

const maxTable = 256 << 10

// tableBus tells whether a line begins a table of devices, and of which bus.
func tableBus(line, rest []byte) string {
	m := tableOf.FindSubmatch(line)
	if m == nil {
		return ""
	}
	// "extern … x[];" and arguments have no "=".
	after := line[bytes.IndexByte(line, '['):]
	if !bytes.ContainsRune(after, '=') {
		i := bytes.IndexAny(rest, "=;,{)")
		if bytes.ContainsAny(after, ";,)") || i < 0 || rest[i] != '=' {
			return ""
		}
	}
	return busName(string(m[1]))
}

func busName(s string) string {
	if b, ok := busNames[s]; ok {
		return b
	}
	return s
}

func (s *source) table(bus string, ids ...string) {
	if bus == "" {
		return
	}
	if s.tables == nil {
		s.tables = map[string][]string{}
	}
	s.tables[bus] = append(s.tables[bus], ids...)
}

func (s *source) directive(t string) {
	if rest, ok := strings.CutPrefix(strings.TrimLeft(t[1:], " \t"), "include"); ok {
		rest = strings.TrimSpace(rest)
		if len(rest) < 3 {
			return
		}
		end := strings.IndexAny(rest[1:], "\">")
		if end < 0 {
			return
		}
		name := rest[1 : 1+end]
		if strings.HasSuffix(name, ".c") {
			s.code = append(s.code, name)
		} else {
			s.includes = append(s.includes, rest[:1+end])
		}
		return
	}
	if d := define.FindStringSubmatch(t); d != nil {
		if s.defines == nil {
			s.defines = map[string]uint16{}
		}
		n, _ := strconv.ParseUint(d[2][2:], 16, 16)
		s.defines[d[1]] = uint16(n)
	}
}

// line reads the words of a line; it reports whether a table may begin there.
func (s *source) line(t []byte) (table bool) {
	for i := 0; i < len(t); {
		c := t[i]
		if c == '"' { // words of a message are none
			if j := bytes.IndexByte(t[i+1:], '"'); j >= 0 {
				i += j + 2
				continue
			}
			return table
		}
		if (c|0x20 < 'a' || c|0x20 > 'z') && c != '_' {
			i++
			continue
		}
		j := i + 1
		for j < len(t) && (t[j]|0x20 >= 'a' && t[j]|0x20 <= 'z' || t[j] == '_' || t[j] >= '0' && t[j] <= '9') {
			j++
		}
		w := t[i:j]
		call := j < len(t) && t[j] == '('
		switch {
		case !call:
			if bytes.HasSuffix(w, []byte("_id")) && bytes.Contains(t, []byte("[")) && bytes.Contains(t[:i], []byte("struct")) {
				table = true
			}
			if bytes.HasSuffix(w, []byte("_driver")) && bytes.Contains(t[:i], []byte("struct")) {
				if m := driverOf.FindSubmatch(t); m != nil {
					s.drives(string(m[1]))
				}
			}
			if string(w) == "volatile" && i > 0 && t[i-1] == '(' || bytes.HasPrefix(w, []byte("MACH_IS_")) || string(w) == "mips_machtype" {
				s.io = true // a register where the machine has it, or a look which machine this is
			}
		default:
			s.called(w, t)
		}
		i = j
	}
	return table
}

func (s *source) called(w, line []byte) {
	switch {
	case ioCalls[string(w)], bytes.HasPrefix(w, []byte("machine_is_")):
		s.io = true
	case string(w) == "module_w1_family", string(w) == "w1_register_family":
		s.drives("w1")
		s.init = true
	case string(w) == "rtnl_link_register":
		s.links, s.makes = true, string(w)
	case makeCalls[string(w)]:
		if s.makes == "" {
			s.makes = string(w)
		}
	case makeOwnCalls[string(w)]:
		s.makesOwn = string(w)
	case fakeCalls[string(w)] != "":
		s.fakes, s.fakeCall = fakeCalls[string(w)], string(w)
	case ownCalls[string(w)]:
		s.own = true
	case exportCalls[string(w)]:
		s.exports++
		if m := offered.FindSubmatch(line); m != nil && bare[busName(string(m[1]))] {
			s.offers = append(s.offers, busName(string(m[1])))
		}
	case initCalls[string(w)]:
		s.init = true
	case string(w) == "MODULE_DEVICE_TABLE":
		if m := moduleTable.FindSubmatch(line); m != nil {
			if bus := string(m[1]); bus != "x86cpu" && bus != "cpu" { // what it matches says whether that is hardware of its own
				s.table(bus)
			}
			s.module = append(s.module, string(m[1]))
		}
	case bytes.HasPrefix(w, []byte("MODULE_ALIAS")):
		if m := alias.FindSubmatch(line); m != nil {
			bus := strings.ToLower(strings.TrimPrefix(string(m[1]), "_"))
			bus = strings.TrimSuffix(bus, "_device")
			if bus == "" {
				bus = string(m[2])
			}
			if aliasBuses[bus] {
				s.drives(bus)
			}
		}
	case string(w) == "kunit_test_suite" || string(w) == "kunit_test_suites":
		s.tests = true
	case serveCalls[string(w)]:
		s.serves, s.init = true, true
	case bytes.HasPrefix(w, []byte("DECLARE_PCI_FIXUP_")) && line[0] == 'D':
		s.drives("pci")
		s.init = true
	case bytes.Contains(w, []byte("_driver")):
		if m := moduleMacro.FindSubmatch(line); m != nil {
			s.init = true
			s.drives(string(m[1]))
		} else if m := registerCall.FindSubmatch(line); m != nil {
			s.drives(string(m[1]))
		}
	case bytes.HasSuffix(w, []byte("DECLARE")) || bytes.Contains(w, []byte("OF_DECLARE")) || string(w) == "IRQCHIP_MATCH":
		if declares.Match(line) && line[0] != '#' {
			s.init = true
			s.table("of", compatibles(line)...)
		}
	}
}

// drives notes a bus on which a driver is registered.
func (s *source) drives(kind string) {
	bus := busName(kind)
	if bus != "" && !slices.Contains(s.drivers, bus) {
		s.drivers = append(s.drivers, bus)
	}
}
