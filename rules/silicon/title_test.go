package silicon

import "testing"

// TestTitleAlone: a title names hardware that the paths do not show; documentation
// stays documentation.
func TestTitleAlone(t *testing.T) {
	for _, c := range []struct{ path, title, want string }{
		{"kernel/irq/made-up.c", "irqdomain: work around a bug of RK3588", "device RK3588 production"},
		{"mm/made-up.c", "mm: fix a boot crash on SC8280XP", "device SC8280XP production"},
		{"kernel/made-up.c", "cpu: fix a hang on Meteor Lake", "platform Meteor Lake production"},
		{"include/uapi/linux/made_up.h", "platform/x86/amd/hsmp: fix a message", "library all drivers of platform/x86 production"},
		{"include/uapi/linux/made_up.h", "mmc/sdhci-msm: fix what is said", "driver sdhci-msm production"},
		{"include/soc/tegra/made-up.h", "firmware: tegra: fix a number", "library all drivers of soc production"},
		{"include/linux/apple-gmux.h", "apple-gmux: fix detection", "driver apple-gmux production"},
		{"arch/x86/include/uapi/asm/amd_hsmp.h", "fix a table", "driver amd_hsmp production"},
		{"Documentation/devicetree/bindings/usb/x.yaml", "dt-bindings: usb: fix RK3588", "none: it changes device-tree bindings, which describe hardware and run nowhere"},
		{"tools/x.c", "tools: fix RK3588", "none: it changes a userspace tool or test (tools)"},
		{"mm/slub.c", "mm/slub: fix a leak", "none: it changes core code (mm), which is for no hardware of its own"},
		{"fs/nls/made-up.c", "fs/nls: fix utf16 to utf8 conversion", "none: it changes core code (fs/nls), which is for no hardware of its own"},
		{"net/core/made-up.c", "net: fix a crash of IPv4 with gen5 and sha256", "none: it changes core code (net/core), which is for no hardware of its own"},
		{"arch/s390/pci/made_up.c", "s390/pci: avoid a deadlock between recovery and mlx5 dumps", "driver mlx5 production"},
		{"mm/made-up.c", "mm: fix a crash of amd64 with 1g pages", "none: it changes core code (mm), which is for no hardware of its own"},
		{"include/net/libeth/made-up.h", "libeth: xdp: fix a prototype", "library all drivers of ethernet production"},
		{"include/linux/kobject.h", "kobject: fix a warning", "none: it changes core code (include/linux), which is for no hardware of its own"},
	} {
		ch := diffOf(c.path, "")
		ch.Subject = c.title
		if got := first(ch); got != c.want {
			t.Errorf("%s: %s:\n got %s\nwant %s", c.path, c.title, got, c.want)
		}
	}
}
