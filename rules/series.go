package rules

import (
	"fmt"

	"github.com/stablebot/stablebot/rules/change"
)

// SeriesComplete asks whether all that was posted together is there.
var SeriesComplete = &Rule{
	ID: "series-complete",
	Doc: `the series it belongs to is complete and current

One patch of five cannot be judged while the other four are on their way, for
they may be what it needs; and a version that has been superseded needs no
answer. Applies to patches that are numbered.

Met: 3/4, all four patches of version 2 have arrived.
Unmet: 3/4, two of four have arrived.`,
	Ref:  Ref{submitting, "Separate your changes", "a change may build on others of its series, which then belong together"},
	Kind: OfPost,
	Values: []Value{
		{Name: "post.series", Doc: "doublings of patches in its series beyond one", Kind: OfPost, Of: func(f *Facts) float64 { return above(min(f.Change.Prefix.Of, 64), 1) }},
		{Name: "post.series.claims", Doc: "the same, for a claimed fix", Kind: OfPost | OfClaim, Of: func(f *Facts) float64 {
			if !f.Claims() {
				return 0
			}
			return above(min(f.Change.Prefix.Of, 64), 1)
		}},
		{Name: "post.first", Doc: "the first of several patches", Kind: OfPost, Of: func(f *Facts) float64 { return yes(f.Change.Prefix.N == 1 && f.Change.Prefix.Of > 1) }},
		{Name: "post.version", Doc: "doublings of its version", Kind: OfPost, Of: func(f *Facts) float64 {
			if f.Change.Kind != change.Mail {
				return 0
			}
			return above(min(f.Change.Prefix.Version, 32), 1)
		}},
		{Name: "post.resend", Doc: "posted again unchanged", Kind: OfPost, Of: func(f *Facts) float64 { return yes(f.Change.Prefix.Resend) }},
		{Name: "post.rfc", Doc: "asks for comments, not to be applied", Kind: OfPost, Of: func(f *Facts) float64 { return yes(f.Change.Prefix.RFC) }},
	},
	Run: func(f *Facts) (Finding, error) {
		p := f.Change.Prefix
		if s := f.Series; s != nil {
			switch {
			case s.Superseded:
				return unmet(fmt.Sprintf("version %d has been superseded by a newer one", s.Version))
			case s.Of <= 1:
				return notApplicable("a single patch")
			case s.Have < s.Of && s.Elsewhere:
				out, err := unknown(fmt.Sprintf("%d of the %d patches of version %d were posted to the lists that are read; the others went to other lists", s.Have, s.Of, s.Version))
				return out, err
			case s.Have < s.Of:
				out, err := unmet(fmt.Sprintf("%d of %d patches of version %d have arrived", s.Have, s.Of, s.Version))
				return out, err
			}
			out, err := met(fmt.Sprintf("all %d patches of version %d have arrived", s.Of, s.Version))
			return out, err
		}
		if p.Of <= 1 {
			return notApplicable("a single patch or commit")
		}
		out, err := unknown(fmt.Sprintf("patch %d of %d; the others are not known", p.N, p.Of))
		return out, err
	},
}
