package change

import "strings"

// neighbours are the projects whose patches go to kernel lists too, by the words in
// the brackets before a title that their lists ask for.
var neighbours = map[string]string{
	"iproute2": "iproute2", "iproute2-next": "iproute2", "iproute": "iproute2", "ethtool": "ethtool", "ethtool-next": "ethtool",
	"xfstests": "xfstests", "fstests": "xfstests", "xfsprogs": "xfsprogs", "e2fsprogs": "e2fsprogs", "btrfs-progs": "btrfs-progs",
	"blktests": "blktests", "ltp": "LTP", "b4": "b4", "pahole": "pahole", "dwarves": "pahole", "bluez": "BlueZ", "usbutils": "usbutils", "ell": "ell", "iwd": "iwd",
	"mmc-utils": "mmc-utils", "rdma-core": "rdma-core", "nvme-cli": "nvme-cli", "libnvme": "libnvme", "mdadm": "mdadm", "ndctl": "ndctl",
	"kvm-unit-tests": "kvm-unit-tests", "kvmtool": "kvmtool", "qemu": "QEMU", "libdrm": "libdrm", "igt-gpu-tools": "IGT",
	"igt": "IGT", "i-g-t": "IGT", "linux-firmware": "linux-firmware", "iw": "iw", "wireless-regdb": "wireless-regdb", "hostap": "hostap",
	"alsa-lib": "alsa-lib", "alsa-utils": "alsa-utils", "v4l-utils": "v4l-utils", "trace-cmd": "trace-cmd", "smatch": "smatch",
	"nft": "nftables", "iptables": "iptables", "libnl": "libnl", "util-linux": "util-linux", "dt-schema": "dt-schema", "dtc": "dtc", "u-boot": "U-Boot",
}

// anyProject are the files that the kernel's root has, and that of other projects too.
var anyProject = map[string]bool{"Makefile": true, "README": true, ".gitignore": true, ".mailmap": true, "MAINTAINERS": true}

// OtherProject is what Neighbour says of a project that nothing names.
const OtherProject = "another project"

// Neighbour names the project that a patch is for when that is not the kernel: by a
// word in its brackets or before its title, or as all its files stand where the kernel has none. "" for
// the kernel, and where nothing tells. WHENCE is the list of linux-firmware.
func (c *Change) Neighbour() string {
	named := ""
	for _, w := range c.Prefix.Words {
		if p, ok := neighbours[w]; ok {
			named = p
		}
	}
	if first, _, ok := strings.Cut(c.Subject, ":"); ok && named == "" {
		named = neighbours[strings.ToLower(first)]
	}
	files, outside, everybodys := 0, 0, true
	for _, f := range c.Named().Files {
		name := f.NewName
		if name == "" {
			name = f.OldName
		}
		if name == "WHENCE" {
			return "linux-firmware"
		}
		files++
		if !KernelPath(name) {
			outside++
		}
		everybodys = everybodys && anyProject[name]
	}
	switch {
	case named != "" && files > 0 && everybodys:
		return named
	case outside == 0:
		return "" // it touches what the kernel has, whatever the brackets say
	case named != "":
		return named
	case outside < files, prefixes(c.Subject) > 1:
		// "wifi: acme: x100: …" is how the kernel's patches are titled: made in a tree
		// whose root is the driver.
		return ""
	}
	return OtherProject
}

// InKernel reports whether a file of the change may be one of the kernel's tree.
func (c *Change) InKernel() bool {
	for _, f := range c.Named().Files {
		name := f.NewName
		if name == "" {
			name = f.OldName
		}
		if KernelPath(name) {
			return true
		}
	}
	return false
}

// prefixes counts what stands before colons in a title.
func prefixes(title string) (n int) {
	for {
		before, after, ok := strings.Cut(title, ": ")
		if !ok || strings.ContainsAny(before, " \t") {
			return n
		}
		n, title = n+1, after
	}
}
