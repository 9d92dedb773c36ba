package rules

import (
	"strings"

	"github.com/stablebot/stablebot/rules/signs"
)

// Disclosure notices fixes that may not be public yet.
var Disclosure = &Rule{
	ID: "disclosure",
	Doc: `not about an unpublished vulnerability

Holes go through the security process, not through the stable process alone. A
mail among whose recipients is security@kernel.org or stable@kernel.org, or a
tag to the latter, may be about one: the rules name that address for it, though
many write it out of habit. Applies to changes that bear such an address or
speak of security.

Met: a fix with a published CVE number and the public stable tag.
Unmet: a mail copied to security@kernel.org.`,
	Ref:  Ref{stableRules, "Procedure for submitting patches to the -stable tree", "security patches also follow Documentation/process/security-bugs.rst; stable@kernel.org is for what is not public yet"},
	Kind: OfPost,
	Run: func(f *Facts) (Finding, error) {
		c := f.Change
		for _, list := range [...][]string{c.To, c.Cc} {
			for _, a := range list {
				if strings.EqualFold(a, "security@kernel.org") || strings.EqualFold(a, "stable@kernel.org") {
					return unmet("sent to "+strings.ToLower(a)+", the address for what may not be public yet", Evidence{Text: signs.Shorten(a)})
				}
			}
		}
		for i := range c.Stable {
			if t := &c.Stable[i]; t.Address == "stable@kernel.org" {
				return unknown("its stable tag uses the address for unpublished holes, as many do out of habit", f.bodyLine(t.Line))
			}
		}
		if w := f.Words(); w.Has(signs.WordSecurity) {
			return met("mentions security, and was sent in public", w.Evidence(signs.WordSecurity))
		}
		return notApplicable("nothing in it points to the security process")
	},
}
