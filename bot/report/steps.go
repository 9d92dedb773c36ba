package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/shell"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Step is text to paste with what it is for. Say is a phrase's name, Lines are to be
// copied.
type Step struct {
	Say   Say
	Where []string // the branches it is about
	Lines []string
	For   []int // of a series: the patches it is about
	Last  bool  // some of them has several sign-offs, of which the sender's is the last
}

// Say names what a step is about.
type Say string

// The steps.
const (
	SayTag      Say = "tag"      // add this tag
	SayEither   Say = "either"   // the same, to one of two patches
	SayMore     Say = "more"     // beside the tag that is there
	SayInstead  Say = "instead"  // a tag that covers more
	SayAsk      Say = "ask"      // it is in mainline: ask for it
	SayCommand  Say = "command"  // this prints the rest
	SayPlan     Say = "plan"     // the same of what is not in mainline
	SayAdapted  Say = "adapted"  // this writes the adapted patch
	SayBackport Say = "backport" // by hand, once it is merged
	SayByHand   Say = "by-hand"  // and now
	SayFixes    Say = "fixes"    // name the culprit
	SayVendor   Say = "vendor"   // put it into the vendor package
	SayUpstream Say = "upstream" // send it upstream
)

// steps are the phrases; %s is the branches.
var steps = map[Say]string{
	SayTag:      "If you agree, add this above your Signed-off-by (without the bar):",
	SayEither:   "Whichever of the two goes in, if you agree, this belongs above its Signed-off-by (without the bar):",
	SayMore:     "To have %s too, put this beside your tag (without the bar):",
	SayInstead:  "To cover %s too, write your tag as (without the bar):",
	SayAsk:      "If you agree, send this to ask for %s (without the bars):",
	SayCommand:  "For %s, this writes the mails:",
	SayPlan:     "For %s, this prints what goes in first:",
	SayAdapted:  "For %s, once it is in mainline as COMMIT, this writes the adapted patch:",
	SayBackport: "For %s, once it is in mainline as COMMIT:",
	SayByHand:   "For %s, a backport by hand:",
	SayFixes:    "A Fixes tag would tell which branches have the bug; this prints one:",
	SayVendor:   "To put it into the vendor's tree:",
	SayUpstream: "To send it upstream:",
}

// lastSigned names the sign-off of who sends a patch on.
var lastSigned = strings.NewReplacer("your Signed-off-by", "the last Signed-off-by", "its Signed-off-by", "its last Signed-off-by")

// text is the phrase of a step; words are used instead of the mail's own.
func (s Step) text(words map[Say]string, one, many string) string {
	text := steps[s.Say]
	if w, ok := words[s.Say]; ok {
		text = w
	}
	if s.Last {
		text = lastSigned.Replace(text)
	}
	if strings.Contains(text, "%s") {
		text = fmt.Sprintf(text, list(s.Where))
	}
	if len(s.For) == 0 {
		return text
	}
	return change.Agree(len(s.For), one, many) + " " + list(ranges(s.For)) + ": " + strings.ToLower(text[:1]) + text[1:]
}

// next is what to paste for one patch.
func next(p Posting, r Row) []Step {
	switch r.Verdict {
	case verdict.StableEligible:
		if r.Tag.Never {
			return nil // its author has said no
		}
		out := r.request()
		for i := range out {
			if r.Rival != nil && out[i].Say == SayTag {
				out[i].Say = SayEither
			}
		}
		out = append(out, r.byHand()...)
		if !r.Culprit && !r.Adds && !r.Quirk && !r.Tag.There && r.Merged == "" && len(r.Branches) == 0 {
			out = append(out, Step{Say: SayFixes, Lines: []string{`git log -1 --abbrev=12 --format='Fixes: %h ("%s")' CULPRIT`}})
		}
		return append(out, r.toVendor()...)
	case verdict.DKMSOnly:
		switch r.Class {
		case verdict.NotUpstream:
			return []Step{{Say: SayUpstream, Lines: []string{"git format-patch -1 COMMIT", "scripts/get_maintainer.pl 0001-*.patch"}}}
		case verdict.Declined:
			return nil
		}
		return append(r.byHand(), r.toVendor()...)
	}
	return nil
}

// request asks stable for it: with a tag while it is not merged, by mail when it is.
func (r Row) request() []Step {
	if r.Merged != "" {
		return r.mails()
	}
	if len(r.Branches) == 0 || len(r.Takes) == 0 {
		if r.Tag.There {
			return nil
		}
		return []Step{{Say: SayTag, Last: r.Signed > 1, Lines: []string{stableTag("")}}}
	}
	lines, where, left := r.firsts()
	var out []Step
	oldest := r.Takes[len(r.Takes)-1]
	switch uncovered := r.uncovered(); {
	case !r.Tag.There:
		out = append(out, Step{Say: SayTag, Last: r.Signed > 1, Lines: append(lines, stableTag(oldest))})
	case len(uncovered) > 0:
		out = append(out, Step{Say: SayInstead, Where: uncovered, Lines: append(lines, stableTag(oldest))})
	case len(lines) > 0:
		out = append(out, Step{Say: SayMore, Where: where, Lines: lines})
	}
	if len(left) > 0 {
		out = append(out, Step{Say: SayPlan, Where: left, Lines: []string{"stablebot plan --trees LINUX PATCH"}})
	}
	left = nil
	for _, b := range r.Branches {
		if b.Verdict == verdict.StableEligible && b.need() == needAdapted {
			left = append(left, b.Name)
		}
	}
	if len(left) > 0 {
		out = append(out, Step{Say: SayAdapted, Where: left, Lines: []string{export(left, "COMMIT")}})
	}
	return out
}

// firsts are the tags that name what goes in first, the newest branch first; left are
// the branches for which there is no room.
func (r Row) firsts() (lines, where, left []string) {
	for _, b := range r.Branches {
		if b.Verdict != verdict.StableEligible || b.need() != needFirst {
			continue
		}
		if len(lines)+len(b.First) > maxTags {
			left = append(left, b.Name)
			continue
		}
		where = append(where, b.Name)
		for _, c := range b.First {
			tag := fmt.Sprintf("%s: %.12s", stableTag(b.Name), c.ID)
			if c.Title != "" {
				tag += ": " + clean(c.Title)
			}
			lines = append(lines, tag)
		}
	}
	return lines, where, left
}

// uncovered are the branches that take it and that the author's tag leaves out.
func (r Row) uncovered() (out []string) {
	for _, b := range r.Branches {
		if b.Verdict == verdict.StableEligible && !b.Asked && b.need() != needFirst {
			out = append(out, b.Name)
		}
	}
	return out
}

// stableTag is the tag as stable-kernel-rules.rst writes it; a version there
// means it and every newer tree.
func stableTag(oldest string) string {
	const tag = "Cc: <stable@vger.kernel.org>"
	if oldest == "" || strings.Trim(oldest, "0123456789.") != "" {
		return tag // a distribution's branch is nothing that the tag can name
	}
	return tag + " # " + oldest + ".x"
}

// mails are the requests of option 2, at most maxMails written out: one for the
// branches that take the commit as it is and one for each that needs others too.
func (r Row) mails() (out []Step) {
	var asIs, left []string
	var more []Branch
	for _, b := range r.Branches {
		switch {
		case r.wants(b) && (len(b.Followups) > 0 || b.need() == needFirst):
			more = append(more, b)
		case b.Verdict != verdict.StableEligible:
		case b.AsReleased && b.need() != needNothing:
		case b.need() == needAdapted:
			left = append(left, b.Name)
		case b.need() == needNothing && !b.Asked:
			asIs = append(asIs, b.Name)
		}
	}
	if len(r.Branches) == 0 && !r.Tag.There {
		return []Step{{Say: SayAsk, Where: []string{"the branches that have the bug"}, Lines: r.option2([]string{"BRANCH"}, Branch{})}}
	}
	if len(asIs) > 0 {
		out = append(out, Step{Say: SayAsk, Where: asIs, Lines: r.option2(asIs, Branch{})})
	}
	for _, b := range more {
		if b.AsReleased {
			continue
		}
		if len(out) == maxMails || len(b.First)+len(b.Followups) > maxTags {
			left = append(left, b.Name)
			continue
		}
		out = append(out, Step{Say: SayAsk, Where: []string{b.Name}, Lines: r.option2([]string{b.Name}, b)})
	}
	if len(left) > 0 {
		out = append(out, Step{Say: SayCommand, Where: left, Lines: []string{export(left, fmt.Sprintf("%.12s", r.Merged))}})
	}
	return out
}

func export(branches []string, commit string) string {
	cmd := "stablebot export --trees LINUX"
	for _, n := range branches {
		cmd += " --stable " + shell.Word(n)
	}
	return cmd + " " + commit
}

// option2 is the mail of option 2 of stable-kernel-rules.rst: the title, the commit, why,
// and for which kernels. With it go what the branch needs before it and after it; a
// branch that has it already is asked to take what mends it.
func (r Row) option2(branches []string, b Branch) []string {
	trees := make([]string, len(branches))
	for i, n := range branches {
		if trees[i] = n; n != "BRANCH" {
			trees[i] += ".y"
		}
	}
	after := make([]Commit, len(b.Followups))
	for i, f := range b.Followups {
		after[i] = Commit{f.SHA, f.Subject}
	}
	first, id := []Commit{{r.Merged, plainTitle(r.Title)}}, r.Merged
	if b.State == verdict.Present && len(after) > 0 {
		first, id, after = after, after[0].ID, nil
	}
	out := []string{"To: stable@vger.kernel.org", fmt.Sprintf("Subject: please apply %.12s to %s", id, list(trees)), ""}
	pick := func(what string, in []Commit) {
		if len(in) == 0 {
			return
		}
		out = append(out, what)
		for _, c := range in {
			s := "    " + c.ID
			if c.Title = clean(c.Title); c.Title != "" {
				s += ` ("` + c.Title + `")`
			}
			out = append(out, s)
		}
	}
	pick("Please apply "+change.Agree(len(first), "this mainline commit", "these mainline commits")+" to "+list(trees)+":", first)
	pick("after "+change.Agree(len(b.First), "this one:", "these, in this order:"), b.First)
	pick("and then "+change.Agree(len(after), "this later fix of it:", "these later fixes of it:"), after)
	if b.State == verdict.Present {
		return append(out, fmt.Sprintf("Why: it mends %.12s, which is there.", r.Merged))
	}
	return append(out, r.why()...)
}

// why is the sentence of a request that says what the bug is.
func (r Row) why() []string {
	for _, f := range r.Rules {
		if f.Met && !r.said(f.ID) && f.Weight > 0 {
			return strings.Split(wrap("Why: "+strings.TrimRight(clean(f.Reason), ".")+".", "", ""), "\n")
		}
	}
	return []string{"Why: WHAT USERS MEET"}
}

// plainTitle is a title without what a list puts before it.
func plainTitle(s string) string {
	for s = strings.TrimSpace(s); strings.HasPrefix(s, "["); {
		_, rest, ok := strings.Cut(s, "]")
		if !ok {
			break
		}
		s = strings.TrimSpace(rest)
	}
	return s
}

// byHand is how a backport is made and sent, for the branches that need one.
func (r Row) byHand() []Step {
	var where []string
	for _, b := range r.Branches {
		switch {
		case b.Verdict == verdict.StableEligible && b.need() == needHand,
			b.Verdict == verdict.DKMSOnly && b.Class == verdict.Conflicts && r.Class == verdict.Conflicts:
			where = append(where, b.Name)
		}
	}
	if len(where) == 0 {
		return nil
	}
	say, commit, name := SayBackport, "COMMIT", where[0]
	if r.Merged != "" {
		say, commit = SayByHand, fmt.Sprintf("%.12s", r.Merged)
	}
	if len(where) > 1 {
		name = "BRANCH"
	}
	return []Step{{Say: say, Where: where, Lines: []string{
		"git switch --detach stable/linux-" + shell.Word(name) + ".y && git cherry-pick -xs " + commit,
		"git send-email --to stable@vger.kernel.org --subject-prefix " + shell.Word("PATCH "+name+".y") + " -1",
	}}}
}

// toVendor is how it goes into a vendor's tree that ships the code and lacks it.
func (r Row) toVendor() []Step {
	if len(r.Misses) == 0 && r.Verdict != verdict.DKMSOnly || !slices.ContainsFunc(r.Vendors, func(v rules.Vendor) bool { return !v.Has }) {
		return nil
	}
	cmd := "b4 am -o - " + shell.Word(r.ID) + " | git am -3"
	if id := r.Merged; id != "" || r.Commit {
		if id == "" {
			id = r.ID
		}
		cmd = "git format-patch --stdout -1 " + shell.Word(id) + " | git -C VENDOR am -3"
	}
	return []Step{{Say: SayVendor, Lines: []string{cmd}}}
}
