package rules

import "strings"

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
	Run: func(f *Facts) (Finding, error) {
		c := f.Code()
		if !f.complete() {
			return unknown("there is no diff to look at")
		}
		var parts []string
		var ev []Evidence
		if c.NewUAPI > 0 {
			parts = append(parts, plural(c.NewUAPI, "line")+" under include/uapi")
			ev = append(ev, c.uapi.evidence())
		}
		for _, k := range [...]struct {
			s    Sign
			noun string
		}{{SignIoctl, "ioctl definition"}, {SignSysfs, "sysfs or procfs attribute"}, {SignParam, "module parameter"}} {
			if n := c.Net(k.s); n > 0 {
				parts = append(parts, plural(n, k.noun))
				ev = append(ev, c.Evidence(k.s))
			}
		}
		if len(parts) == 0 {
			return met("adds no interface to user space")
		}
		out, err := unmet("adds "+strings.Join(parts, ", "), ev...)
		out.Values = map[string]float64{"uapi_lines": float64(max(0, c.NewUAPI)), "ioctls": float64(max(0, c.Net(SignIoctl))),
			"attributes": float64(max(0, c.Net(SignSysfs))), "parameters": float64(max(0, c.Net(SignParam)))}
		return out, err
	},
}
