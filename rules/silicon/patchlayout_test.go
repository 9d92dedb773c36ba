package silicon

import (
	"strings"
	"testing"
)

// TestPatchLayout: the few names of one patch are mapped where one driver has them
// and they, or the title, name it; else there is a doubt.
func TestPatchLayout(t *testing.T) {
	const rtw = "drivers/net/wireless/realtek/rtw88"
	for name, c := range map[string]struct {
		paths, title, want string
	}{
		"a file named for the driver":  {"rtw8822b.c", "fix the firmware's state", rtw},
		"a name of many, by the title": {"main.c", "wifi: rtw88: fix a hang", rtw},
		"names of many, by the title":  {"main.h pci.c", "wifi: rtw88: add a quirk", rtw},
		"a new file beside":            {"main.c new.c", "rtw88: fix a hang", rtw},
		"a folder of the driver":       {"mt7921/main.c", "wifi: mt76: mt7921: fix a hang", "drivers/net/wireless/mediatek/mt76"},
		"root and folder together":     {"mt76.h mt7921/main.c", "wifi: mt76: fix a hang", "drivers/net/wireless/mediatek/mt76"},
		"a folder of sources":          {"src/ice_main.c", "fix a hang", "src=drivers/net/ethernet/intel/ice"},
		"with a readme":                {"README.md rtw8822b.c", "fix a hang", rtw},
		"a name of many":               {"main.c", "fix a hang", ""},
		"a name of many, by a title that has a driver without it": {"main.c", "ice: fix a hang", ""},
		"named for the driver, in a program":                      {"providers/mlx5/mlx5_verbs.c", "mlx5: fix a hang", ""},
		"the driver's name alone":                                 {"igb.c", "igb: fix the dump of registers", ""},
		"two drivers":                                             {"rtw8822b.c src/ice_main.c", "fix a hang", ""},
		"a path of the kernel":                                    {"drivers/net/veth.c rtw8822b.c", "fix a hang", ""},
		"mostly unknown":                                          {"rtw8822b.c a1.c a2.c", "fix a hang", ""},
		"no source":                                               {"README.md", "rtw88: fix a word", ""},
	} {
		l, ok := builtinDrivers().PatchLayout(strings.Fields(c.paths), c.title)
		if got := l.String(); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got, ok, c.want)
		}
	}
}
