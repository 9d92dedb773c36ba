package rules

import (
	"slices"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// NoFirmware asks whether new firmware has to be installed as well.
var NoFirmware = &Rule{
	ID: "no-firmware",
	Doc: `needs no firmware that installed systems may lack

A kernel update does not bring firmware along. A change that asks for a new
file, or that works only with a new version, can leave users of a stable branch
with a device that no longer starts.

Met: a patch that touches no firmware name or version.
Unmet: a patch that adds MODULE_FIRMWARE("acme/gx2_fw.bin").`,
	Ref: Ref{stableRules, ruleList, "the change has to be obviously correct, also on the systems that get it by update"},
	Values: slices.Concat(
		wordValues("firmware", signs.WordFirmware, "firmware"),
		wordValues("needs-firmware", signs.WordNeedsFW, "needing firmware"),
		lineValues("firmware", signs.SignFirmware, "firmware requests"),
	),
	Run: func(f *Facts) (Finding, error) {
		c, w := f.Code(), f.Words()
		switch n := c.Net(signs.SignFirmware); {
		case n > 0:
			out, err := unmet("asks for "+change.Count(n, "firmware file")+" more", c.Evidence(signs.SignFirmware))
			return out, err
		case c.Added[signs.SignFirmware] > 0 && !c.Moved(signs.SignFirmware):
			return unmet("changes lines that name firmware files", c.Evidence(signs.SignFirmware))
		case c.Net(signs.SignFWLoad) > 0:
			return unknown("loads firmware in one more place; whether systems have the file is not known", c.Evidence(signs.SignFWLoad))
		case w.Has(signs.WordNeedsFW):
			return unknown("the message mentions a firmware version; whether systems have it is not known", w.Evidence(signs.WordNeedsFW))
		case w.Has(signs.WordFWFile):
			return unknown("the message says that it needs a firmware file; whether systems have it is not known", w.Evidence(signs.WordFWFile))
		case !f.complete():
			return unknown(f.noDiff())
		case c.Truncated:
			return unknown(notWhole)
		}
		return met("asks for no new firmware")
	},
}
