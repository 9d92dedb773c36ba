package report

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/release"
	"github.com/stablebot/stablebot/rules/verdict"
)

// leads are the sentences that head the reply on one patch. The first is true on its
// own, whatever stands beside it.
var leads = map[verdict.Verdict]func(Row) []string{
	verdict.StableEligible: Row.eligible,
	verdict.DKMSOnly:       Row.kept,
	verdict.Wait: func(r Row) []string {
		return []string{sentence("This patch is to wait", r.Reason), "Nothing is to be done for stable until then."}
	},
	verdict.Uncertain: Row.open,
	verdict.NotNeeded: func(r Row) []string { return []string{sentence("No stable branch needs this patch", r.Reason)} },
	verdict.OutOfScope: func(r Row) []string {
		return []string{sentence("This patch is not one for stable branches", r.Reason)}
	},
}

// keeps say for each reason class why stable does not take a patch.
var keeps = map[verdict.Class]func(Row) []string{
	verdict.NoBase: Row.tooNew,
	verdict.TooBig: func(r Row) []string {
		s := "This patch is larger than what stable takes" + r.odds() + "."
		if size := r.measure(); size != "" {
			s = size + ", more than stable takes" + r.odds() + "."
		}
		if r.Merged != "" {
			return []string{s}
		}
		return []string{s, "If a smaller fix is possible, send that as a patch of its own; the rest can follow."}
	},
	verdict.Enablement: func(r Row) []string {
		return []string{"This patch enables hardware beyond a device ID or a quirk, and stable does not take that" + r.odds() + "."}
	},
	verdict.ABI: func(r Row) []string {
		return []string{"This patch adds an interface or an option of its own, and stable does not take that" + r.odds() + "."}
	},
	verdict.NotUpstream: func(r Row) []string {
		return []string{"Mainline does not have this patch" + r.vendorHas() + ", and stable takes nothing that mainline lacks."}
	},
	verdict.Declined: func(r Row) []string { return []string{sentence("This patch was declined for stable", r.Reason)} },
	verdict.Conflicts: func(r Row) []string {
		return []string{"The patch does not apply to " + linux(r.of(verdict.Conflicts), "an older branch") + ", and no adaptation of it was found.",
			"A backport by hand is needed there; stable takes few of those" + r.odds() + "."}
	},
	verdict.BelowBar: func(r Row) []string {
		return []string{"This patch is a fix by its text, but of a kind that stable rarely takes" + r.odds() + "."}
	},
}

// shorts say the reason classes in a row or a list.
var shorts = map[verdict.Class]string{
	verdict.TooBig:      "too big for stable",
	verdict.NoBase:      "no base there",
	verdict.Enablement:  "enables hardware",
	verdict.ABI:         "needs a new interface",
	verdict.NotUpstream: "not in mainline",
	verdict.Declined:    "declined",
	verdict.Conflicts:   "does not apply, and no adaptation was found",
	verdict.BelowBar:    "a kind of fix that stable rarely takes",
}

// states say what a branch is to a change, in a table.
var states = map[verdict.State]string{
	verdict.Affected: "affected", verdict.Present: "has it", verdict.Queued: "about to get it", verdict.NotAffected: "not affected",
	verdict.NoBaseThere: "no base", verdict.Unknown: "not known",
}

// going says how a change goes on a branch, in a table.
var going = map[verdict.Applies]string{
	verdict.Exact: "applies", verdict.Offset: "applies with an offset", verdict.ThreeWay: "applies with a three-way merge",
	verdict.NeedsPrerequisites: "needs others first", verdict.Adapted: "applies when adapted", verdict.NeedsBackport: "needs a backport by hand", verdict.NotTried: "",
}

// sentence puts a reason behind what it is the reason of. A reason that ends as a
// sentence of its own is cut there.
func sentence(what, why string) string {
	why = strings.TrimRight(strings.TrimSpace(why), ".")
	switch {
	case why == "":
		return what + "."
	case strings.Contains(why, ": "):
		return what + " (" + why + ")."
	}
	return what + ": " + why + "."
}

// lead are the sentences that head the reply.
func (r Row) lead() []string {
	if say := leads[r.Verdict]; say != nil {
		return say(r)
	}
	return []string{sentence("This patch is "+string(r.Verdict), r.Reason)}
}

func (r Row) kept() []string {
	out := []string{sentence("Stable does not take this patch", r.Reason)}
	if say := keeps[r.Class]; say != nil {
		out = say(r)
	}
	if v := r.vendor(); v != "" && r.Class != verdict.NotUpstream {
		out = append(out[:1:1], v)
	}
	return out
}

// vendor says what the vendor trees have, where one was read that ships the code.
func (r Row) vendor() string {
	var have, lack []string
	for _, v := range r.Vendors {
		if v.Has {
			have = append(have, clean(v.Name))
		} else {
			lack = append(lack, clean(v.Name))
		}
	}
	switch {
	case len(have) > 0:
		return "The vendor's " + list(have) + " has it."
	case len(lack) > 0:
		return "The vendor's " + list(lack) + " ships this code and does not have the patch yet."
	}
	return ""
}

func (r Row) vendorHas() string {
	for _, v := range r.Vendors {
		if v.Has {
			return ", the vendor's " + clean(v.Name) + " alone has it"
		}
	}
	return ""
}

// tooNew is the sentence for branches that are older than the hardware, or that do not
// have the code.
func (r Row) tooNew() []string {
	var older, without []string
	for _, b := range r.Branches {
		switch {
		case b.Class != verdict.NoBase:
		case b.Hardware:
			older = append(older, b.Name)
		default:
			without = append(without, b.Name)
		}
	}
	switch {
	case len(older) > 0:
		what, n := "the hardware that it is for", 1
		if chips := r.newerThan(older[0]); len(chips) > 0 {
			what, n = list(chips), len(chips)
		}
		return []string{"Not for " + linux(older, "") + ": " + what + change.Agree(n, " is", " are") + " newer than " + change.Agree(len(older), "that kernel.", "those kernels.")}
	case len(without) > 0:
		return []string{linux(without, "") + change.Agree(len(without), " does", " do") + " not have the code that this patch changes."}
	}
	return []string{"The code that this patch changes is in no stable branch that is alive."}
}

// newerThan are the chips, at most two, whose support came after a branch.
func (r Row) newerThan(branch string) (out []string) {
	for _, c := range r.Chips {
		if release.Newer(c.Since, branch) && len(out) < 2 {
			out = append(out, c.Name+" (in mainline since "+c.Since+")")
		}
	}
	return out
}

// of are the branches of one class.
func (r Row) of(c verdict.Class) (out []string) {
	for _, b := range r.Branches {
		if b.Verdict == verdict.DKMSOnly && b.Class == c {
			out = append(out, b.Name)
		}
	}
	return out
}

// measure says how large it is, with what the branch needs where that is the reason.
func (r Row) measure() string {
	for _, b := range r.Branches {
		if b.Verdict == verdict.DKMSOnly && b.Class == verdict.TooBig && b.PileLines > r.Size.LinesWithContext {
			with := "what it needs first"
			if n := len(b.First); n > 0 {
				with = count(n) + " " + change.Agree(n, "commit", "commits") + " that " + change.Agree(n, "goes", "go") + " in first"
			}
			return fmt.Sprintf("For Linux %s this patch has %s with %s", b.Name, change.Count(b.PileLines, "line"), with)
		}
	}
	if r.Size.LinesWithContext == 0 {
		return ""
	}
	return fmt.Sprintf("This patch has %s with context in %s", change.Count(r.Size.LinesWithContext, "line"),
		change.Count(r.Size.Files, "file"))
}

// odds is the estimated chance beside a sentence that says no; a chance that would
// deny the sentence is not said.
func (r Row) odds() string {
	if p := r.Score; p < 0.5 && !r.factual() {
		return " (" + chance(p) + ")"
	}
	return ""
}

// factual reports whether it stays out whatever its chances are.
func (r Row) factual() bool {
	return r.Class == verdict.NoBase || r.Class == verdict.NotUpstream || r.Class == verdict.Declined
}

// chance is the one way in which a probability is said.
func chance(p float64) string {
	switch n := Percent(p); {
	case n < 1:
		return "estimated chance below 1 %"
	case n > 99:
		return "estimated chance over 99 %"
	default:
		return fmt.Sprintf("estimated chance %d %%", n)
	}
}

// Percent is how a probability is rounded for a reader.
func Percent(p float64) int { return int(math.Round(100 * p)) }

// open are the sentences where nothing is decided: the fact that is missing, or how
// close it is.
func (r Row) open() []string {
	const then = "A person should decide."
	if r.undecided() {
		return []string{"Whether stable takes this patch is too close to call (" + chance(r.best()) + ").", then}
	}
	return []string{sentence("Whether stable takes this patch is open", r.Reason), then}
}

// best is the score of the branch where it is best, of those that are affected; without
// branches, of the change.
func (r Row) best() float64 {
	best, seen := r.Score, false
	for _, b := range r.Branches {
		if b.State == verdict.Affected && b.Verdict == r.Verdict && (!seen || b.Score > best) {
			best, seen = b.Score, true
		}
	}
	return best
}

// affected are the branches that the reply counts: those with the bug, of which the
// author has not said that they need nothing.
func (r Row) affected() (out []Branch) {
	for _, b := range r.Branches {
		if b.State == verdict.Affected && b.Verdict != verdict.NotNeeded {
			out = append(out, b)
		}
	}
	return out
}

// eligible are the sentences on a fix that stable takes.
func (r Row) eligible() []string {
	all := r.affected()
	if len(all) == 0 || len(r.Takes) == 0 {
		return r.unseen()
	}
	first := r.have(all)
	if r.near() {
		first = strings.TrimSuffix(first, ".") + "; whether stable takes the fix is a close call (" + chance(r.best()) + ")."
	}
	out := []string{first}
	if s := r.fits(all); s != "" {
		out = append(out, s)
	}
	if r.untested() {
		out = append(out, "Stable takes it once somebody has tested it.")
	}
	return out
}

// have says which branches have the bug, or what else is known of them.
func (r Row) have(all []Branch) string {
	names := make([]string, len(all))
	known := true
	for i, b := range all {
		names[i], known = b.Name, known && b.Bug
	}
	by := slices.ContainsFunc(all, func(b Branch) bool { return b.need() == needHand || b.need() == needAdapted })
	what := "the code that this patch changes"
	switch {
	case !known && by && !r.Adds: // what a patch that does not apply would change may stand elsewhere, or nowhere
		return linux(names, "") + " may have the bug that this patch fixes."
	case r.Adds:
		return linux(names, "") + change.Agree(len(all), " lacks", " lack") + " this device ID."
	case known:
		what = "the bug that this patch fixes"
	}
	s := linux(names, "") + change.Agree(len(all), " has ", " have ") + what
	if !known && !r.Tag.There && !r.near() && r.Score >= 0.5 {
		s += ", and stable takes such fixes (" + chance(r.best()) + ")"
	}
	return s + "."
}

// fits says where it applies as it stands.
func (r Row) fits(all []Branch) string {
	var clean, covered []Branch
	for _, b := range all {
		if b.Verdict != verdict.StableEligible || b.need() != needNothing || b.Applies == verdict.NotTried {
			continue
		}
		clean = append(clean, b)
		if b.Asked {
			covered = append(covered, b)
		}
	}
	where := names(clean)
	how := "applies"
	if !slices.ContainsFunc(clean, func(b Branch) bool { return b.Applies == verdict.ThreeWay || len(b.Mates) > 0 }) {
		how = "applies as it is"
	}
	after := ""
	for _, b := range clean {
		if len(b.Mates) > 0 {
			after = " after " + rules.PatchNumbers(b.Mates) + " of this series"
			break
		}
	}
	tag := "Your stable tag"
	if v := r.Tag.Text(); v != "" {
		tag = "Your tag (" + v + ")"
	}
	switch {
	case len(covered) > 0 && len(covered) < len(clean) && r.Merged == "":
		var rest []Branch
		for _, b := range clean {
			if !b.Asked {
				rest = append(rest, b)
			}
		}
		return fmt.Sprintf("%s covers %s, and the patch %s to %s too.", tag, list(names(covered)), how, list(names(rest)))
	case len(clean) == 0 && r.Merged != "":
		return fmt.Sprintf("It is in mainline as %.12s.", r.Merged)
	case len(clean) == 0:
		return ""
	case len(covered) == len(clean):
		return tag + " covers " + list(where) + ", where the patch " + how + after + "."
	case r.Merged != "" && len(clean) == len(all):
		return fmt.Sprintf("Mainline commit %.12s %s there%s.", r.Merged, how, after)
	case r.Merged != "":
		return fmt.Sprintf("Mainline commit %.12s %s to %s%s.", r.Merged, how, list(where), after)
	case len(clean) == len(all):
		return "The patch " + how + " there" + after + "."
	}
	return "The patch " + how + " to " + list(where) + after + "."
}

// noTree is said where nothing is known of branches.
const noTree = "No tree with this code was at hand, so no branch was looked at."

// unseen are the sentences where nothing is known of branches.
func (r Row) unseen() []string {
	what := "If a stable branch has the bug, it can take this patch"
	switch {
	case r.Adds:
		what = "Stable branches can take this device ID"
	case r.Quirk:
		what = "If a stable branch lacks this quirk, it can take this patch"
	}
	what += r.once(1)
	switch {
	case r.near():
		what += "; whether stable does is a close call (" + chance(r.Score) + ")"
	case !r.Tag.There:
		what += between(r.Score, r.Score)
	}
	out := []string{what + "."}
	switch {
	case r.Merged != "":
		out = append(out, fmt.Sprintf("It is in mainline as %.12s.", r.Merged))
	case len(r.Branches) == 0:
		out = append(out, noTree)
	}
	return out
}

// once says when stable takes n patches: when mainline has them and, of those of which
// their author says that nobody has run them, when somebody has tested them: "It must be
// obviously correct and tested".
func (r Row) once(n int) string {
	them := change.Agree(n, "it", "them")
	switch {
	case r.Merged != "":
		return ""
	case r.untested():
		return " once somebody has tested " + them + " and mainline has " + them
	}
	return " once mainline has " + them
}

// untested reports whether its author says that nobody has run what mainline does not have.
func (r Row) untested() bool { return r.Untested && r.Merged == "" }

// near reports whether a change is called stable-eligible by so little that the
// reader has to know: no branch takes it at clearly better than even odds. What its
// author asks for is no matter of odds.
func (r Row) near() bool {
	if r.Verdict != verdict.StableEligible || r.Tag.There {
		return false
	}
	p := Percent(r.best())
	return p >= 100-nearTo && p <= nearTo
}

// nearTo is up to which chance, in percent as a reader is told it, it is a close call.
const nearTo = 66

// need is what a branch needs beside the tag.
type need int

const (
	needNothing need = iota
	needFirst        // others go in before it
	needAdapted
	needHand
)

func (b Branch) need() need {
	switch b.Applies {
	case verdict.NeedsPrerequisites:
		if len(b.First) > 0 {
			return needFirst
		}
	case verdict.Adapted:
		return needAdapted
	case verdict.NeedsBackport:
		return needHand
	}
	return needNothing
}

// wants reports whether a branch deserves a row: something is to be done for it, or
// it stays without the fix for a reason that somebody can mend.
func (r Row) wants(b Branch) bool {
	switch b.Verdict {
	case verdict.StableEligible:
		return b.need() != needNothing || len(b.Followups) > 0
	case verdict.DKMSOnly:
		switch b.Class {
		case verdict.BelowBar, verdict.Declined:
			return false
		case verdict.NoBase:
			return len(r.Vendors) > 0
		}
		return true
	case "":
		return b.State == verdict.Present && len(b.Followups) > 0
	}
	return false
}

// rows are the branches that need something, newest first, each with what that is.
func (r Row) rows() (out [][2]string) {
	if r.Verdict != verdict.StableEligible {
		return r.keptRows()
	}
	above := Branch{}
	for _, b := range r.Branches {
		if !r.wants(b) {
			continue
		}
		as := b
		if b.Why != "" && b.Why == above.Why && b.Applies == above.Applies && b.Class == above.Class {
			as.Why = "as for " + above.Name
		}
		out, above = append(out, [2]string{b.Name, r.wanting(as)}), b
	}
	return out
}

// keptRows are the branches of a patch that stable does not take, where they differ.
func (r Row) keptRows() (out [][2]string) {
	if r.Verdict != verdict.DKMSOnly {
		return nil
	}
	for _, b := range r.Branches {
		if b.Verdict != verdict.DKMSOnly || b.Class == verdict.BelowBar {
			continue
		}
		if b.Class != r.Class && b.Class != verdict.NoBase || b.Class == verdict.Conflicts && b.Why != "" {
			out = append(out, [2]string{b.Name, r.wanting(b)})
		}
	}
	return out
}

// wanting says what one branch needs.
func (r Row) wanting(b Branch) string {
	var s string
	switch b.Verdict {
	case verdict.DKMSOnly:
		s = b.without()
	case "":
		return "has this patch, and not " + change.Agree(len(b.Followups), "a later fix of it", "later fixes of it")
	default:
		switch b.need() {
		case needFirst:
			n := len(b.First)
			s = count(n) + " " + change.Agree(n, "commit", "commits") + " first"
			if b.PileLines > 0 {
				s += fmt.Sprintf(", %s in all", change.Count(b.PileLines, "line"))
			}
		case needAdapted:
			s = "applies when adapted" + because(b.Why)
		case needHand:
			s = "a backport by hand" + because(b.Why)
		default:
			s = "the patch applies"
		}
	}
	if b.Backported && r.Culprit && b.Verdict == verdict.StableEligible {
		s += "; it has the commit your Fixes tag names, as a backport"
	}
	if n := len(b.Followups); n > 0 && b.Verdict != verdict.DKMSOnly {
		s += change.Agree(n, "; a later fix of it goes along", "; later fixes of it go along")
	}
	return s
}

// because puts the reason of a branch behind what is to be done there: files by their
// names alone, and nothing that would look like a tag at the start of a line.
func because(why string) string {
	if why = clean(why); why == "" {
		return ""
	}
	why = folders.ReplaceAllString(why, "$1")
	why = fileColon.ReplaceAllString(why, "$1, ")
	return ": " + cut(why, 2*(Columns-16))
}

var (
	folders   = regexp.MustCompile(`\b(?:[\w.+-]+/)+([\w.+-]+\.[\w]+)`)
	fileColon = regexp.MustCompile(`([\w+-]+\.\w+): `)
)

// without says why a branch goes without the fix.
func (b Branch) without() string {
	s := "not for stable: " + shorts[b.Class]
	if shorts[b.Class] == "" {
		s = "not for stable"
	}
	switch {
	case b.Class == verdict.TooBig && b.PileLines > 0:
		s += fmt.Sprintf(" (%s in all)", change.Count(b.PileLines, "line"))
	case b.Class == verdict.NoBase && b.Hardware:
		s = "not for that kernel: the chip is newer"
	case b.Class == verdict.Conflicts:
		s = "does not apply" + because(b.Why)
	}
	return s
}

// heading stands above the rows.
func (r Row) heading(rows int) string {
	if rows == 0 {
		return ""
	}
	first := !slices.ContainsFunc(r.Branches, func(b Branch) bool {
		return r.wants(b) && (b.Verdict != verdict.StableEligible || b.need() == needNothing)
	})
	switch {
	case r.Class == verdict.Conflicts:
		return "What stands in the way:"
	case !first && rows == len(r.affected()):
		return change.Agree(rows, "What is more:", "Branch by branch:")
	case !first && rows == 1:
		return "Another branch differs:"
	case r.Verdict != verdict.StableEligible, !first:
		return "Other branches differ:"
	case rows == len(r.affected()):
		return change.Agree(rows, "It needs something first:", "Each needs something first:")
	case rows == 1:
		return "One more needs something first:"
	}
	return strings.ToUpper(count(rows)[:1]) + count(rows)[1:] + " more need something first:"
}

// reasons are at most two findings, on both sides where there are both. What makes each a
// reason is cited before it, each file once: behind it, the file would seem to say so.
// What the author has written and what the rows say is left out.
func (r Row) reasons() string {
	if r.factual() || r.Verdict != verdict.StableEligible && r.Verdict != verdict.DKMSOnly || r.Tag.There {
		return ""
	}
	side := r.sides()
	var out, cited []string
	for i, say := range []string{"In its favour", "Against it"} {
		if side[i].ID == "" {
			continue
		}
		if f := side[i].File; f != "" && !slices.Contains(cited, f) {
			cited = append(cited, f)
			say += " (" + f + ")"
		}
		out = append(out, say+": "+inNumber(strings.TrimRight(clean(side[i].Reason), "."), 1)+".")
	}
	return strings.Join(out, " ")
}

// sides are the heaviest finding for it and the heaviest against it that a reader has
// not been told.
func (r Row) sides() (side [2]Rule) {
	for _, f := range r.Rules {
		i := 0
		if !f.Met {
			i = 1
		}
		if side[i].ID == "" && (f.Held || !r.said(f.ID) && f.Weight != 0) && len([]rune(f.Reason)) <= maxReason {
			side[i] = f
		}
	}
	if onPaper(side[1].ID, !side[1].Met, side[1].Reason) {
		side[0].Reason = strings.TrimSuffix(side[0].Reason, rules.ByChecker) // said on the other side
	}
	if r.Verdict == verdict.DKMSOnly {
		side[0] = Rule{}
	}
	return r.doubted(side)
}

// doubted adds what is said of a fix by its tag alone, and that no symptom of it was found,
// for which no document is cited.
func (r Row) doubted(side [2]Rule) [2]Rule {
	if r.Verdict != verdict.StableEligible {
		return side
	}
	var favour, against string
	switch {
	case side[0].ID == rules.RealBug.ID:
		favour, against = rules.Apart(side[0].Reason)
		side[0].Reason = favour
	case r.Culprit:
		if favour, against = rules.Apart(r.Symptom); favour == "" || !rules.OfTag(favour) {
			favour = rules.ByTag
		}
		if side[0].ID == "" {
			side[0] = Rule{ID: rules.FixesTag.ID, Reason: favour}
		}
	}
	if side[1].ID == "" && against != "" {
		side[1] = Rule{ID: rules.RealBug.ID, Reason: against}
	}
	return side
}

// tables reports whether what is not a table is within the limit: the size of the whole
// is then nothing against it.
func (r Row) tables() bool {
	return slices.ContainsFunc(r.Rules, func(f Rule) bool { return f.ID == rules.Tables.ID && f.Met })
}

// maxReason: a longer one is for the details.
const maxReason = 150

// said reports whether a rule tells what the reply says anyway, or what its author
// has written.
func (r Row) said(rule string) bool {
	switch rule {
	case rules.Affected.ID, rules.Applies.ID, rules.Mainline.ID, rules.SeriesComplete.ID, rules.NoDelay.ID, rules.NotDeclined.ID,
		rules.CulpritKnown.ID, rules.Reviewed.ID, rules.Tested.ID, rules.Prerequisites.ID, rules.Followups.ID, rules.NewerBranches.ID:
		return true
	case rules.Tables.ID:
		return true // a size is no reason for a patch
	case rules.DiffSize.ID:
		return r.Class == verdict.TooBig || r.tables()
	case rules.NoNewUAPI.ID, rules.NoNewKconfig.ID:
		return false
	}
	return formal(rule) > 0
}

// numbers that are written as words.
var numerals = []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}

func count(n int) string {
	if n >= 0 && n < len(numerals) {
		return numerals[n]
	}
	return strconv.Itoa(n)
}

// linux names kernels in a sentence: up to three by name, more by number and name.
func linux(in []string, none string) string {
	switch n := len(in); {
	case n == 0:
		return none
	case n <= 3:
		return "Linux " + list(in)
	default:
		c := count(n)
		return strings.ToUpper(c[:1]) + c[1:] + " stable branches (" + list(in) + ")"
	}
}

func names(in []Branch) []string {
	out := make([]string, len(in))
	for i, b := range in {
		out[i] = b.Name
	}
	return out
}

// undecided reports whether nothing but the chance speaks for or against a patch.
func (r Row) undecided() bool {
	return r.Reason == "" || strings.Contains(r.Reason, "too close to call") || strings.Contains(r.Reason, "%")
}
