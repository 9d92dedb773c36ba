package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

func commentFor(whole bool) Comment {
	take, no := verdict.StableEligible, verdict.DKMSOnly
	size := verdict.Weighed{Weight: -1.2, Finding: rules.Finding{ID: "size", Outcome: rules.Unmet,
		Reason: "over the documented limit of 100 lines with context: 143"}}
	c := CommentOf(Posting{Of: 2, Have: 2, Version: 1, Patches: []Patch{
		{N: 1, Judgement: verdict.Judgement{ID: strings.Repeat("a1", 20), Kind: change.Commit, Subject: "drm/x: fix a hang | @all see #12",
			Verdict: take,
			When:    verdict.AfterMainline, Score: 0.87, Reason: "it fixes a hang",
			Branches: []verdict.Branch{{Branch: rules.Branch{Name: "6.12", State: "affected", Applies: "exact"}, Verdict: &take, Score: 0.87}}}},
		{N: 2, Judgement: verdict.Judgement{ID: strings.Repeat("b2", 20), Kind: change.Commit, Subject: "<img src=x> ![p](http://x/y.png)",
			Verdict:     no,
			ReasonClass: verdict.TooBig, Score: 0.04, Reason: "it is too big", Rules: []verdict.Weighed{size},
			Branches: []verdict.Branch{{Branch: rules.Branch{Name: "6.12", State: "affected", Applies: "needs-prerequisites",
				Prerequisites: []string{"c3"}}, Verdict: &no, ReasonClass: verdict.TooBig}}}},
	}, Refs: map[string]rules.Ref{"size": {File: "Documentation/process/stable-kernel-rules.rst", Section: "Rules",
		Says: "no more than a hundred lines"}}})
	c.Bot = Bot{Name: "stablebot", Version: "1", Contact: "mary@example.org"}
	c.Head, c.Whole = strings.Repeat("b2", 20), whole
	return c
}

// TestComment: the weakest fix heads it, a person's word stands beside, and a
// stranger's title is only text.
func TestComment(t *testing.T) {
	c := commentFor(true)
	c.Override = &Override{Verdict: verdict.Wait, Who: "mary", Reason: "next cycle", At: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)}
	golden := filepath.Join("../../fixtures/github/comment.md")
	got := c.Body()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("go test ./bot/report -update takes the new text (-want +got):\n%s", d)
	}
	for _, bad := range []string{"@all", "#12", "<img", "http://x", "![p]"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q stands in the comment", bad)
		}
	}
}

func TestTitle(t *testing.T) {
	c := commentFor(false)
	if got := c.Title(); got != "dkms-only for 6.12 (too big for stable)" {
		t.Errorf("title is %q", got)
	}
	c.Override = &Override{Verdict: verdict.Wait, Who: strings.Repeat("m", 300)}
	if got := c.Title(); len([]rune(got)) > maxTitle {
		t.Errorf("a title of %d characters", len([]rune(got)))
	}
}

// TestLongComment: GitHub refuses what is longer.
func TestLongComment(t *testing.T) {
	c := commentFor(true)
	for range 100 {
		r := c.Values.Rows[0]
		r.Reason = strings.Repeat("long ", 400)
		c.Values.Rows = append(c.Values.Rows, r)
	}
	if n := len(c.Body()); n > 65535 {
		t.Errorf("a comment of %d bytes", n)
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"a @b #1 GH-12 <x> `c` http://d [e](f) 1. g", "- h", "\u202e\u0000|", "\xff@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Markdown(s)
		if strings.ContainsAny(got, "<>\n\r") || strings.Contains(got, "://") && !strings.Contains(got, ":&#8203;//") {
			t.Errorf("%q became %q", s, got)
		}
		for i, r := range got {
			if r == '@' && !strings.HasPrefix(got[i:], "@&#8203;") {
				t.Errorf("%q mentions somebody: %q", s, got)
			}
		}
	})
}
