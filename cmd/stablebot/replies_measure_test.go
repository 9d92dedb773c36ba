//go:build measure

package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// TestRealReplies writes the replies that fixes of freebsd/drm-kmod would have had as
// posted, judged with the trees of the day before they went in, and holds each against
// its judgement. To be read, with -v:
//
//	STABLEBOT_DRM_KMOD=path go test -tags measure ./cmd/stablebot -run TestRealReplies -v
//
// STABLEBOT_EVERY=N takes one fix in N.
func TestRealReplies(t *testing.T) {
	ctx := context.Background()
	p := realPlanner(t, "5.10-lts", "5.15-lts", "6.1-lts")
	old, _ := p.Set.Place("6.1")
	all := realCommits(t, p, p.Set.Mainline().Tip, "^"+old.Tip)
	every := 40
	if s := os.Getenv("STABLEBOT_EVERY"); s != "" {
		d, err := time.ParseDuration(s + "ns")
		if err != nil {
			t.Fatal(err)
		}
		every = int(d)
	}
	refs := map[string]rules.Ref{}
	for _, r := range p.Judge.Suite {
		refs[r.ID] = r.Ref
	}
	fixes, said, bad := 0, map[verdict.Verdict]int{}, 0
	for _, id := range all {
		c, err := p.Change(ctx, strings.NewReader(""), id)
		if err != nil || len(c.Fixes) == 0 && len(c.Stable) == 0 {
			continue
		}
		if fixes++; fixes%every != 0 {
			continue
		}
		c.Kind = change.Mail
		day := c.Date.Add(-24 * time.Hour)
		facts, err := p.Set.Facts(ctx, c, nil, day)
		if err != nil {
			t.Error(err)
			continue
		}
		judge := *p.Judge
		judge.AsOf = day
		posting := report.Posting{Of: 1, Have: 1, Version: 1, Refs: refs, Patches: []report.Patch{{Judgement: judge.Change(c, nil, facts),
			Change: c, Tree: facts}}}
		j := posting.Patches[0].Judgement
		v := report.ValuesOf(posting)
		said[j.Verdict]++
		text, err := (report.Mail{Bot: report.Bot{Name: "stablebot", Version: "test"}, Values: v,
			Answers: report.Answered{From: c.Author, Date: c.Date, Text: c.Body}}).Text()
		if err != nil {
			t.Error(err)
			continue
		}
		for _, x := range report.Contradictions(text, posting) {
			bad++
			t.Errorf("%.12s: %s", id, x)
		}
		text, _, _ = strings.Cut(text, "\n-- \n")
		t.Logf("#### %.12s %s | %s, score %.3f, settled %v, margin %.2f\n%s\n", id, c.Subject, v.Line, j.Score, v.Rows[0].Settled(),
			report.Margin(j), text)
	}
	t.Logf("%v; %d contradictions", said, bad)
}
