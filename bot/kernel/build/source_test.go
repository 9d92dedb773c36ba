package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/kernel/build/ksource"
)

// small is a configuration with little but the three drivers.
const small = `CONFIG_64BIT=y
# CONFIG_WERROR is not set
# CONFIG_DEBUG_KERNEL is not set
# CONFIG_MITIGATION_RETPOLINE is not set
# CONFIG_SPECULATION_MITIGATIONS is not set
# CONFIG_STACK_VALIDATION is not set
CONFIG_EXPERT=y
CONFIG_COMPILE_TEST=y
CONFIG_MODULES=y
CONFIG_PCI=y
CONFIG_NET=y
CONFIG_INET=y
CONFIG_WIRELESS=y
CONFIG_CFG80211=m
CONFIG_MAC80211=m
CONFIG_NETDEVICES=y
CONFIG_WLAN=y
CONFIG_WLAN_VENDOR_REALTEK=y
CONFIG_RTW88=m
CONFIG_RTW88_8822BE=m
CONFIG_I2C=y
CONFIG_HWMON=y
CONFIG_SENSORS_NCT7802=m
CONFIG_DRM=m
CONFIG_DRM_ETNAVIV=m
`

// Objects of three drivers of Debian's 6.1: one has an error put in, one a warning, one
// nothing; a fourth file is of a driver that the configuration leaves out.
func TestDebian(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute of compiling: run without -short")
	}
	r := ksource.Debian(t, "drivers/hwmon", "drivers/gpu/drm/etnaviv", "drivers/net/wireless/realtek/rtw88")
	g, err := git.Open(t.Context(), r.Dir, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: t.TempDir(), Config: config, Room: 1 << 30}
	for _, c := range []struct{ file, more, want, why, warning string }{
		{"drivers/gpu/drm/etnaviv/etnaviv_perfmon.c", "\nint never_defined(void);\nint never_defined(void) { return no_such_name; }\n", No,
			"no_such_name", ""},
		{"drivers/hwmon/nct7802.c", "\nstatic int never_used(void) { return 1; }\n", Yes, "", "never_used"},
		{"drivers/net/wireless/realtek/rtw88/rx.c", "\n", Yes, "", ""},
		{"drivers/hwmon/lm75.c", "\n", NotTried, "no CONFIG of yours builds this: drivers/hwmon/lm75.c: CONFIG_SENSORS_LM75 is not set", ""},
	} {
		was, err := g.Object(t.Context(), "v6.1:"+c.file)
		if err != nil {
			t.Fatal(err)
		}
		res, err := Objects(t.Context(), g, r.Git("rev-parse", "v6.1"), []File{{c.file, []byte(string(was.Data) + c.more)}}, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %s %s, warnings %q, %v", c.file, res.Builds, res.Why, res.Warnings, res.Took.Round(time.Millisecond))
		if res.Builds != c.want || !strings.Contains(res.Why, c.why) || (c.warning == "") != (len(res.Warnings) == 0) ||
			!strings.Contains(strings.Join(res.Warnings, "\n"), c.warning) {
			t.Errorf("%s: %+v", c.file, res)
		}
	}
}
