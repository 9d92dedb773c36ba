package rules

import "github.com/stablebot/stablebot/rules/change"

// UpstreamMark asks what stable needs to accept a backport by mail.
var UpstreamMark = &Rule{
	ID: "upstream-mark",
	Doc: `a patch sent for a stable branch names the mainline commit it carries

Only patches that are already addressed to a stable branch are asked: without
the mark nobody can compare them with mainline, and the tools that look for
missing fixes do not see them. A patch that was changed on the way has to say
how and why.

Met: a mail "[PATCH 6.6.y] …" whose message begins with "commit <sha> upstream."
Unmet: the same mail without that line, or with a SHA of fewer than 12 digits.`,
	Ref:  Ref{stableRules, "Option 3", "a backport states the commit it comes from on a line above its text, and explains every deviation"},
	Kind: OfOthers,
	Values: []Value{
		{Name: "cherry-pick", Doc: "a note says that it was picked from another branch: it went through a fixes tree", Kind: OfOthers, Of: func(f *Facts) float64 { return yes(f.picked()) }},
		{Name: "cherry-pick.claims", Doc: "such a note, and it claims to be a fix", Kind: OfOthers | OfClaim, Of: func(f *Facts) float64 { return yes(f.picked() && f.Claims()) }},
	},
	Run: func(f *Facts) (Finding, error) {
		up := f.upstream()
		switch {
		case !f.Submission():
			return notApplicable("not addressed to a stable branch")
		case up == nil:
			for i := range f.Change.Origin {
				if o := &f.Change.Origin[i]; o.Form == "cherry-pick" {
					return unmet("sent for a stable branch with a cherry-pick note only: the upstream line is missing", f.bodyLine(o.Line))
				}
			}
			return unmet("sent for a stable branch without naming the mainline commit it carries")
		case len(up.SHA) < 12:
			return unmet("names its mainline commit by "+change.Count(len(up.SHA), "digit")+": too few to be told apart", f.bodyLine(up.Line))
		}
		return met("names its mainline commit, "+short(up.SHA), f.bodyLine(up.Line))
	},
}
