package rules

// NoFirmware asks whether new firmware has to be installed as well.
var NoFirmware = &Rule{
	ID: "no-firmware",
	Doc: `needs no firmware that installed systems may lack

A kernel update does not bring firmware along. A change that asks for a new
file, or that works only with a new version, can leave users of a stable branch
with a device that no longer starts.

Met: a patch that touches no firmware name or version.
Unmet: a patch that adds MODULE_FIRMWARE("acme/gx2_fw.bin").`,
	Ref: Ref{stableRules, ruleList, "the change is correct beyond doubt, also on the systems that get it by update"},
	Run: func(f *Facts) (Finding, error) {
		c, w := f.Code(), f.Words()
		switch n := c.Net(SignFirmware); {
		case n > 0:
			out, err := unmet("asks for "+plural(n, "firmware file")+" more", c.Evidence(SignFirmware))
			out.Values = map[string]float64{"files": float64(n)}
			return out, err
		case c.Added[SignFirmware] > 0 && !c.moved(SignFirmware):
			return unmet("changes lines that name firmware files", c.Evidence(SignFirmware))
		case c.Net(SignFWLoad) > 0:
			return unknown("loads firmware in one more place; whether systems have the file is not known", c.Evidence(SignFWLoad))
		case w.Has(WordNeedsFW):
			return unknown("the message speaks of a firmware version; whether systems have it is not known", w.Evidence(WordNeedsFW))
		case !f.complete():
			return unknown("there is no diff to look at")
		}
		return met("asks for no new firmware")
	},
}

// moved reports whether as many lines with s went as came and the diff shows
// none with another text: then they only changed places.
func (c *Code) moved(s Sign) bool {
	return c.Added[s] == c.Removed[s] && c.addedText[s] == c.removedText[s]
}
