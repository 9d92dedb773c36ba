package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/store/storetest"
	"github.com/stablebot/stablebot/rules/verdict"
)

// pragma runs a statement on the writing connection, outside a transaction.
func pragma(s *Store, q string) error {
	st, err := s.write.stmt(context.Background(), q)
	if err == nil {
		_, err = st.Exec()
	}
	return err
}

func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		conform(t, func(t *testing.T) string { return filepath.Join(t.TempDir(), "s.db") })
	})
	t.Run("postgres", func(t *testing.T) {
		server := peers.NewPostgres(t)
		conform(t, func(*testing.T) string { return server.Database() })
	})
}

func conform(t *testing.T, where func(*testing.T) string) {
	at := map[flow.Journal]string{}
	open := func(t *testing.T, where string) flow.Journal {
		s := open(t, where)
		at[s] = where
		return s
	}
	storetest.Run(t,
		func(t *testing.T) flow.Journal { return open(t, where(t)) },
		func(t *testing.T, j flow.Journal) flow.Journal { return open(t, at[j]) })
}

// TestOddPath: a path is a path, whatever a URL would make of it.
func TestOddPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c=d#e%20", "s&t.db")
	open(t, path)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	s := open(t, path)
	other, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	c, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecContext(t.Context(), "begin immediate"); err != nil {
		t.Fatal(err)
	}
	if err := pragma(s, "pragma busy_timeout = 20"); err != nil {
		t.Fatal(err)
	}
	_, err = s.Keep(t.Context(), storetest.Mail("1@x"), flow.Cursor{})
	if !errors.Is(err, ErrLocked) || !errors.Is(err, flow.ErrTemporary) || !strings.Contains(err.Error(), "fuser") {
		t.Fatalf("error is %v", err)
	}
	if _, err := s.Unfiled(t.Context(), 1); err != nil {
		t.Errorf("reading while another writes: %v", err)
	}
	if _, err := c.ExecContext(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	if fresh, err := s.Keep(t.Context(), storetest.Mail("1@x"), flow.Cursor{}); !fresh || err != nil {
		t.Errorf("unlocked: %v, %v", fresh, err)
	}
}

// fill keeps mails that do not compress until the store refuses.
func fill(t *testing.T, s *Store) error {
	for i := range 400 {
		m := storetest.Mail(fmt.Sprint(i, "@x"))
		m.Raw = make([]byte, 16<<10)
		for j := range m.Raw {
			m.Raw[j] = byte(j*j>>3 ^ i*7)
		}
		fresh, err := s.Keep(t.Context(), m, flow.Cursor{Key: "a", Value: fmt.Sprint(i)})
		if err != nil {
			// Neither the mail nor its cursor is there.
			if v, _ := s.Cursor(t.Context(), "a"); v != fmt.Sprint(i-1) {
				t.Errorf("the cursor is at %q after mail %d failed", v, i)
			}
			return err
		}
		if !fresh {
			t.Fatal("not fresh")
		}
	}
	return nil
}

func TestFull(t *testing.T) {
	check := func(t *testing.T, err error) {
		t.Helper()
		if !errors.Is(err, ErrFull) || !errors.Is(err, flow.ErrTemporary) || !strings.Contains(err.Error(), "free some") {
			t.Errorf("error is %v", err)
		}
	}
	t.Run("pages", func(t *testing.T) {
		s := open(t, filepath.Join(t.TempDir(), "s.db"))
		if err := pragma(s, "pragma max_page_count = 120"); err != nil {
			t.Fatal(err)
		}
		check(t, fill(t, s))
		if err := pragma(s, "pragma max_page_count = 100000"); err != nil {
			t.Fatal(err)
		}
		if err := fill2(t, s); err != nil {
			t.Errorf("with room again: %v", err)
		}
	})
	t.Run("disk", func(t *testing.T) {
		dir := t.TempDir()
		if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", dir).CombinedOutput(); err != nil {
			t.Skipf("needs root to mount a tmpfs (sudo go test ./bot/store): %s", out)
		}
		t.Cleanup(func() {
			if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
				t.Errorf("umount: %s", out)
			}
		})
		ballast := filepath.Join(dir, "ballast")
		if err := os.WriteFile(ballast, make([]byte, 900<<10), 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, filepath.Join(dir, "s.db"))
		check(t, fill(t, s))
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		if err := fill2(t, s); err != nil {
			t.Errorf("with room again: %v", err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func fill2(t *testing.T, s *Store) error {
	_, err := s.Keep(t.Context(), storetest.Mail("after@x"), flow.Cursor{Key: "a", Value: "after"})
	return err
}

func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("not a database. ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), garbage)
	if !errors.Is(err, ErrDamaged) || errors.Is(err, flow.ErrTemporary) || !strings.Contains(err.Error(), ".recover") {
		t.Errorf("garbage: %v", err)
	}
	path := filepath.Join(dir, "s.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(t, s); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for page := range int64(8) {
		if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 4096)), (20+page*3)*4096); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	ro, err := OpenReadOnly(t.Context(), path)
	if err == nil {
		defer func() { _ = ro.Close() }()
		err = ro.Check(t.Context())
	}
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("check of a damaged file: %v", err)
	}
}

func TestVersions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	if _, err := OpenReadOnly(t.Context(), path); err == nil || !strings.Contains(err.Error(), "stablebot run") {
		t.Errorf("no store yet: %v", err)
	}
	s := open(t, path)
	if err := pragma(s, "insert into goose_db_version (version_id, is_applied) values (99, 1)"); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(context.Context, string) (*Store, error){"Open": Open, "OpenReadOnly": OpenReadOnly} {
		if _, err := f(t.Context(), path); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "schema 99") {
			t.Errorf("%s of a newer schema: %v", name, err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	s := open(t, path)
	if err := s.KeepJudged(t.Context(), storetest.Judgement("1@x", verdict.DKMSOnly), flow.Cursor{}); err != nil {
		t.Fatal(err)
	}
	ro, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ro.Close() }()
	if c, err := ro.Explain(t.Context(), "<1@x>"); err != nil || c.Judged.Verdict != verdict.DKMSOnly {
		t.Errorf("explain: %+v, %v", c, err)
	}
	if _, err := ro.Keep(t.Context(), storetest.Mail("2@x"), flow.Cursor{}); err == nil {
		t.Error("a read-only store was written to")
	}
}

func TestExplainAndFilter(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "s.db"))
	ctx := t.Context()
	const sha = "0123456789abcdef0123456789abcdef01234567"
	private := storetest.Judgement("p@x", verdict.StableEligible)
	private.Private = true
	for _, j := range []flow.Judged{storetest.Judgement("1@x", verdict.DKMSOnly), storetest.Judgement(sha, verdict.NotNeeded), private} {
		if j.ID == sha {
			j.Kind = "commit"
		}
		if err := s.KeepJudged(ctx, j, flow.Cursor{}); err != nil {
			t.Fatal(err)
		}
	}
	if c, err := s.Explain(ctx, sha[:12]); err != nil || c.Judged.ID != sha {
		t.Errorf("explain by prefix: %+v, %v", c, err)
	}
	if _, err := s.Explain(ctx, "nobody@x"); !errors.Is(err, ErrNone) {
		t.Errorf("explain of nothing: %v", err)
	}
	if err := s.AddNote(ctx, Note{About: "1@x", Who: "eve@example.org", Body: "a human's word", At: storetest.T0}); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Explain(ctx, "1@x"); err != nil || len(c.Notes) != 1 || c.Judged.Rules[0].ID != "size" {
		t.Errorf("explain: %+v, %v", c, err)
	}
	for _, c := range []struct {
		f    Filter
		want int
	}{
		{Filter{}, 2},
		{Filter{Private: true}, 3},
		{Filter{Since: storetest.T0.Add(time.Millisecond)}, 0},
		{Filter{Until: storetest.T0.Add(time.Second), Limit: 1}, 1},
	} {
		if got, err := s.Judgements(ctx, c.f); len(got) != c.want || err != nil {
			t.Errorf("%+v: %d, %v; want %d", c.f, len(got), err, c.want)
		}
	}
}

func TestHealthAndOptOut(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "s.db"))
	ctx := t.Context()
	for i, problem := range []error{nil, errors.New("refused"), errors.New("refused"), nil, errors.New("gone")} {
		if err := s.Healthy(ctx, "source.imap", storetest.T0.Add(time.Second), problem); err != nil {
			t.Fatal(i, err)
		}
	}
	h, err := s.Health(ctx)
	if err != nil || len(h) != 1 || h[0].Failures != 1 || h[0].Problem != "gone" || h[0].OK.IsZero() {
		t.Errorf("health: %+v, %v", h, err)
	}
	if err := s.OptOut(ctx, "ada@example.org", "by mail"); err != nil {
		t.Fatal(err)
	}
	if out, err := s.OptedOut(ctx, []string{"ada@example.org", "bob@example.org"}); err != nil || !out["ada@example.org"] || out["bob@example.org"] {
		t.Errorf("opted out: %v, %v", out, err)
	}
	if err := s.OptIn(ctx, "ada@example.org"); err != nil {
		t.Fatal(err)
	}
	if out, _ := s.OptedOut(ctx, []string{"ada@example.org"}); len(out) != 0 {
		t.Error("still opted out")
	}
	c, err := s.Counts(ctx)
	if err != nil || c.Mails != 0 {
		t.Errorf("counts: %+v, %v", c, err)
	}
}

// BenchmarkJudged writes judgements of commits, a transaction each. With
// STABLEBOT_MEASURE_STORE=FILE it adds them to those of a store, such as the one
// with a million that TestMeasurePages of bot/web keeps.
func BenchmarkJudged(b *testing.B) {
	path := os.Getenv("STABLEBOT_MEASURE_STORE")
	if path == "" {
		path = filepath.Join(b.TempDir(), "s.db")
	}
	s := open(b, path)
	for b.Loop() {
		id := fmt.Sprintf("%016x%016x%08x", rand.Uint64(), rand.Uint64(), rand.Uint32())
		if err := s.KeepJudged(context.Background(), storetest.Judgement(id, verdict.StableEligible), flow.Cursor{Key: "git", Value: id}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "changes/s")
}

// BenchmarkSettle takes mails all the way: kept, filed, judged with a planned
// action, a transaction each.
func BenchmarkSettle(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "s.db"))
	ctx := context.Background()
	b.ReportAllocs()
	for i := range b.N {
		key := fmt.Sprintf("%d@example.org", i)
		m := storetest.Mail(key)
		if _, err := s.Keep(ctx, m, flow.Cursor{Key: "a", Value: key}); err != nil {
			b.Fatal(err)
		}
		ser := flow.Series{Key: key, Sender: m.Sender, Title: m.Subject, Version: 1, Of: 1, List: m.List, First: m.Received, Due: m.Received}
		if err := s.File(ctx, flow.Filing{ID: key, Kind: flow.KindPatch, Series: &ser, Adds: &flow.Member{ID: key, N: 1, Title: m.Subject}}); err != nil {
			b.Fatal(err)
		}
		ser.Revision = 1
		ok, err := s.Settle(ctx, flow.Settlement{Series: ser, At: m.Received, Judged: []flow.Judged{storetest.Judgement(key, verdict.StableEligible)},
			Actions: []flow.Action{storetest.Action(key+"/first", key, m.Received)}})
		if !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "changes/s")
}

// BenchmarkBegin begins replies under caps in stores that have done a hundred thousand.
func BenchmarkBegin(b *testing.B) {
	for name, where := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(b.TempDir(), "s.db") },
		"postgres": func() string { return peers.NewPostgres(b).Database() },
	} {
		b.Run(name, func(b *testing.B) {
			s, ctx := open(b, where()), context.Background()
			done(b, s, 100_000)
			for i := range b.N {
				ser := flow.Series{Key: fmt.Sprint("k", i), Sender: "ada@example.org", Version: 1, Of: 1, List: "drm.example.org", First: storetest.T0}
				m := storetest.Mail(ser.Key)
				if _, err := s.Keep(ctx, m, flow.Cursor{}); err != nil {
					b.Fatal(err)
				}
				if err := s.File(ctx, flow.Filing{ID: m.ID, Kind: flow.KindPatch, Series: &ser, Adds: &flow.Member{ID: m.ID, N: 1, Title: "x"}}); err != nil {
					b.Fatal(err)
				}
				ser.Revision = 1
				if ok, err := s.Settle(ctx, flow.Settlement{Series: ser, At: m.Received,
					Actions: []flow.Action{storetest.Action(ser.Key, ser.Key, m.Received)}}); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
			b.ResetTimer()
			for i := range b.N {
				// Each on a day of its own: what is counted is what was done long ago.
				at := storetest.T0.Add(time.Duration(i+1) * 48 * time.Hour)
				if ok, err := s.Begin(ctx, fmt.Sprint("k", i), at, flow.Caps{List: "drm.example.org", PerHour: 10, PerDay: 20, AllPerHour: 30}); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

// done puts in replies that went out long ago.
func done(tb testing.TB, s *Store, n int) {
	tb.Helper()
	err := s.tx(context.Background(), "putting in what was done in", false, func(t *txn) error {
		_, err := t.exec(`insert into action (key, kind, sink, series_key, cause, list, verdict, line, state, created, begun, ended, message)
			with recursive n (i) as (select 1 union all select i + 1 from n where i < ?)
			select 'old' || i, 'reply', 'out', 'old' || i, 'first', 'other' || (i % 50), 'stable-eligible', 'x', 'done', i, i, i, ? from n`, n, []byte("x"))
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// TestSpent: what was sent in a day is found without reading all that was ever sent.
func TestSpent(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "s.db"))
	done(t, s, 5000)
	rows, err := s.read.QueryContext(t.Context(), "explain query plan select "+askedColumns+" where "+sentSince,
		"l", "out", 1, "k")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	ways := ""
	for rows.Next() {
		var id, parent, unused int
		var how string
		if err := rows.Scan(&id, &parent, &unused, &how); err != nil {
			t.Fatal(err)
		}
		ways += how + "\n"
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"action_caps (list=? AND begun>?)", "action_spent (sink=? AND begun>?)"} {
		if !strings.Contains(ways, want) {
			t.Errorf("it does not search by %s:\n%s", want, ways)
		}
	}
}
