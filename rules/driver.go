package rules

// NoNewDriver holds back new drivers and new files of code.
var NoNewDriver = &Rule{
	ID: "no-new-driver",
	Doc: `no new driver and no new source files

A new driver is the largest kind of enablement there is; a new source file is
seldom a fix; whether one that presents itself as a fix is, the file does not
tell. New headers that hold a table are not meant, they are counted as table
lines.

Met: a patch that changes three existing files.
Unmet: a patch that adds foo_drv.c with its module_platform_driver line.`,
	Ref: Ref{stableRules, ruleList, "a fix or a device ID; what is neither is left to mainline"},
	Run: func(f *Facts) (Finding, error) {
		c := f.Code()
		if !f.complete() {
			return unknown("there is no diff to look at")
		}
		var ev Evidence
		for _, x := range f.Change.Files {
			if x.IsNew && (len(x.NewName) > 2 && x.NewName[len(x.NewName)-2:] == ".c") {
				ev = Evidence{File: x.NewName}
				break
			}
		}
		var out Finding
		switch {
		case c.NewUnits > 0 && c.Net(SignDriver) > 0:
			out, _ = unmet("adds a driver or module in "+plural(c.NewUnits, "new source file"), ev, c.Evidence(SignDriver))
		case c.NewUnits > 0 && f.claimsFix():
			out, _ = unknown("adds "+plural(c.NewUnits, "source file")+", and presents itself as a fix", ev)
		case c.NewUnits > 0:
			out, _ = unmet("adds "+plural(c.NewUnits, "source file"), ev)
		default:
			out, _ = met("adds no source file")
		}
		out.Values = map[string]float64{"new_sources": float64(c.NewUnits), "new_files": float64(f.Change.Size.NewFiles)}
		return out, nil
	},
}
