package rules

import (
	"fmt"

	"github.com/stablebot/stablebot/rules/change"
)

// Mainline asks whether the change has gone the way every stable change goes.
var Mainline = &Rule{
	ID: "mainline",
	Doc: `the change, or an equivalent fix, is in mainline

Stable takes what mainline already has, so that nobody loses a fix by
updating. A patch that is only posted is no exception and no failure: it can go
in once it is merged, which the verdict states as "after-mainline". What is
refused is a fix that mainline does not have and is not being offered.

Met: a commit that the configured mainline remote carries since 6.9.
Unmet: a fix that only the vendor tree has.`,
	Ref: Ref{stableRules, ruleList, "the same fix, or one to the same effect, has to be in mainline first"},
	Run: func(f *Facts) (Finding, error) {
		c := f.Change
		if f.Tree != nil && f.Tree.Mainline.Known {
			m := f.Tree.Mainline
			switch {
			case m.Has && m.Release != "":
				return met(fmt.Sprintf("in mainline since %s as %s (found by %s)", m.Release, short(m.SHA), m.How))
			case m.Has:
				return met(fmt.Sprintf("in mainline as %s (found by %s), in no release yet", short(m.SHA), m.How))
			case f.Tree.VendorHas:
				return unmet("only the vendor tree has it: mainline has neither it nor a commit of the same title or content")
			case f.Submission():
				return unmet("sent for a stable branch, but mainline does not have it")
			}
			return notApplicable("not merged yet, which is no reason against it: stable takes it once mainline has it")
		}
		if says := c.NotUpstream; says != "" {
			if c.OnItsWay {
				return notApplicable("\"" + says + "\" says that mainline does not have it yet; stable takes it once it has")
			}
			return unmet("\"" + says + "\" says that mainline does not have it")
		}
		if up := c.Upstream(); up != nil && up.Form != change.FormPick {
			return met("carries mainline commit "+short(up.SHA)+" by its own word", f.bodyLine(up.Line))
		}
		if c.Prefix.RFC {
			return notApplicable("posted for comments, not for merging yet")
		}
		return noTrees("whether mainline has it is not known")
	},
}

// short is a SHA as people write it: submitting-patches asks for twelve digits.
func short(sha string) string {
	if len(sha) > 12 {
		return sha[:12]
	}
	if sha == "" {
		return "(no SHA)"
	}
	return sha
}
