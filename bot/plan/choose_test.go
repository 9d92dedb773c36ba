package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// postOf is patch n of a series with a culprit and a score.
func postOf(n int, culprit string, v verdict.Verdict, score float64) Posted {
	id := fmt.Sprintf("%d@example.org", n)
	c := &change.Change{ID: id, Subject: fmt.Sprintf("drm/x: fix %d", n)}
	if culprit != "" {
		c.Fixes = []change.Fixes{{SHA: culprit}}
	}
	return Posted{ID: id, Lists: []string{"x.lists"},
		Message: &mail.Message{ID: id, From: change.Person{Address: "ada@example.org"}, Title: "x: fix y", Prefix: change.Prefix{N: n},
			Change: c},
		Judgement: &verdict.Judgement{ID: id, Verdict: v, Score: score, When: verdict.AfterMainline,
			Lines: &verdict.Policy{Eligible: 0.4, DKMS: 0.1}}}
}

func told(p report.Posting) string {
	var main, beside []string
	for _, q := range p.Patches {
		s := fmt.Sprint(q.N)
		if len(q.BuildsOn) > 0 {
			s += fmt.Sprint(q.BuildsOn)
		}
		if len(q.After) > 0 {
			s += "after" + fmt.Sprint(q.After)
		}
		if q.Beside {
			beside = append(beside, s)
		} else {
			main = append(main, s)
		}
	}
	return strings.Join(main, " ") + " | " + strings.Join(beside, " ")
}

// Patches are chosen together with those that they need, and those that fix the same.
func TestChoose(t *testing.T) {
	const yes, no = verdict.StableEligible, verdict.OutOfScope
	sure := func(j verdict.Judgement) bool { return j.Verdict == yes && j.Score >= 0.9 }
	on := func(p Posted, n ...int) Posted { p.BuildsOn = n; return p }
	enables := func(p Posted) Posted { p.Judgement.Enables = true; return p }
	with := func(p Posted, n int) Posted { p.Judgement.WithPatch = n; return p }
	mates := func(p Posted, n ...int) Posted {
		b := verdict.Branch{}
		b.Name, b.Mates = "6.6", n
		p.Judgement.Branches = []verdict.Branch{b}
		return p
	}
	for name, tt := range map[string]struct {
		posts []Posted
		want  string
	}{
		"a twin below the margin": {[]Posted{postOf(1, "aaaaaaaaaaaa", yes, 0.5), postOf(2, "aaaaaaaaaaaa", yes, 0.9)}, "1 2 | "},
		"what it builds on":       {[]Posted{postOf(1, "", yes, 0.5), on(postOf(2, "", yes, 0.9), 1)}, "1 2 | "},
		"what that builds on, and its twin": {[]Posted{postOf(1, "aaaaaaaaaaaa", yes, 0.5), on(postOf(2, "", yes, 0.9), 3),
			postOf(3, "aaaaaaaaaaaa", yes, 0.5)}, "1 2 3 | "},
		"as a tree says": {[]Posted{postOf(1, "", yes, 0.5), mates(postOf(2, "", yes, 0.9), 1)}, "1 2 | "},
		"what it builds on brings something new": {[]Posted{postOf(1, "", no, 0.1), enables(on(postOf(2, "", no, 0.1), 1)), on(postOf(3, "", yes, 0.9), 2)},
			"3after[2] | "},
		"what it builds on is no fix":          {[]Posted{postOf(1, "", no, 0.1), on(postOf(2, "", yes, 0.9), 1)}, "2[1] | "},
		"another that is clear enough":         {[]Posted{postOf(1, "", yes, 0.8), postOf(2, "", yes, 0.9)}, "1 2 | "},
		"another that is too close to call":    {[]Posted{postOf(1, "", yes, 0.5), postOf(2, "", yes, 0.9)}, "2 | 1"},
		"another that only goes with it":       {[]Posted{with(postOf(1, "", yes, 0.5), 2), postOf(2, "", yes, 0.9)}, "2 | 1"},
		"another that its request alone takes": {[]Posted{postOf(1, "", yes, 0.2), postOf(2, "", yes, 0.9)}, "2 | "},
		"none is wanted for itself":            {[]Posted{postOf(1, "aaaaaaaaaaaa", yes, 0.5), postOf(2, "aaaaaaaaaaaa", yes, 0.8)}, " | "},
		"what builds on it need not be taken":  {[]Posted{postOf(1, "", yes, 0.9), on(postOf(2, "", no, 0.1), 1)}, "1 | "},
	} {
		b := Brief{Posts: tt.posts, Series: flow.Series{Of: len(tt.posts)}}
		if got := told(b.choose(sure)); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// A fix by its own signs that a reply proposes nothing for is named all the same, unless it
// has to go in first or its author wants no word of stable.
func TestChooseLeft(t *testing.T) {
	asks := postOf(4, "dddddddddddd", verdict.DKMSOnly, 0.1)
	asks.Message.Change.Stable = []change.StableTag{{}}
	bug := func(p Posted, o rules.Outcome, reason string) Posted {
		p.Judgement.Rules = []verdict.Weighed{{Finding: rules.Finding{ID: rules.RealBug.ID, Outcome: o, Reason: reason}}}
		return p
	}
	never := postOf(8, "dddddddddddd", verdict.DKMSOnly, 0.1)
	never.Message.Change.Stable = []change.StableTag{{NoAutosel: true}}
	first := postOf(1, "aaaaaaaaaaaa", verdict.StableEligible, 0.9)
	first.BuildsOn = []int{9}
	b := Brief{Posts: []Posted{postOf(9, "bbbbbbbbbbbb", verdict.OutOfScope, 0.1), first, postOf(2, "bbbbbbbbbbbb", verdict.OutOfScope, 0.1),
		postOf(3, "", verdict.OutOfScope, 0.1), asks, bug(postOf(5, "", verdict.Uncertain, 0.1), rules.Met, "reports a hang"),
		bug(postOf(6, "", verdict.OutOfScope, 0.1), rules.Unknown, rules.TitleWrong),
		bug(postOf(7, "", verdict.OutOfScope, 0.1), rules.Unknown, "neither tag, title nor report presents it as a fix"), never},
		Series: flow.Series{Of: 9}}
	got := b.choose(func(j verdict.Judgement) bool { return j.Verdict == verdict.StableEligible })
	if left := told(report.Posting{Patches: got.Left}); told(got) != "1[9] | " || left != "2 4 5 6 | " {
		t.Errorf("%s, left %s", told(got), left)
	}
	got = b.choose(func(verdict.Judgement) bool { return false })
	if len(got.Left) != 0 {
		t.Errorf("nothing is told, and yet left %+v", got.Left)
	}
}

// Whoever sends the patch of somebody else in words of their own is named as their writer.
func TestReworded(t *testing.T) {
	for note, want := range map[string]string{
		"": "Jo",
		"[ada@example.org: reword commit message]": "",
		"[ada@example.org: fix the indentation]":   "Jo",
		"[eve@example.org: reword commit message]": "Jo",
	} {
		p := postOf(1, "", verdict.StableEligible, 0.9)
		p.Message.Change.Author, p.Message.Change.Body = change.Person{Name: "Jo"}, "The stop crashes.\n\n"+note
		if got := (Brief{}).answered(p.Message).Writer; got != want {
			t.Errorf("%q: %q, want %q", note, got, want)
		}
	}
}

// What was told of a patch is not told again when it is posted anew, in whatever series,
// until something else is to be said of it.
func TestHeardBefore(t *testing.T) {
	list := ListPolicy{ID: "x.lists", Reply: ReplyAuthor, WithoutTrees: true, PerHour: 5, PerDay: 5}
	brief := func(posts ...Posted) Brief {
		return Brief{Posts: posts, Have: len(posts), Series: flow.Series{Key: "k", Of: len(posts), Version: 2, List: "x.lists"},
			Policy: Policy{Lists: []ListPolicy{list}}, Sink: "outbox", Bot: report.Bot{Name: "bot", Address: "bot@example.com"}}
	}
	plans := func(b Brief) (string, map[string]string) {
		t.Helper()
		actions, quiet, err := Replies(b)
		if err != nil {
			t.Fatal(err)
		}
		if len(actions) == 0 {
			return quiet, nil
		}
		var ids []string
		for id := range actions[0].Told {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return strings.Join(ids, " "), actions[0].Told
	}
	one, two := postOf(1, "", verdict.StableEligible, 0.9), postOf(2, "", verdict.StableEligible, 0.95)
	got, first := plans(brief(one, two))
	if got != "1@example.org 2@example.org" {
		t.Fatalf("the first posting: %s", got)
	}
	b := brief(one)
	b.Heard = first
	if got, _ := plans(b); got != "nothing changed since the last answer, when it was posted before" {
		t.Errorf("posted alone again: %s", got)
	}
	b = brief(one, postOf(2, "", verdict.StableEligible, 0.95), postOf(3, "", verdict.StableEligible, 0.95))
	b.Heard = first
	if got, _ := plans(b); got != "3@example.org" {
		t.Errorf("with a new one: %s", got)
	}
	if actions, _, _ := Replies(b); !strings.Contains(strings.Join(strings.Fields(string(actions[0].Message)), " "),
		"What was said before of patches 1 and 2 stands: stable-eligible.") {
		t.Errorf("what was told before is left out in silence:\n%s", actions[0].Message)
	}
	b = brief(postOf(1, "", verdict.DKMSOnly, 0.01))
	b.Heard = first
	if got, _ := plans(b); got != "1@example.org" {
		t.Errorf("with another verdict: %s", got)
	}
}

// A relayed posting is answered to its author, and to nobody where nothing says who
// that is.
func TestRelayed(t *testing.T) {
	list := ListPolicy{ID: "x.lists", Reply: ReplyAll, WithoutTrees: true, PerHour: 5, PerDay: 5}
	relayed := func(author string) Brief {
		p := postOf(1, "", verdict.StableEligible, 0.9)
		p.Message.From = change.Person{Name: "Jane via B4 Relay", Address: "devnull+jane.example.org@kernel.org"}
		p.Message.Change.Author = change.Person{Name: "Jane", Address: author}
		return Brief{Posts: []Posted{p}, Have: 1, Series: flow.Series{Key: "k", Of: 1, List: "x.lists"},
			Policy: Policy{Lists: []ListPolicy{list}},
			Sink:   "outbox", Bot: report.Bot{Name: "bot", Address: "bot@example.com"}}
	}
	actions, quiet, err := Replies(relayed("jane@example.org"))
	if err != nil || len(actions) != 1 || !strings.Contains(string(actions[0].Message), "To: \"Jane\" <jane@example.org>") ||
		strings.Contains(string(actions[0].Message), "devnull") {
		t.Errorf("%v %s %v", actions, quiet, err)
	}
	if actions, quiet, err := Replies(relayed("eve@example.com")); err != nil || len(actions) != 0 || !strings.Contains(quiet, "relay") {
		t.Errorf("another author: %v %q %v", actions, quiet, err)
	}
	b := relayed("jane@example.org")
	b.Policy.OptOut = []string{"jane@example.org"}
	if actions, _, _ := Replies(b); len(actions) != 0 {
		t.Error("an author who wants no mail got one over the relay")
	}
}

// A fix of what came with a release candidate is not told without a tree, alone or with
// the others of its posting.
func TestUnreleased(t *testing.T) {
	list := ListPolicy{ID: "x.lists", Reply: ReplyAuthor, WithoutTrees: true, PerHour: 5, PerDay: 5}
	brief := func(posts ...Posted) Brief {
		return Brief{Posts: posts, Have: len(posts), Series: flow.Series{Key: "k", Of: len(posts), List: "x.lists"},
			Policy: Policy{Lists: []ListPolicy{list}},
			Sink:   "outbox", Bot: report.Bot{Name: "bot", Address: "bot@example.com"}}
	}
	young := postOf(1, "aaaaaaaaaaaa", verdict.StableEligible, 0.9)
	young.Unreleased = "its author says so"
	if actions, quiet, err := Replies(brief(young)); err != nil || len(actions) != 0 ||
		quiet != "perhaps no release has its bug yet: its author says so" {
		t.Errorf("alone: %d %q %v", len(actions), quiet, err)
	}
	actions, _, err := Replies(brief(young, postOf(2, "aaaaaaaaaaaa", verdict.StableEligible, 0.9)))
	if err != nil || len(actions) != 1 || len(actions[0].Told) != 1 || actions[0].Told["2@example.org"] == "" {
		t.Errorf("beside another: %+v %v", actions, err)
	}
}

// What is posted for comments is answered when it is posted to be merged.
func TestComments(t *testing.T) {
	p := postOf(1, "aaaaaaaaaaaa", verdict.StableEligible, 0.9)
	b := Brief{Posts: []Posted{p}, Have: 1, Series: flow.Series{Key: "k", Of: 1, List: "x.lists"}, Sink: "outbox",
		Policy: Policy{Lists: []ListPolicy{{ID: "x.lists", Reply: ReplyAuthor, WithoutTrees: true, PerHour: 5, PerDay: 5}}},
		Bot:    report.Bot{Name: "bot", Address: "bot@example.com"}}
	if actions, quiet, err := Replies(b); err != nil || len(actions) != 1 {
		t.Fatalf("a patch: %d %q %v", len(actions), quiet, err)
	}
	p.Message.Prefix.RFC = true
	if actions, quiet, err := Replies(b); err != nil || len(actions) != 0 || !strings.Contains(quiet, "for comments") {
		t.Errorf("RFC: %d %q %v", len(actions), quiet, err)
	}
}
