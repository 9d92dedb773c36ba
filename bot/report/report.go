// Package report turns judgements into what a maintainer reads.
//
// It has two halves. Values picks what is worth telling, without a word of
// prose; say.go, steps.go and mail.go put it into phrases. So a mail, a comment on
// a pull request and a check of a patch say the same.
//
// Promises of a mail:
//
//   - At most MaxLines lines are the bot's own, in 72 columns of plain text; the
//     quote, the text to paste and the footer stand apart.
//   - Its first sentence is true on its own, a branch where nothing is to be done has
//     no row, and nothing that the author has written already is proposed.
//   - It says nothing that the judgement does not (Contradictions finds what would).
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
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Patch is one judged patch of the posting that is answered.
type Patch struct {
	verdict.Judgement
	N      int            // place in the series, 0 for a single patch
	Change *change.Change // what its author already did: tags
	Merged string         // the mainline commit of a posted patch, "" while it is not there
	Tree   *rules.Tree    // what it was judged with; nil: nothing is known of trees
	// BuildsOn are the patches of the posting that it needs, in order; After those that it is
	// posted on top of, that bring something new, and that stable does not take for it.
	BuildsOn, After []int
	// Beside: named after the others as a closer call; nothing is proposed for it.
	Beside bool
	Rival  *Rival
	// Unreleased is by what it is likely that no release has its bug yet.
	Unreleased string
}

// Posting is the single patch or series that is answered.
type Posting struct {
	Patches []Patch // those that deserve a word, in series order
	Of      int     // patches announced, 1 for a single patch
	Have    int     // patches that have arrived
	Version int
	Refs    map[string]rules.Ref // rule id → what it cites
	Stands  []Patch              // those of which the same was told before
	Left    []Patch              // fixes by their own signs that are not among Patches: said why, and nothing proposed
	Rest    []Patch              // the others that were judged
	Unseen  []int                // those that did not arrive, where their numbers are known
	Under   int                  // the patch whose mail is answered; 0: the cover letter, or the only one
}

// Values is a reply without its phrases.
type Values struct {
	Series  bool
	Of      int
	Missing int
	Stands  []Row
	Lead    Row // of the patch whose verdict heads the reply
	Rows    []Row
	Left    []Row // fixes of which only it is said why they are left out
	Rest    []Row // the others that were judged
	Unseen  []int
	Under   int // as of the posting
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
	Mixed    bool // one branch takes it, and another that is affected does not
	Score    float64
	Reason   string
	Size     change.Size
	Silicon  []string
	Chips    []Chip // those of Silicon that are no driver, and came with a release
	Branches []Branch
	Takes    []string // branches that it is stable-eligible for
	Misses   []string // branches that would need it and cannot take it
	Rules    []Rule
	Merged   string // the commit in mainline, "" while it is not there
	Commit   bool   // it was read from git, so its ID is a commit's
	Adds     bool   // it adds a device ID and mends nothing
	Quirk    bool   // it is for what hardware does, so no commit is its culprit
	Culprit  bool   // its author names the commit that it fixes
	CutOff   bool   // and a blank line keeps git from reading that
	Signed   int    // its sign-offs: beside its author's that of who sends it on
	Symptom  string // what real-bug says where it does not know
	Untested bool   // nobody has run it, by its author's word
	About    string // the line of the message that its bug was read from
	Tag      Tag
	Vendors  []rules.Vendor // trees that ship the code
	Lines    *verdict.Policy
	Next     []Step
	BuildsOn []int // patches of its posting that it needs
	After    []int // as of the patch
	Brought  string
	Rival    *Rival
	Enables  bool // it brings something new
	Beside   bool // a closer call, named after the others
	// Unreleased is as of the patch.
	Unreleased string
}

// Chip is hardware with the release that first supported it.
type Chip struct{ Name, Since string }

// Tag is what its author has asked of stable.
type Tag struct {
	There    bool
	Versions []string // as written; none: every branch
	Never    bool     // noautosel: nothing is to be asked for
}

// Text is the tag as a reader knows it again: "6.6+".
func (t Tag) Text() string {
	oldest := ""
	for _, v := range t.Versions {
		if oldest == "" || release.Newer(oldest, v) {
			oldest = v
		}
	}
	if oldest == "" {
		return ""
	}
	return clean(oldest) + "+"
}

// Settled reports whether there is nothing that anybody could do or need know:
// the tag is there and nothing stands in its way, or it was declined.
// A mail that says so is one too many.
func (r Row) Settled() bool {
	switch r.Verdict {
	case verdict.StableEligible:
		return r.Tag.Never || r.Tag.There && !slices.ContainsFunc(r.Branches, func(b Branch) bool {
			if b.need() == needHand && !b.Bug {
				return false // whether it is needed there is not known, and the stable team asks when it is
			}
			return r.wants(b) || b.Verdict == verdict.StableEligible && !b.Asked
		})
	case verdict.DKMSOnly:
		return r.Class == verdict.Declined
	}
	return false
}

// Unsettled is the posting without the patches for which nothing is to be done; of those
// that ask for stable already that is all that is said. What is settled for all is all of it.
func (p Posting) Unsettled() (out Posting, any bool) {
	out = p
	out.Patches, out.Left, out.Rest = nil, slices.Clone(p.Left), slices.Clone(p.Rest)
	for _, q := range p.Patches {
		switch r := row(p, q); {
		case !r.Settled():
			out.Patches = append(out.Patches, q)
		case r.Tag.There:
			out.Left = append(out.Left, q)
		default:
			out.Rest = append(out.Rest, q)
		}
	}
	slices.SortFunc(out.Rest, func(a, b Patch) int { return a.N - b.N })
	slices.SortFunc(out.Left, func(a, b Patch) int { return a.N - b.N })
	return out, len(out.Patches) > 0
}

// Branch is one stable branch.
type Branch struct {
	Name, Why  string
	State      verdict.State
	Applies    verdict.Applies
	Verdict    verdict.Verdict // "" when there is nothing to decide
	Class      verdict.Class
	Score      float64
	First      []Commit // what goes in before it; what its author has named is left out
	Mates      []int    // patches of its series that go in first
	PileLines  int
	Followups  []rules.Followup // later fixes that it lacks
	Hardware   bool             // without a base, as the chip is newer than the branch
	Bug        bool             // it is known to have the culprit
	Backported bool             // and has it by a backport
	Asked      bool             // the author's tag covers it
	AsReleased bool             // of what mainline had at that release; nothing can be written for it
}

// Commit is one of mainline.
type Commit struct{ ID, Title string }

// Rule is one finding that decided, with what it cites.
type Rule struct {
	ID, Reason string
	Met        bool
	Weight     float64
	Held       bool   // against it by the documented rules, whatever it weighs
	File       string // "stable-kernel-rules.rst"
}

// How much of a reply is shown.
const (
	maxReasons = 2
	maxRules   = 5  // of a comment, which can be longer
	maxMails   = 2  // to stable, written out
	maxTags    = 12 // lines of tags; the command prints the others
)

// order is which verdict heads a reply: the one that asks most of its reader.
var order = []verdict.Verdict{verdict.StableEligible, verdict.DKMSOnly, verdict.Wait, verdict.Uncertain, verdict.NotNeeded,
	verdict.OutOfScope}

func rank(v verdict.Verdict) int {
	if i := slices.Index(order, v); i >= 0 {
		return i
	}
	return len(order)
}

// ValuesOf picks what is worth telling. It is pure.
func ValuesOf(p Posting) Values {
	v := Values{Series: p.Of > 1, Of: p.Of, Missing: max(p.Of-p.Have, 0), Unseen: p.Unseen, Under: p.Under}
	for _, q := range p.Patches {
		v.Rows = append(v.Rows, row(p, q))
	}
	if len(v.Rows) == 0 {
		return v
	}
	for _, q := range p.Left {
		v.Left = append(v.Left, row(p, q))
	}
	for _, q := range p.Rest {
		v.Rest = append(v.Rest, row(p, q))
	}
	for _, q := range p.Stands {
		v.Stands = append(v.Stands, row(p, q))
	}
	v.Lead = slices.MinFunc(v.Rows, func(a, b Row) int {
		return cmp.Or(besides(a)-besides(b), cmp.Compare(rank(a.Verdict), rank(b.Verdict)), cmp.Compare(b.Score, a.Score))
	})
	v.Tally = tally(slices.DeleteFunc(slices.Clone(v.Rows), func(r Row) bool { return r.Beside }))
	v.Line = v.line()
	return v
}

// besides orders what is named after the others behind them.
func besides(r Row) int {
	if r.Beside {
		return 1
	}
	return 0
}

func row(p Posting, q Patch) Row {
	c := q.Change
	if c == nil {
		c = &change.Change{}
	}
	r := Row{
		N: q.N, ID: q.ID, Title: q.Subject, Verdict: q.Verdict, Class: q.ReasonClass, When: q.When, Mixed: q.Mixed,
		Score: q.Score, Reason: q.Reason, Size: q.Size, Commit: q.Kind == change.Commit, Merged: q.Merged,
		Culprit: len(c.Fixes) > 0, Tag: tagOf(c), Lines: q.Lines, BuildsOn: q.BuildsOn, Beside: q.Beside, Unreleased: q.Unreleased,
		After: q.After, Brought: q.Brought, Rival: q.Rival, Enables: q.Enables, CutOff: c.FixesCutOff(), Signed: signed(c),
	}
	if r.Merged == "" && q.When == verdict.Now && r.Commit {
		r.Merged = q.ID
	}
	if q.Tree != nil {
		r.Vendors = q.Tree.Vendors
	}
	bug := false
	for _, w := range q.Rules {
		switch {
		case w.ID == rules.DeviceID.ID && w.Outcome == rules.Met:
			r.Adds = true
		case w.ID == rules.RealBug.ID && w.Outcome == rules.Met:
			bug, r.Quirk = true, w.Reason == rules.QuirkFound
			r.About = lineOf(w.Evidence)
		case w.ID == rules.RealBug.ID && w.Outcome == rules.Unknown:
			r.Symptom = w.Reason
		}
	}
	r.Adds = r.Adds && !bug && !r.Culprit
	for _, s := range q.Silicon {
		name := s.Name
		switch {
		case s.Since != "":
			name += " (" + string(s.State) + ", in mainline since " + s.Since + ")"
		case s.State != "":
			name += " (" + string(s.State) + ")"
		}
		r.Silicon = append(r.Silicon, name)
		if s.Specific() && s.Since != "" {
			r.Chips = append(r.Chips, Chip{clean(s.Name), s.Since})
		}
	}
	for i := range q.Branches {
		b := branchOf(&q.Branches[i], c, q.Tree)
		switch b.Verdict {
		case verdict.StableEligible:
			r.Takes = append(r.Takes, b.Name)
		case verdict.DKMSOnly:
			if b.State != verdict.NoBaseThere || b.Hardware || !c.AsksOnlyNewer(b.Name) { // its author has said where it belongs
				r.Misses = append(r.Misses, b.Name)
			}
		}
		r.Branches = append(r.Branches, b)
	}
	if len(r.Branches) > 0 {
		r.Mixed = len(r.Takes) > 0 && slices.ContainsFunc(r.Branches, func(b Branch) bool {
			return b.Verdict == verdict.DKMSOnly &&
				b.State == verdict.Affected
		})
	}
	r.Rules = decided(q.Rules, p.Refs)
	r.Untested = slices.ContainsFunc(q.Rules, func(w verdict.Weighed) bool { return rules.Untested(&w.Finding) })
	r.Next = next(p, r)
	return r
}

// signed counts the sign-offs that a patch came with.
func signed(c *change.Change) (n int) {
	for _, t := range c.Trailers {
		if t.Key == "Signed-off-by" && t.FromThread == "" {
			n++
		}
	}
	return n
}

// lineOf is the line of a message that a finding rests on first.
func lineOf(in []rules.Evidence) string {
	if len(in) > 0 && in[0].File == "" && in[0].Line > 0 {
		return in[0].Text
	}
	return ""
}

// branchOf is one row of a judgement with what is known of its tree. It alone reads
// the fields of a judged branch.
func branchOf(b *verdict.Branch, c *change.Change, t *rules.Tree) Branch {
	out := Branch{Name: b.Name, State: b.State, Applies: b.Applies, Why: b.Why, Class: b.ReasonClass, Score: b.Score,
		Mates: b.Mates, PileLines: b.PileLines, Followups: b.Followups, Hardware: b.NoBase == verdict.NewHardware, Asked: asked(c, b.Name),
		AsReleased: b.AsReleased}
	if b.Verdict != nil {
		out.Verdict = *b.Verdict
	}
	for _, sha := range b.Prerequisites {
		if named(c, sha) {
			continue
		}
		first := Commit{ID: sha}
		for _, n := range b.Needs {
			if n.Commit == sha && n.Title != "" {
				first.Title = n.Title
			}
		}
		out.First = append(out.First, first)
	}
	if t == nil {
		return out
	}
	for _, k := range t.Culprits {
		if slices.Contains(k.Branches, b.Name) {
			out.Bug = true
			out.Backported = out.Backported || k.Release == "" && k.Resolved || release.Newer(k.Release, b.Name)
		}
	}
	return out
}

// tagOf is what the author has asked for.
func tagOf(c *change.Change) (out Tag) {
	every := false
	for _, t := range c.Stable {
		switch {
		case t.NoAutosel:
			out.Never = true
		case t.Recipient || t.Text:
		default:
			out.There = true
			if len(t.Needs) == 0 {
				every = every || len(t.Versions) == 0
			}
			for _, v := range t.Versions {
				if !slices.Contains(out.Versions, v) {
					out.Versions = append(out.Versions, v)
				}
			}
		}
	}
	if every {
		out.Versions = nil
	}
	return out
}

// asked reports whether a tag of the author's covers a branch.
func asked(c *change.Change, branch string) bool { return tagOf(c).There && !c.AsksOnlyNewer(branch) }

// named reports whether the author has named a prerequisite in a stable tag.
func named(c *change.Change, sha string) bool {
	for _, t := range c.Stable {
		for _, o := range t.Needs {
			if o.SHA != "" && (strings.HasPrefix(sha, o.SHA) || strings.HasPrefix(o.SHA, sha)) {
				return true
			}
		}
	}
	return false
}

// decided returns the findings that moved the score, heaviest first, with those
// on the form of the patch after those on what it does. Findings without a
// weight only stand in when none has one: they say what is missing.
func decided(all []verdict.Weighed, refs map[string]rules.Ref) []Rule {
	var out []Rule
	add := func(w verdict.Weighed) {
		r := Rule{ID: w.ID, Reason: w.Reason, Met: w.Outcome == rules.Met, Weight: w.Weight, Held: held(w.Finding)}
		if file := refs[w.ID].File; w.ID != rules.RealBug.ID || rules.Listed(w.Reason) {
			r.File = file[strings.LastIndexByte(file, '/')+1:]
		}
		out = append(out, r)
	}
	for _, w := range all {
		if w.Outcome == rules.Met && usual[w.ID] {
			continue
		}
		// What is met and speaks against it, or the other way round, stands for
		// something else that goes with it; a reader would only wonder.
		switch {
		case w.Reason == "":
		case w.Outcome == rules.Met && w.Weight > 0, w.Outcome == rules.Unmet && w.Weight < 0, held(w.Finding):
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
	return out
}

// held reports whether the documented rules hold a finding against a patch, whatever it
// weighs: that the bug stands in the source alone as far as the message tells, that nobody
// has run the patch, or that it is meant for a release to come.
func held(f rules.Finding) bool {
	return rules.Untested(&f) || rules.Aimed(&f) || onPaper(f.ID, f.Outcome == rules.Unmet, f.Reason)
}

// onPaper reports whether a finding says that the bug stands in the source alone.
func onPaper(rule string, unmet bool, reason string) bool {
	return unmet && (rule == rules.NoTheory.ID || rule == rules.UserReport.ID && rules.OnPaper(reason))
}

// usual are the rules that nearly every patch meets: nobody is told so.
var usual = map[string]bool{rules.SignOff.ID: true, rules.NotTrivial.ID: true, rules.NoNewUAPI.ID: true, rules.NoNewKconfig.ID: true,
	rules.NoNewDriver.ID:  true,
	rules.NoEnablement.ID: true, rules.NoFirmware.ID: true, rules.NoTheory.ID: true, rules.NotDeclined.ID: true, rules.DiffSize.ID: true,
	rules.ProductionSilicon.ID: true,
	rules.SeriesComplete.ID:    true}

// formal is 1 for the rules on how a patch is written. Their weight is large, as
// who writes well sends what is taken; a reader wants to know first what the bug
// does, on which silicon, and how much has to be taken for it.
func formal(rule string) int {
	switch rule {
	case rules.FixesTag.ID, rules.SignOff.ID, rules.UpstreamMark.ID, rules.StableRequest.ID:
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
