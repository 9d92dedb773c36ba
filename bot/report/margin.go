package report

import (
	"math"
	"slices"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Margin is how far a judgement's label is from the line that it was held against: 1
// where no chance decided it. Of several branches with the label the farthest counts,
// for a reply that tells one sure thing is worth its mail.
func Margin(j verdict.Judgement) float64 {
	if j.Lines == nil {
		return 1
	}
	switch j.Verdict {
	case verdict.StableEligible:
		for _, w := range j.Rules {
			if w.ID == rules.StableRequest.ID && w.Outcome == rules.Met {
				return 1 // its author asks for it
			}
		}
		return farthest(j, func(p float64) float64 { return p - j.Lines.Eligible })
	case verdict.DKMSOnly:
		if (Row{Class: j.ReasonClass}).factual() {
			return 1
		}
		return farthest(j, func(p float64) float64 { return j.Lines.DKMS - p })
	}
	return 1
}

// Clear reports whether a patch is one that stable takes by itself, and by more than a
// little.
func Clear(p Patch) bool {
	r := row(Posting{}, p)
	return r.Verdict == verdict.StableEligible && p.WithPatch == 0 && (r.Tag.There || Percent(r.best()) > nearTo)
}

// CloseCall reports whether the chance alone would make a patch one that stable takes:
// where only a request does, there is nothing to name beside others.
func CloseCall(p Patch) bool { return p.Lines == nil || row(Posting{}, p).best() >= p.Lines.Eligible }

// Passed reports whether a patch for which a reply proposes nothing is to be named in it:
// it asks for stable already, or it is a fix by its own signs. Its author would guess why
// it is passed over.
func Passed(p Patch) bool {
	r := row(Posting{}, p)
	switch {
	case r.Tag.There:
		return true
	case p.Change != nil && len(p.Change.Stable) > 0: // its author has spoken of stable
		return false
	case r.Culprit:
		return true
	case r.Verdict == verdict.NotNeeded && r.Brought == "":
		return false
	}
	return slices.ContainsFunc(p.Rules, func(w verdict.Weighed) bool {
		return w.ID == rules.RealBug.ID && (w.Outcome == rules.Met ||
			w.Outcome == rules.Unknown && (r.Verdict != verdict.OutOfScope || w.Reason == rules.TitleWrong))
	})
}

// Favoured reports whether something in the change speaks for it: a bug, a report, a
// test, a review, a device ID, and not only how it was written and posted. A bug that a
// checker found in the source, and that nobody is said to have met, does not by itself.
func Favoured(j verdict.Judgement) bool {
	read := slices.ContainsFunc(j.Rules, func(w verdict.Weighed) bool {
		return w.ID == rules.UserReport.ID && w.Outcome == rules.Unmet && rules.OnPaper(w.Reason)
	})
	return slices.ContainsFunc(j.Rules, func(w verdict.Weighed) bool {
		return w.Outcome == rules.Met && w.Weight > 0 && !usual[w.ID] && formal(w.ID) == 0 && (!read || w.ID != rules.RealBug.ID)
	})
}

func farthest(j verdict.Judgement, from func(float64) float64) float64 {
	best := math.Inf(-1)
	for _, b := range j.Branches {
		if b.Verdict != nil && *b.Verdict == j.Verdict && b.State == verdict.Affected {
			best = math.Max(best, from(b.Score))
		}
	}
	if math.IsInf(best, -1) {
		return from(j.Score)
	}
	return best
}
