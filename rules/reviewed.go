package rules

import (
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// Reviewed asks who besides the author finds the change correct.
var Reviewed = &Rule{
	ID: "reviewed",
	Doc: `somebody other than the author has looked at the change

"Obviously correct" is what others say of a patch, not its author. Reviews and
acknowledgements count, from the message and from replies to the mail; in a
commit a sign-off of somebody else shows the way through a maintainer. A mail
without them is only young, so it is unknown rather than unmet.

Met: a patch with one Reviewed-by from a colleague.
Unmet: a commit that carries no name but its author's.`,
	Ref:  Ref{stableRules, ruleList, "the change has to be obviously correct; that somebody else looked at it is a sign of that and no proof"},
	Kind: OfOthers,
	Values: []Value{
		{Name: "vouch.reviewed", Doc: "reviews, up to three", Kind: OfOthers, Of: func(f *Facts) float64 { return several(f.Tags().Reviewed) }},
		{Name: "vouch.acked", Doc: "acks, up to three", Kind: OfOthers, Of: func(f *Facts) float64 { return several(f.Tags().Acked) }},
	},
	Run: func(f *Facts) (Finding, error) {
		t := f.Tags()
		var out Finding
		switch n := t.Reviewed + t.Acked; {
		case n > 0:
			var parts []string
			if t.Reviewed > 0 {
				parts = append(parts, strconv.Itoa(t.Reviewed)+" Reviewed-by")
			}
			if t.Acked > 0 {
				parts = append(parts, strconv.Itoa(t.Acked)+" Acked-by")
			}
			key := "Reviewed-by"
			if t.Reviewed == 0 {
				key = "Acked-by"
			}
			reason := strings.Join(parts, " and ") + " of people other than the author"
			if t.FromReplies > 0 {
				reason += ", " + strconv.Itoa(t.FromReplies) + " of the tags given in replies"
			}
			out, _ = met(reason, t.Evidence(key))
		case t.OtherSigned > 0 && f.Change.Kind == change.Commit:
			out, _ = met("no review tag, but "+change.Count(t.OtherSigned, "sign-off")+" of others on its way", signs.TagLine(t.Others))
		case f.Change.Kind == change.Mail && (f.upstream() != nil || f.Change.Prefix.AutoSel):
			out, _ = unknown("no review tag came along with the commit that mainline took")
		case f.Change.Kind == change.Mail && f.Submission():
			out, _ = unknown("no review tag in this submission to stable")
		case f.Change.Kind == change.Mail:
			out, _ = unknown("no review yet: it may still come in a reply")
		default:
			out, _ = unmet("no review, acknowledgement or sign-off by anybody but its author")
		}
		return out, nil
	},
}
