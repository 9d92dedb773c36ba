package run_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

var updateAnswers = flag.Bool("update", false, "rewrite fixtures/answers")

const answersDir = "../../fixtures/answers"

// answers are the mails that the bot writes after its first one: what it says to
// commands, and what it takes back.
func answers(t *testing.T) map[string]plan.Brief {
	at := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	el, dk := verdict.StableEligible, verdict.DKMSOnly
	fix := func(n int, title string) plan.Posted {
		prefix := "[PATCH] "
		if n > 0 {
			prefix = map[int]string{1: "[PATCH 1/2] ", 2: "[PATCH 2/2] "}[n]
		}
		p := post{id: "fix" + strings.Repeat("x", n) + "@example.org", subject: prefix + title, date: at.AddDate(0, 0, -3)}
		m, err := mail.Parse(p.bytes())
		if err != nil {
			t.Fatal(err)
		}
		j := judge(m.Change, nil, nil)
		j.Branches = []verdict.Branch{{Branch: rules.Branch{Name: "6.12", State: "affected", Applies: "exact"}, Verdict: &el, Score: 0.91},
			{Branch: rules.Branch{Name: "6.6", State: "affected", Applies: "offset"}, Verdict: &el, Score: 0.88}}
		return plan.Posted{Message: m, Lists: []string{drm}, Received: at.AddDate(0, 0, -3), Judgement: &j,
			Tree: &rules.Tree{Mainline: rules.Presence{Known: true}}}
	}
	brief := func(posts ...plan.Posted) plan.Brief {
		b := plan.Brief{Series: flow.Series{Key: posts[0].Message.ID, Sender: "ada@example.org", List: drm, Version: 1, Of: len(posts),
			Judged: at.AddDate(0, 0, -3)},
			Posts: posts, Have: len(posts), Now: at, Sink: "outbox", Branches: []string{"6.12", "6.6"},
			Policy: plan.Policy{MaxAge: plan.DefaultMaxAge, Lists: []plan.ListPolicy{{ID: drm, Reply: plan.ReplyAuthor, WithoutTrees: true,
				PerHour: 1, PerDay: 1}}},
			Bot: report.Bot{Name: "stablebot", Address: "stablebot@example.com", Contact: "stable-people@example.com", Commands: true,
				Version: "0.1"}}
		told := flow.Action{Key: flow.ActionKey(b.Series.Key, flow.CauseFirst), Cause: flow.CauseFirst, Line: "stable-eligible for 6.12 and 6.6",
			Created: at.AddDate(0, 0, -3), Told: map[string]string{}}
		for _, p := range posts {
			told.Told[p.Judgement.ID] = string(el)
		}
		b.Told, b.Said = []flow.Action{told}, told.Line
		return b
	}
	title := "drm/amdgpu: fix a hang when GFX12 resets"
	ask := func(refused string, lines ...string) plan.Brief {
		b := brief(fix(0, title))
		found, _ := command.Parse(strings.Join(lines, "\n") + "\n")
		for i, c := range found {
			o := flow.Order{Command: c, Mail: "order@example.org", N: i, SeriesKey: b.Series.Key,
				Who: change.Person{Name: "Bo Lin", Address: "bo@example.org"}, At: at, Refused: c.Wrong}
			if o.Refused == "" {
				o.Refused = refused
			}
			b.Orders = append(b.Orders, o)
		}
		return b
	}
	stale := ask("", "#stablebot recheck 6.6")
	stale.Stale = "not every remote could be asked just now, so what it had last counts"
	bare := ask("", "#stablebot recheck")
	bare.Branches, bare.Posts[0].Judgement.Branches = nil, nil

	turned := func(change func(p *plan.Posted, j *verdict.Judgement)) plan.Brief {
		p := fix(0, title)
		change(&p, p.Judgement)
		return brief(p)
	}
	waited := turned(func(p *plan.Posted, j *verdict.Judgement) {
		j.Reason = "the prerequisite that it named is in mainline"
	})
	waited.Told[0].Told[waited.Posts[0].Judgement.ID], waited.Told[0].Line = string(verdict.Wait), "wait"
	one, two := fix(1, "drm/amdgpu: fix a hang when GFX12 resets"), fix(2, "drm/amdgpu: fix a leak when GFX12 suspends")
	two.Judgement.Verdict, two.Judgement.Reason, two.Judgement.When, two.Judgement.Branches = verdict.OutOfScope,
		"mainline has reverted it, by 5555555555555", "", nil
	two.Tree.Followups = []rules.Followup{{SHA: strings.Repeat("5", 40), Subject: `Revert "drm/amdgpu: fix a leak when GFX12 suspends"`, Revert: true}}
	pair := brief(one, two)
	pair.Told[0].Line = "2 patches stable-eligible"
	return map[string]plan.Brief{
		"command-recheck":         ask("", "#stablebot recheck"),
		"command-recheck-branch":  stale,
		"command-recheck-unknown": ask("", "#stablebot recheck 5.4"),
		"command-recheck-bare":    bare,
		"command-override":        ask("", "#stablebot override dkms-only it needs the firmware that only the vendor ships"),
		"command-omit-fix":        ask("", "#stablebot omit-fix 444444444444 it mends another path"),
		"command-mute":            ask("", "#stablebot mute"),
		"command-refused": ask("only the author, the maintainers of the files and those that the bot's owner names may ask for this",
			"#stablebot override wait I want more time"),
		"command-wrong": ask("", "#stablebot overide dkms-only typo", "#stablebot override someday because"),
		"correction-reverted": turned(func(p *plan.Posted, j *verdict.Judgement) {
			j.Verdict, j.Reason, j.When = verdict.OutOfScope, "mainline has reverted it, by 555555555555", ""
			j.Branches = []verdict.Branch{{Branch: rules.Branch{Name: "6.12", State: "not-affected"}},
				{Branch: rules.Branch{Name: "6.6", State: "not-affected"}}}
			p.Tree.Followups = []rules.Followup{{SHA: strings.Repeat("5", 40), Subject: `Revert "drm/amdgpu: fix a hang when GFX12 resets"`, Revert: true}}
		}),
		"correction-declined": turned(func(_ *plan.Posted, j *verdict.Judgement) {
			j.Verdict, j.ReasonClass, j.When, j.Reason, j.Branches = dk, verdict.Declined, "",
				"a reviewer said no: Nacked-by: Bo Lin <bo@example.org>", nil
		}),
		"correction-dropped": turned(func(_ *plan.Posted, j *verdict.Judgement) {
			j.Verdict, j.ReasonClass, j.When, j.Reason, j.Branches = dk, verdict.Declined, "",
				"the stable team dropped it from the 6.6 queue: it does not build there", nil
		}),
		"correction-differs": turned(func(p *plan.Posted, j *verdict.Judgement) {
			j.Verdict, j.ReasonClass, j.When, j.Score, j.Reason = dk, verdict.TooBig, "", 0.09,
				"at 743 lines with context it lies beyond what stable takes"
			for i := range j.Branches {
				j.Branches[i].Verdict, j.Branches[i].ReasonClass, j.Branches[i].Applies = &dk, verdict.TooBig, "needs-backport"
			}
			p.Tree.Mainline = rules.Presence{Known: true, Has: true, SHA: strings.Repeat("6", 40)}
			p.Differs = "mainline has it as 666666666666, which is another patch than the one posted: 743 lines with context instead of 9"
		}),
		"correction-waited": waited,
		"correction-series": pair,
	}
}

// TestAnswers: each of these mails reads as in fixtures/answers; -update takes
// the new text.
func TestAnswers(t *testing.T) {
	all := answers(t)
	for name, b := range all {
		t.Run(name, func(t *testing.T) {
			actions, quiet, err := plan.Replies(b)
			if err != nil || len(actions) != 1 {
				t.Fatalf("%d mails, %q, %v; want one", len(actions), quiet, err)
			}
			body := strings.ReplaceAll(string(actions[0].Message), "\r\n", "\n")
			_, text, _ := strings.Cut(body, "\n\n")
			above, _, _ := strings.Cut(text, "\n-- \n")
			lines := strings.Split(above, "\n")
			if len(lines) > 50 {
				t.Errorf("%d lines are more than a screen", len(lines))
			}
			for _, l := range lines {
				if utf8.RuneCountInString(l) > report.Columns && !strings.HasPrefix(l, "        ") && !strings.HasPrefix(l, "> ") {
					t.Errorf("%d columns: %q", utf8.RuneCountInString(l), l)
				}
			}
			got := txtar.Format(&txtar.Archive{Comment: []byte("What is written for: " + name + ".\n"),
				Files: []txtar.File{{Name: "mail", Data: []byte(body)}}})
			file := filepath.Join(answersDir, name+".txtar")
			if *updateAnswers {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, got) {
				t.Errorf("-update accepts it (-want +got):\n%s", cmp.Diff(string(want), string(got)))
			}
		})
	}
	files, err := os.ReadDir(answersDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := all[strings.TrimSuffix(f.Name(), ".txtar")]; !ok {
			t.Errorf("%s belongs to no case", f.Name())
		}
	}
}
