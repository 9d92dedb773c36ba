package digest_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/digest"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// monday is the hour at which the digests of these tests are sent.
var monday = time.Date(2026, 3, 9, 6, 0, 0, 0, time.UTC)

func TestLast(t *testing.T) {
	for _, c := range []struct {
		every    digest.Every
		now      string
		from, to string
	}{
		{digest.Every{Day: time.Monday, Hour: 6}, "2026-03-09T06:00:00Z", "2026-03-02T06", "2026-03-09T06"},
		{digest.Every{Day: time.Monday, Hour: 6}, "2026-03-09T05:59:00Z", "2026-02-23T06", "2026-03-02T06"},
		{digest.Every{Day: time.Monday, Hour: 6}, "2026-03-15T23:00:00Z", "2026-03-02T06", "2026-03-09T06"},
		{digest.Every{Day: time.Sunday}, "2026-03-11T00:00:00Z", "2026-03-01T00", "2026-03-08T00"},
		{digest.Every{Daily: true, Hour: 20}, "2026-03-11T19:00:00Z", "2026-03-09T20", "2026-03-10T20"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		p := c.every.Last(now)
		if from, to := p.From.Format("2006-01-02T15"), p.To.Format("2006-01-02T15"); from != c.from || to != c.to {
			t.Errorf("at %s: %s to %s, want %s to %s", c.now, from, to, c.from, c.to)
		}
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	// The clocks change on 29 March 2026: the hour stays that of the wall.
	p := digest.Every{Daily: true, Hour: 6, Zone: berlin}.Last(time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC))
	if p.From.Hour() != 6 || p.To.Hour() != 6 || p.To.Sub(p.From) != 23*time.Hour {
		t.Errorf("over the change of clocks: %v to %v", p.From, p.To)
	}
}

func TestDays(t *testing.T) {
	for want, p := range map[string]digest.Period{
		"2 March to 8 March 2026": {From: monday.Add(-7*24*time.Hour - 6*time.Hour), To: monday.Add(-6 * time.Hour)},
		"9 March 2026":            {From: monday, To: monday.Add(time.Hour)},
	} {
		if got := p.Days(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func some(n int, known bool) digest.Gather {
	return func(context.Context, digest.Scope, digest.Period) ([]digest.Section, error) {
		s := digest.Section{Title: "Fixes", Do: "Look.", Known: known, More: "/changes?x=1"}
		for range n {
			s.Rows = append(s.Rows, digest.Row{ID: "1a2b", Title: "drm/x: fix a hang\nSigned-off-by: evil", Why: "it hangs",
				Next: "stablebot explain 1a2b", URL: "/changes/1a2b"})
		}
		return []digest.Section{s, {Title: "Nothing"}}, nil
	}
}

func openStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestAnnounced: a period is mailed once, whatever is repeated; the first run begins a
// period and says nothing; what is not new is not sent.
func TestAnnounced(t *testing.T) {
	s := openStore(t)
	now := monday
	spec := digest.Spec{Name: "x", To: []string{"owner@example.org", "never@example.org"}, Every: digest.Every{Day: time.Monday, Hour: 6},
		Gather: some(2, false), Sink: "outbox"}
	a := &digest.Announcer{Journal: s, Specs: []digest.Spec{spec}, OptOut: []string{"NEVER@example.org"}, Now: func() time.Time { return now },
		Bot: report.Bot{Name: "bot", Address: "bot@example.com", Contact: "admin@example.com"}}
	planned := func() []flow.Action {
		t.Helper()
		if err := a.Due(t.Context()); err != nil {
			t.Fatal(err)
		}
		out, err := s.Planned(t.Context(), "outbox", now.Add(time.Hour), 10)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := planned(); len(got) != 0 {
		t.Fatalf("the first period was not begun by this bot: %v", got)
	}
	now = monday.Add(7 * 24 * time.Hour)
	got := planned()
	if again := planned(); len(got) != 1 || len(again) != 1 {
		t.Fatalf("%d mails planned, then %d", len(got), len(again))
	}
	m := string(got[0].Message)
	for _, want := range []string{"To: <owner@example.org>\r\n", "Auto-Submitted: auto-generated", "Precedence: bulk", "2 things need you",
		"drm/x: fix a hang", "write to admin@example.com"} {
		if !strings.Contains(m, want) {
			t.Errorf("%q is not in\n%s", want, m)
		}
	}
	if strings.Contains(m, "\nSigned-off-by") || strings.Contains(m, "never@") || got[0].Kind != flow.ActionDigest ||
		got[0].List != "digest:x" {
		t.Errorf("%+v\n%s", got[0], m)
	}
	now = now.Add(7 * 24 * time.Hour)
	a.Specs[0].Gather = some(2, true)
	if got := planned(); len(got) != 1 {
		t.Errorf("what only still waits was mailed: %d", len(got))
	}
	was := now
	now = now.Add(3 * 7 * 24 * time.Hour)
	a.Specs[0].Gather = func(_ context.Context, _ digest.Scope, p digest.Period) ([]digest.Section, error) {
		if p.From.After(was) {
			t.Errorf("after two periods without the bot the digest begins at %s, the last was made at %s", p.From, was)
		}
		return nil, nil
	}
	planned()
	now = now.Add(7 * 24 * time.Hour)
	a.Specs[0].Gather = func(context.Context, digest.Scope, digest.Period) ([]digest.Section, error) {
		return nil, errors.New("no")
	}
	if err := a.Due(t.Context()); err == nil || !strings.Contains(err.Error(), "the digest x") {
		t.Errorf("a digest that cannot be made: %v", err)
	}
	a.Specs[0].Gather = some(1, false)
	a.Approve = func(string) string { return "it waits" }
	if got := planned(); len(got) != 1 { // the failure cost nothing: it is planned now, and held
		t.Errorf("%d are planned", len(got))
	}
	held, err := s.Actions(t.Context(), flow.StateHeld, 10)
	if err != nil || len(held) != 1 || held[0].Problem != "it waits" {
		t.Errorf("held: %+v, %v", held, err)
	}
}

func judged(id, title string, v verdict.Verdict, at, posted time.Time) flow.Judged {
	return flow.Judged{List: "x.lists", Source: "a", At: at, Judgement: verdict.Judgement{ID: id, Kind: change.Mail, Subject: title,
		Author: "Ada <ada@example.org>",
		Date:   posted.Format(time.RFC3339), Verdict: v, Score: 0.7}}
}

// TestNews: what was judged in the period, by verdict; what was posted long before, and
// what another list brought, is not in it.
func TestNews(t *testing.T) {
	s := openStore(t)
	p := digest.Period{From: monday.Add(-7 * 24 * time.Hour), To: monday}
	in, before := monday.Add(-time.Hour), p.From.Add(-time.Hour)
	for _, j := range []flow.Judged{
		judged("a@x", "drm/x: fix a", verdict.StableEligible, in, in),
		judged("b@x", "drm/x: fix b", verdict.Uncertain, in, in),
		judged("old@x", "drm/x: fix old", verdict.StableEligible, in, in.AddDate(-1, 0, 0)), // of a backfill
		judged("was@x", "drm/x: fix was", verdict.StableEligible, before, before),
		judged("n@x", "drm/x: no fix", verdict.OutOfScope, in, in),
	} {
		if err := s.KeepJudged(t.Context(), j, flow.Cursor{}); err != nil {
			t.Fatal(err)
		}
	}
	lack := flow.Lacking{Branch: "6.12", AsOf: in, Rows: []flow.Lack{
		{Commit: "c1", Title: "drm/y: new there", State: flow.StandOpen, New: true, Driver: "y"},
		{Commit: "c2", Title: "drm/y: known", State: flow.StandOpen, Driver: "y"}}}
	if err := s.SaveLacking(t.Context(), lack); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		of       digest.Scope
		has, not []string
	}{
		{digest.Scope{List: "x.lists"}, []string{"fix a", "fix b"}, []string{"fix old", "fix was", "no fix", "new there"}},
		{digest.Scope{List: "y.lists"}, nil, []string{"fix a", "fix b"}},
		{digest.Scope{Driver: "y"}, []string{"new there"}, []string{"fix a", "known"}},
		{digest.Scope{}, []string{"fix a", "new there"}, []string{"known"}},
	} {
		d, err := digest.Make(t.Context(), "x", c.of, p, digest.News(s))
		if err != nil {
			t.Fatal(err)
		}
		var page bytes.Buffer
		if err := d.HTML(&page, "https://bot.example.org/"); err != nil {
			t.Fatal(err)
		}
		for _, out := range []string{d.Text(""), page.String()} {
			for _, w := range c.has {
				if !strings.Contains(out, w) {
					t.Errorf("%+v: %q is not in\n%s", c.of, w, out)
				}
			}
			for _, w := range c.not {
				if strings.Contains(out, w) {
					t.Errorf("%+v: %q is in\n%s", c.of, w, out)
				}
			}
		}
		if d.New() != (len(c.has) > 0) {
			t.Errorf("%+v: new is %v", c.of, d.New())
		}
	}
}

// TestText: lines fit, links stand where readers reach the pages, and the command where
// they do not.
func TestText(t *testing.T) {
	d, err := digest.Make(t.Context(), "x", digest.Scope{Driver: "x"}, digest.Period{From: monday, To: monday.Add(time.Hour)}, some(1, false))
	if err != nil {
		t.Fatal(err)
	}
	d.Sections[0].Total = 5
	for pages, want := range map[string]string{
		"": "x, 9 March 2026: 5 things need you.\n\nFixes (5)\nLook.\n\n  drm/x: fix a hang Signed-off-by: evil\n      it " +
			"hangs\n      stablebot explain 1a2b\n  and 4 more\n",
		"https://b.example/p": "      https://b.example/p/changes/1a2b\n  and 4 more: https://b.example/p/changes?x=1\n",
	} {
		if got := d.Text(pages); !strings.HasSuffix(got, want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	var b bytes.Buffer
	if err := digest.Mbox(&b, "bot@example.com", monday, []byte("A: b\r\n\r\nFrom here\r\n>From there\r\n")); err != nil {
		t.Fatal(err)
	}
	if want := "From bot@example.com Mon Mar  9 06:00:00 2026\nA: b\n\n>From here\n>>From there\n\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
