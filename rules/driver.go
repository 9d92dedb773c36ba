package rules

import (
	"slices"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

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
	Values: slices.Concat(
		[]Value{
			{Name: "size.new-files", Doc: "adds files", Of: func(f *Facts) float64 { return yes(f.Change.Size.NewFiles > 0) }},
			{Name: "size.deleted-files", Doc: "removes files", Of: func(f *Facts) float64 { return yes(f.Change.Size.DelFiles > 0) }},
			{Name: "files.units", Doc: "adds source files", Of: func(f *Facts) float64 { return yes(f.Code().NewUnits > 0) }},
		},
		lineValues("driver", signs.SignDriver, "driver registration"),
	),
	Run: func(f *Facts) (Finding, error) {
		c := f.Code()
		if !f.complete() {
			return unknown(f.noDiff())
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
		case c.NewUnits > 0 && c.Net(signs.SignDriver) > 0:
			out, _ = unmet("adds a driver or module in "+change.Count(c.NewUnits, "new source file"), ev, c.Evidence(signs.SignDriver))
		case c.NewUnits > 0 && f.claimsFix():
			as := "presents itself as a fix"
			if f.AsksAlone() {
				as = AsksStable
			}
			out, _ = unknown("adds "+change.Count(c.NewUnits, "source file")+", and "+as, ev)
		case c.NewUnits > 0:
			out, _ = unmet("adds "+change.Count(c.NewUnits, "source file"), ev)
		case f.Change.Size.NewFiles > 0:
			out, _ = met("adds no unit that is compiled by itself")
		default:
			out, _ = met("adds no source file")
		}
		return out, nil
	},
}
