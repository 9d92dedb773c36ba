package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
)

var update = flag.Bool("update", false, "write what the rules say into fixtures/rules and README.md")

const fixtures = "../fixtures/rules"

// testCase is one file of fixtures/rules/<id>.
type testCase struct {
	path, rule string
	archive    *txtar.Archive
	input      change.Input
	facts      caseFacts
	want       int // index of the section "want"
}

// caseFacts is the section facts.json: what a case knows beside the change.
type caseFacts struct {
	Silicon []silicon.Match
	Series  *Series
	Tree    *Tree
}

func readCases(t testing.TB) []testCase {
	t.Helper()
	paths, err := filepath.Glob(fixtures + "/*/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases below %s (%v)", fixtures, err)
	}
	var out []testCase
	for _, p := range paths {
		a, err := txtar.ParseFile(p)
		if err != nil {
			t.Fatal(err)
		}
		c := testCase{path: p, rule: filepath.Base(filepath.Dir(p)), archive: a, want: -1}
		for i, f := range a.Files {
			switch text := string(f.Data); f.Name {
			case "mail", "commit":
				c.input = caseInput(t, p, text)
				c.input.Kind = change.Kind(f.Name)
			case "diff":
				c.input.Diff = text
			case "facts.json":
				dec := json.NewDecoder(strings.NewReader(text))
				dec.DisallowUnknownFields()
				if err := dec.Decode(&c.facts); err != nil {
					t.Fatalf("%s: facts.json: %v", p, err)
				}
			case "want":
				c.want = i
			default:
				t.Fatalf("%s: unknown section %q", p, f.Name)
			}
		}
		if len(bytes.TrimSpace(a.Comment)) == 0 {
			t.Errorf("%s: the comment does not say what the case shows", p)
		}
		out = append(out, c)
	}
	return out
}

// caseInput reads the few header fields that a case may have.
func caseInput(t testing.TB, path, text string) change.Input {
	head, body, ok := strings.Cut(text, "\n\n")
	if !ok {
		t.Fatalf("%s: no empty line below the header", path)
	}
	in := change.Input{ID: filepath.Base(path), Text: body}
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "Subject":
			in.Subject = value
		case "From":
			in.Author = change.ParsePerson(value)
		case "Date":
			day, err := time.Parse(time.DateOnly, value)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			in.Date = day
		case "To":
			in.To = strings.Split(strings.ToLower(value), ", ")
		case "Cc":
			in.Cc = strings.Split(strings.ToLower(value), ", ")
		default:
			t.Fatalf("%s: unknown header field %q", path, line)
		}
	}
	return in
}

func (c *testCase) newFacts(t testing.TB) *Facts {
	ch, err := change.Parse(c.input)
	if err != nil && !errors.Is(err, change.ErrNoPatch) {
		t.Fatalf("%s: %v", c.path, err)
	}
	return &Facts{Change: ch, Silicon: c.facts.Silicon, Series: c.facts.Series, Tree: c.facts.Tree}
}

func (f Finding) golden() string {
	var b strings.Builder
	fmt.Fprintf(&b, "outcome: %s\nreason: %s\n", f.Outcome, f.Reason)
	for _, e := range f.Evidence {
		fmt.Fprintf(&b, "evidence: %s:%d %s\n", e.File, e.Line, e.Text)
	}
	keys := make([]string, 0, len(f.Values))
	for k := range f.Values {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Fprintf(&b, "value: %s %g\n", k, f.Values[k])
	}
	return b.String()
}

// The file name states the outcome, and -update cannot change it.
func TestCases(t *testing.T) {
	for _, c := range readCases(t) {
		t.Run(c.rule+"/"+filepath.Base(c.path), func(t *testing.T) {
			r := ByID(c.rule)
			if r == nil {
				t.Fatalf("no rule has the ID %q", c.rule)
			}
			f := Check([]*Rule{r}, c.newFacts(t))[0]
			if !strings.HasPrefix(filepath.Base(c.path), string(f.Outcome)+"-") {
				t.Errorf("outcome %q (%s), the file name says another", f.Outcome, f.Reason)
			}
			got := f.golden()
			if *update {
				if c.want < 0 {
					c.archive.Files = append(c.archive.Files, txtar.File{Name: "want"})
					c.want = len(c.archive.Files) - 1
				}
				c.archive.Files[c.want].Data = []byte(got)
				if err := os.WriteFile(c.path, txtar.Format(c.archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if c.want < 0 {
				t.Fatal(`no section "want": run go test ./rules -update`)
			}
			if d := cmp.Diff(string(c.archive.Files[c.want].Data), got); d != "" {
				t.Errorf("the finding changed (- want, + got); if it is right, run go test ./rules -update\n%s", d)
			}
		})
	}
}

func TestEveryRuleHasCases(t *testing.T) {
	have := map[string]int{}
	for _, c := range readCases(t) {
		outcome, _, _ := strings.Cut(filepath.Base(c.path), "-")
		have[c.rule+" "+outcome]++
	}
	for _, r := range Suite {
		for _, o := range []Outcome{Met, Unmet} {
			if have[r.ID+" "+string(o)] == 0 {
				t.Errorf("rule %q has no case %s/%s/%s-*.txtar", r.ID, fixtures, r.ID, o)
			}
		}
	}
}

func TestReasons(t *testing.T) {
	for _, c := range readCases(t) {
		for _, f := range Check(Suite, c.newFacts(t)) {
			if f.Reason == "" || strings.HasSuffix(f.Reason, ".") || strings.ContainsAny(f.Reason, "\n\t") {
				t.Errorf("%s: %s: the reason is no sentence without a period: %q", c.path, f.ID, f.Reason)
			}
			if strings.HasPrefix(f.Reason, "the rule failed") {
				t.Errorf("%s: %s: %s", c.path, f.ID, f.Reason)
			}
			for _, e := range f.Evidence {
				if len(e.Text) > 120 || strings.Contains(e.Text, "\n") {
					t.Errorf("%s: %s: evidence is no line of at most %d bytes: %q", c.path, f.ID, 120, e.Text)
				}
			}
		}
	}
}

// Rules that need trees must not take their absence for an answer.
func TestNoTreesIsUnknown(t *testing.T) {
	c, err := change.Parse(change.Input{Kind: change.Mail, Subject: "[PATCH] foo: fix a hang", Author: change.Person{Name: "A", Address: "a@example.org"},
		Text: "It hangs.\n\nFixes: 0123456789ab (\"foo: bar\")\nSigned-off-by: A <a@example.org>\n---\n" + smallDiff})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"mainline", "no-followups", "culprit", "affected", "applies", "prerequisites"} {
		f := Check([]*Rule{ByID(id)}, &Facts{Change: c})[0]
		if f.Outcome != Unknown || !strings.HasPrefix(f.Reason, "no trees are configured: ") {
			t.Errorf("%s: %s: %s", id, f.Outcome, f.Reason)
		}
	}
}

const smallDiff = `diff --git a/drivers/foo/bar.c b/drivers/foo/bar.c
--- a/drivers/foo/bar.c
+++ b/drivers/foo/bar.c
@@ -10,6 +10,7 @@ int bar(struct foo *f)
 	int a;
 	int b;
 
+	f->x = 1;
 	a = 1;
 	b = 2;
 	return a + b;
`

func TestCheckSurvivesBadRules(t *testing.T) {
	suite := []*Rule{
		{ID: "fails", Run: func(*Facts) (Finding, error) { return Finding{}, errors.New("no luck") }},
		{ID: "panics", Run: func(f *Facts) (Finding, error) { return met(f.Change.Subject) }},
		{ID: "works", Run: func(*Facts) (Finding, error) { return met("fine") }},
	}
	got := Check(suite, &Facts{})
	for i, want := range []Outcome{Unknown, Unknown, Met} {
		if got[i].Outcome != want || got[i].ID != suite[i].ID || got[i].Reason == "" {
			t.Errorf("%s: %+v", suite[i].ID, got[i])
		}
	}
}

func TestSuiteIsValid(t *testing.T) {
	if err := Validate(Suite); err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	good := Rule{ID: "good-1", Doc: "a title\n\nWhy.\n\nMet: x\nUnmet: y", Ref: Ref{"Documentation/a.rst", "B", "c"},
		Run: func(*Facts) (Finding, error) { return met("x") }}
	if err := Validate([]*Rule{&good}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		mend func(*Rule)
		want string
	}{
		{"capital in ID", func(r *Rule) { r.ID = "Bad" }, "ID is not"},
		{"underscore in ID", func(r *Rule) { r.ID = "a_b" }, "ID is not"},
		{"empty word in ID", func(r *Rule) { r.ID = "a--b" }, "ID is not"},
		{"capital in title", func(r *Rule) { r.Doc = "A title\n\nWhy.\n\nMet: x\nUnmet: y" }, "no title"},
		{"period after title", func(r *Rule) { r.Doc = "a title.\n\nWhy.\n\nMet: x\nUnmet: y" }, "no title"},
		{"no reasoning", func(r *Rule) { r.Doc = "a title\n\nMet: x\nUnmet: y" }, "say why"},
		{"no example", func(r *Rule) { r.Doc = "a title\n\nWhy.\n\nMet: x" }, "lacks an example"},
		{"no section", func(r *Rule) { r.Ref.Section = "" }, "Ref needs"},
		{"foreign file", func(r *Rule) { r.Ref.File = "README" }, "Ref needs"},
		{"no function", func(r *Rule) { r.Run = nil }, "Run is nil"},
	} {
		bad := good
		tt.mend(&bad)
		if err := Validate([]*Rule{&bad}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if err := Validate([]*Rule{&good, nil, &good}); err == nil || !strings.Contains(err.Error(), "twice") || !strings.Contains(err.Error(), "nil") {
		t.Errorf("repeat and nil: %v", err)
	}
}

func TestReadme(t *testing.T) {
	var b bytes.Buffer
	if err := Markdown(&b, Suite); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("README.md", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile("README.md")
	if err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("README.md is not what the rules say (%v): run go generate ./rules", err)
	}
}

// FuzzCheck feeds strangers' mails to every rule. Check would hide a panic, so
// the rules are run by themselves.
func FuzzCheck(f *testing.F) {
	for _, c := range readCases(f) {
		f.Add(c.input.Subject, c.input.Text, c.input.Diff)
	}
	f.Fuzz(func(t *testing.T, subject, text, diff string) {
		c, _ := change.Parse(change.Input{Kind: change.Mail, Subject: subject, Text: text, Diff: diff})
		facts := &Facts{Change: c}
		for _, r := range Suite {
			got, err := r.Run(facts)
			if err == nil && (got.Reason == "" || !slices.Contains([]Outcome{Met, Unmet, NotApplicable, Unknown}, got.Outcome)) {
				t.Errorf("%s: %+v", r.ID, got)
			}
		}
	})
}

// BenchmarkCheck judges every case by the whole suite, parsing left out.
func BenchmarkCheck(b *testing.B) {
	var changes []*change.Change
	for _, c := range readCases(b) {
		changes = append(changes, c.newFacts(b).Change)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c := *changes[i%len(changes)] // without the cached texts of an earlier round
		Check(Suite, &Facts{Change: &c})
		i++
	}
}
