package rules

import (
	"strings"

	"github.com/stablebot/stablebot/rules/signs"
)

// NotDeclined honours a maintainer's no.
var NotDeclined = &Rule{
	ID: "not-declined",
	Doc: `no maintainer declined it

A tag to stable+noautosel@kernel.org takes a change out of automatic pickup and
has to give its reason; a NAK in the thread stops a patch altogether. Both are
believed as they stand; a NAK over a tag, the tree or the message alone asks for
another posting and is none, and one that names branches ("not for 5.10") keeps
a change out of these alone. Replies count when the thread is known, of the
author, the maintainers of the files and the stable team, when they are proven;
what anybody else objects to is shown and decides nothing.

Met: a patch that was reviewed without objection.
Unmet: Cc: stable+noautosel@kernel.org # needs new firmware`,
	Ref:  Ref{stableRules, "Option 1", "a variant of the tag, with a reason, tells the tools of the stable team to leave a change alone"},
	Kind: OfPost,
	Values: []Value{
		{Name: "tag.noautosel", Doc: "refuses automatic pickup", Kind: OfClaim, Of: func(f *Facts) float64 {
			for _, s := range f.Change.Stable {
				if s.NoAutosel {
					return 1
				}
			}
			return 0
		}},
	},
	Run: func(f *Facts) (Finding, error) {
		for i := range f.Change.Stable {
			t := &f.Change.Stable[i]
			if !t.NoAutosel {
				continue
			}
			reason := strings.TrimSpace(t.Comment)
			if reason == "" {
				return unmet("its tag refuses automatic pickup, without the reason that the rules ask for", f.bodyLine(t.Line))
			}
			return unmet("its tag refuses automatic pickup: "+signs.Shorten(reason), f.bodyLine(t.Line))
		}
		if s := f.Series; s != nil && len(s.Declined) > 0 {
			return unmet("declined in the thread: "+signs.Shorten(s.Declined[0].Text), s.Declined...)
		}
		if s := f.Series; s != nil && len(s.NotFor) > 0 {
			no := &s.NotFor[0]
			return met("declined for "+no.String()+" alone: "+signs.Shorten(no.Text), no.Evidence)
		}
		if s := f.Series; s != nil && len(s.Objections) > 0 {
			return met("no refusal in its tags; somebody objects in the thread, and nobody who may decline it is proven to", s.Objections...)
		}
		if f.Series != nil {
			return met("no refusal in its tags, and none in the thread by somebody who may decline it")
		}
		return met("no refusal in its tags; the thread was not read")
	},
}
