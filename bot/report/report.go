// Package report turns judgements into what a maintainer reads.
//
// It has two halves. Values picks what is worth telling, without a word of
// prose; the templates put it into phrases. So a mail, a comment on a pull
// request and a page say the same.
//
// Promises of a mail:
//
//   - It fits one screen and 72 columns, in plain text.
//   - Nothing in it is taken for something else by the tools that read lists:
//     no line looks like a trailer, a diff or a command (see guard.go).
//   - No text from the answered mail can add a header or a recipient.
//   - The same input gives the same bytes, so a mail that is composed again
//     after a crash is the same mail.
package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Patch is one judged patch of the posting that is answered.
type Patch struct {
	verdict.Judgement
	N      int            // place in the series, 0 for a single patch
	Change *change.Change // what its author already did: tags
	Merged string         // the mainline commit of a posted patch, "" while it is not there
}

// Posting is the single patch or series that is answered.
type Posting struct {
	Patches []Patch // those that deserve a word, in series order
	Of      int     // patches announced, 1 for a single patch
	Have    int     // patches that have arrived
	Version int
	Refs    map[string]rules.Ref // rule id → what it cites
}

// Values is a reply without its phrases.
type Values struct {
	Series  bool
	Of      int
	Missing int
	Lead    Row // of the patch whose verdict heads the reply
	Rows    []Row
	Tally   []Tally
	Line    string // the verdict line: what a new version is compared by
}

// Tally counts the patches of one verdict.
type Tally struct {
	Verdict verdict.Verdict
	Class   verdict.Class
	N       int
}

// Row is one patch.
type Row struct {
	N        int
	ID       string
	Title    string
	Verdict  verdict.Verdict
	Class    verdict.Class
	When     verdict.When
	Mixed    bool
	Score    float64
	Reason   string
	Size     change.Size
	Silicon  []string
	Branches []Branch
	Takes    []string // branches that it is stable-eligible for
	Misses   []string // branches that would need it and cannot take it
	Rules    []Rule
	Next     []Step
}

// Settled reports whether there is nothing that anybody could do or need know:
// the tag is there and nothing stands in its way, or a maintainer has declined.
// A mail that says so is one too many.
func (r Row) Settled() bool {
	if r.Mixed || len(r.Next) != 1 {
		return false
	}
	return slices.Contains([]Say{SayTagged, SayPicked, SayNothing}, r.Next[0].Say)
}

// Branch is one stable branch.
type Branch struct {
	Name, State, Applies, Why string
	Verdict                   verdict.Verdict // "" when there is nothing to decide
	Class                     verdict.Class
	Score                     float64
	Prerequisites             []string
	Mates                     []int // patches of its series that go in first
	PileLines                 int
	Followups                 []rules.Followup // later fixes that it lacks
}

// Rule is one finding that decided, with what it cites.
type Rule struct {
	ID, Reason string
	Met        bool
	Weight     float64
	File       string // "stable-kernel-rules.rst"
	Says       string // the requirement in our words, "" when it was said before
}

// How much of a reply is shown.
const (
	maxRules       = 5 // what fits one screen beside the rest
	maxRulesSeries = 1 // of each row of a series
	maxBranches    = 8 // more than kernel.org keeps active at a time
	maxRows        = 6 // rows of a series on one screen
	maxPicks       = 5 // commits to be picked; the details have all
)

// order is which verdict heads a reply: the one that asks most of its reader.
var order = []verdict.Verdict{verdict.StableEligible, verdict.DKMSOnly, verdict.Wait, verdict.Uncertain, verdict.NotNeeded, verdict.OutOfScope}

func rank(v verdict.Verdict) int {
	if i := slices.Index(order, v); i >= 0 {
		return i
	}
	return len(order)
}

// ValuesOf picks what is worth telling. It is pure.
func ValuesOf(p Posting) Values {
	v := Values{Series: p.Of > 1, Of: p.Of, Missing: max(p.Of-p.Have, 0)}
	for _, q := range p.Patches {
		v.Rows = append(v.Rows, row(p, q))
	}
	if len(v.Rows) == 0 {
		return v
	}
	v.Lead = slices.MinFunc(v.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(rank(a.Verdict), rank(b.Verdict)), cmp.Compare(b.Score, a.Score))
	})
	v.Tally = tally(v.Rows)
	v.Line = v.line()
	return v
}

func row(p Posting, q Patch) Row {
	r := Row{
		N: q.N, ID: q.ID, Title: q.Subject, Verdict: q.Verdict, Class: q.ReasonClass, When: q.When, Mixed: q.Mixed,
		Score: q.Score, Reason: q.Reason, Size: q.Size,
	}
	for _, s := range q.Silicon {
		name := s.Name
		switch {
		case s.Since != "":
			name += " (" + string(s.State) + ", in mainline since " + s.Since + ")"
		case s.State != "":
			name += " (" + string(s.State) + ")"
		}
		r.Silicon = append(r.Silicon, name)
	}
	asked := true
	for _, b := range q.Branches {
		out := Branch{Name: b.Name, State: b.State, Applies: b.Applies, Why: b.Why, Class: b.ReasonClass, Score: b.Score,
			Prerequisites: b.Prerequisites, Mates: b.Mates, PileLines: b.PileLines, Followups: b.Followups}
		if b.Verdict != nil {
			out.Verdict = *b.Verdict
		}
		switch out.Verdict {
		case verdict.StableEligible:
			r.Takes = append(r.Takes, b.Name)
		case verdict.DKMSOnly:
			if b.ReasonClass == verdict.NoBase && !b.Newer && q.Change != nil && q.Change.AsksOnlyNewer(b.Name) {
				asked = false // its author has said where it belongs
				break
			}
			r.Misses = append(r.Misses, b.Name)
		}
		r.Branches = append(r.Branches, out)
	}
	r.Mixed = r.Mixed && (asked || len(r.Misses) > 0)
	r.Rules = decided(q.Rules, p.Refs)
	r.Next = next(p, q, r)
	return r
}

// decided returns the findings that moved the score, heaviest first, with those
// on the form of the patch after those on what it does. Findings without a
// weight only stand in when none has one: they say what is missing.
func decided(all []verdict.Weighed, refs map[string]rules.Ref) []Rule {
	var out []Rule
	add := func(w verdict.Weighed) {
		ref := refs[w.ID]
		out = append(out, Rule{ID: w.ID, Reason: w.Reason, Met: w.Outcome == rules.Met, Weight: w.Weight,
			File: ref.File[strings.LastIndexByte(ref.File, '/')+1:], Says: ref.Says})
	}
	for _, w := range all {
		if w.ID == rules.SignOff.ID && w.Outcome == rules.Met {
			continue // as every patch is
		}
		// What is met and speaks against it, or the other way round, stands for
		// something else that goes with it; a reader would only wonder.
		if w.Reason != "" && (w.Outcome == rules.Met && w.Weight > 0 || w.Outcome == rules.Unmet && w.Weight < 0) {
			add(w)
		}
	}
	slices.SortStableFunc(out, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(formal(a.ID), formal(b.ID)), cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)))
	})
	if len(out) == 0 {
		for _, w := range all {
			if w.Outcome == rules.Unmet && w.Weight <= 0 && w.Reason != "" {
				add(w)
			}
		}
	}
	// What was cited need not be cited again.
	for i, r := range out {
		if slices.ContainsFunc(out[:i], func(o Rule) bool { return o.File == r.File && o.Says == r.Says }) {
			out[i].Says = ""
		}
	}
	return out
}

// formal is 1 for the rules on how a patch is written. Their weight is large, as
// who writes well sends what is taken; a reader wants to know first what the bug
// does, on which silicon, and how much has to be taken for it.
func formal(rule string) int {
	switch rule {
	case rules.FixesTag.ID, rules.SignOff.ID, rules.UpstreamMark.ID:
		return 1
	}
	return 0
}

func tally(rows []Row) []Tally {
	var out []Tally
	for _, r := range rows {
		i := slices.IndexFunc(out, func(t Tally) bool { return t.Verdict == r.Verdict && t.Class == r.Class })
		if i < 0 {
			out = append(out, Tally{r.Verdict, r.Class, 1})
			continue
		}
		out[i].N++
	}
	slices.SortFunc(out, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(rank(a.Verdict), rank(b.Verdict)), cmp.Compare(a.Class, b.Class))
	})
	return out
}
