package mail

import (
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/stablebot/stablebot/rules/silicon"
)

// matched are paths below which the catalogue reads in its own way each, and what is looked for
// there.
var matched = [...][2]string{
	{"drivers/gpu/drm/amd/amdgpu/gfx_v11_0.c", "IP_VERSION(11, 0, 3) "}, {"drivers/gpu/drm/i915/a.c", "DISPLAY_VER(i915) >= 14 IS_DG2("},
	{"drivers/gpu/drm/xe/a.c", "GRAPHICS_VERx100(xe) "}, {"drivers/gpu/drm/msm/a.c", "adreno_is_a730("},
	{"drivers/net/wireless/mediatek/mt76/mt7925/a.c", "is_mt7925(dev) "}, {"drivers/net/ethernet/intel/ice/a.c", "PCI_VDEVICE(INTEL, 0x1591) "},
	{"arch/arm64/boot/dts/qcom/a.dts", "compatible = \"qcom,sm8650\"; "}, {"drivers/platform/x86/a.c", "DMI_MATCH(DMI_BOARD_NAME, \"X\"), "},
	{"drivers/acpi/a.c", "{ \"ACPI0001\", 0 }, "}, {"drivers/usb/storage/unusual_devs.h", "UNUSUAL_DEV(0x0123, 0x4567, "},
	{"drivers/x.c", "0x7480 "}, {"a", "rev_id "},
}

// FuzzSiliconCost says a thing very often at a place of a patch, in its title and in the names
// of its files.
func FuzzSiliconCost(f *testing.F) {
	for i, m := range matched {
		for _, place := range [...]uint8{inOneLine, addedLine, addedLines, inHunks} {
			f.Add(place, m[0], uint8(1), "drm/amdgpu: fix a hang", "", m[1], "")
		}
		f.Add(uint8(addedLine), m[0], uint8(200), strings.Repeat(m[1], 20), "", matched[(i+1)%len(matched)][1], "")
	}
	f.Fuzz(func(t *testing.T, place uint8, path string, files uint8, subject, head, unit, tail string) {
		c := repeated(place, costOf, head, unit, tail)
		path, subject = path[:min(len(path), 4096)], subject[:min(len(subject), 4096)]
		if len(c.Files) > 0 {
			fragments := c.Files[0].TextFragments
			c.Files = nil
			for i := range max(1, min(int(files), costOf/(1+len(path)))) {
				name := strings.Repeat("x/", i%7) + path
				file := &gitdiff.File{OldName: name, NewName: name}
				if i == 0 {
					file.TextFragments = fragments
				}
				c.Files = append(c.Files, file)
			}
		}
		c.Subject = subject
		costs(t, costOf, func() { silicon.Default().Match(c) })
	})
}
