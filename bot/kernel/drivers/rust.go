package drivers

import (
	"path"
	"regexp"
	"strings"
)

// What a Rust file says of the hardware that it drives.
var (
	rustTable  = regexp.MustCompile(`\b(\w+)_device_table!`)
	rustModule = regexp.MustCompile(`(?m)^\s*(?:kernel::)?module_(?:\w+_)?([a-z]+)_driver!`)
	rustDriver = regexp.MustCompile(`\b(pci|platform|auxiliary|usb|i2c|phy)::Driver\s+for\b`)
	rustString = regexp.MustCompile(`of::DeviceId::new\(\s*c"([^"]+)"`)
	rustMod    = regexp.MustCompile(`(?m)^\s*(?:pub(?:\([a-z]+\))?\s+)?mod\s+(\w+)\s*;`)
	rustDisk   = regexp.MustCompile(`\bGenDiskBuilder::`)
)

// scanRust reads one file of Rust. The modules that it declares are code of its own.
func scanRust(name string, text []byte) *source {
	s := &source{}
	if len(text) > maxSource {
		return s
	}
	for _, m := range rustTable.FindAllSubmatch(text, -1) {
		bus := busName(string(m[1]))
		s.table(bus)
		s.module = append(s.module, bus)
	}
	for _, m := range rustString.FindAllSubmatch(text, -1) {
		if strings.Contains(string(m[1]), ",") {
			s.table("of", string(m[1]))
		}
	}
	for _, re := range []*regexp.Regexp{rustModule, rustDriver} {
		for _, m := range re.FindAllSubmatch(text, -1) {
			s.drives(string(m[1]))
			s.init = true
		}
	}
	if rustDisk.Match(text) {
		s.makes = "GenDiskBuilder"
	}
	stem := strings.TrimSuffix(path.Base(name), ".rs")
	for _, m := range rustMod.FindAllSubmatch(text, -1) {
		mod := string(m[1])
		s.code = append(s.code, mod+".rs", mod+"/mod.rs", stem+"/"+mod+".rs")
	}
	return s
}
