package pile

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/internal/shapes"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/verdict"
)

// plan is a change that 6.6 has and 6.1 needs two others for.
func plan() *Plan {
	eligible := verdict.StableEligible
	p := &Plan{Mainline: strings.Repeat("c", 40), Release: "6.8", Files: []string{"a.c"}}
	p.ID, p.Subject, p.Verdict, p.Score = p.Mainline, "drm/demo: fix <a> \"hang\" & more\x1b[2J", eligible, 0.9
	p.Size.LinesWithContext = 12
	p.Branches = []verdict.Branch{{Branch: rules.Branch{Name: "6.6", State: "present", Applies: "unknown"}},
		{Branch: rules.Branch{Name: "6.1", State: "affected", Applies: "needs-prerequisites"}, Verdict: &eligible, Score: 0.8}}
	a, b := strings.Repeat("a", 40), strings.Repeat("b", 40)
	p.Plans = []Branch{{Name: "6.6", As: strings.Repeat("d", 40)},
		{Name: "6.1", Active: true, Lines: 90, Files: []string{"a.c", "b.c"}, Subsystems: []string{"drm/demo"}, MissingNewer: []string{"6.5"},
			Steps: []Step{{ID: a, Title: "drm/demo: first", Lines: 50, Why: []Why{{By: b, Reason: "defines demo_x"}}},
				{ID: b, Title: "drm/demo: second", Lines: 28, Why: []Why{{Reason: "touches the same lines of a.c"},
					{By: "elsewhere", Reason: "lost"}}}},
			Beyond: []Step{{ID: strings.Repeat("e", 40), Title: "rework", Lines: 700, Drags: 41}}, Unresolved: []string{"demo_y"}}}
	return p
}

func TestText(t *testing.T) {
	var b strings.Builder
	p := plan()
	p.Files = append(p.Files, shapes.Unseen)
	p.Plans[0].Unresolved = append(p.Plans[0].Unresolved, shapes.Unseen)
	if err := p.Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"mainline   cccccccccccc, released in 6.8",
		"6.1     affected  needs-prerequisites  stable-eligible  0.80   2      90     missing in 6.5",
		"   1  aaaaaaaaaaaa drm/demo: first (50 lines)\n      for 2: defines demo_x", "for the change: touches the same lines of a.c",
		"together 90 lines with context in 2 files; drm/demo", "rework (700 lines, with 40 commits behind it)", "names that 6.1 lacks: demo_y"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("lacks %q:\n%s", want, b.String())
		}
	}
	if shapes.Drives(b.String()) != "" {
		t.Error("a title drives the terminal")
	}
}

func TestJSON(t *testing.T) {
	var b strings.Builder
	if err := plan().JSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Verdict  string
		Branches []struct{ Name string }
		Plans    []struct {
			Steps []struct {
				ID  string
				Why []struct{ By, Reason string }
			}
		}
	}
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil || got.Verdict != "stable-eligible" || len(got.Branches) != 2 ||
		got.Plans[1].Steps[0].Why[0].Reason != "defines demo_x" {
		t.Errorf("%v: %+v", err, got)
	}
}

// The picture is well-formed whatever titles hold: three boxes, two arrows; a
// reason whose commit is not in the pile is no arrow.
func TestSVG(t *testing.T) {
	var b strings.Builder
	if err := plan().SVG(&b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
	}
	if boxes, arrows := strings.Count(b.String(), `rx="5"`), strings.Count(b.String(), "<circle"); boxes != 3 || arrows != 2 {
		t.Errorf("%d boxes and %d arrows", boxes, arrows)
	}
	p := plan()
	p.Plans[1].Steps = nil
	b.Reset()
	if err := p.SVG(&b); err != nil || !strings.Contains(b.String(), "No branch needs anything") {
		t.Errorf("%v: %s", err, b.String())
	}
}

// Thirty commits that each need some before them: no line covers another, and
// each need is one arrow.
func TestLanes(t *testing.T) {
	br := Branch{Name: "6.1"}
	needs := 0
	for n := range 30 {
		s := Step{ID: fmt.Sprintf("%040d", n)}
		for _, by := range []int{n + 1, n + 5, 2*n + 3} {
			if by <= 30 {
				id := fmt.Sprintf("%040d", by)
				if by == 30 {
					id = ""
				}
				s.Why = append(s.Why, Why{By: id, Reason: "defines x"}, Why{By: id, Reason: "defines y"})
			}
		}
		br.Steps = append(br.Steps, s)
	}
	lanes, wide := (&Plan{}).lanes(&br)
	for i, a := range lanes {
		needs += len(a.needs)
		for _, b := range lanes[:i] {
			if a.at == b.at && a.first <= b.last && b.first <= a.last {
				t.Errorf("lane %d holds %d to %d and %d to %d", a.at, a.first, a.last, b.first, b.last)
			}
		}
	}
	if needs != 69 || wide < 5 || wide > 16 {
		t.Errorf("%d arrows in %d lanes", needs, wide)
	}
}

func TestDot(t *testing.T) {
	var b strings.Builder
	if err := plan().Dot(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"6.1 change" -> "6.1 bbbbbbbbbbbb"`, `"6.1 bbbbbbbbbbbb" -> "6.1 aaaaaaaaaaaa" [label="defines demo_x"]`, `fix <a> \"hang\" & more`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("lacks %q:\n%s", want, b.String())
		}
	}
}

// What was not found in full is told as what it is, not as a plan.
func TestTextByHand(t *testing.T) {
	p := plan()
	p.Branches[1].Applies = "needs-backport"
	var b strings.Builder
	if err := p.Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"needs-backport  stable-eligible  0.80   -      12 ", "In 6.1 it stands on these, which alone would not do",
		"In 6.1 it also stands on what nobody would take along"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("lacks %q:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "go in first") || strings.Contains(b.String(), "together") {
		t.Errorf("told as a plan:\n%s", b.String())
	}
}

// An adapted patch needs nothing first, and nothing else to be adjusted.
func TestTextAdapted(t *testing.T) {
	p := plan()
	p.Branches[1].Applies = "adapted"
	p.Branches[1].Adapted = &rules.Adaptation{Rung: "renamed", Proof: []string{"a.c: the branch says x for y"}}
	var b strings.Builder
	if err := p.Text(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "For 6.1 the patch was adapted (renamed)") || !strings.Contains(b.String(), "the branch says x for y") {
		t.Errorf("does not say how:\n%s", b.String())
	}
	for _, no := range []string{"stands on", "is needed", "names that 6.1 lacks"} {
		if strings.Contains(b.String(), no) {
			t.Errorf("says %q of it as well:\n%s", no, b.String())
		}
	}
}
