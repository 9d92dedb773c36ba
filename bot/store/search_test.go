package store

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/launch"
	"github.com/stablebot/stablebot/bot/store/storetest"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/silicon"
	"github.com/stablebot/stablebot/rules/verdict"
)

func onBoth(t *testing.T, f func(t *testing.T, where string)) {
	t.Run("sqlite", func(t *testing.T) { f(t, filepath.Join(t.TempDir(), "s.db")) })
	t.Run("postgres", func(t *testing.T) { f(t, peers.NewPostgres(t).Database()) })
}

// TestSearch: every way of finding a page (walking, looking up, both) gives the
// same rows as looking at each judgement, page after page, whatever is combined.
func TestSearch(t *testing.T) {
	onBoth(t, func(t *testing.T, where string) {
		s := open(t, where)
		r := rand.New(rand.NewPCG(7, 7))
		js := drawn(r, 400)
		for _, j := range js {
			if err := s.KeepJudged(t.Context(), j, flow.Cursor{}); err != nil {
				t.Fatal(err)
			}
		}
		for range 40 { // some are judged again, and some are embargoed then
			j := &js[r.IntN(len(js))]
			j.Verdict, j.Score, j.At = verdict.Wait, r.Float64(), j.At.Add(time.Hour)
			j.Private = j.Private || r.IntN(4) == 0
			if err := s.KeepJudged(t.Context(), *j, flow.Cursor{}); err != nil {
				t.Fatal(err)
			}
		}
		for _, s.reach = range []reach{{3, 4, 2}, {20, 9, 5}, {60, 60, 400}, {400, 400, 400}} {
			for range 60 {
				q := drawnQuery(r)
				if want, got := byHand(js, q), pages(t, s, q); !slices.Equal(want, got) {
					t.Fatalf("reach %+v, %+v: %d found, %d wanted\n%s", s.reach, q, len(got), len(want), gocmp.Diff(want, got))
				}
			}
		}
	})
}

// TestReplaced: what a newer version replaced is needed by no branch, and can be found.
func TestReplaced(t *testing.T) {
	onBoth(t, func(t *testing.T, where string) {
		s, ctx := open(t, where), t.Context()
		yes := verdict.StableEligible
		post := func(key, previous string) {
			t.Helper()
			id := key + "@example.org"
			ser := flow.Series{Key: key, Sender: "ada@example.org", Title: "drm/x: fix it", Version: 1, List: "drm.example.org", First: storetest.T0, Previous: previous}
			if _, err := s.Keep(ctx, storetest.Mail(id), flow.Cursor{Key: "c", Value: key}); err != nil {
				t.Fatal(err)
			}
			if err := s.File(ctx, flow.Filing{ID: id, Kind: flow.KindPatch, Series: &ser, Adds: &flow.Member{ID: id, N: 1, Title: ser.Title}}); err != nil {
				t.Fatal(err)
			}
			stored, err := s.Series(ctx, key)
			if err != nil {
				t.Fatal(err)
			}
			j := storetest.Judgement(id, yes)
			j.SeriesKey, j.Branches = key, []verdict.Branch{{Branch: rules.Branch{Name: "6.12", State: "affected", Applies: "exact"}, Verdict: &yes}}
			if ok, err := s.Settle(ctx, flow.Settlement{Series: *stored, Judged: []flow.Judged{j}, At: storetest.T0}); err != nil || !ok {
				t.Fatal(ok, err)
			}
		}
		ready := Query{Branch: "6.12", Cells: []string{string(launch.Eligible)}, Limit: 10}
		post("v1", "")
		if got := pages(t, s, ready); !slices.Equal(got, []string{"v1@example.org"}) {
			t.Errorf("%q is ready", got)
		}
		post("v2", "v1")
		if got := pages(t, s, ready); !slices.Equal(got, []string{"v2@example.org"}) {
			t.Errorf("%q is ready after v2", got)
		}
		if got := pages(t, s, Query{Limit: 10}); len(got) != 2 {
			t.Errorf("%q can be found", got)
		}
	})
}

// drawn are judgements in which everything that is filtered by occurs, often
// and rarely.
func drawn(r *rand.Rand, n int) []flow.Judged {
	out := make([]flow.Judged, n)
	for i := range out {
		v := []verdict.Verdict{verdict.StableEligible, verdict.OutOfScope, verdict.OutOfScope, verdict.DKMSOnly, verdict.Wait}[r.IntN(5)]
		j := storetest.Judgement(fmt.Sprintf("%d@example.org", i), v)
		j.Score = float64(r.IntN(20)) / 20
		j.Subject = fmt.Sprintf("drm/x: word%d the %s", r.IntN(12), []string{"plan", "planet", "rare"}[min(2, r.IntN(9)/4)])
		j.Author = fmt.Sprintf("Ada Number%d <ada%d@example.org>", i%9, i%9)
		j.List = fmt.Sprintf("l%d.example.org", r.IntN(3))
		j.At = storetest.T0.Add(time.Duration(r.IntN(50)) * time.Hour)
		j.Private = r.IntN(15) == 0
		j.ReasonClass, j.Silicon, j.Branches = "", nil, nil
		if v == verdict.DKMSOnly {
			j.ReasonClass = verdict.TooBig
		}
		for _, c := range []string{"GFX 1", "GFX 11", "gfx 1"} {
			if r.IntN(3) == 0 {
				j.Silicon = append(j.Silicon, silicon.Match{Name: c, Driver: "drv" + c[len(c)-1:]})
			}
		}
		for _, b := range []string{"6.1", "6.12"} {
			j.Branches = append(j.Branches, verdict.Branch{Branch: rules.Branch{Name: b, State: []verdict.State{verdict.Present, verdict.Affected, verdict.NotAffected}[r.IntN(3)], Applies: "exact", PileLines: i}, Verdict: &v})
		}
		out[i] = j
	}
	return out
}

func drawnQuery(r *rand.Rand) (q Query) {
	maybe := func(to *string, of ...string) {
		if r.IntN(3) == 0 {
			*to = of[r.IntN(len(of))]
		}
	}
	maybe(&q.Text, "word1", "word1 plan", "plan", "rare", "word11 the", "absent", "x the rare", "1@example.org")
	maybe(&q.Verdict, "stable-eligible", "out-of-scope", "dkms-only", "wait", "uncertain")
	maybe(&q.Class, "too-big")
	maybe(&q.Driver, "drv1", "drv")
	maybe(&q.Chip, "GFX 1", "GFX 11", "gfx 1")
	maybe(&q.Author, "number3", "ada", "ada3@example.org")
	maybe(&q.List, "l1.example.org", "l1")
	maybe(&q.Branch, "6.1", "6.12")
	if q.Branch != "" && r.IntN(2) == 0 {
		q.Cells = []string{string(launch.Eligible), string(launch.DKMS)}
	}
	if r.IntN(5) == 0 {
		q.InAny = []string{"6.12", "6.18"}
	}
	if r.IntN(4) == 0 {
		q.Since = storetest.T0.Add(time.Duration(r.IntN(40)) * time.Hour)
	}
	if r.IntN(4) == 0 {
		q.Until = storetest.T0.Add(time.Duration(10+r.IntN(40)) * time.Hour)
	}
	q.Order = []Order{Newest, Oldest, Highest, Lowest}[r.IntN(4)]
	q.Limit = 1 + r.IntN(30)
	return q
}

// pages walks through all pages of q. Rows that are equal in the order stand by
// their ids within it.
func pages(t *testing.T, s *Store, q Query) (out []string) {
	t.Helper()
	var total int
	for {
		p, err := s.Search(context.WithoutCancel(t.Context()), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		if total = p.Total; total >= 0 && p.Next == "" && q.After == "" && total != len(p.Rows) {
			t.Errorf("%+v: %d rows, total %d", q, len(p.Rows), total)
		}
		for _, f := range p.Rows {
			out = append(out, f.ID)
			if q.Branch != "" && (f.At == nil || len(q.Cells) > 0 && !slices.Contains(q.Cells, f.At.Cell)) {
				t.Errorf("%+v: %s is %+v there", q, f.ID, f.At)
			}
		}
		if q.After = p.Next; q.After == "" {
			break
		}
	}
	if total >= 0 && total != len(out) {
		t.Errorf("%+v: %d rows, total %d", q, len(out), total)
	}
	slices.Sort(out)
	return out
}

// byHand looks at each judgement.
func byHand(js []flow.Judged, q Query) (out []string) {
	cells := func(j flow.Judged, branches, of []string) bool {
		return slices.ContainsFunc(j.Branches, func(b verdict.Branch) bool {
			return j.Verdict != verdict.OutOfScope && slices.Contains(branches, b.Name) && (len(of) == 0 || slices.Contains(of, string(launch.CellOf(&b))))
		})
	}
	hardware := func(j flow.Judged, f func(silicon.Match) bool) bool { return slices.ContainsFunc(j.Silicon, f) }
	has := func(in, what string, open bool) bool {
		ws, end := words(what), " "
		if open {
			end = ""
		}
		return ws == "" || strings.Contains(" "+in+" ", " "+ws+end)
	}
	for _, j := range js {
		all := []string{words(j.Subject), words(j.Author), words(j.List + " " + j.Branch + " " + j.ID)}
		for _, c := range j.Silicon {
			all = append(all, words(c.Name), words(c.Driver))
		}
		fields := strings.Fields(q.Text)
		missing := false
		for i, f := range fields {
			missing = missing || !has(strings.Join(all, " "), f, i == len(fields)-1)
		}
		switch {
		case j.Private, missing, q.Author != "" && !has(words(j.Author), q.Author, true),
			cmp.Or(q.Verdict, string(j.Verdict)) != string(j.Verdict), cmp.Or(q.Class, string(j.ReasonClass)) != string(j.ReasonClass),
			cmp.Or(q.List, j.List) != j.List,
			q.Driver != "" && !hardware(j, func(m silicon.Match) bool { return m.Driver == q.Driver }),
			q.Chip != "" && !hardware(j, func(m silicon.Match) bool { return m.Name == q.Chip }),
			q.Branch != "" && !cells(j, []string{q.Branch}, q.Cells), len(q.InAny) > 0 && !cells(j, q.InAny, []string{string(launch.In)}),
			!q.Since.IsZero() && j.At.Before(q.Since), !q.Until.IsZero() && !j.At.Before(q.Until):
		default:
			out = append(out, j.ID)
		}
	}
	slices.Sort(out)
	return out
}

// TestListed: what the migration makes of the tables before it is what writing
// the same judgement makes now.
func TestListed(t *testing.T) {
	onBoth(t, func(t *testing.T, where string) {
		js := drawn(rand.New(rand.NewPCG(9, 9)), 60)
		s := open(t, where)
		for _, j := range js {
			if err := s.KeepJudged(t.Context(), j, flow.Cursor{}); err != nil {
				t.Fatal(err)
			}
		}
		want := listed(t, s)
		// Back to the schema before, with the rows that it had.
		exec := func(q string, args ...any) {
			t.Helper()
			if err := s.tx(t.Context(), "preparing", false, func(x *txn) error { _, err := x.exec(q, args...); return err }); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
		if s.pool == nil {
			for _, q := range []string{"drop trigger listed_in", "drop trigger listed_out", "drop trigger listed_new", "drop table listed_words"} {
				exec(q)
			}
		}
		for _, table := range []string{"attempt", "listed", "fetched", "standing", "lacking", "report"} {
			exec("drop table " + table)
		}
		exec("drop index mail_list_lower")
		exec("delete from goose_db_version where version_id >= 18")
		exec("drop table signature_used")
		for _, index := range []string{"message_id", "prove", "prove_notice"} {
			exec("drop index mail_" + index)
		}
		for _, column := range []string{"message_id", "print", "prove_at", "tries", "proven", "signed"} {
			exec("alter table mail drop column " + column)
		}
		exec("alter table series drop column signed")
		exec("alter table pull drop column private")
		exec("drop index action_spent")
		if s.pool == nil {
			exec("create table judgement_text (id integer primary key, change_id text, title text, author text, rest text)")
			exec("create table judgement_words (x text)")
			for _, name := range []string{"in", "out", "new"} {
				exec("create trigger judgement_text_" + name + " after insert on judgement_words begin select 1; end")
			}
		} else {
			exec("create table judgement_text (change_id text, title text, author text, rest text)")
		}
		exec("create table judgement_chip (change_id text, chip text, driver text, verdict text)")
		exec("create table judgement_branch (change_id text, branch text, cell text, state text, applies text, class text, score double precision, lines bigint, first bigint)")
		for _, index := range []string{"verdict", "list", "author", "class", "score", "day"} {
			exec("create index judgement_" + index + " on judgement (judged)")
		}
		for _, j := range js {
			if !j.Private {
				rest := []string{j.List, j.Branch, j.ID}
				for _, c := range j.Silicon {
					rest = append(rest, c.Name, c.Driver)
				}
				exec("insert into judgement_text (change_id, title, author, rest) values (?, ?, ?, ?)", j.ID, words(j.Subject), words(j.Author), words(strings.Join(rest, " ")))
			}
			for _, c := range j.Silicon {
				exec("insert into judgement_chip (change_id, chip, driver, verdict) values (?, ?, ?, ?)", j.ID, c.Name, c.Driver, string(j.Verdict))
			}
			for _, b := range j.Branches {
				if !j.Private && j.Verdict != verdict.OutOfScope {
					exec("insert into judgement_branch (change_id, branch, cell, state, applies, class, score, lines, first) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
						j.ID, b.Name, string(launch.CellOf(&b)), b.State, b.Applies, string(b.ReasonClass), b.Score, b.PileLines, 0)
				}
			}
		}
		s = open(t, where)
		if d := gocmp.Diff(want, listed(t, s)); d != "" {
			t.Errorf("(-written +migrated)\n%s", d)
		}
		p, err := s.Search(t.Context(), Query{Text: "word1", Verdict: "out-of-scope", Limit: 100})
		if err != nil || len(p.Rows) == 0 {
			t.Errorf("%d found after the migration, %v", len(p.Rows), err)
		}
	})
}

// listed is all that is listed, in the order of ids; words of marks and lines of
// what is joined in an order of their own.
func listed(t *testing.T, s *Store) (out []string) {
	t.Helper()
	rows, err := s.read.QueryContext(t.Context(), "select change_id, judged, verdict, score, list, chips, cells, lines, added, removed, files, title, author, rest, marks from listed")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n [5]int64
		var score float64
		var id, verdict, list, chips, cells, title, author, rest, marks string
		if err := rows.Scan(&id, &n[0], &verdict, &score, &list, &chips, &cells, &n[1], &n[2], &n[3], &n[4], &title, &author, &rest, &marks); err != nil {
			t.Fatal(err)
		}
		hardware := readChips(chips)
		slices.SortFunc(hardware, func(a, b Chip) int { return strings.Compare(a.Name, b.Name) })
		branches, says := readCells(cells)
		of := strings.Fields(marks)
		slices.Sort(of)
		out = append(out, fmt.Sprint(id, n, verdict, score, list, hardware, branches, says, title, author, rest, of))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}
