package missing

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Row is a fix that a branch lacks.
type Row struct {
	flow.Lack
	files []string
}

// BeganWithIt is who took a culprit that came with the release.
const BeganWithIt = "began with it"

// standOf is what a judgement of a branch that has the bug says in one word, and why.
// named: a Fixes: tag names a culprit that the branch has.
func standOf(j *verdict.Judgement, b *verdict.Branch, named bool) (flow.Stand, string) {
	switch {
	case b.State == verdict.Queued:
		return flow.StandQueued, cmp.Or(b.Why, "as "+short(b.As))
	case b.State == verdict.Unknown:
		return flow.StandUnknown, b.Why
	case b.Is(verdict.StableEligible):
		return goes(b)
	case b.Is(verdict.OutOfScope) && j.IsFix() && len(j.Silicon) == 0:
		// A label is for hardware; who asks what a branch lacks has said what for.
		return scored(j, b, "no hardware is in it")
	case b.Is(verdict.OutOfScope) && !j.IsFix() && named:
		return scored(j, b, "it reads like no fix, and its Fixes: tag names what "+b.Name+" has")
	case b.Is(verdict.OutOfScope):
		return flow.StandScope, j.Reason
	case b.Is(verdict.Wait):
		return flow.StandBaking, j.Reason
	case b.Is(verdict.Uncertain) && b.Score < j.Lines.Eligible && b.Score >= j.Lines.DKMS:
		return flow.StandUncertain, fmt.Sprintf("estimated chance that stable takes it: %.0f %%, too close to call", 100*b.Score)
	case b.Is(verdict.Uncertain):
		return flow.StandUncertain, cmp.Or(b.Why, j.Reason)
	case b.ReasonClass == verdict.Declined:
		return flow.StandDeclined, j.Reason
	}
	return flow.StandBelowBar, below(b)
}

// scored is the word for what gets no label, by the score and the lines of the labels. It
// is never open: nothing that has no label is sent without a look.
func scored(j *verdict.Judgement, b *verdict.Branch, why string) (flow.Stand, string) {
	if b.Score >= j.Lines.DKMS {
		return flow.StandUncertain, fmt.Sprintf("%s; estimated chance that stable takes it: %.0f %%", why, 100*b.Score)
	}
	return flow.StandBelowBar, why + "; " + below(b)
}

// goes says how a change that stable would take goes onto the branch.
func goes(b *verdict.Branch) (flow.Stand, string) {
	switch b.Applies {
	case verdict.NeedsPrerequisites:
		return flow.StandPrerequisites, fmt.Sprintf("%d first, %s in all", len(b.Prerequisites), change.Count(b.PileLines, "line"))
	case verdict.NeedsBackport:
		return flow.StandBackport, b.Why
	case verdict.NotTried:
		return flow.StandBackport, cmp.Or(b.Why, "whether it applies is not known")
	case verdict.Adapted:
		return flow.StandOpen, "adapted: " + b.Why
	}
	return flow.StandOpen, ""
}

func below(b *verdict.Branch) string {
	chance := fmt.Sprintf("estimated chance that stable takes it: %.0f %%", 100*b.Score)
	if b.ReasonClass == "" || b.ReasonClass == verdict.BelowBar {
		return chance
	}
	return string(b.ReasonClass) + "; " + chance
}

// driverOf is what a row is listed under: the first driver whose hardware the change
// names, else the folder of its first file.
func driverOf(j *verdict.Judgement, c *change.Change) string {
	for _, m := range j.Silicon {
		if m.Driver != "" {
			return m.Driver
		}
	}
	for _, f := range c.Files {
		name := cmp.Or(f.NewName, f.OldName)
		if i := strings.LastIndexByte(name, '/'); i > 0 {
			return name[:i]
		}
	}
	return "(root)"
}

func short(sha string) string { return sha[:min(12, len(sha))] }
