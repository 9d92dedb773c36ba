package preview_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/preview"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

const list = "drm.lists.example.org"

var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// judge calls a patch eligible unless its title says otherwise, and declined
// when the thread says so.
func judge(c *change.Change, s *rules.Series, _ *rules.Tree) verdict.Judgement {
	j := verdict.Judgement{ID: c.ID, Kind: c.Kind, Subject: c.Subject, Author: c.Author.String(), Verdict: verdict.StableEligible, Score: 0.9,
		Reason: "it fixes a hang"}
	if strings.Contains(c.Subject, "cleanup") {
		j.Verdict = verdict.OutOfScope
	}
	if s != nil && len(s.Declined) > 0 {
		j.Verdict, j.ReasonClass = verdict.DKMSOnly, verdict.Declined
	}
	return j
}

func post(at time.Time, id, subject, more string) flow.Item {
	raw := fmt.Sprintf("From: Ada Example <ada@example.org>\nTo: drm@lists.example.org\nSubject: %s\nDate: %s\nMessage-ID: "+
		"<%s@example.org>\n%s\n",
		subject, at.Format(time.RFC1123Z), id, more)
	if !strings.Contains(more, "In-Reply-To") || strings.Contains(subject, "/") {
		raw += "The card hangs.\n\nSigned-off-by: Ada Example <ada@example.org>\n---\ndiff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n@@ -1,2 " +
			"+1,3 @@\n int a;\n+int b;\n int c;\n"
	}
	return flow.Item{Source: "past", List: list, Received: at, Mail: []byte(strings.ReplaceAll(raw, "\n", "\r\n"))}
}

// by is a mail of somebody else.
func by(address string, i flow.Item) flow.Item {
	i.Mail = bytes.ReplaceAll(i.Mail, []byte("ada@example.org"), []byte(address))
	return i
}

func seq(items ...flow.Item) iter.Seq2[flow.Item, error] {
	return func(yield func(flow.Item, error) bool) {
		for _, i := range items {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func runs(t *testing.T, p plan.ListPolicy, items ...flow.Item) *preview.Report {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	p.ID = list
	r, err := preview.Run(t.Context(), preview.Options{List: list, Since: monday, Mails: seq(items...), Store: s,
		Bot: run.Options{Judge: judge, Bot: report.Bot{Name: "stablebot", Address: "stablebot@example.com"},
			Policy: plan.Policy{MaxAge: plan.DefaultMaxAge, Trusted: []string{"past"}, Lists: []plan.ListPolicy{p}}},
		OptedOut: func(_ context.Context, who []string) (map[string]bool, error) {
			return map[string]bool{"never@example.org": true}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fates(r *preview.Report) (out []string) {
	for _, x := range r.Replies {
		answers, _, _ := strings.Cut(x.Answers, "@")
		if strings.HasPrefix(answers, "stablebot.") {
			answers = "own"
		}
		out = append(out, fmt.Sprintf("%s %s %s %s", x.At.Format("02 15:04"), x.Fate, answers, x.Cause))
	}
	return out
}

func want(t *testing.T, r *preview.Report, fate ...string) {
	t.Helper()
	if got := strings.Join(fates(r), "\n"); got != strings.Join(fate, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(fate, "\n"))
	}
}

func TestDays(t *testing.T) {
	h := func(n float64) time.Time { return monday.Add(time.Duration(n * float64(time.Hour))) }
	cc := "In-Reply-To: <late-0@example.org>\n"
	r := runs(t, plan.ListPolicy{Reply: plan.ReplyAll, WithoutTrees: true, PerHour: 2, PerDay: 10},
		post(h(-48), "before", "[PATCH] drm: fix one", ""),                              // answered before the time that is shown
		post(h(1), "second", "[PATCH v2] drm: fix one", ""),                             // so this says nothing new
		post(h(2), "a", "[PATCH] drm: fix a", ""),                                       // sent
		post(h(2.1), "b", "[PATCH] drm: fix b", ""),                                     // sent
		post(h(2.2), "c", "[PATCH] drm: fix c", ""),                                     // over the cap: sent when there is room again
		post(h(5), "late-0", "[PATCH 0/2] drm: two", "Cc: never@example.org\n"),         // its second patch never comes
		post(h(5.01), "late-1", "[PATCH 1/2] drm: fix e", cc+"Cc: other@example.org\n"), //
		post(h(26), "clean", "[PATCH] drm: cleanup", ""),                                // silent
		post(h(27), "nak", "Re: [PATCH] drm: fix a",
			"In-Reply-To: <a@example.org>\n\nNAK, this is too risky for stable.\n\nNacked-by: Bob <bob@example.org>\n"),
	)
	want(t, r, "02 12:00 sent a first", "02 12:06 sent b first", "02 15:00 sent c first",
		"02 15:15 sent late-1 first", "03 13:00 sent own correction")
	if r.Mails != 8 || r.Series != 6 || len(r.Days) != 2 || r.Days[0].Sent != 4 || r.Days[0].Held != 0 || r.Days[1].Postings != 1 {
		t.Errorf("%d mails, %d postings, days %+v", r.Mails, r.Series, r.Days)
	}
	if len(r.People) != 1 || r.People[0].N != 5 {
		t.Errorf("people %+v", r.People)
	}
	quiet := fmt.Sprint(r.Quiet)
	for _, why := range []string{"nothing changed since the last answer", "none of its verdicts is answered"} {
		if !strings.Contains(quiet, why) {
			t.Errorf("%q is none of the reasons %s", why, quiet)
		}
	}
	for _, x := range r.Replies {
		if strings.Contains(strings.Join(append(x.To, x.Cc...), " "), "never@") {
			t.Errorf("%s goes to somebody who wants no mail", x.Answers)
		}
		if !strings.Contains(x.Mail, "Date: Mon, 02 Mar 2026") && !strings.Contains(x.Mail, "Date: Tue, 03 Mar 2026") {
			t.Errorf("the mail is not of its day:\n%s", x.Mail)
		}
	}
}

// TestHeld: embargo hours are waited out, approval is shown as such, and what
// a newer version overtakes meanwhile is dropped.
func TestHeld(t *testing.T) {
	night := plan.ListPolicy{Reply: plan.ReplyAuthor, WithoutTrees: true, PerHour: 5, PerDay: 5,
		Quiet: plan.Hours{From: 9 * time.Hour, To: 17 * time.Hour}}
	r := runs(t, night, post(monday, "a", "[PATCH] drm: fix a", ""))
	want(t, r, "02 17:00 sent a first")
	if r.Replies[0].Waited != "7h0m0s" {
		t.Errorf("waited %q", r.Replies[0].Waited)
	}
	approve := plan.ListPolicy{Reply: plan.ReplyAuthor, WithoutTrees: true, PerHour: 5, PerDay: 5, Approve: true}
	r = runs(t, approve, post(monday, "a", "[PATCH] drm: fix a", ""), post(monday.Add(20*time.Hour), "a2", "[PATCH v2] drm: fix a", ""))
	want(t, r, "03 06:00 dropped a first", "03 06:00 approval a2 first")
	r = runs(t, plan.ListPolicy{Reply: plan.ReplyNone, PerHour: 5, PerDay: 5}, post(monday, "a", "[PATCH] drm: fix a", ""))
	want(t, r)
	if len(r.Quiet) != 1 || r.Quiet[0].Why != "the list is muted" {
		t.Errorf("a muted list: %+v", r.Quiet)
	}
}

func TestMerge(t *testing.T) {
	at := func(n int) flow.Item { return flow.Item{Received: monday.Add(time.Duration(n) * time.Hour)} }
	var got []int
	for i, err := range preview.Merge(seq(at(1), at(3), at(9)), seq(at(2), at(3), at(4))) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, int(i.Received.Sub(monday)/time.Hour))
	}
	if fmt.Sprint(got) != "[1 2 3 3 4 9]" {
		t.Errorf("merged: %v", got)
	}
}

// A fix of what was posted too late for the last release is not told, whoever posted that:
// no release has the bug. What is a fix itself goes in at any time, and needs some days.
func TestUnreleased(t *testing.T) {
	h := func(n float64) time.Time { return monday.Add(time.Duration(n * float64(time.Hour))) }
	fix := func(body string) string { return "\n" + body + "\n" }
	r := runs(t, plan.ListPolicy{Reply: plan.ReplyAuthor, WithoutTrees: true, PerHour: 9, PerDay: 9},
		post(h(-48), "rework", "[PATCH] drm: rework the rings, cleanup", ""),
		post(h(1), "a", "[PATCH] drm: fix a", fix(`Fixes: 0123456789ab ("drm: rework the rings, cleanup")`)),
		post(h(2), "b", "[PATCH] drm: fix b", fix(`Fixes: ba9876543210 ("drm: an old one")`)),
		by("ben@example.org", post(h(3), "c", "[PATCH] drm: fix c", fix(`Fixes: 0123456789ab ("drm: rework the rings, cleanup")`))),
		by("ben@example.org", post(h(4), "d", "[PATCH] drm: fix d", fix(`Fixes: 1123456789ab ("drm: fix a")`))),
		by("ben@example.org", post(h(5+24*20), "e", "[PATCH] drm: fix e", fix(`Fixes: 1123456789ab ("drm: fix a")`))))
	want(t, r, "02 12:00 sent b first", "22 15:00 sent e first")
	if quiet := fmt.Sprint(r.Quiet); !strings.Contains(quiet, "perhaps no release has its bug yet") {
		t.Errorf("quiet: %s", quiet)
	}
}

// A later version of a patch has the same culprit where it has another title.
func TestRetitled(t *testing.T) {
	h := func(n float64) time.Time { return monday.Add(time.Duration(n * float64(time.Hour))) }
	const tag = "\nFixes: ba9876543210 (\"drm: an old one\")\n"
	r := runs(t, plan.ListPolicy{Reply: plan.ReplyAuthor, WithoutTrees: true, PerHour: 9, PerDay: 9},
		post(h(1), "a", "[PATCH] drm: fix a hang of the rings", tag),
		post(h(30), "b", "[PATCH v2] drm: do not wait for dead rings", tag),
		post(h(40), "c", "[PATCH] drm: fix another hang", tag))
	want(t, r, "02 11:00 sent a first", "04 02:00 sent c first")
}

// What somebody in the thread has asked for is not said again: a reply may overtake its patch.
func TestAskedBefore(t *testing.T) {
	h := func(n float64) time.Time { return monday.Add(time.Duration(n * float64(time.Hour))) }
	reply := func(text string) flow.Item {
		return by("ben@example.org", post(h(0.95), "a1", "Re: [PATCH] drm: fix a hang of the rings",
			"In-Reply-To: <a@example.org>\nReferences: <a@example.org>\n\n"+text))
	}
	for text, sent := range map[string]bool{
		"Please add Cc: stable@vger.kernel.org to this.": false,
		"> Cc: stable@vger.kernel.org\n\nLooks good.":    true,
	} {
		r := runs(t, plan.ListPolicy{Reply: plan.ReplyAuthor, WithoutTrees: true, PerHour: 9, PerDay: 9},
			reply(text), post(h(1), "a", "[PATCH] drm: fix a hang of the rings", "\nFixes: ba9876543210 (\"drm: an old one\")\n"))
		if got := r.Said > 0; got != sent {
			t.Errorf("%q: sent %v, quiet %v", text, got, r.Quiet)
		}
	}
}

// A title that is spelt otherwise is no other patch, and is not answered twice.
func TestSpelling(t *testing.T) {
	h := func(n float64) time.Time { return monday.Add(time.Duration(n * float64(time.Hour))) }
	r := runs(t, plan.ListPolicy{Reply: plan.ReplyAuthor, WithoutTrees: true, PerHour: 9, PerDay: 9},
		post(h(1), "a", "[PATCH] drm: Fix the crash by re-ordering", ""),
		post(h(30), "b", "[PATCH,v2] drm: fix the crash by reordering", ""))
	want(t, r, "02 11:00 sent a first")
}
