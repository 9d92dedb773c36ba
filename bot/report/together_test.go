package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// A reply on a series says of each named patch why, what it needs that is no fix
// itself, and which are closer calls; nothing is proposed for these.
func TestTogether(t *testing.T) {
	bug := verdict.Weighed{Finding: rules.Finding{ID: rules.RealBug.ID, Outcome: rules.Met, Reason: "a fix whose message reports a hang"},
		Weight: 1}
	culprit := &change.Change{Fixes: []change.Fixes{{SHA: "0123456789ab"}}}
	eligible := func(n int, score float64) Patch {
		return Patch{N: n, Judgement: verdict.Judgement{Verdict: verdict.StableEligible, When: verdict.AfterMainline, Score: score,
			Subject: fmt.Sprintf("drm/x: stop %d", n)}}
	}
	one, three, four, five := eligible(1, 0.9), eligible(3, 0.8), eligible(4, 0.5), eligible(5, 0.8)
	one.Rules, one.Change = []verdict.Weighed{bug}, culprit
	three.Change, three.BuildsOn = culprit, []int{2}
	four.Beside = true
	four.Rules = []verdict.Weighed{{Finding: rules.Finding{ID: rules.DiffSize.ID, Outcome: rules.Unmet, Reason: "143 lines with context"}, Weight: -1}}
	five.Change = &change.Change{Fixes: []change.Fixes{{SHA: "ba9876543210"}}}
	two, six := eligible(2, 0.2), eligible(6, 0.2)
	two.Verdict, six.Verdict, six.Reason = verdict.OutOfScope, verdict.OutOfScope, "not a fix: neither tag nor title calls it a fix"
	m := Mail{Values: ValuesOf(Posting{Of: 6, Have: 6, Patches: []Patch{one, three, four, five}, Rest: []Patch{two, six}})}
	text, err := m.Text()
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"it can take patches 1, 3 and 5 of this series", "Patch 3 builds on patch 2, which has to go in first.",
		`1/6 "drm/x: stop 1" (90 %): a fix whose message reports a hang 2/6 "drm/x: stop 2": it has to go in first`,
		`3/6 "drm/x: stop 3" (80 %): a fix by its Fixes tag 4/6 "drm/x: stop 4" (50 %, a close call): against it: 143 lines with context`,
		`5/6 "drm/x: stop 5" (80 %): a fix by its Fixes tag Not proposed: patch 6 (neither tag nor title calls it a fix) Patches`,
		"Patches 1 to 3 and 5: if you agree, add this",
	} {
		if !strings.Contains(plain, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	left := Patch{N: 6, Change: culprit, Judgement: verdict.Judgement{Verdict: verdict.OutOfScope, Reason: "not a fix: it changes device trees"}}
	m.Values = ValuesOf(Posting{Of: 6, Have: 6, Patches: []Patch{one}, Left: []Patch{left}})
	if text, err = m.Text(); err != nil || !strings.Contains(text, "Patch 6: a fix by its Fixes tag, left out: it changes device trees\n") {
		t.Errorf("a fix by its tag that is left out: %v\n%s", err, text)
	}
	three.BuildsOn, three.After = nil, []int{2}
	came := Patch{N: 6, Change: culprit, Judgement: verdict.Judgement{Verdict: verdict.NotNeeded, Brought: "support for AC7927 comes with patch 2 of its series"}}
	m.Values = ValuesOf(Posting{Of: 6, Have: 6, Patches: []Patch{one, three}, Left: []Patch{came}})
	if text, err = m.Text(); err != nil || !Passed(came) {
		t.Error(err)
	}
	for _, want := range []string{"Patch 3 is posted on top of patch 2, which adds something new; for stable it has to go in without that.",
		"Patch 6: left out: support for AC7927 comes with patch 2 of its series", "Patches 1 and 3: if you agree, add this"} {
		if plain := strings.Join(strings.Fields(text), " "); !strings.Contains(plain, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	three.BuildsOn, three.After = []int{2}, nil
	m.Values = ValuesOf(Posting{Of: 6, Have: 6, Patches: []Patch{one, three, four, five}})
	m.Values.Stands = []Row{{N: 2, Verdict: verdict.StableEligible}, {N: 6, Verdict: verdict.StableEligible}}
	if text, err = m.Text(); err != nil || !strings.Contains(strings.Join(strings.Fields(text), " "),
		"What was said before of patches 2 and 6 stands: stable-eligible.") {
		t.Errorf("what stands: %v\n%s", err, text)
	}
	if m.Values.Line != "3 patches stable-eligible" {
		t.Errorf("the line is %q", m.Values.Line)
	}
}

// What goes in first is said of all that need it at once.
func TestBuilds(t *testing.T) {
	on := func(n int, first ...int) Row { return Row{N: n, Verdict: verdict.StableEligible, BuildsOn: first} }
	for want, rows := range map[string][]Row{
		"": {on(1)},
		"Patch 3 builds on patches 1 and 2, which have to go in first.":                       {on(3, 1, 2)},
		"Patches 2 and 3 build on patch 1, which has to go in first.":                         {on(2, 1), on(3, 1)},
		"Patches 2 and 3 build on patch 1 and patch 5 on patch 4; those have to go in first.": {on(2, 1), on(3, 1), on(5, 4)},
	} {
		if got := (Values{Series: true, Of: 6, Rows: rows}).builds(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Why a fix by its tag is left out is said in its own words, and no class or number is made up.
func TestLeftOut(t *testing.T) {
	for want, r := range map[string]Row{
		"too big for stable, 434 lines with context": {Verdict: verdict.DKMSOnly, Class: verdict.TooBig,
			Size: change.Size{LinesWithContext: 434}},
		"a kind of fix that stable rarely takes":    {Verdict: verdict.DKMSOnly, Class: verdict.BelowBar},
		"too close to call (estimated chance 30 %)": {Verdict: verdict.Uncertain, Score: 0.3, Reason: "too close to call: 30 %"},
		"it needs patch 1 of its series":            {Verdict: verdict.Uncertain, Reason: "it needs patch 1 of its series"},
		"perhaps no release has its bug yet":        {Verdict: verdict.StableEligible, Unreleased: "v6.19-rc1"},
		"only the text of messages differs":         {Verdict: verdict.OutOfScope, Reason: "not a fix: only the text of messages differs."},
	} {
		if got := r.leftOut(); got != "left out: "+want {
			t.Errorf("%q, want %q", got, want)
		}
		r.Culprit = true
		if got := r.leftOut(); got != "a fix by its Fixes tag, left out: "+want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A long series is named in ranges: what stands of which patches can be told from the mail.
func TestStandsOfLongSeries(t *testing.T) {
	v := Values{Series: true, Of: 14}
	for _, n := range []int{1, 2, 4, 5, 6, 7, 8, 11, 14} {
		r := Row{N: n, Verdict: verdict.StableEligible}
		if n == 14 {
			r = Row{N: n, Verdict: verdict.DKMSOnly, Class: verdict.TooBig}
		}
		v.Stands = append(v.Stands, r)
	}
	want := "What was said before of patches 1, 2, 4 to 8, 11 and 14 stands: 8 stable-eligible and 1 dkms-only (too big for stable)."
	if got := v.stands(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for want, in := range map[string][]int{"": nil, "1": {1}, "1 2": {1, 2}, "1 to 3": {1, 2, 3}, "1 3 to 5 7 8": {1, 3, 4, 5, 7, 8}} {
		if got := strings.Join(ranges(in), " "); got != want {
			t.Errorf("%v: %q, want %q", in, got, want)
		}
	}
}

// What is to be pasted names its patches, unless the first sentence is about all of them.
func TestPasteNamesPatches(t *testing.T) {
	eligible := func(n int, on ...int) Patch {
		return Patch{N: n, BuildsOn: on, Change: &change.Change{},
			Judgement: verdict.Judgement{Verdict: verdict.StableEligible, When: verdict.AfterMainline, Score: 0.9}}
	}
	for want, patches := range map[string][]Patch{
		"Patches 1 and 2: if you agree, add this": {eligible(2, 1)},
		"\n\nIf you agree, add this":              {eligible(1), eligible(2)},
	} {
		text, err := Mail{Values: ValuesOf(Posting{Of: 2, Have: 2, Patches: patches})}.Text()
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s, %v", want, text, err)
		}
	}
}

// A file is cited for the rule, before what was found; once where both sides rest on it.
func TestCitedRule(t *testing.T) {
	bug := Rule{ID: rules.RealBug.ID, Reason: "its title reports a leak", Met: true, Weight: 1, File: "stable-kernel-rules.rst"}
	size := Rule{ID: rules.DiffSize.ID, Reason: "143 lines with context (9 added)", Weight: -1, File: "stable-kernel-rules.rst"}
	form := Rule{ID: rules.NoTheory.ID, Reason: "no way to hit it is told", Weight: -1, File: "submitting-patches.rst"}
	const favour = "In its favour (stable-kernel-rules.rst): its title reports a leak."
	for want, in := range map[string][]Rule{
		favour: {bug},
		favour + " Against it: 143 lines with context (9 added).":                  {bug, size},
		favour + " Against it (submitting-patches.rst): no way to hit it is told.": {bug, form},
		"Against it (stable-kernel-rules.rst): 143 lines with context (9 added).":  {size},
	} {
		if got := (Row{Verdict: verdict.StableEligible, Rules: in}).reasons(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Of a patch that asks for stable already, beside one that does not, no more than that is said.
func TestAsksAlready(t *testing.T) {
	patch := func(n int, tags ...change.StableTag) Patch {
		return Patch{N: n, Judgement: verdict.Judgement{Verdict: verdict.StableEligible, When: verdict.AfterMainline, Score: 0.9},
			Change: &change.Change{Stable: tags, Fixes: []change.Fixes{{SHA: "0123456789ab"}}}}
	}
	tag := change.StableTag{Address: "stable@vger.kernel.org"}
	p, any := Posting{Of: 4, Have: 4, Patches: []Patch{patch(1, tag), patch(2), patch(3, tag), patch(4, change.StableTag{NoAutosel: true})}}.Unsettled()
	text, err := Mail{Values: ValuesOf(p)}.Text()
	if err != nil || !any || !strings.Contains(text, "it can take patch 2 of") ||
		!strings.Contains(text, "\n    Patches 1 and 3: they ask for stable already\n    Not proposed: patch 4 (kept out of stable by a noautosel tag)\n") {
		t.Errorf("%v, %v:\n%s", any, err, text)
	}
}

// The same number is told in the same words, for one patch and for those of a series.
func TestCloseCalls(t *testing.T) {
	for score, close := range map[float64]bool{0.6: true, 0.656: true, 0.66: true, 0.664: true, 0.666: false, 0.68: false} {
		p := Patch{N: 1, Judgement: verdict.Judgement{Verdict: verdict.StableEligible, When: verdict.AfterMainline, Score: score}}
		if Clear(p) == close {
			t.Errorf("%v: clear is %v", score, !close)
		}
		for _, of := range []int{1, 2} {
			text := strings.Join(ValuesOf(Posting{Of: of, Have: of, Patches: []Patch{p}}).lead(), " ")
			if got := strings.Contains(text, "a close call"); got != close || !strings.Contains(text, "once mainline has it") {
				t.Errorf("%v of %d: %s", score, of, text)
			}
		}
	}
}

// Of patches that somebody sends on, the last sign-off is the sender's; and an author is told
// that a blank line cuts off the Fixes tag.
func TestTrailersOfPatch(t *testing.T) {
	const fixes, ada, bob = "Fixes: 0123456789ab (\"drm/x: add y\")\n", "Signed-off-by: Ada <ada@example.org>\n", "Signed-off-by: Bob <bob@example.org>\n"
	patch := func(n int, body string) Patch {
		return Patch{N: n, Judgement: verdict.Judgement{Verdict: verdict.StableEligible, When: verdict.AfterMainline, Score: 0.9},
			Change: &change.Change{Body: body, Trailers: change.ParseTrailers(body), Fixes: []change.Fixes{{SHA: "0123456789ab"}}}}
	}
	const your, last = "add this above your Signed-off-by", "add this above the last Signed-off-by"
	const cut = "blank line cuts the Fixes tag off from the trailers, where git reads none."
	for _, c := range []struct {
		want, not string
		in        []Patch
	}{
		{your, cut, []Patch{patch(1, fixes+ada)}},
		{last, your, []Patch{patch(1, fixes+ada+bob)}},
		{last, your, []Patch{patch(1, fixes+ada), patch(2, fixes+ada+bob)}},
		{"\n\nA " + cut, "Patch", []Patch{patch(1, fixes+"\n"+ada)}},
		{"\n\nPatch 2: a " + cut, last, []Patch{patch(1, fixes+ada), patch(2, fixes+"\n"+ada)}},
	} {
		text, err := Mail{Values: ValuesOf(Posting{Of: len(c.in), Have: len(c.in), Patches: c.in})}.Text()
		plain := strings.ReplaceAll(strings.ReplaceAll(text, "\n\n", "\x00"), "\n", " ")
		if err != nil || !strings.Contains(strings.ReplaceAll(plain, "\x00", "\n\n"), c.want) || strings.Contains(text, c.not) {
			t.Errorf("%q, and not %q:\n%s%v", c.want, c.not, text, err)
		}
	}
}

// A close call that comes along with what fixes the same is told as one that stands beside.
func TestCloseCallAmongProposed(t *testing.T) {
	at := func(n int, score float64) Patch {
		return Patch{N: n, Judgement: verdict.Judgement{Verdict: verdict.StableEligible, When: verdict.AfterMainline, Score: score}}
	}
	v := ValuesOf(Posting{Of: 2, Have: 2, Patches: []Patch{at(1, 0.9), at(2, 0.57)}})
	if got := v.figureOf(v.Rows[0]) + v.figureOf(v.Rows[1]); got != " (90 %) (57 %, a close call)" {
		t.Error(got)
	}
}
