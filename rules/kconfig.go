package rules

import (
	"slices"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// NoNewKconfig holds back new questions to whoever configures a kernel.
var NoNewKconfig = &Rule{
	ID: "no-new-kconfig",
	Doc: `no new Kconfig symbol

A new symbol asks every user of a stable kernel a new question on update, and
is the mark of something new. A changed dependency of an old symbol is often a
build fix and is not meant.

Met: a patch that adds "depends on PCI" to an existing symbol.
Unmet: a patch that adds "config FOO_TURBO".`,
	Ref: Ref{stableRules, ruleList, "a fix or a device ID; what is neither is left to mainline"},
	Values: slices.Concat(
		[]Value{
			{Name: "files.build", Doc: "touches Kconfig or Makefiles", Of: func(f *Facts) float64 { return yes(f.Code().Build > 0) }},
		},
		lineValues("config", signs.SignConfig, "Kconfig symbols"),
		lineValues("depends", signs.SignConfigDep, "Kconfig dependencies"),
	),
	Run: func(f *Facts) (Finding, error) {
		c := f.Code()
		switch n := c.Net(signs.SignConfig); {
		case !f.complete():
			return unknown(f.noDiff())
		case n > 0:
			return unmet("adds "+change.Count(n, "Kconfig symbol"), c.Evidence(signs.SignConfig))
		case c.Added[signs.SignConfigDep]+c.Removed[signs.SignConfigDep] > 0:
			return met("changes a dependency of an existing Kconfig symbol, adds none", c.Evidence(signs.SignConfigDep))
		case c.Truncated:
			return unknown(notWhole)
		}
		return met("adds no Kconfig symbol")
	},
}
