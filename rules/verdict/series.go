package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules"
)

// Share lets the patches of one version of a series share a verdict, as DESIGN §3 has
// it: they were posted to go in together, so a fix among them that is too close to call,
// or below the bar, goes where one that is eligible goes. What a named finding tells
// apart keeps its own: one that is too big, adds an interface or enables hardware, one
// that is no fix, one whose author refuses stable. So does what is not known: a state of
// a branch, hardware of which nobody knows whether it is on sale.
//
// js are the judgements of that version, in order; numbers come from their SeriesRef,
// or from their place without. The result has the same order, and js is left as it is.
// It does nothing twice: sharing again changes nothing. A fix of what another patch of the
// series brings in the first place leads nobody and is not called eligible; see brought.
func Share(js []Judgement) []Judgement {
	out := slices.Clone(js)
	brought(out)
	alone := slices.Clone(out)
	for i := range alone {
		if apart(&alone[i]) {
			continue
		}
		out[i].follow(alone, i)
	}
	brought(out)
	for i := range out {
		out[i].Names = nil
	}
	return out
}

// asks reports whether its author asks stable to take it.
func (j *Judgement) asks() bool {
	return slices.ContainsFunc(j.Rules, func(f Weighed) bool { return f.ID == rules.StableRequest.ID && f.Outcome == rules.Met })
}

// tellsApart are the rules whose "unmet" tells a patch from its series.
var tellsApart = []*rules.Rule{rules.NoNewUAPI, rules.NoNewKconfig, rules.NoNewDriver, rules.NoEnablement, rules.NoFirmware,
	rules.NotTrivial, rules.NoTheory, rules.RealBug, rules.ProductionSilicon, rules.NotDeclined}

// apart reports whether the patch keeps its own verdict.
func apart(j *Judgement) bool {
	switch {
	case j.Error != nil || !j.IsFix() || !j.presented():
		return true
	case j.Verdict == DKMSOnly && j.decided():
		return true
	case j.Verdict != StableEligible && j.Verdict != DKMSOnly && j.Verdict != Uncertain:
		return true
	case j.Size.LinesWithContext > rules.TooBigPile:
		return true
	}
	return slices.ContainsFunc(j.Rules, func(f Weighed) bool {
		return f.Outcome == rules.Unmet && slices.ContainsFunc(tellsApart, func(r *rules.Rule) bool { return r.ID == f.ID })
	})
}

// presented reports whether its author presents the patch as a fix: a Fixes: tag, a
// request for stable, or its title. What only reads like one may be the preparation of
// those that are.
func (j *Judgement) presented() bool {
	return slices.ContainsFunc(j.Rules, func(f Weighed) bool { return f.ID == rules.FixesTag.ID && f.Values["claims"] != 0 })
}

// decided reports whether the class speaks of the change as a whole, whatever its
// branches say.
func (j *Judgement) decided() bool { return j.ReasonClass == Declined || j.ReasonClass == NotUpstream }

// leads reports whether others of the series may go where j goes.
func leads(j *Judgement) bool {
	return j.Error == nil && j.Verdict == StableEligible && j.WithPatch == 0
}

// follow gives j, which is js[at], the verdict of those that lead.
func (j *Judgement) follow(js []Judgement, at int) {
	if len(j.Branches) == 0 || unreadBranches(j.Branches) {
		j.followWhole(js, at)
		return
	}
	rows := slices.Clone(j.Branches)
	first := -1
	for k := range rows {
		b := &rows[k]
		if b.State != Affected || !open(j.Lines, b.Verdict, b.ReasonClass, b.Score) {
			continue
		}
		with := leader(js, at, func(o *Judgement) bool {
			return slices.ContainsFunc(o.Branches, func(x Branch) bool { return x.Name == b.Name && x.State == Affected && x.Is(StableEligible) })
		})
		if with < 0 {
			continue
		}
		b.Verdict, b.ReasonClass, b.WithPatch = verdictOf(StableEligible), "", patchOf(js, with)
		if first < 0 {
			first = with
		}
	}
	if first < 0 {
		return
	}
	j.Branches = rows
	j.changed(js, first)
}

// followWhole is follow where nothing is known of branches: for any that has the bug.
func (j *Judgement) followWhole(js []Judgement, at int) {
	if j.Verdict == StableEligible || !open(j.Lines, &j.Verdict, j.ReasonClass, j.Score) {
		return
	}
	with := leader(js, at, leads)
	if with < 0 {
		return
	}
	if rows := slices.Clone(j.Branches); len(rows) > 0 { // those that a submission names
		for k := range rows {
			rows[k].Verdict, rows[k].ReasonClass, rows[k].WithPatch = verdictOf(StableEligible), "", patchOf(js, with)
		}
		j.Branches = rows
	}
	j.changed(js, with)
	j.Reason = "if a stable branch has the bug: " + j.Reason
}

// changed makes the verdict of the change agree with its rows.
func (j *Judgement) changed(js []Judgement, with int) {
	n := patchOf(js, with)
	var own, shared, cannot []string
	for i := range j.Branches {
		switch b := &j.Branches[i]; {
		case b.Is(StableEligible) && b.WithPatch == 0:
			own = append(own, b.Name)
		case b.Is(StableEligible):
			shared = append(shared, b.Name)
		case b.Is(DKMSOnly) && b.State == Affected:
			cannot = append(cannot, b.Name)
		}
	}
	if j.Verdict != StableEligible {
		j.WithPatch = n
	}
	if j.When == "" {
		j.When = js[with].When
	}
	j.Verdict, j.ReasonClass, j.Mixed = StableEligible, "", len(cannot) > 0
	switch {
	case len(own) > 0:
		j.Reason = fmt.Sprintf("eligible for %s; for %s with patch %d of its series", strings.Join(own, ", "), strings.Join(shared, ", "), n)
	case len(shared) > 0:
		j.Reason = fmt.Sprintf("eligible for %s, with patch %d of its series", strings.Join(shared, ", "), n)
	default:
		j.Reason = fmt.Sprintf("eligible with patch %d of its series", n)
	}
	if j.Mixed {
		j.Reason += "; dkms-only for " + strings.Join(cannot, ", ")
	}
}

// open reports whether nothing but the score decided: in the narrow band, or below the
// bar of what stable takes.
func open(lines *Policy, v *Verdict, c Class, score float64) bool {
	switch {
	case v == nil || lines == nil:
		return false
	case *v == DKMSOnly:
		return c == BelowBar
	}
	// Beyond the lines something else than the score made it uncertain.
	return *v == Uncertain && score >= lines.DKMS && score < lines.Eligible
}

// unreadBranches reports whether the rows only repeat what the change asks for.
func unreadBranches(bs []Branch) bool {
	return !slices.ContainsFunc(bs, func(b Branch) bool { return b.State != Unknown })
}

// leader is the best of those, but js[at], of which is holds; -1 without one.
func leader(js []Judgement, at int, is func(*Judgement) bool) int {
	best := -1
	for i := range js {
		if i != at && leads(&js[i]) && is(&js[i]) && (best < 0 || js[i].Score > js[best].Score) {
			best = i
		}
	}
	return best
}

// patchOf of js[at] in its series.
func patchOf(js []Judgement, at int) int {
	if s := js[at].Series; s != nil && s.N > 0 {
		return s.N
	}
	return at + 1
}
