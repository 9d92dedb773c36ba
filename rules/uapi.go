package rules

import (
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// NoNewUAPI holds back new interfaces to user space.
var NoNewUAPI = &Rule{
	ID: "no-new-uapi",
	Doc: `no new interface to user space

Lines added under include/uapi, a new ioctl, a new sysfs or procfs attribute, a
new module parameter: programs come to rely on them, and a stable kernel would
promise what the next one may lack. debugfs is no promise and is not meant. A
weight, not a veto: stable has taken definitions that a fix needs.

Met: a patch that only touches a driver's .c file.
Unmet: a patch that defines a new ioctl in include/uapi.`,
	Ref: Ref{submitting, "Select the recipients for your patch", "changes of the interface to user space are announced and documented apart"},
	Values: slices.Concat(
		[]Value{
			{Name: "files.uapi", Doc: "touches uapi headers", Of: func(f *Facts) float64 { return yes(f.Code().UAPI > 0) }},
			{Name: "size.headers", Doc: "doublings of headers touched", Of: func(f *Facts) float64 { return log2(f.Change.Size.Headers) }},
			{Name: "size.header-only", Doc: "touches headers alone", Of: func(f *Facts) float64 { return yes(f.Change.Size.HeaderOnly) }},
		},
		wordValues("uapi", signs.WordUAPI, "the interface to user space"),
		lineValues("ioctl", signs.SignIoctl, "ioctls"),
		lineValues("sysfs", signs.SignSysfs, "sysfs attributes"),
		lineValues("param", signs.SignParam, "module parameters"),
		lineValues("export", signs.SignExport, "exported symbols"),
		lineValues("debugfs", signs.SignDebugfs, "debugfs files"),
	),
	Run: func(f *Facts) (Finding, error) {
		c := f.Code()
		if !f.complete() {
			return unknown(f.noDiff())
		}
		var parts []string
		var ev []Evidence
		if c.NewUAPI > 0 {
			parts = append(parts, change.Count(c.NewUAPI, "line")+" under include/uapi")
			ev = append(ev, c.InUAPI())
		}
		for _, k := range [...]struct {
			s    signs.Sign
			noun string
		}{{signs.SignIoctl, "ioctl definition"}, {signs.SignSysfs, "sysfs or procfs attribute"}, {signs.SignParam, "module parameter"}} {
			if n := c.Net(k.s); n > 0 {
				parts = append(parts, change.Count(n, k.noun))
				ev = append(ev, c.Evidence(k.s))
			}
		}
		if len(parts) == 0 && c.Truncated {
			return unknown(notWhole)
		}
		if len(parts) == 0 {
			return met("adds no interface to user space")
		}
		if w := f.Words(); w.Revert || len(f.Change.Fixes) > 0 && (w.Verb == "restore" || w.Verb == "reinstate") {
			return met("gives back what users had, by its title: "+strings.Join(parts, ", "), ev...)
		}
		return unmet("adds "+strings.Join(parts, ", "), ev...)
	},
}
