package rules

import (
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
	"github.com/stablebot/stablebot/rules/silicon"
)

// ProductionSilicon asks whether anybody can own the hardware.
var ProductionSilicon = &Rule{
	ID: "production-silicon",
	Doc: `affects hardware that can be bought

A bug of silicon that never left the lab bothers nobody. The state comes from
the catalogue; one shipped chip among those affected is enough. A chip that is
on sale but not yet enabled by default in a branch is production, and the gate
is stated. Hardware that the catalogue does not know is unknown, never guessed.

Met: a patch to the code of a generation on sale since 2023.
Unmet: a patch that only touches a platform announced for next year.`,
	Ref: Ref{stableRules, ruleList, "a bug bothers people; nobody is bothered by hardware that nobody has"},
	Values: []Value{
		{Name: "files.boards", Doc: "touches device trees", Of: func(f *Facts) float64 {
			return yes(f.path(func(n string) bool { return strings.HasSuffix(n, ".dts") || strings.HasSuffix(n, ".dtsi") }))
		}},
		{Name: "files.bindings", Doc: "touches device tree bindings", Of: func(f *Facts) float64 {
			return yes(f.path(func(n string) bool {
				return strings.HasPrefix(n, "Documentation/devicetree/") || strings.HasPrefix(n, "include/dt-bindings/")
			}))
		}},
		{Name: "files.staging", Doc: "touches staging drivers", Of: func(f *Facts) float64 {
			return yes(f.path(func(n string) bool { return strings.HasPrefix(n, "drivers/staging/") }))
		}},
		{Name: "files.maintainers", Doc: "touches MAINTAINERS", Of: func(f *Facts) float64 {
			return yes(f.path(func(n string) bool { return n == "MAINTAINERS" }))
		}},
		{Name: "files.rust", Doc: "touches Rust", Of: func(f *Facts) float64 {
			return yes(f.path(func(n string) bool { return strings.HasSuffix(n, ".rs") }))
		}},
		{Name: "files.shared", Doc: "touches code outside drivers: headers of all, the core", Of: func(f *Facts) float64 {
			return yes(f.path(func(n string) bool {
				return !strings.HasPrefix(n, "drivers/") && !strings.HasPrefix(n, "sound/") && !strings.HasPrefix(n, "Documentation/") && strings.IndexByte(n, '/') > 0
			}))
		}},
		{Name: "files.foreign", Doc: "no path of the kernel", Of: func(f *Facts) float64 { return yes(!f.path(change.KernelPath)) }},
	},
	Run: func(f *Facts) (Finding, error) {
		if len(f.Silicon) == 0 {
			return notApplicable("touches no hardware that the catalogue knows")
		}
		var sold, lab, other []string
		var first, chip *silicon.Match // on sale: of all, and of those that name a chip
		ms := silicon.Named(f.Silicon)
		for i := range ms {
			m := &ms[i]
			switch m.State {
			case silicon.Production:
				if first == nil {
					first = m
				}
				if m.Specific() {
					if sold = append(sold, m.Name); chip == nil {
						chip = m
					}
				}
			case silicon.PreProduction:
				lab = append(lab, m.Name)
			default:
				other = append(other, m.Name)
			}
		}
		var out Finding
		switch {
		case first != nil:
			reason := inUse(first)
			if chip != nil {
				first, reason = chip, onSale(chip, sold)
			} else if len(other) > 0 {
				reason += "; whether " + listed(other) + " has been sold is not known"
			}
			if f.Tree != nil && len(f.Tree.Silicon) > 0 {
				g := f.Tree.Silicon[0]
				reason += "; " + g.Chip + " is not enabled by default in " + g.Branch + " (" + g.How + ")"
			}
			out, _ = met(reason, recognised(first))
		case len(other) > 0:
			out, _ = unknown("the catalogue does not say whether " + listed(other) + " has been sold")
		default:
			out, _ = unmet(listed(lab)+" is not on sale", recognised(&ms[0]))
		}
		return out, nil
	},
}

// onSale says since when chips have been sold.
func onSale(first *silicon.Match, names []string) string {
	has := " has been sold"
	for i, name := range names {
		if strings.Contains(name, "firmware") { // which nobody sells
			has, names[i] = " have been sold", "chips that run "+name
		}
	}
	switch {
	case len(names) == 1 && first.Launched != "":
		return names[0] + has + " since " + first.Launched
	case len(names) == 1:
		return names[0] + has
	case first.Launched != "":
		return listed(names) + " have been sold (" + names[0] + " since " + first.Launched + ")"
	}
	return listed(names) + " have been sold"
}

// inUse says what is known where no chip is named: nobody sells a driver, a library or
// an architecture.
func inUse(m *silicon.Match) string {
	switch m.Kind {
	case silicon.KindLibrary:
		if m.Driver == "base" {
			return "it is code that drivers of all kinds share"
		}
		if m.Driver != "" && m.Name != m.Driver {
			return "it is code of " + m.Driver + " (" + m.Name + "), whose hardware is in use"
		}
		return "it is code for " + m.Label() + ", whose hardware is in use"
	case silicon.KindBoard:
		if len(m.Where) > 0 && strings.HasSuffix(m.Where[0].File, ".dtsi") {
			return "boards that include " + m.Name + " are in use"
		}
		return "the board " + m.Name + " is in use"
	case silicon.KindDevice:
		return "the device " + m.Name + " is in use"
	}
	return "hardware that uses " + m.Name + " is in use"
}

// listed writes up to three names.
func listed(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + " and " + change.Count(len(names)-3, "other")
	}
	return strings.Join(names, ", ")
}

func recognised(m *silicon.Match) Evidence {
	if len(m.Where) == 0 {
		return Evidence{}
	}
	w := m.Where[0]
	return Evidence{File: w.File, Line: w.Line, Text: signs.Shorten(w.Text)}
}
