package store

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/store/storetest"
	"github.com/stablebot/stablebot/rules/verdict"
)

// lived is a store with some of everything.
func lived(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range []string{"1@x", "2-bob@example.org", "latin\xe4@x"} {
		m := storetest.Mail(id)
		if i == 1 {
			m.Sender = "bob@example.org"
		}
		_, err := s.Keep(ctx, m, flow.Cursor{Key: "a", Value: id})
		must(err)
		ser := flow.Series{Key: id, Sender: m.Sender, Title: "drm: " + id, Version: 1, Of: 1, List: m.List, First: m.Received, Due: m.Received}
		must(s.File(ctx, flow.Filing{ID: id, Kind: flow.KindPatch, Series: &ser, Adds: &flow.Member{ID: id, N: 1, Title: ser.Title}}))
		ser.Revision = 1
		j := storetest.Judgement(id, verdict.StableEligible)
		j.SeriesKey = id
		if i == 1 {
			j.Author = "Bob Example <Bob@example.org>"
			j.Rules[0].Reason = "reviewed by Bob Example"
		}
		ok, err := s.Settle(ctx, flow.Settlement{Series: ser, At: m.Received, Judged: []flow.Judged{j},
			Actions: []flow.Action{storetest.Action(flow.ActionKey(id, flow.CauseFirst), id, m.Received)}})
		must(err)
		if !ok {
			t.Fatal("not settled")
		}
	}
	must(s.AddNote(ctx, Note{About: "1@x", Who: "eve@example.org", Body: "a word", At: storetest.T0}))
	must(s.KeepCommit(ctx, flow.Waiting{ID: strings.Repeat("a", 40), At: storetest.T0, Body: []byte{0, 1, 2}}, flow.Cursor{Key: "git", Value: "tip"}))
	must(s.Healthy(ctx, "source.a", storetest.T0, nil))
	must(s.OptOut(ctx, "bob@example.org", "by mail"))
}

// TestCopy: everything is there on the other side, and works there.
func TestCopy(t *testing.T) {
	server := peers.NewPostgres(t)
	from, to := open(t, filepath.Join(t.TempDir(), "s.db")), open(t, server.Database())
	lived(t, from)
	done, err := Copy(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	rows := int64(0)
	for _, d := range done {
		rows += d.Rows
	}
	if rows < 20 {
		t.Errorf("%d rows in %d tables", rows, len(done))
	}
	for _, id := range []string{"1@x", "2-bob@example.org"} {
		want, err := from.Explain(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := to.Explain(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-sqlite +postgres):\n%s", id, d)
		}
	}
	if fresh, err := to.Keep(t.Context(), storetest.Mail("later@x"), flow.Cursor{}); !fresh || err != nil {
		t.Errorf("a mail after the copy: %v, %v", fresh, err)
	}
	if err := to.AddNote(t.Context(), Note{About: "1@x"}); err != nil {
		t.Error(err)
	}
	if _, err := Copy(t.Context(), from, to); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a second copy: %v", err)
	}
}

// TestForget: afterwards nothing anywhere in the store names the person, but
// the opt-out and what others wrote.
func TestForget(t *testing.T) {
	for name, where := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "s.db") },
		"postgres": func(t *testing.T) string { return peers.NewPostgres(t).Database() },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, where(t))
			lived(t, s)
			for _, list := range []string{"DRM.Example.Org", "drm.example.org", "other.example.org"} {
				var want int
				if err := s.read.QueryRowContext(t.Context(), "select count(*) from mail_list where lower(list) = lower(?)", list).Scan(&want); err != nil {
					t.Fatal(err)
				}
				n := 0
				for _, err := range s.Past(t.Context(), list, time.Time{}, time.Time{}) {
					if n++; err != nil {
						t.Fatal(err)
					}
				}
				if got, err := s.MailsOf(t.Context(), list); got != want || n != want || err != nil {
					t.Errorf("%s: %d mails, %d of the past, want %d, %v", list, got, n, want, err)
				}
			}
			heard := flow.Standing{Branch: "6.1", Title: "w", Stand: flow.StandQueued, Voice: flow.VoiceHeard, Who: "greg@example.org", Mail: "n9@example.org", At: storetest.T0}
			said := []flow.Standing{
				{Branch: "6.1", Commit: "1a2b3c4d5e6f", Title: "x", Stand: flow.StandDeclined, Voice: flow.VoiceWord, Who: "Bob B <Bob@example.org>", Why: "bob has no board", At: storetest.T0},
				{Branch: "6.1", Title: "y", Stand: flow.StandQueued, Voice: flow.VoiceHeard, Who: "bob@example.org", How: "DKIM of example.org", Proven: true, Mail: "9-bob@example.org", At: storetest.T0},
				{Branch: "6.1", Commit: "1a2b3c4d5e6f", Title: "x", Stand: flow.StandDeclined, Voice: flow.VoiceTrees, Why: "no board (Bob B <bob@example.org>, 2026-01-02)", At: storetest.T0},
				{Branch: "6.1", Commit: "2a2b3c4d5e6f", Title: "z", Stand: flow.StandDeclined, Voice: flow.VoiceWord, Who: "Ann <ann@example.org>", Why: "not here", At: storetest.T0}, heard}
			if err := errors.Join(s.Stand(t.Context(), said), s.SaveLacking(t.Context(), flow.Lacking{Branch: "6.1", Rows: []flow.Lack{{Why: "bob"}}})); err != nil {
				t.Fatal(err)
			}
			f, err := s.Forget(t.Context(), "Bob@Example.org")
			if err != nil || f != (Forgotten{1, 1, 1, 3}) {
				t.Fatalf("forgotten: %+v, %v", f, err)
			}
			if _, err := s.Explain(t.Context(), "2-bob@example.org"); !errors.Is(err, ErrNone) {
				t.Errorf("it is still known: %v", err)
			}
			js, err := s.Judgements(t.Context(), Filter{})
			if err != nil || len(js) != 3 {
				t.Fatalf("%d judgements, %v; the figures are to stay", len(js), err)
			}
			for _, q := range []string{"select count(*) from mail where id like ? or sender like ?",
				"select count(*) from series where key like ? or sender like ?", "select count(*) from action where key like ? or series_key like ?",
				"select count(*) from judgement where lower(body) like ? or lower(change_id || series_key || author) like ?",
				"select count(*) from standing where lower(who || why) like ? or mail_id like ?", "select count(*) from lacking where branch like ? or body like ?",
				"select count(*) from listed where author like ? or title || rest || change_id like ?"} {
				var n int
				if err := s.read.QueryRowContext(t.Context(), q, "%bob%", "%bob%").Scan(&n); err != nil || n != 0 {
					t.Errorf("%s: %d, %v", q, n, err)
				}
			}
			if out, err := s.OptedOut(t.Context(), []string{"bob@example.org"}); !out["bob@example.org"] || err != nil {
				t.Errorf("the opt-out: %v, %v", out, err)
			}
			if f, err := s.ForgetBefore(t.Context(), storetest.T0); err != nil || f != (Forgotten{}) {
				t.Errorf("nothing is older: %+v, %v", f, err)
			}
			if f, err := s.ForgetBefore(t.Context(), storetest.T0.Add(time.Hour)); err != nil || f != (Forgotten{2, 2, 2, 2}) {
				t.Errorf("by age: %+v, %v", f, err)
			}
			// Read again, it is there already, and nobody is named anew.
			heard.Proven = true
			if err := s.Stand(t.Context(), []flow.Standing{heard}); err != nil {
				t.Fatal(err)
			}
			left, err := s.Standings(t.Context(), "6.1")
			if err != nil || len(left) != 5 || left[4].Who != "" || left[0].Stand != flow.StandDeclined || left[3].Who != "" || left[3].Why != "not here" {
				t.Errorf("what was said is to stay: %+v, %v", left, err)
			}
		})
	}
}
