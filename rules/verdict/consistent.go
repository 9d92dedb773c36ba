package verdict

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stablebot/stablebot/rules"
)

// Contradiction is one thing in a judgement that something else denies: another finding,
// a number, or what the change itself says.
type Contradiction struct {
	Kind    string // one of ContradictionKinds
	Says    string // the sentence, or the number
	Against string // what denies it
}

// contradictions are the checks, by kind. They read the message and the diff by patterns
// of their own: one that used the lists of rules/signs would miss what those miss.
var contradictions = []struct {
	kind string
	find func(*claims) (says, against string)
}{
	{"bug-overruled", bugOverruled},
	{"bug-and-trivial", bugAndTrivial},
	{"fix-overruled", fixOverruled},
	{"refusal-overruled", refusalOverruled},
	{"fix-number", fixNumber},
	{"percent", percentages},
	{"too-close", tooCloseOutside},
	{"score-and-verdict", scoreAndVerdict},
	{"too-big-within-limit", tooBigWithin},
	{"size-number", sizeNumber},
	{"mixed-rows", mixedRows},
	{"verdict-and-rows", verdictAndRows},
	{"class-and-rows", classAndRows},
	{"trace-unheard", traceUnheard},
	{"absence", absent},
	{"thread-not-read", threadNotRead},
	{"vendor-not-read", vendorNotRead},
	{"trees-not-read", treesNotRead},
}

// ContradictionKinds are the kinds in the order in which they are looked for.
func ContradictionKinds() []string {
	out := make([]string, len(contradictions))
	for i := range contradictions {
		out[i] = contradictions[i].kind
	}
	return out
}

// Contradictions tells what in one judgement contradicts itself, or the change that it was
// made of; nil when nothing does. f is what was judged: the change, its series, its trees.
// What could not be read is left out: nothing was claimed of it.
func Contradictions(j *Judgement, f *rules.Facts) []Contradiction {
	if j.Error != nil || len(j.Rules) == 0 || f.Change == nil {
		return nil
	}
	c := &claims{Judgement: j, facts: f}
	var out []Contradiction
	for i := range contradictions {
		if says, against := contradictions[i].find(c); against != "" {
			out = append(out, Contradiction{contradictions[i].kind, says, against})
		}
	}
	return out
}

// claims is a judgement and what it was made of.
type claims struct {
	*Judgement
	facts *rules.Facts
	prose string // see message
	added []string
	diff  bool // added was read
}

// rule is the finding of a rule, the zero value without.
func (c *claims) rule(r *rules.Rule) rules.Finding {
	for i := range c.Rules {
		if c.Rules[i].ID == r.ID {
			return c.Rules[i].Finding
		}
	}
	return rules.Finding{}
}

func (c *claims) is(r *rules.Rule, o rules.Outcome) bool { return c.rule(r).Outcome == o }

// asks reports whether the change was sent to stable, or its author asks for it.
func (c *claims) asks() bool { return c.facts.Asks() || c.facts.Submission() }

// labelled reports whether the change has one of the two labels.
func (c *claims) labelled() bool { return c.Verdict == StableEligible || c.Verdict == DKMSOnly }

// message is what the author wrote, without trailers, titles of other commits, and what
// changed between versions.
func (c *claims) message() string {
	if c.prose != "" {
		return c.prose
	}
	ch := c.facts.Change
	tagged := make(map[int]bool, len(ch.Trailers))
	for i := range ch.Trailers {
		tagged[ch.Trailers[i].Line] = true
	}
	var b strings.Builder
	n := 0
	for line := range strings.Lines(ch.Body) {
		if n++; !tagged[n] && !ofOthers.MatchString(line) {
			b.WriteString(line)
		}
	}
	c.prose = " " + quotedTitles.ReplaceAllString(b.String(), "()")
	return c.prose
}

var (
	ofOthers     = regexp.MustCompile(`(?i)^\s*(v\d+[:. ]|[*-]\s*v\d+|(commit )?[0-9a-f]{8,40} |>|fixes:|changes (in|since) v)`)
	quotedTitles = regexp.MustCompile(`\("[^)]{0,300}"\)`)
)

// lines are the lines that the change adds.
func (c *claims) lines() []string {
	if c.diff {
		return c.added
	}
	c.diff = true
	for _, f := range c.facts.Change.Files {
		for _, h := range f.TextFragments {
			for _, l := range h.Lines {
				if l.Op.String() == "+" {
					c.added = append(c.added, strings.TrimRight(l.Line, "\n"))
				}
			}
		}
	}
	return c.added
}

// saysNoFix reports whether the judgement calls the change no fix.
func (c *claims) saysNoFix() bool {
	return c.Verdict == OutOfScope && strings.HasPrefix(c.Reason, notAFix)
}

// bugOverruled: a rule found that it mends something, and the verdict says that it does not.
func bugOverruled(c *claims) (string, string) {
	if !c.saysNoFix() {
		return "", ""
	}
	for _, r := range []*rules.Rule{rules.RealBug, rules.DeviceID, rules.BuildError} {
		if f := c.rule(r); f.Outcome == rules.Met {
			return c.Reason, f.ID + ": " + f.Reason
		}
	}
	return "", ""
}

// bugAndTrivial: one rule found a bug mended, another that users gain nothing.
func bugAndTrivial(c *claims) (string, string) {
	trivial := c.rule(rules.NotTrivial)
	if trivial.Outcome != rules.Unmet {
		return "", ""
	}
	for _, r := range []*rules.Rule{rules.RealBug, rules.DeviceID, rules.BuildError} {
		if f := c.rule(r); f.Outcome == rules.Met {
			return f.ID + ": " + f.Reason, trivial.ID + ": " + trivial.Reason
		}
	}
	return "", ""
}

// fixOverruled: rules found that it is no fix, and it has a label though nobody asked.
func fixOverruled(c *claims) (string, string) {
	if !c.labelled() || c.asks() || c.ReasonClass == Declined || c.ReasonClass == NotUpstream {
		return "", ""
	}
	for _, r := range []*rules.Rule{rules.NotTrivial, rules.RealBug} {
		if f := c.rule(r); f.Outcome == rules.Unmet && !c.mends() {
			return string(c.Verdict) + ": " + c.Reason, f.ID + ": " + f.Reason
		}
	}
	return "", ""
}

func (c *claims) mends() bool {
	return c.is(rules.RealBug, rules.Met) || c.is(rules.DeviceID, rules.Met) || c.is(rules.BuildError, rules.Met)
}

// refusalOverruled: a no that was heard, and a verdict that does not know it.
func refusalOverruled(c *claims) (string, string) {
	if c.Verdict != StableEligible {
		return "", ""
	}
	if f := c.rule(rules.NotDeclined); f.Outcome == rules.Unmet {
		return c.Reason, f.ID + ": " + f.Reason
	}
	if f := c.rule(rules.ProductionSilicon); f.Outcome == rules.Unmet && !c.asks() {
		return c.Reason, f.ID + ": " + f.Reason
	}
	if f := c.rule(rules.Mainline); f.Outcome == rules.Unmet && c.When == Now {
		return c.Reason, f.ID + ": " + f.Reason
	}
	return "", ""
}

// fixNumber: the number and the words disagree on whether it is a fix.
func fixNumber(c *claims) (string, string) {
	if c.Lines == nil {
		return "", ""
	}
	if c.saysNoFix() && c.Fix >= c.Lines.Fix {
		return c.Reason, "fix " + number(c.Fix)
	}
	if c.labelled() && c.ReasonClass != Declined && c.ReasonClass != NotUpstream && c.Fix < c.Lines.Fix {
		return string(c.Verdict) + ": " + c.Reason, "fix " + number(c.Fix)
	}
	return "", ""
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

var percentage = regexp.MustCompile(`(under )?(\d+) %`)

// percentages: each one that a sentence names is a number of the judgement.
func percentages(c *claims) (string, string) {
	scores := []float64{c.Score, c.Worth, c.Fix}
	for i := range c.Branches {
		scores = append(scores, c.Branches[i].Score)
	}
	for _, m := range percentage.FindAllString(c.Reason, -1) {
		if !slices.ContainsFunc(scores, func(p float64) bool { return percent(p) == m }) {
			return c.Reason, fmt.Sprint("the numbers are ", scores)
		}
	}
	return "", ""
}

// tooCloseOutside: "too close to call" where a line was crossed.
func tooCloseOutside(c *claims) (string, string) {
	if c.Lines == nil || !strings.Contains(c.Reason, tooClose) {
		return "", ""
	}
	if m := percentage.FindString(c.Reason); m != "" {
		low, high := percent(c.Lines.DKMS), percent(c.Lines.Eligible)
		p := leading(m)
		if p < leading(low) || p > leading(high) {
			return c.Reason, "the band is " + low + " to " + high
		}
	}
	if !slices.ContainsFunc(c.scores(), func(p float64) bool { return p >= c.Lines.DKMS && p < c.Lines.Eligible }) {
		return c.Reason, fmt.Sprint("the scores are ", c.scores())
	}
	return "", ""
}

func leading(s string) int {
	m := percentage.FindStringSubmatch(s)
	n, _ := strconv.Atoi(m[2])
	if m[1] != "" {
		n--
	}
	return n
}

// scores are those that a verdict can rest on.
func (c *claims) scores() []float64 {
	var out []float64
	for i := range c.Branches {
		if c.Branches[i].State == Affected {
			out = append(out, c.Branches[i].Score)
		}
	}
	if out == nil {
		out = append(out, c.Score)
	}
	return out
}

// byScore tells the classes that a score decides.
func byScore(class Class) bool { return class != NoBase && class != Declined && class != NotUpstream }

// scoreAndVerdict: a score above a line with the verdict of what lies below, and the other
// way round; for the change and for each row that is affected.
func scoreAndVerdict(c *claims) (string, string) {
	if c.Lines == nil {
		return "", ""
	}
	if len(c.Branches) == 0 {
		return c.against(c.Verdict, c.ReasonClass, c.Score, c.Reason)
	}
	for i := range c.Branches {
		b := &c.Branches[i]
		if b.Verdict == nil || b.State != Affected {
			continue
		}
		if says, against := c.against(*b.Verdict, b.ReasonClass, b.Score, b.Name); says != "" {
			return says, against
		}
	}
	return "", ""
}

func (c *claims) against(v Verdict, class Class, score float64, what string) (string, string) {
	says := string(v) + " " + string(class) + ": " + what
	switch {
	case v == DKMSOnly && byScore(class) && score >= c.Lines.Eligible:
		return says, "score " + number(score) + ", the line is " + number(c.Lines.Eligible)
	case v == StableEligible && score < c.Lines.Eligible && !c.asks():
		return says, "score " + number(score) + ", the line is " + number(c.Lines.Eligible)
	}
	return "", ""
}

// tooBigWithin: too big, and within what is documented.
func tooBigWithin(c *claims) (string, string) {
	if c.ReasonClass != TooBig || !c.is(rules.DiffSize, rules.Met) {
		return "", ""
	}
	if slices.ContainsFunc(c.Branches, func(b Branch) bool { return b.ReasonClass == TooBig && b.PileLines > c.Size.LinesWithContext }) {
		return "", ""
	}
	return c.Reason, c.rule(rules.DiffSize).Reason
}

var counted = regexp.MustCompile(`(\d+) lines with context`)

// sizeNumber: the lines that a sentence counts are those of the judgement.
func sizeNumber(c *claims) (string, string) {
	for _, s := range []string{c.rule(rules.DiffSize).Reason, c.Reason} {
		m := counted.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[1])
		if n == c.Size.LinesWithContext || slices.ContainsFunc(c.Branches, func(b Branch) bool { return b.PileLines == n }) {
			continue
		}
		return s, fmt.Sprintf("%d lines", c.Size.LinesWithContext)
	}
	return "", ""
}

// row reports whether a row has that verdict, and lists what all have.
func (c *claims) row(v Verdict, state State) bool {
	return slices.ContainsFunc(c.Branches, func(b Branch) bool { return b.Is(v) && (state == "" || b.State == state) })
}

func (c *claims) rowList() string {
	var out []string
	for i := range c.Branches {
		b := &c.Branches[i]
		v := Verdict("none")
		if b.Verdict != nil {
			v = *b.Verdict
		}
		out = append(out, fmt.Sprintf("%s %s %s", b.Name, b.State, v))
	}
	return strings.Join(out, ", ")
}

// mixedRows: mixed is one branch that takes it beside one with the bug that does not.
func mixedRows(c *claims) (string, string) {
	mixed := c.row(StableEligible, "") && c.row(DKMSOnly, Affected)
	switch {
	case c.Mixed && !mixed:
		return "mixed: " + c.Reason, c.rowList()
	case !c.Mixed && mixed && c.Verdict == StableEligible:
		return "not mixed: " + c.Reason, c.rowList()
	}
	return "", ""
}

// verdictAndRows: what is said of the change and what is said of its branches.
func verdictAndRows(c *claims) (string, string) {
	if len(c.Branches) == 0 {
		return "", ""
	}
	says := string(c.Verdict) + ": " + c.Reason
	switch {
	case (c.Verdict == NotNeeded || c.Verdict == OutOfScope) && (c.row(StableEligible, "") || c.row(DKMSOnly, "")),
		c.Verdict == StableEligible && !c.row(StableEligible, ""),
		c.Verdict == DKMSOnly && (c.row(StableEligible, "") || byScore(c.ReasonClass) && !c.row(DKMSOnly, "")):
		return says, c.rowList()
	}
	return "", ""
}

// classAndRows: the class of the change is that of its newest row.
func classAndRows(c *claims) (string, string) {
	if c.Verdict != DKMSOnly {
		return "", ""
	}
	for i := range c.Branches {
		if b := &c.Branches[i]; b.Is(DKMSOnly) {
			if b.ReasonClass != c.ReasonClass {
				return string(c.ReasonClass) + ": " + c.Reason, b.Name + " " + string(b.ReasonClass)
			}
			break
		}
	}
	return "", ""
}

// crashed are lines that only a running kernel prints.
var crashed = regexp.MustCompile(`(?m)^.{0,60}(BUG: (unable to handle|kernel NULL|KASAN|KFENCE|sleeping function)|` +
	`BUG: (scheduling while|soft lockup)|Unable to handle kernel|general protection fault[:,]|Oops: |Oops\[|` +
	`kernel BUG at |Kernel panic - not syncing|` +
	`INFO: task .{1,60} blocked for more|rcu: INFO: rcu_|WARNING: CPU: \d|WARNING: possible (circular|recursive)|Call Trace:)`)

// traceUnheard: the message shows the trace of a kernel, and what was found does not say so.
// A diff that changes nothing that runs is another matter.
func traceUnheard(c *claims) (string, string) {
	bug := c.rule(rules.RealBug)
	if bug.Outcome == rules.Met || bug.Outcome == "" || c.nothingRuns() {
		return "", ""
	}
	if m := crashed.FindString(c.message()); m != "" {
		return bug.ID + ": " + bug.Reason, strings.TrimSpace(m)
	}
	return "", ""
}

// nothingRuns reports whether the diff, not a word, shows that users get nothing.
func (c *claims) nothingRuns() bool {
	f := c.rule(rules.NotTrivial)
	return f.Outcome == rules.Unmet && strings.HasPrefix(f.Reason, "only ")
}

// absence is a claim that something is not there.
type absence struct {
	says string // what stands in a sentence that claims it
	// shown is the place that shows the opposite, "" where none does.
	shown func(*claims) string
}

// inText looks for a pattern in title and message.
func inText(pattern string) func(*claims) string {
	re := regexp.MustCompile(pattern)
	return func(c *claims) string {
		if m := re.FindString(c.facts.Change.Subject); m != "" {
			return m
		}
		return re.FindString(c.message())
	}
}

// inTitle looks for a pattern in the title.
func inTitle(pattern string) func(*claims) string {
	re := regexp.MustCompile(pattern)
	return func(c *claims) string { return re.FindString(c.facts.Change.Subject) }
}

// inTrailers looks for a trailer, those of the author's own left out where others count.
func inTrailers(others bool, keys ...string) func(*claims) string {
	return func(c *claims) string {
		for i := range c.facts.Change.Trailers {
			t := &c.facts.Change.Trailers[i]
			if others && strings.Contains(t.Value, c.facts.Change.Author.Address) && c.facts.Change.Author.Address != "" {
				continue
			}
			if others && c.facts.Change.Author.Name != "" && strings.Contains(t.Value, c.facts.Change.Author.Name) {
				continue
			}
			if strings.EqualFold(t.Key, "Fixes") && !namesCommit.MatchString(t.Value) {
				continue // prose
			}
			if slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, t.Key) }) {
				return t.Key + ": " + t.Value
			}
		}
		return ""
	}
}

var namesCommit = regexp.MustCompile(`(?i)^(commit )?[0-9a-f]{7,40}\b`)

// inDiff looks for a pattern in the lines that are added to files of a kernel.
func inDiff(pattern string) func(*claims) string {
	re := regexp.MustCompile(pattern)
	return func(c *claims) string {
		for _, l := range c.lines() {
			if re.MatchString(l) {
				return strings.TrimSpace(l)
			}
		}
		return ""
	}
}

// anyOf is the first place that one of several finds.
func anyOf(fs ...func(*claims) string) func(*claims) string {
	return func(c *claims) string {
		for _, f := range fs {
			if m := f(c); m != "" {
				return m
			}
		}
		return ""
	}
}

// fixWords leaves out "fixed", which also says of which kind something is, and the
// "fixup!" of a part of another patch.
const fixWords = `(?i)(^|[^a-z_-])(fix(es|ing|up)?|bug)([^a-z_!-]|$)`

// absences are all claims of absence that findings and reasons make, by the words that make
// them. A test sees to it that each of these still stands in a sentence.
var absences = []absence{
	{"no review", inTrailers(true, "Reviewed-by", "Acked-by")},
	{"neither tag, title nor report", anyOf(inTrailers(false, "Reported-by", "Closes", "Fixes", "Reported-and-tested-by"), inTitle(fixWords))},
	{"neither a tag nor its title calls it a fix", anyOf(inTrailers(false, "Fixes"), inTitle(fixWords))},
	{"no Reported-by tag", inTrailers(false, "Reported-by", "Reported-and-tested-by")},
	{"no Tested-by tag", anyOf(inTrailers(false, "Tested-by"), inText(`(?i)\b(I|we) (have )?tested (this|it|the patch)`))},
	{"names no culprit", inTrailers(false, "Fixes")},
	{"no stable tag", asksInText},
	{"not about building", inTitle(`(?i)\b(build|compile|compilation|link(er|ing)?) (error|failure|break)`)},
	{"mentions neither a race nor a bug that is only possible",
		inTitle(`(?i)\b(data race|race condition|(potential|possible) (null|use.after|memory|leak|deadlock|overflow))`)},
	{"no table or generated lines", func(c *claims) string {
		if n := c.Size.TableLines; n > 0 {
			return fmt.Sprintf("%d table lines", n)
		}
		return ""
	}},
	{"adds no device ID", func(c *claims) string {
		if c.Size.Removed > 0 {
			return "" // a row may have moved
		}
		return inDiff(`^\s*\{?\s*(PCI_DEVICE|PCI_VDEVICE|USB_DEVICE|SDIO_DEVICE|HID_USB_DEVICE)\w*\(`)(c)
	}},
	{"adds no Kconfig symbol", addsConfig},
	{"adds no source file", addsUnit},
	{"asks for no new firmware", func(c *claims) string {
		if c.Size.Removed > 0 {
			return ""
		}
		return inDiff(`^MODULE_FIRMWARE\(`)(c)
	}},
}

// asksInText finds a stable tag that was not read as one.
func asksInText(c *claims) string {
	for i := range c.facts.Change.Trailers {
		if t := &c.facts.Change.Trailers[i]; strings.EqualFold(t.Key, "Cc") && stableAddress.MatchString(t.Value) {
			return t.Key + ": " + t.Value
		}
	}
	return ""
}

var stableAddress = regexp.MustCompile(`(?i)(^|[<\s])stable@(vger\.)?kernel\.org`)

func addsConfig(c *claims) string {
	for _, f := range c.facts.Change.Files {
		if name := fileName(f.OldName, f.NewName); !strings.Contains(name[strings.LastIndexByte(name, '/')+1:], "Kconfig") || !f.IsNew {
			continue
		}
		return f.NewName
	}
	return ""
}

func addsUnit(c *claims) string {
	for _, f := range c.facts.Change.Files {
		if f.IsNew && strings.HasPrefix(f.NewName, "drivers/") && strings.HasSuffix(f.NewName, ".c") && !strings.Contains(f.NewName, "test") && !strings.Contains(f.NewName, "kunit") {
			return f.NewName
		}
	}
	return ""
}

func fileName(old, new string) string {
	if new != "" {
		return new
	}
	return old
}

// sentences are what a reader sees: why the verdict, and why each finding.
func (c *claims) sentences(yield func(string) bool) {
	if !yield(c.Reason) {
		return
	}
	for i := range c.Rules {
		if !yield(c.Rules[i].Reason) {
			return
		}
	}
}

// absent: a sentence says that something is not there, and it is.
func absent(c *claims) (string, string) {
	for s := range c.sentences {
		for i := range absences {
			if strings.Contains(s, absences[i].says) {
				if m := absences[i].shown(c); m != "" {
					return s, m
				}
			}
		}
	}
	return "", ""
}

// said finds a sentence with one of these words.
func (c *claims) said(words ...string) string {
	for s := range c.sentences {
		for _, w := range words {
			if strings.Contains(s, w) {
				return s
			}
		}
	}
	return ""
}

// threadNotRead: something is said of a thread that nobody read.
func threadNotRead(c *claims) (string, string) {
	if c.facts.Series != nil {
		return "", ""
	}
	if s := c.said("in the thread", "rejected in review", "of a thread"); s != "" {
		return s, "the thread was not read"
	}
	return "", ""
}

// vendorNotRead: something is said of a vendor's package that nobody read.
func vendorNotRead(c *claims) (string, string) {
	if t := c.facts.Tree; t != nil && (t.VendorHas || len(t.Vendors) > 0) {
		return "", ""
	}
	if s := c.said("vendor's package", "vendor's out-of-tree", "the vendor tree has it"); s != "" {
		return s, "no vendor tree was read"
	}
	return "", ""
}

// treesNotRead: something is said of branches that nobody read.
func treesNotRead(c *claims) (string, string) {
	if c.facts.Tree != nil {
		return "", ""
	}
	for i := range c.Branches {
		if b := &c.Branches[i]; b.State != Unknown {
			return b.Name + " " + string(b.State), "no tree was read"
		}
	}
	if s := c.said("every active branch", "no active branch", "in no release"); s != "" {
		return s, "no tree was read"
	}
	return "", ""
}
