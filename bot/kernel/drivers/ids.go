package drivers

import (
	"bytes"
	"regexp"
	"strings"
)

// IDs stand as they are looked up: "qcom,sm8550-tlmm", "ACPI0001", and two
// numbers or their names, "PCI_VENDOR_ID_INTEL:0x1533", until numbers makes
// "8086:1533" of them.

var (
	ofString   = regexp.MustCompile(`"([A-Za-z0-9][\w.+-]*,[\w.,+-]+)"`)
	acpiString = regexp.MustCompile(`"([A-Z0-9]{3,4}[0-9A-F]{4})"`)
	pciPair    = regexp.MustCompile(`\bPCI_(?:DEVICE|DEVICE_SUB|DEVICE_DATA|VDEVICE|VDEVICE_SUB|DEVICE_SUB_VENDOR)\s*\(\s*(\w+)\s*,\s*(\w+)`)
	pciBare    = regexp.MustCompile(`\{\s*((?:PCI_VENDOR_ID_\w+)|0x[0-9a-fA-F]{4})\s*,\s*((?:PCI_DEVICE_ID_\w+)|0x[0-9a-fA-F]{4})\s*,`)
	usbPair    = regexp.MustCompile(`\b(?:USB_DEVICE\w*|HID_USB_DEVICE|HID_BLUETOOTH_DEVICE|HID_I2C_DEVICE|SDIO_DEVICE|UNUSUAL_DEV|QUIRK_\w+_DEVICE|\w+_DEVICE)\s*\(\s*(\w+)\s*,\s*(\w+)`)
	hdaCodec   = regexp.MustCompile(`\bHDA_CODEC_(?:ENTRY|ID|REV_ENTRY|ID_MODEL)\s*\(\s*0x([0-9a-fA-F]{4})([0-9a-fA-F]{4})`)
)

// idsOf reads the IDs of a table.
func idsOf(bus string, body []byte) []string {
	switch bus {
	case "of":
		return compatibles(body)
	case "acpi":
		return first(acpiString, body)
	case "pci":
		out := pairs(pciPair, body)
		for i, id := range out {
			v, d, _ := strings.Cut(id, ":")
			if !strings.HasPrefix(v, "0x") && !strings.HasPrefix(v, "PCI_") { // PCI_VDEVICE(INTEL, …)
				v = "PCI_VENDOR_ID_" + v
				out[i] = v + ":" + d
			}
		}
		return append(out, pairs(pciBare, body)...)
	case "usb", "hid", "sdio":
		return pairs(usbPair, body)
	case "hdaudio":
		return pairs(hdaCodec, bytes.ReplaceAll(body, []byte("0X"), []byte("0x")))
	}
	return nil
}

func compatibles(b []byte) []string { return first(ofString, b) }

func first(re *regexp.Regexp, b []byte) []string {
	var out []string
	for _, m := range re.FindAllSubmatch(b, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

func pairs(re *regexp.Regexp, b []byte) []string {
	var out []string
	for _, m := range re.FindAllSubmatch(b, -1) {
		out = append(out, string(m[1])+":"+string(m[2]))
	}
	return out
}

// number is a vendor or device ID of four digits, given as such or by name.
func number(s string, named func(string) (uint16, bool)) (string, bool) {
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		s = hex
	} else if n, ok := named(s); ok {
		return hex4(n), true
	} else if len(s) != 4 {
		return "", false
	}
	if len(s) > 4 || strings.Trim(strings.ToLower(s), "0123456789abcdef") != "" || s == "" {
		return "", false
	}
	return "0000"[len(s):] + strings.ToLower(s), true
}

func hex4(n uint16) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[n>>12], digits[n>>8&15], digits[n>>4&15], digits[n&15]})
}
