package verdict

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"net/mail"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/model"
)

var update = flag.Bool("update", false, "rewrite fixtures/scoreboard/SCOREBOARD.txt")

// The marks of a line of the scoreboard.
const (
	agrees      = ""  // the verdict is what became of the change
	undecided   = "~" // a human is asked
	needsTrees  = "t" // called eligible, and only a tree could have told that nobody needs it
	contradicts = "X" // the verdict says the opposite
	wrongClass  = "c" // dkms-only as it should be, for another reason than the case states
)

// Floors that no weights may fall below. They leave room below what the weights
// reached when the corpus was written, .06 and .93: it shows changes, it is no
// measurement.
const (
	enough    = 300  // cases
	smallFix  = 30   // lines with context of a fix that is taken in at one glance
	mayLose   = 5    // small fixes that stable took and that are called dkms-only: some four of a hundred
	mayDiffer = 0.10 // share of cases that contradict
	aucFloor  = 0.88 // over the corpus
)

// labelFloor is of the cases that call for a label: the share that has it at least, and
// the share that has the other one at most.
type labelFloor struct{ right, other float64 }

// What the corpus holds of dkms-only at least, in all and of each class.
const (
	dkmsCases = 60
	perClass  = 6
)

// judgedCase is one line of the scoreboard.
type judgedCase struct {
	boardCase
	change *change.Change
	Judgement
}

func (c *judgedCase) mark() string {
	switch {
	case c.fate == "waited" && c.Verdict == Wait, c.fate == "taken" && c.Verdict == StableEligible:
		return agrees
	case c.Verdict == Uncertain:
		return undecided
	case c.fate == "never-needed" && c.Verdict == StableEligible:
		return needsTrees
	case c.fate == "vendor-only" && c.Verdict == DKMSOnly && c.class != c.ReasonClass:
		return wrongClass
	case c.fate == "vendor-only" && c.Verdict == DKMSOnly,
		c.fate == "declined" && (c.Verdict == DKMSOnly && c.ReasonClass == Declined || c.Verdict == OutOfScope),
		c.fate == "never-needed" && (c.Verdict == OutOfScope || c.Verdict == NotNeeded),
		c.fate == "not-taken" && (c.Verdict == OutOfScope || c.Verdict == DKMSOnly):
		return agrees
	}
	return contradicts
}

// label is the one of the two that the case calls for, "" for neither.
func (c *judgedCase) label() Verdict {
	switch {
	case c.fate == "taken":
		return StableEligible
	case c.class != "":
		return DKMSOnly
	}
	return ""
}

// labelled counts what is said of the cases that call for a label.
type labelled struct{ cases, right, other, undecided, none, class int }

func (l *labelled) add(c *judgedCase) {
	l.cases++
	switch want := c.label(); c.Verdict {
	case want:
		l.right++
		if c.class == c.ReasonClass {
			l.class++
		}
	case StableEligible, DKMSOnly:
		l.other++
	case Uncertain:
		l.undecided++
	default:
		l.none++
	}
}

// tally counts the cases of both labels, and of each class.
func tally(cases []judgedCase) (label map[Verdict]*labelled, class map[Class]*labelled) {
	label, class = map[Verdict]*labelled{StableEligible: {}, DKMSOnly: {}}, map[Class]*labelled{}
	for i := range cases {
		c := &cases[i]
		if l := label[c.label()]; l != nil {
			l.add(c)
		}
		if c.class != "" {
			if class[c.class] == nil {
				class[c.class] = &labelled{}
			}
			class[c.class].add(c)
		}
	}
	return label, class
}

// claims tells a fix by tag or word, as the figures of the model do.
func (c *judgedCase) claims() bool {
	return len(c.change.Fixes) > 0 || len(c.change.Stable) > 0 || strings.Contains(" "+c.change.LowerSubject(), " fix")
}

func judgeBoard(t testing.TB) []judgedCase {
	t.Helper()
	judge := Default()
	var out []judgedCase
	for _, c := range readBoard(t) {
		ch, err := change.Parse(c.input)
		if err != nil {
			t.Errorf("%s: %v", c.id, err)
			continue
		}
		out = append(out, judgedCase{c, ch, judge.Change(ch, c.series, c.tree)})
	}
	return out
}

func renderBoard(cases []judgedCase) string {
	var b strings.Builder
	b.WriteString("What is judged today of the cases in this folder; written by go test ./rules/verdict -run Scoreboard -update.\n\n")
	verdicts := []Verdict{StableEligible, DKMSOnly, Wait, Uncertain, NotNeeded, OutOfScope}
	fmt.Fprintf(&b, "%-14s", "fate")
	for _, v := range verdicts {
		fmt.Fprintf(&b, " %15s", v)
	}
	b.WriteString("\n")
	marks := map[string]int{}
	for _, fate := range []string{"taken", "waited", "not-taken", "vendor-only", "declined", "never-needed"} {
		fmt.Fprintf(&b, "%-14s", fate)
		for _, v := range verdicts {
			n := 0
			for i := range cases {
				if cases[i].fate == fate && cases[i].Verdict == v {
					n++
				}
			}
			fmt.Fprintf(&b, " %15d", n)
		}
		b.WriteString("\n")
	}
	var all, fixes []model.Scored
	for i := range cases {
		c := &cases[i]
		marks[c.mark()]++
		s := model.Scored{P: c.Score, Label: fates[c.fate]}
		all = append(all, s)
		if c.claims() {
			fixes = append(fixes, s)
		}
	}
	fmt.Fprintf(&b, "\n%d cases: %d agree, %d undecided (~), %d contradict (X), %d for another reason (c), %d need trees (t)\n",
		len(cases), marks[agrees], marks[undecided], marks[contradicts], marks[wrongClass], marks[needsTrees])
	label, class := tally(cases)
	row := func(name string, l *labelled) {
		fmt.Fprintf(&b, "%-16s %6d %9d %12d %10d %8d %12d\n", name, l.cases, l.right, l.other, l.undecided, l.none, l.class)
	}
	fmt.Fprintf(&b, "\n%-16s %6s %9s %12s %10s %8s %12s\n", "should be", "cases", "is", "other label", "undecided", "neither", "right class")
	row(string(StableEligible), label[StableEligible])
	row(string(DKMSOnly), label[DKMSOnly])
	for _, c := range Classes {
		row("  "+string(c), class[c])
	}
	fmt.Fprintf(&b, "\nAUC / average precision: %.3f / %.3f; of the %d fixes by tag or word: %.3f / %.3f\n\n",
		model.AUC(all), model.AveragePrecision(all), len(fixes), model.AUC(fixes), model.AveragePrecision(fixes))
	for i := range cases {
		c := &cases[i]
		line := fmt.Sprintf("%-2s %-44s %-12s  %-15s  %-11s  %.2f", c.mark(), c.id, c.fate, c.Verdict, c.ReasonClass, c.Score)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

func TestScoreboard(t *testing.T) {
	path := scoreboard + "/SCOREBOARD.txt"
	got := renderBoard(judgeBoard(t))
	if again := renderBoard(judgeBoard(t)); again != got {
		t.Fatalf("judged twice, the scoreboard differs:\n%s", cmp.Diff(got, again))
	}
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("the scoreboard changed (- was, + is); if it is for the better, run go test ./rules/verdict -run Scoreboard -update\n%s", d)
	}
}

// What no change of weights may lose.
func TestScoreboardFloors(t *testing.T) {
	var lost []string
	cases := judgeBoard(t)
	if len(cases) < enough {
		t.Errorf("%d cases, there should be %d", len(cases), enough)
	}
	seen := map[string]bool{}
	wrong := 0
	var scored []model.Scored
	for i := range cases {
		c := &cases[i]
		seen[string(c.Verdict)], seen[string(c.ReasonClass)] = true, true
		scored = append(scored, model.Scored{P: c.Score, Label: fates[c.fate]})
		if c.mark() == contradicts {
			wrong++
		}
		small := c.Size.LinesWithContext <= smallFix
		switch {
		case c.Error != nil:
			t.Errorf("%s: %s", c.id, *c.Error)
		case math.IsNaN(c.Score) || c.Score < 0 || c.Score > 1:
			t.Errorf("%s: score %v is no probability", c.id, c.Score)
		case fates[c.fate] && small && c.Verdict == DKMSOnly:
			lost = append(lost, c.id)
		case c.ReasonClass == TooBig && c.Size.LinesWithContext <= 100 && c.tree == nil:
			t.Errorf("%s: too big with %d lines, within the documented limit", c.id, c.Size.LinesWithContext)
		case (c.Verdict == DKMSOnly) != (c.ReasonClass != ""):
			t.Errorf("%s: %s with reason class %q", c.id, c.Verdict, c.ReasonClass)
		case c.fate == "taken" && asks(c.change) && hasHardware(c) && c.Verdict == OutOfScope:
			t.Errorf("%s: its maintainer asked stable to take it, and it is out of scope: %s", c.id, c.Reason)
		}
	}
	for _, want := range []string{string(StableEligible), string(DKMSOnly), string(Wait), string(Uncertain), string(OutOfScope),
		string(NotNeeded)} {
		if !seen[want] {
			t.Errorf("no case is judged %q", want)
		}
	}
	if len(lost) > mayLose {
		t.Errorf("%d small fixes that stable took are dkms-only, more than %d: %v", len(lost), mayLose, lost)
	}
	label, class := tally(cases)
	for v, least := range map[Verdict]labelFloor{StableEligible: {0.80, 0.05}, DKMSOnly: {0.60, 0.25}} {
		switch l := label[v]; {
		case float64(l.right) < least.right*float64(l.cases):
			t.Errorf("%d of the %d cases that should be %s are, fewer than %.0f%%", l.right, l.cases, v, 100*least.right)
		case float64(l.other) > least.other*float64(l.cases):
			t.Errorf("%d of the %d cases that should be %s have the other label, more than %.0f%%", l.other, l.cases, v, 100*least.other)
		}
	}
	of := 0
	for _, c := range Classes {
		l := class[c]
		if l == nil || l.cases < perClass {
			t.Errorf("class %s has fewer than %d cases", c, perClass)
			continue
		}
		of += l.cases
		// The others hang on the score, so on weights.
		if byFact := c == Conflicts || c == NoBase || c == NotUpstream || c == Declined; byFact && 10*l.class < 6*l.cases {
			t.Errorf("%d of the %d cases of class %s get it, fewer than six in ten", l.class, l.cases, c)
		}
	}
	if of < dkmsCases {
		t.Errorf("%d cases of dkms-only, there should be %d", of, dkmsCases)
	}
	if share := float64(wrong) / float64(len(cases)); share > mayDiffer {
		t.Errorf("%d of %d verdicts contradict what became of the change, more than %.0f%%", wrong, len(cases), 100*mayDiffer)
	}
	if auc := model.AUC(scored); auc < aucFloor {
		t.Errorf("AUC over the corpus is %.3f, below %.2f", auc, aucFloor)
	}
}

func asks(c *change.Change) bool {
	return slices.ContainsFunc(c.Stable, func(s change.StableTag) bool { return !s.NoAutosel && !s.Recipient })
}

func hasHardware(c *judgedCase) bool { return len(c.Silicon) > 0 }

var (
	anySHA     = regexp.MustCompile(`\b[0-9a-f]{12,}\b`)
	anyAddress = regexp.MustCompile(`[\w.+-]+@[\w.-]+`)
	anyURL     = regexp.MustCompile(`https?://([\w.-]+)`)
)

// Every case is a patch that could have been sent, by people who do not exist.
func TestScoreboardLint(t *testing.T) {
	ids, copies := map[string]bool{}, map[string]string{}
	for _, c := range readBoard(t) {
		fault := func(format string, a ...any) { t.Errorf("%s: %s", c.id, fmt.Sprintf(format, a...)) }
		ch, err := change.Parse(c.input)
		if err != nil {
			fault("%v", err)
			continue
		}
		if _, ok := fates[c.fate]; !ok {
			fault("fate %q is none", c.fate)
		}
		if ids[c.id] {
			fault("stands twice")
		}
		ids[c.id] = true
		for what, text := range map[string]string{"models": c.models, "subject": c.input.Subject, "message": c.message} {
			if text == "" && what != "message" {
				fault("%s is empty", what)
			}
			if other := copies[what+text]; len(text) > 60 && other != "" {
				fault("%s is that of %s", what, other)
			}
			copies[what+text] = c.id
		}
		if (c.class != "") != (c.fate == "vendor-only") && (c.fate != "declined" || c.class != Declined) || c.class != "" && !slices.Contains(Classes, c.class) {
			fault("class %q with fate %q", c.class, c.fate)
		}
		signed := (&rules.Facts{Change: ch}).Tags().AuthorSigned
		if signed == c.unsaid {
			fault("author signed: %v, the case says %v", signed, !c.unsaid)
		}
		if len(ch.Files) == 0 || ch.Size.Added+ch.Size.Removed == 0 {
			fault("changes nothing")
		}
		text := c.input.Subject + c.input.Text + c.input.Diff
		for _, a := range anyAddress.FindAllString(text, -1) {
			if _, err := mail.ParseAddress(a); err == nil && !strings.Contains(a, "example.") && !strings.HasPrefix(a, "stable") {
				fault("address %s is not at an example domain", a)
			}
		}
		for _, u := range anyURL.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(u[1], "example.") {
				fault("link to %s, not to an example domain", u[1])
			}
		}
		for _, s := range anySHA.FindAllString(c.message, -1) {
			if len(s) != 12 && len(s) != 40 && !strings.HasPrefix(s, "ffff") && !strings.HasPrefix(s, "0000") {
				fault("%s has %d digits: neither a short nor a full SHA", s, len(s))
			}
		}
		for _, f := range ch.Files {
			for i, h := range f.TextFragments {
				top := h.OldPosition == 1
				if err := h.Validate(); err != nil {
					fault("%s: %v", f.NewName, err)
				}
				if full := (h.LeadingContext >= 3 || top) && h.TrailingContext >= 3; !full && !f.IsNew && !f.IsDelete {
					fault("%s: hunk %d shows %d lines before and %d after, not three", f.NewName, i+1, h.LeadingContext, h.TrailingContext)
				}
			}
		}
	}
}

// A broken case says what is wrong with it.
func TestNotation(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"fate: taken\n\nno diff\n", "there is no diff"},
		{"colour: red\n\n@ a.c\n+x\n", "unknown field"},
		{"with: luck\n\n@ a.c\n+x\n", "unknown word"},
		{"arrived: some\n\n@ a.c\n+x\n", "is not like"},
		{"fate: taken\n\n@ a.c\nx\n", "none of a hunk"},
		{"fate: taken\n\n@ a.c\n", "is empty"},
		{"fate: taken\n\n@odd a.c\n+x\n", "is no kind of hunk"},
		{"fate: taken\n\n@ a.c\n* 3\n+x\n", "not closed"},
		{"branch: 6.6 ill\n\n@ a.c\n+x\n", "no state"},
		{"branch: 6.6 affected today\n\n@ a.c\n+x\n", "unknown word"},
		{"branch: 6.6 affected pile\n\n@ a.c\n+x\n", "needs a number"},
		{"mainline: 6.9\n\n@ a.c\n+x\n", "without a branch"},
		{"vendor: perhaps\n\n@ a.c\n+x\n", "neither"},
		{"fate: taken\n\n@ a.c\n* 1\n+x\n*\n", "opens no block"},
	} {
		if _, err := parseCase("a/b", tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.want)
		}
	}
	c, err := parseCase("a/b", "subject: [PATCH] x\nfixes: y: z\n\nwords\n\n* 2\n@ drivers/a%d.c | int f(void)\n+\tx = %d;\n*\n")
	if err != nil {
		t.Fatal(err)
	}
	ch, err := change.Parse(c.input)
	if err != nil || errors.Is(err, change.ErrNoPatch) || len(ch.Files) != 2 || ch.Size.LinesWithContext != 14 || len(ch.Fixes) != 1 || !ch.Fixes[0].WellFormed {
		t.Errorf("%v: %d files, %+v, %+v", err, len(ch.Files), ch.Size, ch.Fixes)
	}
}
