package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
)

func parse(t testing.TB, kind change.Kind, subject, body, diff string) *change.Change {
	t.Helper()
	c, err := change.Parse(change.Input{
		ID: "0123456789abcdef0123456789abcdef01234567", Kind: kind, Subject: subject,
		Author: change.Person{Name: "Ada Example", Address: "ada@example.org"},
		Date:   time.Date(2023, 5, 4, 0, 0, 0, 0, time.UTC), Text: body, Diff: diff,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const smallDiff = `diff --git a/drivers/gpu/drm/example/ring.c b/drivers/gpu/drm/example/ring.c
--- a/drivers/gpu/drm/example/ring.c
+++ b/drivers/gpu/drm/example/ring.c
@@ -10,6 +10,8 @@ static int ring_stop(struct ring *ring)
 	int r;
 
 	r = 0;
+	if (!ring->bo)
+		return -EINVAL;
 	ring_park(ring);
 	ring_idle(ring);
 	return r;
`

const fixBody = `Stopping a ring that was never started crashes with a NULL pointer
dereference.

Fixes: 0123456789ab ("drm/example: stop rings on suspend")
Cc: stable@vger.kernel.org
Signed-off-by: Ada Example <ada@example.org>
`

const plainBody = `Nothing uses the second argument any more.

Signed-off-by: Ada Example <ada@example.org>
`

func fixFacts(t testing.TB) *rules.Facts {
	return &rules.Facts{Change: parse(t, change.Commit, "drm/example: fix a crash when a ring is stopped", fixBody, smallDiff)}
}

func check(f *rules.Facts) []rules.Finding { return rules.Check(rules.Suite, f) }

func scored(m *Model, f *rules.Facts) Score { return m.Score(f, check(f)) }

func withTree(f *rules.Facts, cycles int) *rules.Facts {
	f.Tree = &rules.Tree{
		Culprits: []rules.Culprit{{Resolved: true, Cycles: cycles, AgeDays: 60 * cycles}},
		Landing:  rules.Landing{Known: true, WindowDays: 20},
		Last:     rules.Base{Known: true, Hunks: 1, Exact: 1, Near: 1, Files: 1, Have: 1},
	}
	return f
}

func TestColumns(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range Names() {
		seen[n] = true
	}
	for name := range asserted {
		if !seen[name] {
			t.Errorf("asserted weight of %q, which no rule declares", name)
		}
	}
	for _, n := range ReachTerms {
		seen[n] = true
		if Doc(n) == "" || rules.ByID(RuleOf(n)) == nil {
			t.Errorf("the term %s of a branch says nothing of itself, or of no rule", n)
		}
	}
	for _, c := range classes {
		found := false
		for name := range seen {
			found = found || strings.HasPrefix(name, c.prefix)
		}
		if !found {
			t.Errorf("class of %q: nothing begins so", c.prefix)
		}
	}
}

// A rule that a newcomer writes can weigh without a line of this package: what it
// declares, and its outcomes, are columns.
func TestNewRuleIsColumn(t *testing.T) {
	lamp := &rules.Rule{ID: "lamp", Doc: "has a lamp\n\nWhy.\n\nMet: x\nUnmet: y",
		Values: []rules.Value{{Name: "lamp.watts", Doc: "watts", Of: func(*rules.Facts) float64 { return 3 }}},
		Run:    func(*rules.Facts) (rules.Finding, error) { return rules.Finding{Outcome: rules.Met}, nil }}
	found := rules.Check([]*rules.Rule{lamp}, &rules.Facts{})
	var got []string
	for _, c := range rules.Columns([]*rules.Rule{lamp}) {
		if v := c.Number(&found[0]); v != 0 {
			got = append(got, fmt.Sprintf("%s %v", c.Name, v))
		}
	}
	if want := "lamp=met 1, lamp.watts 3"; strings.Join(got, ", ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// Every number of a score can be checked by hand: the contributions add up to it.
func TestContributionsAddUp(t *testing.T) {
	m := Default()
	for _, f := range []*rules.Facts{
		fixFacts(t), withTree(fixFacts(t), 3),
		{Change: parse(t, change.Mail, "[PATCH 1/3] drm/example: drop an unused argument", plainBody+"---\n"+smallDiff, "")},
		{Change: parse(t, change.Commit, "empty", "", "")},
	} {
		s := m.Score(f, check(f))
		z := 0.0
		for _, c := range s.Contributions {
			z += c.Add()
		}
		if got := Logistic(z); math.Abs(got-s.Worth) > 1e-12 {
			t.Errorf("%s: contributions give %v, the score is %v", f.Change.Subject, got, s.Worth)
		}
		if s.Worth <= 0 || s.Worth >= 1 || s.Fix <= 0 || s.Fix >= 1 {
			t.Errorf("%s: %v, %v are no probabilities", f.Change.Subject, s.Worth, s.Fix)
		}
	}
}

// What everybody would say, said by the embedded weights.
func TestDefaultSays(t *testing.T) {
	m := Default()
	fix := fixFacts(t)
	asks := m.Score(fix, check(fix))
	fix.Untagged = true
	silent := m.Score(fix, check(fix))
	plain := scored(m, &rules.Facts{Change: parse(t, change.Commit, "drm/example: drop an unused argument", plainBody, smallDiff)})
	for _, c := range []struct {
		says       string
		more, less float64
	}{
		{"a fix that asks for stable is taken", asks.Worth, m.Thresholds.Eligible},
		{"the tag helps", asks.Worth, silent.Worth},
		{"a fix is taken sooner than a cleanup", silent.Worth, plain.Worth},
		{"a cleanup is not taken", m.Thresholds.Eligible, plain.Worth},
		{"a fix is a fix", asks.Fix, m.Thresholds.Fix},
		{"a cleanup is none", m.Thresholds.Fix, plain.Fix},
	} {
		if !(c.more > c.less) {
			t.Errorf("%s: %v is not above %v", c.says, c.more, c.less)
		}
	}
}

func TestHeadOf(t *testing.T) {
	c := parse(t, change.Commit, "a: b", "", smallDiff)
	mail := parse(t, change.Mail, "[PATCH] a: b", "text\n---\n"+smallDiff, "")
	for _, x := range []struct {
		f    *rules.Facts
		want string
	}{
		{&rules.Facts{Change: c}, HeadCommit},
		{&rules.Facts{Change: mail}, HeadMail},
		{&rules.Facts{Change: mail, Tree: &rules.Tree{}}, HeadMail},
		{&rules.Facts{Change: mail, Tree: &rules.Tree{Last: rules.Base{Known: true}}}, HeadTree},
	} {
		if got := HeadOf(x.f); got != x.want {
			t.Errorf("HeadOf = %q, want %q", got, x.want)
		}
	}
}

func TestClassOf(t *testing.T) {
	for name, want := range map[string]string{
		"size.over100": "too-big", "size.removal": "", "files.uapi": "abi", "title.bringup": "enablement", "tag.stable": "", "bias": "", "no such": "",
	} {
		if got := ClassOf(name); got != want {
			t.Errorf("ClassOf(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	good := Default().File()
	edit := func(f func(*Weights)) string {
		b, err := json.Marshal(good)
		if err != nil {
			t.Fatal(err)
		}
		var w Weights
		if err := json.Unmarshal(b, &w); err != nil {
			t.Fatal(err)
		}
		f(&w)
		var out bytes.Buffer
		if err := w.Write(&out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for name, c := range map[string]struct{ file, want string }{
		"not json":         {"weights", "weights file"},
		"unknown key":      {`{"formt":1}`, "formt"},
		"two objects":      {edit(func(*Weights) {}) + "{}", "one JSON object"},
		"format":           {edit(func(w *Weights) { w.Format = 9 }), "format is 9"},
		"no version":       {edit(func(w *Weights) { w.Version = "" }), "version is missing"},
		"threshold":        {edit(func(w *Weights) { w.Thresholds.Fix = 2 }), "thresholds.fix"},
		"thresholds cross": {edit(func(w *Weights) { w.Thresholds.DKMS = .9 }), "not below"},
		"unknown feature":  {edit(func(w *Weights) { w.Heads[HeadFix].Weights["luck"] = 1 }), `"luck"`},
		"huge weight":      {edit(func(w *Weights) { w.Heads[HeadFix].Weights["tag.fixes"] = 1e9 }), "beyond"},
		"head missing":     {edit(func(w *Weights) { delete(w.Heads, HeadMail) }), "heads.mail is missing"},
		"head unknown":     {edit(func(w *Weights) { w.Heads["x"] = Weighed{} }), "heads.x"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
	if _, err := Read(strings.NewReader(edit(func(*Weights) {}))); err != nil {
		t.Errorf("the unedited file is refused: %v", err)
	}
}

func BenchmarkScore(b *testing.B) {
	m := Default()
	f := withTree(fixFacts(b), 3)
	found := check(f)
	b.ReportAllocs()
	for b.Loop() {
		m.Score(f, found)
	}
}

func plainFacts(t testing.TB) *rules.Facts {
	return &rules.Facts{Change: parse(t, change.Commit, "drm/example: drop an unused argument", plainBody, smallDiff)}
}
