package rules

import (
	"strings"

	"github.com/stablebot/stablebot/rules/signs"
)

// NoDelay honours the wish to wait.
var NoDelay = &Rule{
	ID: "no-delay",
	Doc: `not asked to be delayed

A stable tag may ask for time in mainline first: "after -rc3", "after two
weeks in a release". A patch posted for comments waits for the posting that is
meant to be merged. An author who means it for a release that is still to come, in the
cover letter or below the message, may have no user of an older one in mind. Applies to
changes with a stable tag, and to these.

Met: Cc: stable@vger.kernel.org # 6.6+
Unmet: Cc: stable@vger.kernel.org # after -rc3`,
	Ref:  Ref{stableRules, "Option 1", "the tag may ask for the pick-up to be delayed"},
	Kind: OfPost,
	Run: func(f *Facts) (Finding, error) {
		if f.Change.Prefix.RFC {
			return unmet("posted " + f.postedFor() + ", not to be merged as it is")
		}
		t := f.asked()
		if reason, ev := f.aim(); t == nil && reason != "" {
			return unmet(reason, ev)
		}
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

// aimed begins what is said of a fix that its author means for a release to come.
const aimed = "its author means it for "

// Aimed reports whether a finding says so.
func Aimed(f *Finding) bool {
	return f.ID == NoDelay.ID && f.Outcome == Unmet && strings.HasPrefix(f.Reason, aimed)
}

// aim says which release the author means a fix for. One whose bug is known to be older
// than that is for the older ones as well.
func (f *Facts) aim() (string, Evidence) {
	if !f.claimsFix() {
		return "", Evidence{}
	}
	release, ev := signs.Aim(f.Change.Notes)
	ev.Line = 0
	if release == "" && f.Series != nil {
		release, ev = f.Series.Aim, f.Series.Aimed
	}
	switch old := f.oldest(); {
	case release == "", old != nil && old.Release != "":
		return "", Evidence{}
	case release == "next":
		return aimed + "the next merge window", ev
	}
	return aimed + release + "; if the code is new there, no stable branch needs it", ev
}
