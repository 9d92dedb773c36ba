package rules

import (
	"strings"

	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/signs"
)

// SignOff asks for the author's signature.
var SignOff = &Rule{
	ID: "sign-off",
	Doc: `signed off by its author

Without the author's Signed-off-by nothing can be merged anywhere. The person
is compared by address or by decoded name, for people post from more than one
address. Signatures of others, who passed the patch on, are counted beside it.

Met: a patch signed off by the person in its From line.
Unmet: a patch without Signed-off-by, or signed by others only.`,
	Ref: Ref{submitting, "Sign your work - the Developer's Certificate of Origin", "the author certifies the origin with a Signed-off-by line"},
	Values: []Value{
		{Name: "vouch.signed", Doc: "people who passed it on, up to three", Kind: OfOthers, Of: func(f *Facts) float64 { return several(f.Tags().OtherSigned) }},
		{Name: "vouch.suggested", Doc: "somebody suggested it", Of: func(f *Facts) float64 { return yes(f.has("Suggested-by")) }},
		{Name: "vouch.cc", Doc: "doublings of people in Cc:", Of: func(f *Facts) float64 {
			n := 0
			for i := range f.Change.Trailers {
				if f.Change.Trailers[i].Key == "Cc" && !strings.Contains(f.Change.Trailers[i].Value, "stable") {
					n++
				}
			}
			return log2(n)
		}},
	},
	Run: func(f *Facts) (Finding, error) {
		t := f.Tags()
		switch {
		case t.AuthorSigned:
			return met("signed off by its author", signs.TagLine(t.Authors))
		case t.SignedOff == 0 && len(f.Change.Trailers) == 0 && !f.complete():
			return notApplicable("there is no patch to sign")
		case t.SignedOff == 0 && strings.Contains(f.Change.Notes, "Signed-off-by: "):
			return unmet("its Signed-off-by stands below the \"---\" line and would be lost")
		case t.SignedOff == 0:
			return unmet("no Signed-off-by at all")
		}
		return unmet(change.Count(t.SignedOff, "sign-off")+", none of them by the author, "+f.Change.Author.String(), t.Evidence("Signed-off-by"))
	},
}
