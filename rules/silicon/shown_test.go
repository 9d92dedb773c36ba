package silicon

import "testing"

// TestShown: what is newer than the table is a driver where the patch shows one, and
// unknown where it does not.
func TestShown(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"static struct wmi_driver made_up_driver = {", "driver made-up production"},
		{"\tmodule_i2c_driver(made_up);", "driver made-up production"},
		{"MODULE_DEVICE_TABLE(spi, made_up_ids);", "driver made-up production"},
		{"static const struct usb_device_id made_up_ids[] = {", "driver made-up production"},
		{"\twritel(val, priv->base + CTRL);", "driver made-up production"},
		{"\tret = wmidev_evaluate_method(wdev, 0, id, &in, &out);", "driver made-up production"},
		{"\tif (x->y)", "driver drivers/platform/x86 unknown"},
		{"\tdev_err(dev, \"writel() failed, see struct wmi_driver x = 1\\n\");", "driver drivers/platform/x86 unknown"},
		{" * writel(x) has no effect here", "driver drivers/platform/x86 unknown"},
		{"static struct platform_driver made_up_driver = {", "driver drivers/platform/x86 unknown"}, // software has those too
		{"int probe(struct wmi_driver *d);", "driver drivers/platform/x86 unknown"},
	} {
		if got := first(diffOf("drivers/platform/x86/made-up.c", c.line)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.line, got, c.want)
		}
	}
	ch := diffOf("drivers/platform/x86/made-up.c", "static struct wmi_driver made_up_driver = {")
	ch.Files[0].IsNew = true // nobody knows whether it can be bought
	if got := first(ch); got != "driver made-up unknown" {
		t.Errorf("a new file: got %s", got)
	}
}

// TestShownOfArch: code of an architecture that reaches a device on a bus is hardware's; a
// register of the processor is not.
func TestShownOfArch(t *testing.T) {
	const none = "none: it changes core code (arch/x86/kernel), which is for no hardware of its own"
	for _, c := range []struct{ line, want string }{
		{"\terr = pci_write_config_dword(root, 0x60, address);", "driver made_up production"},
		{"static const struct pci_device_id roots[] = {", "driver made_up production"},
		{"\twrmsrl(MSR_MADE_UP, val);", none},
		{"\toutb(0, 0x70);", none},
	} {
		if got := first(diffOf("arch/x86/kernel/made_up.c", c.line)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.line, got, c.want)
		}
	}
}
