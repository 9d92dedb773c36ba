package main

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/git/gittest"
	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/bot/launch/sweep"
	"github.com/stablebot/stablebot/bot/planner"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/rules/verdict"
)

const demoDriver = "drivers/net/wireless/mediatek/mt76/mt7925/main.c"

// cardSource is a driver with one function for each number; a state says how the body
// of that function stands.
func cardSource(states string) string {
	var b strings.Builder
	b.WriteString("// SPDX-License-Identifier: ISC\n#include \"mt7925.h\"\n\n")
	for i, s := range states {
		body := map[rune]string{
			'-': "\tmt76_clear(dev, MT_DEMO_%[1]d, BIT(3));\n",
			'b': "\tkfree(dev->demo_%[1]d);\n\tmt76_clear(dev, MT_DEMO_%[1]d, BIT(3));\n",                            // the bug
			'f': "\tkfree(dev->demo_%[1]d);\n\tdev->demo_%[1]d = NULL;\n\tmt76_clear(dev, MT_DEMO_%[1]d, BIT(3));\n", // the fix
		}[s]
		fmt.Fprintf(&b, "static void mt7925_demo_%[1]d(struct mt792x_dev *dev)\n{\n\tlockdep_assert_held(&dev->mt76.demo_%[1]d);\n\n"+body+"\tdev->demo_count_%[1]d++;\n\tmt76_wr(dev, MT_DEMO_DONE_%[1]d, 1);\n}\n\n", i)
	}
	return b.String()
}

// cardTree is a mainline with the releases 6.6 to 6.13 and the branches 6.6.y, which is
// older than the card, and 6.12.y:
//
//	0  fixed in mainline, the bug is as old as the driver
//	1  the same, and 6.12.y has the fix
//	2  the bug came after 6.12, in no release, and 6.12.y took it as a backport
//	3  the bug came after 6.12, in no release, and no branch has it
func cardTree(t *testing.T) (repo string, fixes [4]string) {
	t.Helper()
	r := gittest.New(t)
	r.Git("branch", "-M", "master")
	const sign = "\nSigned-off-by: Ada Okafor <ada@example.org>\n"
	put := func(states, message string) string { return r.Put(demoDriver, cardSource(states), message+sign) }
	r.Put("Makefile", "VERSION = 6\n", "Linux 6.6\n"+sign)
	r.Git("tag", "v6.6")
	r.Git("branch", "linux-6.6.y")
	first := put("bb--", "wifi: mt76: mt7925: add the driver\n\nThe chip is MT7925.\n")
	r.Git("tag", "v6.7")
	r.Put("Makefile", "VERSION = 6.12\n", "Linux 6.12\n"+sign)
	r.Git("tag", "v6.12")
	r.Git("branch", "linux-6.12.y")
	culprit2 := put("bbb-", "wifi: mt76: mt7925: free the second buffer\n\nIt is not used any more.\n")
	culprit3 := put("bbbb", "wifi: mt76: mt7925: free the third buffer\n\nIt is not used any more.\n")
	fix := func(n int, states, culprit, title string) string {
		return put(states, fmt.Sprintf("wifi: mt76: mt7925: fix a use-after-free of buffer %d at reset\n\n"+
			"The pointer is kept, and the next reset frees it again: KASAN reports a\ndouble free, and machines crash.\n\n"+
			"Fixes: %.12s (%q)\nReported-by: Bela Novak <bela@example.com>\nCc: stable@vger.kernel.org", n, culprit, title))
	}
	fixes[0] = fix(0, "fbbb", first, "wifi: mt76: mt7925: add the driver")
	fixes[1] = fix(1, "ffbb", first, "wifi: mt76: mt7925: add the driver")
	fixes[2] = fix(2, "fffb", culprit2, "wifi: mt76: mt7925: free the second buffer")
	fixes[3] = fix(3, "ffff", culprit3, "wifi: mt76: mt7925: free the third buffer")
	backport := func(states, of string) {
		message := r.Git("log", "-1", "--format=%B", of)
		title, body, _ := strings.Cut(message, "\n\n")
		r.Put(demoDriver, cardSource(states), fmt.Sprintf("%s\n\ncommit %s upstream.\n\n%s\n", title, of, body))
	}
	r.Git("checkout", "-q", "linux-6.12.y")
	backport("bbb-", culprit2)
	backport("bfb-", fixes[1])
	r.Git("checkout", "-q", "master")
	return r.Dir, fixes
}

func openCard(t *testing.T, repo string) *planner.Planner {
	t.Helper()
	o := wire.Branches{Repo: repo, Mainline: "master", Stable: []string{"linux-6.*.y"}, Releases: "tags"}
	p, err := planner.Open(t.Context(), &o, "", usage.Day{}.Time)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// A branch's fact beats mainline's: a culprit that no mainline release has is in the
// branch that took it as a backport, and the fix is eligible there. It is not needed only
// where no living branch has it either.
func TestBackportedCulprit(t *testing.T) {
	repo, fixes := cardTree(t)
	p := openCard(t, repo)
	for i, want := range []struct {
		state   verdict.State
		verdict verdict.Verdict
	}{
		{verdict.Affected, verdict.StableEligible},
		{verdict.Present, ""},
		{verdict.Affected, verdict.StableEligible},
		{verdict.NotAffected, verdict.NotNeeded},
	} {
		c, err := p.Change(t.Context(), nil, fixes[i])
		if err != nil {
			t.Fatal(err)
		}
		plan, err := p.Plan(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		var row *verdict.Branch
		for k := range plan.Branches {
			if plan.Branches[k].Name == "6.12" {
				row = &plan.Branches[k]
			}
		}
		if row == nil || row.State != want.state || want.verdict != "" && plan.Verdict != want.verdict {
			t.Errorf("fix %d: %s (%s), 6.12 %+v; want %s and %s", i, plan.Verdict, plan.Reason, row, want.verdict, want.state)
			continue
		}
		if want.state == verdict.Affected && !row.Is(verdict.StableEligible) {
			t.Errorf("fix %d: the row of 6.12 is not eligible: %+v", i, row)
		}
	}
}

// What launch shows in a cell is what plan says in its row, for the same commits.
func TestLaunchSaysWhatPlanSays(t *testing.T) {
	repo, fixes := cardTree(t)
	p := openCard(t, repo)
	chips, err := sweep.FindChips([]string{"MT7925"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := sweep.Make(t.Context(), p, io.Discard, sweep.CardOf(chips, true), nil, 2)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]launch.Fix{}
	for _, f := range r.Fixes {
		seen[f.ID] = f
	}
	cells := map[launch.Cell]bool{}
	for i, id := range fixes {
		f, ok := seen[id]
		if !ok {
			t.Errorf("fix %d is no row of %d; left out: %+v", i, len(r.Fixes), r.LeftOut)
			continue
		}
		c, err := p.Change(t.Context(), nil, id)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := p.Plan(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Squares) != len(plan.Branches) {
			t.Fatalf("fix %d: %d cells, %d rows", i, len(f.Squares), len(plan.Branches))
		}
		for k := range plan.Branches {
			b, s := &plan.Branches[k], f.Squares[k]
			cells[s.Cell] = true
			dkms, takes := s.Cell == launch.DKMS, s.Cell == launch.Eligible || s.Cell == launch.Prerequisites || s.Cell == launch.Backport
			if s.Branch != b.Name || dkms != b.Is(verdict.DKMSOnly) || takes != b.Is(verdict.StableEligible) || s.Class != b.ReasonClass ||
				(s.Cell == launch.In) != b.There() || (s.Cell == launch.NotAffected) != b.Spared() {
				t.Errorf("fix %d, %s: the cell says %s (%s), the row %s %+v (%s)", i, b.Name, s.Cell, s.Class, b.State, b.Verdict, b.ReasonClass)
			}
		}
	}
	for _, want := range []launch.Cell{launch.In, launch.NotAffected, launch.Eligible, launch.DKMS} {
		if !cells[want] {
			t.Errorf("no cell is %s", want)
		}
	}
	if len(r.Fixes) < len(fixes) {
		t.Errorf("%d rows, fewer than the %d fixes", len(r.Fixes), len(fixes))
	}
}
