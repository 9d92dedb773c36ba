package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store/storetest"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// TestCommitInPulls: a SHA finds the judgement that everybody may see, whoever else has
// the commit in a pull request of a private repository; what is done there is shown to
// nobody, judged or not.
func TestCommitInPulls(t *testing.T) {
	onBoth(t, func(t *testing.T, where string) {
		s, ctx := open(t, where), t.Context()
		sha, other := strings.Repeat("0123456789", 4), "0123456"+strings.Repeat("f", 33)
		settle := func(repo, sha string, v verdict.Verdict, private bool) string {
			t.Helper()
			if _, err := s.NotePulls(ctx, []flow.PullNote{{Source: "gh", Repo: repo, Number: 1, At: storetest.T0}}); err != nil {
				t.Fatal(err)
			}
			key := flow.PullKey("gh", repo, 1)
			p, err := s.PullOf(ctx, key)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.SavePull(ctx, flow.Fetched{Key: key, Revision: p.Revision, At: storetest.T0, Body: []byte("fetched")}); err != nil {
				t.Fatal(err)
			}
			d := flow.PullSettlement{Pull: *p, Private: private, At: storetest.T0, Actions: []flow.Action{{Key: flow.ActionKey(key, "check"),
				Kind: flow.ActionCheck, Sink: "gh", SeriesKey: key, List: repo, Message: []byte("{}"), Created: storetest.T0}}}
			if sha != "" {
				d.Judged = []flow.Judged{{Judgement: verdict.Judgement{ID: sha, Kind: change.Commit, Verdict: v}, Source: "gh", SeriesKey: key,
					List: repo, At: storetest.T0, Private: private}}
			}
			if ok, err := s.SettlePull(ctx, d); err != nil || !ok {
				t.Fatal(ok, err)
			}
			return flow.InPull(sha, key)
		}
		secret := settle("o/secret", sha, verdict.Wait, true)
		if _, err := s.Show(ctx, sha); !errors.Is(err, ErrNone) {
			t.Errorf("what is private alone: %v", err)
		}
		public := settle("o/public", sha, verdict.DKMSOnly, false)
		settle("o/unjudged", "", "", true)
		for _, id := range []string{sha, sha[:12], public} {
			c, err := s.Show(ctx, id)
			if err != nil || c.Judged.ID != public || c.Judged.Verdict != verdict.DKMSOnly {
				t.Errorf("%s: %+v, %v", id, c, err)
			}
		}
		if _, err := s.Show(ctx, secret); !errors.Is(err, ErrNone) {
			t.Errorf("the private one: %v", err)
		}
		shown, err := s.PublicActions(ctx, []flow.ActionState{flow.StatePlanned}, 10)
		if err != nil || len(shown) != 1 || shown[0].List != "o/public" {
			t.Errorf("everybody sees %+v, %v", shown, err)
		}
		alone := flow.Judged{Judgement: verdict.Judgement{ID: sha, Kind: change.Commit, Verdict: verdict.StableEligible}, Source: "linux", At: storetest.T0.Add(-time.Hour)}
		if err := s.KeepJudged(ctx, alone, flow.Cursor{}); err != nil {
			t.Fatal(err)
		}
		if c, err := s.Show(ctx, sha[:7]); err != nil || c.Judged.ID != sha {
			t.Errorf("by itself: %+v, %v", c, err)
		}
		settle("o/other", other, verdict.Wait, false)
		if _, err := s.Show(ctx, sha[:7]); err == nil || !strings.Contains(err.Error(), "more than one commit") {
			t.Errorf("two commits: %v", err)
		}
	})
}
