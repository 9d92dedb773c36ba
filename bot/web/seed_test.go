package web

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
	"github.com/stablebot/stablebot/rules/verdict"
)

const patchText = `The queue is freed twice when the reset comes first.

Fixes: 0123456789ab ("drm/demo: add the queue")
Cc: stable@vger.kernel.org
Signed-off-by: Ana Ruiz <ana@example.com>
---
 drivers/gpu/drm/amd/amdgpu/gfx_v12_0.c | 3 +++
 1 file changed, 3 insertions(+)

diff --git a/drivers/gpu/drm/amd/amdgpu/gfx_v12_0.c b/drivers/gpu/drm/amd/amdgpu/gfx_v12_0.c
--- a/drivers/gpu/drm/amd/amdgpu/gfx_v12_0.c
+++ b/drivers/gpu/drm/amd/amdgpu/gfx_v12_0.c
@@ -10,5 +10,8 @@ static void gfx_v12_0_free(struct demo *d)
 {
 	int i;

+	if (!d->queue)
+		return;
+
 	for (i = 0; i < d->n; i++)
 		put(d, i);
`

// patchJudged is a real judgement, with all its findings and contributions.
func patchJudged() verdict.Judgement {
	c, err := change.Parse(change.Input{Kind: change.Mail, ID: "1@example.org",
		Subject: "[PATCH] drm/amdgpu/gfx12: fix a double free of the queue",
		Text:    patchText, Author: change.Person{Name: "Ana Ruiz", Address: "ana@example.com"}, Date: t0})
	if err != nil {
		panic(err) // the text is above
	}
	return verdict.Default().Change(c, nil, nil)
}

// t0 is the morning on which the tests live.
var t0 = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

const (
	eligibleID = "gfx-v2@mail.example.org"
	firstID    = "gfx-v1@mail.example.org"
	dkmsID     = "0123456789abcdef0123456789abcdef01234567"
	noFixID    = "fedcba9876543210fedcba9876543210fedcba98"
	secretID   = "hole@mail.example.org"
	oddID      = "a/b c%2f..?x=<script>@odd.example.org"
	heldKey    = "series-2/first"
	secretKey  = "series-secret/first"
	secretWord = "unpublishedhole"
)

func branchRowOf(name string, state verdict.State, applies verdict.Applies, v verdict.Verdict) verdict.Branch {
	b := verdict.Branch{Branch: rules.Branch{Name: name, State: state, Applies: applies}, Score: .8}
	if v != "" {
		b.Verdict = &v
	}
	return b
}

// seeded is a store with a bit of everything: two versions of a series with a
// reply that waits, a commit with a pile, an embargoed post, an odd id, orders
// and health.
func seeded(t testing.TB, where string) *store.Store {
	t.Helper()
	if where == "" {
		where = filepath.Join(t.TempDir(), "s.db")
	}
	s, err := store.Open(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	post := func(id, key, previous string, version int, private bool, j verdict.Judgement, actions []flow.Action, orders ...flow.Order) {
		raw := []byte("From: Ana Ruiz <ana@example.com>\nTo: patches@lists.example.org\nSubject: [PATCH v2] " + j.Subject + "\nMessage-ID: <" +
			id + ">\nDate: Mon, 2 Mar 2026 09:00:00 +0000\n\n" + patchText)
		_, err := s.Keep(t.Context(), flow.Mail{ID: id, Source: "imap:test/INBOX", List: "patches.lists.example.org", Received: t0, Date: t0,
			Sender: "ana@example.com", Subject: j.Subject, Raw: raw},
			flow.Cursor{Key: "imap:test/INBOX", Value: id})
		must(err)
		ser := flow.Series{Key: key, Sender: "ana@example.com", Title: j.Subject, Version: version, Of: 1, List: "patches.lists.example.org",
			First: t0, Due: t0, Previous: previous, Private: private}
		must(s.File(t.Context(), flow.Filing{ID: id, Kind: flow.KindPatch, Series: &ser, Adds: &flow.Member{ID: id, N: 1, Title: j.Subject},
			Prove: t0}))
		_, err = s.Prove(t.Context(), flow.Proving{ID: id, SeriesKey: key, Orders: orders, At: t0})
		must(err)
		kept, err := s.Series(t.Context(), key)
		must(err)
		j.ID = id
		ok, err := s.Settle(t.Context(), flow.Settlement{Series: *kept, At: t0, Actions: actions,
			Judged: []flow.Judged{{Judgement: j, SeriesKey: key, Source: "imap:test/INBOX", List: "patches.lists.example.org",
				At: t0.Add(time.Duration(version) * time.Minute), Private: private}}})
		must(err)
		if !ok {
			t.Fatal("the series was not settled")
		}
	}
	reply := func(key, series, line string, hold string) flow.Action {
		return flow.Action{Key: key, Kind: "reply", Sink: "outbox", SeriesKey: series, Cause: flow.CauseFirst, List: "patches.lists.example.org",
			Verdict: "stable-eligible", Line: line, Hold: hold, Created: t0,
			Message: []byte("From: stablebot <bot@example.org>\nTo: ana@example.com\nCc: patches@lists.example.org\nSubject: Re: [PATCH] " + line +
				"\nMessage-ID: <r." + series + "@example.org>\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n\nHello,\n\nit looks " + line + ".\n")}
	}
	j := patchJudged()
	post(firstID, "series-1", "", 1, false, j, nil)
	j.Branches = []verdict.Branch{branchRowOf("6.18", "present", "unknown", ""),
		branchRowOf("6.12", "affected", "exact", verdict.StableEligible), branchRowOf("6.6", "affected", "needs-prerequisites",
			verdict.StableEligible)}
	j.Branches[2].Prerequisites, j.Branches[2].PileLines = []string{strings.Repeat("a", 40), strings.Repeat("b", 40)}, 140
	j.Branches[2].Needs = []rules.Need{{Commit: strings.Repeat("a", 40), By: strings.Repeat("b", 40), Why: "defines the ring"},
		{Commit: strings.Repeat("b", 40), Why: "defines the reset"}}
	post(eligibleID, "series-2", "series-1", 2, false, j, []flow.Action{reply(heldKey, "series-2", "stable-eligible for 6.12, 6.6",
		"held: replies wait for approval")},
		flow.Order{Command: command.Command{Verb: "override", Line: "#stablebot override wait for rc3"}, Mail: eligibleID, SeriesKey: "series-2",
			Who: change.Person{Name: "Mai Lund", Address: "mai@example.com"}, At: t0})
	secret := j
	secret.Subject, secret.Author = "drm/amdgpu: "+secretWord, "Sekret <sekret@example.com>"
	secret.Silicon = []silicon.Match{{Name: secretWord + "chip", Driver: secretWord + "driver", State: silicon.Production}}
	secret.Branches = []verdict.Branch{branchRowOf(secretWord+"branch", "affected", "exact", verdict.StableEligible)}
	post(secretID, "series-secret", "", 1, true, secret, []flow.Action{reply(secretKey, "series-secret", secretWord, "held")})
	odd := j
	odd.Subject, odd.Author = `<script>alert("x")</script> & =cmd()`, `"><img src=x onerror=alert(1)> <odd@example.com>`
	odd.Branches = slices.Clone(j.Branches)
	odd.Branches[1].Adapted = &rules.Adaptation{Rung: "context", Proof: []string{"gfx.c: its lines are matched once in gfx_init()"},
		Doubts: []string{"gfx.c: <i>the lock</i> is taken elsewhere"}}
	odd.Branches[1].Builds, odd.Branches[1].BuildWhy = "no", "gfx.c:12: error: 'ring' undeclared"
	odd.Branches[1].BuildWarnings = []string{"gfx.c:14: warning: unused variable"}
	post(oddID, "series-odd", "", 1, false, odd, nil)

	d := patchJudged()
	d.ID, d.Kind, d.Subject, d.Author = dkmsID, change.Commit, "drm/i915: enable the new display", "Bo Lin <bo@example.com>"
	d.Verdict, d.ReasonClass, d.Score, d.Mixed = verdict.DKMSOnly, verdict.TooBig, .12, true
	d.Silicon = []silicon.Match{{Name: "Xe3", Driver: "i915", Kind: "platform", State: silicon.Production},
		{Name: "i915", Driver: "i915", Kind: "driver", State: silicon.Production}}
	d.Branches = []verdict.Branch{branchRowOf("6.18", "affected", "needs-backport", verdict.StableEligible),
		branchRowOf("6.12", "no-base", "unknown", verdict.DKMSOnly)}
	d.Branches[0].Conflicts = []rules.Conflict{{File: "gfx.c", Line: 12, In: "gfx_init()", Commit: strings.Repeat("c", 40),
		Title: "drm/i915: rename the ring", Why: "12 lines, and no fix"}}
	must(s.KeepJudged(t.Context(), flow.Judged{Judgement: d, Source: "git:linux", Branch: "master", At: t0.Add(time.Hour)},
		flow.Cursor{Key: "git:linux", Value: "1"}))
	// No fix: it counts nowhere as missing.
	d.ID, d.Subject, d.Author, d.Verdict, d.ReasonClass = noFixID, "drm/i915: rename the steps", "Bo Lin <bo@example.com>", verdict.OutOfScope,
		""
	must(s.KeepJudged(t.Context(), flow.Judged{Judgement: d, Source: "git:linux", Branch: "master", At: t0.Add(-time.Hour)},
		flow.Cursor{Key: "git:linux", Value: "2"}))
	must(s.Stand(t.Context(), []flow.Standing{{Branch: "6.12", Commit: strings.Repeat("3c", 20), Title: "drm/amdgpu: free the ring once",
		Stand: flow.StandQueued, Voice: flow.VoiceHeard,
		Why: "added to the queue", Who: "greg@example.org", Mail: "n@example.org", At: t0}}))
	must(s.SaveLacking(t.Context(), lacked()))
	for _, c := range []string{"pipeline", "source.imap:test/INBOX", "sink.outbox"} {
		must(s.Healthy(t.Context(), c, t0.Add(2*time.Hour), nil))
	}
	return s
}

// serverOf is a server over s, at a quarter past twelve.
func serverOf(t testing.TB, s *store.Store, change func(*Options)) *Server {
	t.Helper()
	o := Options{Reader: s, Decider: s, Standings: s, Access: Access{Loopback: true}, Version: "1.2.3",
		Now: func() time.Time { return t0.Add(135 * time.Minute) }}
	if change != nil {
		change(&o)
	}
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(t testing.TB, h http.Handler, url string, head ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	r.Host = "localhost:8078"
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// lacked is what 6.12 lacks: a bit of everything that a row can show.
func lacked() flow.Lacking {
	row := func(id, title string, state flow.Stand, worth float64) flow.Lack {
		return flow.Lack{Branch: "6.12", Commit: strings.Repeat(id, 20), Title: title, Date: "2026-01-31", Release: "6.18", State: state,
			Worth: worth, Driver: "amdgpu", Applies: "exact"}
	}
	l := flow.Lacking{Branch: "6.12", Release: "6.12.40", Tip: strings.Repeat("a", 40), AsOf: t0, Looked: 90, Failed: 1,
		Since: t0.Add(-24 * time.Hour), Rows: []flow.Lack{
			row("1a", "drm/amdgpu: fix a hang after a reset of the ring", flow.StandOpen, .91),
			row("2b", "drm/amdgpu: wait for the fence before the table is given back", flow.StandBackport, .66),
			row("3c", "drm/amdgpu: free the ring once", flow.StandOpen, .5),
			row("4d", "drm/i915: a log line says which engine", flow.StandBelowBar, .05),
			row("5e", "drm/i915: <b>no</b> such pipe", flow.StandUncertain, .3)}}
	l.Rows[0].New, l.Rows[0].CVE, l.Rows[0].Next = true, []string{"CVE-2026-12345"},
		"stablebot export --trees /srv/linux --stable 6.12 1a1a1a1a1a1a"
	l.Rows[0].Culprits = []flow.TakenCulprit{{Commit: strings.Repeat("9", 40), By: "began with it"}}
	l.Rows[1].InWay = []flow.InWay{{Commit: strings.Repeat("c", 40), Title: "drm/amdgpu: rename the table"}}
	l.Rows[1].Doubt, l.Rows[1].Was = "it names no culprit; the lines that it mends are in 6.12", flow.StandUnknown
	l.Rows[3].Driver, l.Rows[4].Driver = "i915", "i915"
	return l
}
