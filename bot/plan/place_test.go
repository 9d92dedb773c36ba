package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// seriesOf is a cover letter and three patches, of which stable takes some.
func seriesOf(takes ...int) Brief {
	cover := Posted{ID: "0@example.org", Lists: []string{"x.lists"}, Message: &mail.Message{ID: "0@example.org", Title: "x: fixes",
		From: change.Person{Address: "ada@example.org"}, Prefix: change.Prefix{Of: 3}, To: []change.Person{{Address: "all@example.org"}}}}
	b := Brief{Series: flow.Series{Of: 3}, Have: 3, Posts: []Posted{cover}}
	b.Policy.Lists = []ListPolicy{{ID: "x.lists", Reply: ReplyAll, WithoutTrees: true,
		Verdicts: []verdict.Verdict{verdict.StableEligible, verdict.DKMSOnly}}}
	b.Bot.Address, b.Bot.Name = "bot@example.com", "bot"
	for n := 1; n <= 3; n++ {
		v := verdict.OutOfScope
		if slices.Contains(takes, n) {
			v = verdict.StableEligible
		}
		p := postOf(n, "", v, 0.9)
		p.Judgement.Subject = p.Message.Change.Subject
		p.Judgement.Reason = "not a fix: neither a tag nor its title calls it a fix"
		p.Message.Cc = []change.Person{{Address: strings.Repeat("r", n) + "@example.org"}}
		p.Message.References = []string{"0@example.org"}
		b.Posts = append(b.Posts, p)
	}
	return b
}

// A reply on one patch of a series stands under that patch and goes to whom the patch went;
// one on several stands under the cover letter. A correction goes where the reply went.
func TestPlace(t *testing.T) {
	answered := func(b Brief, plan func(b Brief, list ListPolicy) (*flow.Action, string, error)) (id, cc, text string) {
		a, quiet, err := plan(b, b.list(b.Posts[0]))
		if err != nil || a == nil {
			t.Fatalf("%q, %v", quiet, err)
		}
		m, err := mail.Parse(a.Message)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Cc {
			cc += p.Address + " "
		}
		return m.InReplyTo, strings.TrimSpace(cc), strings.Join(strings.Fields(m.Text()), " ")
	}
	first := func(b Brief, list ListPolicy) (*flow.Action, string, error) { return b.first(b.Posts[0], list) }
	id, cc, text := answered(seriesOf(2), first)
	if id != "2@example.org" || cc != "rr@example.org" || !strings.Contains(text, "can take this patch") ||
		!strings.Contains(text, "Not proposed: patches 1 and 3 (neither tags nor their titles call them fixes)") || strings.Contains(text, "atch 2") {
		t.Errorf("one of three: under %s, to %s\n%s", id, cc, text)
	}
	id, cc, text = answered(seriesOf(2, 3), first)
	if id != "0@example.org" || cc != "all@example.org" || !strings.Contains(text, `2/3 "drm/x: fix 2"`) || !strings.Contains(text, "Not proposed: patch 1") {
		t.Errorf("two of three: under %s, to %s\n%s", id, cc, text)
	}
	elsewhere := seriesOf(2)
	elsewhere.Policy.Lists = append(elsewhere.Policy.Lists, ListPolicy{ID: "y.lists", Reply: ReplyAuthor})
	elsewhere.Posts[2].Lists = []string{"y.lists"}
	if id, _, _ = answered(elsewhere, first); id != "0@example.org" {
		t.Errorf("a patch that another list has: under %s", id)
	}
	turned := seriesOf(2)
	turned.Posts[2].Judgement.ReasonClass, turned.Posts[2].Judgement.Reason = verdict.Declined, "declined by a maintainer"
	turned.Posts[2].Judgement.Verdict = verdict.DKMSOnly
	turned.Told = []flow.Action{{Key: "k", Line: "1 patch stable-eligible", Told: map[string]string{"2@example.org": "stable-eligible"}}}
	a, quiet, err := turned.correction(turned.Posts[0].Message, turned.list(turned.Posts[0]))
	if err != nil || a == nil {
		t.Fatalf("%q, %v", quiet, err)
	}
	m, err := mail.Parse(a.Message)
	if err != nil || !slices.Contains(m.References, "2@example.org") || len(m.Cc) != 1 || m.Cc[0].Address != "rr@example.org" {
		t.Errorf("a correction: %v, %+v", err, m)
	}
}
