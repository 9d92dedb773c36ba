package verdict

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

// finding makes what a rule found.
func finding(r *rules.Rule, o rules.Outcome, reason string) Weighed {
	return Weighed{Finding: rules.Finding{ID: r.ID, Outcome: o, Reason: reason}}
}

// row makes what a branch says.
func row(name string, state State, v Verdict, class Class, score float64) Branch {
	b := Branch{Branch: rules.Branch{Name: name, State: state}, ReasonClass: class, Score: score}
	if v != "" {
		b.Verdict = verdictOf(v)
	}
	return b
}

// TestEachKindCanFail makes, for each kind, a judgement that contradicts itself so, and
// none of another kind.
func TestEachKindCanFail(t *testing.T) {
	lines := &Policy{Fix: 0.4, DKMS: 0.1, Eligible: 0.5}
	tree := &rules.Facts{Tree: &rules.Tree{}}
	size := change.Size{LinesWithContext: 8}
	for _, tt := range []struct {
		kind string
		j    Judgement
		text string // of the change, message and diff
		f    *rules.Facts
	}{
		{kind: "bug-overruled", j: Judgement{Verdict: OutOfScope, Reason: notAFix + "so it reads", Rules: []Weighed{finding(rules.RealBug, rules.Met, "its title reports a crash")}}},
		{kind: "bug-and-trivial", j: Judgement{Verdict: Uncertain, Rules: []Weighed{finding(rules.DeviceID, rules.Met, "adds 1 ID"), finding(rules.NotTrivial, rules.Unmet, "spelling")}}},
		{kind: "fix-overruled", j: Judgement{Verdict: StableEligible, Score: 0.9, Rules: []Weighed{finding(rules.NotTrivial, rules.Unmet, "spelling")}}},
		{kind: "refusal-overruled", j: Judgement{Verdict: StableEligible, Score: 0.9, Rules: []Weighed{finding(rules.NotDeclined, rules.Unmet, "its tag refuses automatic pickup")}}},
		{kind: "fix-number", j: Judgement{Verdict: OutOfScope, Reason: notAFix + "so it reads", Fix: 0.73, Lines: lines, Rules: []Weighed{finding(rules.RealBug, rules.Unknown, "")}}},
		{kind: "percent", j: Judgement{Verdict: Uncertain, Score: 0.24, Fix: 1, Reason: "estimated chance that stable takes it: 12 %", Rules: []Weighed{finding(rules.RealBug, rules.Met, "")}}},
		{kind: "too-close", j: Judgement{Verdict: Uncertain, Score: 0.6, Fix: 1, Lines: lines, Reason: "estimated chance that stable takes it: 60 %, " + tooClose, Rules: []Weighed{finding(rules.RealBug, rules.Met, "")}}},
		{kind: "score-and-verdict", j: Judgement{Verdict: DKMSOnly, ReasonClass: BelowBar, Score: 0.97, Fix: 1, Lines: lines, Reason: "a fix", Rules: []Weighed{finding(rules.RealBug, rules.Met, "")}}},
		{kind: "too-big-within-limit", j: Judgement{Verdict: DKMSOnly, ReasonClass: TooBig, Reason: "too big", Rules: []Weighed{finding(rules.DiffSize, rules.Met, "8 lines with context")}, Size: size}},
		{kind: "size-number", j: Judgement{Verdict: Uncertain, Size: size, Rules: []Weighed{finding(rules.DiffSize, rules.Unmet, "143 lines with context, over")}}},
		{kind: "mixed-rows", f: tree, j: Judgement{Verdict: StableEligible, Mixed: true, Rules: []Weighed{finding(rules.RealBug, rules.Met, "")},
			Branches: []Branch{row("6.6", Affected, StableEligible, "", 0.9), row("6.1", NoBaseThere, DKMSOnly, NoBase, 0.9)}}},
		{kind: "verdict-and-rows", f: tree, j: Judgement{Verdict: NotNeeded, Rules: []Weighed{finding(rules.RealBug, rules.Met, "")}, Branches: []Branch{row("6.6", Affected, StableEligible, "", 0.9)}}},
		{kind: "class-and-rows", f: tree, j: Judgement{Verdict: DKMSOnly, ReasonClass: ABI, Rules: []Weighed{finding(rules.RealBug, rules.Met, "")}, Branches: []Branch{row("6.6", NoBaseThere, DKMSOnly, NoBase, 0.9)}}},
		{kind: "trace-unheard", text: "  BUG: kernel NULL pointer dereference, address: 0\n", j: Judgement{Verdict: Uncertain, Rules: []Weighed{finding(rules.RealBug, rules.Unknown, "neither")}}},
		{kind: "absence", text: "Reviewed-by: Bela Novak <bela@example.com>\n", j: Judgement{Verdict: Uncertain, Rules: []Weighed{finding(rules.Reviewed, rules.Unknown, "no review yet")}}},
		{kind: "thread-not-read", j: Judgement{Verdict: Uncertain, Rules: []Weighed{finding(rules.NotDeclined, rules.Met, "no refusal in its tags or in the thread")}}},
		{kind: "vendor-not-read", f: tree, j: Judgement{Verdict: DKMSOnly, ReasonClass: NotUpstream, Reason: "users get it from the vendor's package alone", Rules: []Weighed{finding(rules.RealBug, rules.Met, "")}}},
		{kind: "trees-not-read", j: Judgement{Verdict: NotNeeded, Reason: "no active branch has the bug", Rules: []Weighed{finding(rules.RealBug, rules.Met, "")}}},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			f := &rules.Facts{}
			if tt.f != nil {
				f.Tree = tt.f.Tree
			}
			f.Change = parsed(t, "drm/acme: x", tt.text)
			var kinds []string
			for _, c := range Contradictions(&tt.j, f) {
				kinds = append(kinds, c.Kind)
				if c.Against == "" {
					t.Errorf("%s: %q is denied by nothing", c.Kind, c.Says)
				}
			}
			if !slices.Equal(kinds, []string{tt.kind}) {
				t.Errorf("found %v", kinds)
			}
		})
	}
	for _, k := range ContradictionKinds() { // nothing may be checked without a case above
		if !strings.Contains(read(t, "consistent_test.go"), "{kind: \""+k+"\"") {
			t.Errorf("no case for %s", k)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func parsed(t *testing.T, subject, text string) *change.Change {
	t.Helper()
	c, err := change.Parse(change.Input{Kind: change.Mail, Subject: "[PATCH] " + subject, Text: text + "\n---\n",
		Author: change.ParsePerson("Ada Okafor <ada@example.org>"),
		Diff:   "diff --git a/drivers/gpu/drm/acme/a.c b/drivers/gpu/drm/acme/a.c\n--- a/drivers/gpu/drm/acme/a.c\n+++ b/drivers/gpu/drm/acme/a.c\n@@ -1,1 +1,2 @@\n a;\n+b;\n"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAbsencesAreSaid: a check of a sentence that nobody says any more cannot fail.
func TestAbsencesAreSaid(t *testing.T) {
	var said strings.Builder
	for _, folder := range []string{"..", "."} {
		paths, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			if !strings.HasSuffix(p, "_test.go") && filepath.Base(p) != "consistent.go" {
				said.WriteString(read(t, p))
			}
		}
	}
	for _, a := range absences {
		if !strings.Contains(said.String(), a.says) {
			t.Errorf("no rule says %q", a.says)
		}
	}
}

// TestNothingContradicts judges the scoreboard, the cases of the rules and the demo's mails:
// no verdict, sentence, finding and number of one change contradict each other. The same
// check runs over whole archives by `go test -tags measure ./cmd/stablebot -run TestContradictions`.
func TestNothingContradicts(t *testing.T) {
	judge := Default()
	n := 0
	try := func(id string, in change.Input, series *rules.Series) {
		c, err := change.Parse(in)
		if err != nil {
			return // a case about what cannot be read
		}
		n++
		j := judge.Change(c, series, nil)
		for _, x := range Contradictions(&j, &rules.Facts{Change: c, Series: series}) {
			t.Errorf("%s: %s: %s\n\tagainst: %s", id, x.Kind, x.Says, x.Against)
		}
	}
	for _, c := range readBoard(t) {
		try(c.id, c.input, c.series)
	}
	paths, err := filepath.Glob("../../fixtures/rules/*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		var in change.Input
		for _, f := range txtar.Parse([]byte(read(t, p))).Files {
			switch text := string(f.Data); f.Name {
			case "mail", "commit":
				in = headed(p, text)
				in.Kind = change.Kind(f.Name)
			case "diff":
				in.Diff = text
			}
		}
		try(p, in, nil)
	}
	mails, err := filepath.Glob("../../fixtures/demo/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range mails {
		if st, err := os.Stat(p); err == nil && !st.IsDir() {
			try(p, headed(p, strings.ReplaceAll(read(t, p), "\r\n", "\n")), nil)
		}
	}
	if n < 400 {
		t.Errorf("only %d changes were judged", n)
	}
}

// headed reads subject and author of a case, and takes the rest as its text.
func headed(id, text string) change.Input {
	head, body, _ := strings.Cut(text, "\n\n")
	in := change.Input{ID: id, Kind: change.Mail, Text: body}
	for line := range strings.Lines(head) {
		switch key, value, _ := strings.Cut(strings.TrimSpace(line), ": "); key {
		case "Subject":
			in.Subject = value
		case "From":
			in.Author = change.ParsePerson(value)
		}
	}
	return in
}
