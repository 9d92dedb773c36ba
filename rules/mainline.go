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
	Ref:  Ref{stableRules, ruleList, "the same fix, or one to the same effect, has to be in mainline first"},
	Kind: OfTrees | OfLanding,
	Values: []Value{
		{Name: "tree.landing", Doc: "it is known how it went into mainline", Kind: OfTrees, Of: func(f *Facts) float64 { return yes(f.landing()) }},
		{Name: "tree.landing.late60", Doc: "weeks of the eight before the merge window that had passed when it was written", Kind: OfTrees, Of: func(f *Facts) float64 {
			if !f.landing() {
				return 0
			}
			return min(max(float64(f.Tree.Landing.WindowDays+60)/7, 0), 8)
		}},
		{Name: "tree.landing.late60.claims", Doc: "the same, for a claimed fix", Kind: OfTrees | OfClaim, Of: func(f *Facts) float64 {
			if !f.landing() || !f.Claims() {
				return 0
			}
			return min(max(float64(f.Tree.Landing.WindowDays+60)/7, 0), 8)
		}},
		{Name: "tree.landing.window", Doc: "written in or after the merge window", Kind: OfTrees, Of: func(f *Facts) float64 {
			return yes(f.landing() && f.Tree.Landing.WindowDays >= 0)
		}},
		{Name: "tree.landing.other", Doc: "went in as a fix without claiming to be one", Kind: OfTrees, Of: func(f *Facts) float64 {
			return yes(f.landing() && f.Tree.Landing.WindowDays >= 14 && !f.Claims())
		}},
		{Name: "tree.landing.fixes", Doc: "written after -rc1 of the release that carries it: it went in as a fix", Kind: OfTrees, Of: func(f *Facts) float64 {
			return yes(f.landing() && f.Tree.Landing.WindowDays >= 14)
		}},
		{Name: "tree.landing.fixes.claims", Doc: "the same, and it claims to be a fix", Kind: OfTrees | OfClaim, Of: func(f *Facts) float64 {
			return yes(f.landing() && f.Tree.Landing.WindowDays >= 14 && f.Claims())
		}},
		{Name: "tree.landing.same", Doc: "went in as a fix, for a bug of the same release", Kind: OfTrees, Of: func(f *Facts) float64 {
			return yes(f.landing() && f.Tree.Landing.WindowDays >= 14 && f.sameCycle())
		}},
		{Name: "tree.landing.unknown", Doc: "went in as a fix, and what it fixes is not known", Kind: OfTrees, Of: func(f *Facts) float64 {
			return yes(f.landing() && f.Tree.Landing.WindowDays >= 14 && f.oldest() == nil)
		}},
		{Name: "tree.company", Doc: "steps by which something that asks for stable follows in the same pull: same file, function, lines; for what does not claim to be a fix", Kind: OfTrees, Of: func(f *Facts) float64 {
			if f.Tree == nil || f.Claims() {
				return 0
			}
			return float64(f.Tree.Landing.Company)
		}},
		{Name: "tree.arrived.late", Doc: "came after -rc1: through a tree of fixes", Kind: OfTrees | OfLanding, Of: func(f *Facts) float64 { return yes(f.arrived()) }},
		{Name: "tree.arrived.late.claims", Doc: "the same, and it claims to be a fix", Kind: OfTrees | OfLanding | OfClaim, Of: func(f *Facts) float64 { return yes(f.arrived() && f.Claims()) }},
		{Name: "tree.arrived.late.same", Doc: "the same, for a bug of the same release", Kind: OfTrees | OfLanding, Of: func(f *Facts) float64 { return yes(f.arrived() && f.sameCycle()) }},
		{Name: "tree.arrived.late.old", Doc: "the same, for a bug of an earlier release", Kind: OfTrees | OfLanding, Of: func(f *Facts) float64 { return yes(f.arrived() && f.oldest() != nil && !f.sameCycle()) }},
		{Name: "tree.arrived.waited", Doc: "came through a tree of fixes weeks after it was written", Kind: OfTrees | OfLanding, Of: func(f *Facts) float64 {
			if !f.arrived() {
				return 0
			}
			return min(float64(f.Tree.Landing.ArrivedDays-f.Tree.Landing.WindowDays)/7, 8)
		}},
		{Name: "tree.arrived.week", Doc: "weeks after -rc1 when it came", Kind: OfTrees | OfLanding, Of: func(f *Facts) float64 {
			if !f.arrived() {
				return 0
			}
			return min(float64(f.Tree.Landing.ArrivedDays-14)/7, 8)
		}},
		{Name: "tree.mates", Doc: "doublings of commits that landed with it", Kind: OfTrees | OfLanding, Of: func(f *Facts) float64 {
			if f.Tree == nil {
				return 0
			}
			return log2(f.Tree.Landing.Mates)
		}},
		{Name: "tree.mates.fix", Doc: "share of them that have a Fixes: tag", Kind: OfTrees | OfLanding, Of: func(f *Facts) float64 {
			if f.Tree == nil || f.Tree.Landing.Mates == 0 {
				return 0
			}
			return float64(f.Tree.Landing.MatesFix) / float64(f.Tree.Landing.Mates)
		}},
		{Name: "tree.mates.stable", Doc: "share of them that ask for stable", Kind: OfTrees | OfLanding, Of: func(f *Facts) float64 {
			if f.Tree == nil || f.Tree.Landing.Mates == 0 {
				return 0
			}
			return float64(f.Tree.Landing.MatesStable) / float64(f.Tree.Landing.Mates)
		}},
		{Name: "post.next", Doc: "meant for a tree of the next release", Kind: OfPost, Of: func(f *Facts) float64 { return yes(f.aims(true)) }},
		{Name: "post.next.claims", Doc: "the same, and it claims to be a fix", Kind: OfPost | OfClaim, Of: func(f *Facts) float64 { return yes(f.Claims() && f.aims(true)) }},
		{Name: "post.now", Doc: "meant for a tree of the current release: the name of one without -next", Kind: OfPost, Of: func(f *Facts) float64 { return yes(f.aims(false)) }},
		{Name: "post.to", Doc: "doublings of recipients", Kind: OfPost, Of: func(f *Facts) float64 {
			return log2(len(f.Change.To) + len(f.Change.Cc))
		}},
	},
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
			return notApplicable("posted " + f.postedFor() + ", not for merging yet")
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
