package rules

import "github.com/stablebot/stablebot/rules/signs"

// NoDelay honours the wish to wait.
var NoDelay = &Rule{
	ID: "no-delay",
	Doc: `not asked to be delayed

A stable tag may ask for time in mainline first: "after -rc3", "after two
weeks in a release". A patch posted for comments waits for the posting that is
meant to be merged. Applies to changes with a stable tag, and to these.

Met: Cc: stable@vger.kernel.org # 6.6+
Unmet: Cc: stable@vger.kernel.org # after -rc3`,
	Ref:  Ref{stableRules, "Option 1", "the tag may ask for the pick-up to be delayed"},
	Kind: OfPost,
	Run: func(f *Facts) (Finding, error) {
		if f.Change.Prefix.RFC {
			return unmet("posted " + f.postedFor() + ", not to be merged as it is")
		}
		t := f.asked()
		if t == nil {
			return notApplicable("no stable tag that could ask for a delay")
		}
		for i := range f.Change.Stable {
			if d := &f.Change.Stable[i]; d.After != "" && !d.NoAutosel {
				return unmet("its stable tag asks to wait: "+signs.Shorten(d.After), f.bodyLine(d.Line))
			}
		}
		return met("its stable tag asks for no delay", f.bodyLine(t.Line))
	},
}
