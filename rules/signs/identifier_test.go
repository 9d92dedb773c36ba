package signs

import "testing"

// A constant of an ID that an expression compares is no row of a table.
func TestRowsOfIDs(t *testing.T) {
	for _, tt := range []struct {
		name, hunk string
		rows       int
	}{
		{"flags of a match", "+\tif (id->match_flags & USB_DEVICE_ID_MATCH_VENDOR)\n+\t\treturn find_alias(id);\n", 0},
		{"an ID that is compared", "+\tif (hdev->product == USB_DEVICE_ID_ACME_PAD)\n+\t\treturn 0;\n", 0},
		{"an SDIO ID that is compared", "+\tif (func->device == SDIO_DEVICE_ID_ACME_WLAN)\n+\t\treturn 0;\n", 0},
		{"a row", "+\t{ USB_DEVICE(0x1234, 0x5678) },\n", 1},
		{"a row over two lines", "+\t{ HID_USB_DEVICE(USB_VENDOR_ID_ACME,\n+\t\tUSB_DEVICE_ID_ACME_PAD) },\n", 1},
		{"a row by its fields", "+\t{\n+\t\t.match_flags\t= USB_DEVICE_ID_MATCH_VENDOR\n+\t\t\t| USB_DEVICE_ID_MATCH_INT_INFO,\n+\t\t.idVendor = 0x1234,\n+\t},\n", 1},
	} {
		if got := codeOf(t, "drivers/acme/a.c", tt.hunk).Net(SignID); got != tt.rows {
			t.Errorf("%s: %d rows, want %d", tt.name, got, tt.rows)
		}
	}
}
