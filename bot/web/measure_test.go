//go:build measure

package web

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/silicon"
	"github.com/stablebot/stablebot/rules/verdict"
)

// pageGoal is what 99 of 100 loads of each page are to stay below: a tenth of a
// second is where a person begins to notice that there was a wait.
const pageGoal = 100 * time.Millisecond

// How fast the pages are at a million changes, on both databases; one that
// misses pageGoal fails:
//
//	go test -tags measure -run TestMeasurePages -v -timeout 2h ./bot/web
//
// STABLEBOT_CHANGES is how many (1000000), STABLEBOT_MEASURE_DIR keeps the
// SQLite file from run to run, STABLEBOT_MEASURE_STORE=postgres://… is a
// database that keeps them: filling takes minutes.
func TestMeasurePages(t *testing.T) {
	n := 1_000_000
	if s := os.Getenv("STABLEBOT_CHANGES"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	dir := os.Getenv("STABLEBOT_MEASURE_DIR")
	if dir == "" {
		dir = t.TempDir()
	}
	path := filepath.Join(dir, fmt.Sprintf("changes-%d.db", n))
	if _, err := os.Stat(path); err != nil {
		fill(t, path, n)
	}
	t.Run("sqlite", func(t *testing.T) { pagesOf(t, path) })
	t.Run("postgres", func(t *testing.T) {
		at := os.Getenv("STABLEBOT_MEASURE_STORE")
		if at == "" {
			at = peers.NewPostgres(t).Database()
		}
		copyOver(t, path, at)
		pagesOf(t, at)
	})
}

// invented names; the first of each list are the most frequent.
func invented(kind string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%02d", kind, i)
	}
	return out
}

// pick takes early elements more often than late ones, as names occur.
func pick(r *rand.Rand, in []string) string {
	f := r.Float64()
	return in[int(f*f*f*float64(len(in)))]
}

// fill writes n judged changes with the store's own means, its indexes taken
// away meanwhile: made at the end they cost a tenth. How fast the store writes
// with them is another measurement, in its own package.
func fill(t *testing.T, path string, n int) {
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	began := time.Now()
	again := withoutIndexes(t, db)
	write(t, path, n)
	for _, q := range append(again, "insert into listed_words (listed_words) values ('rebuild')") {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	fmt.Printf("filled and indexed in %.0f s\n", time.Since(began).Seconds())
}

// withoutIndexes takes indexes and triggers away, and returns what makes them again.
func withoutIndexes(t *testing.T, db *sql.DB) (again []string) {
	rows, err := db.QueryContext(t.Context(),
		"select type, name, sql from sqlite_master where type in ('index', 'trigger') and sql is not null")
	if err != nil {
		t.Fatal(err)
	}
	var drop []string
	for rows.Next() {
		var kind, name, made string
		if err := rows.Scan(&kind, &name, &made); err != nil {
			t.Fatal(err)
		}
		drop, again = append(drop, "drop "+kind+" "+name), append(again, made)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	for _, q := range drop {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	return again
}

func write(t *testing.T, path string, n int) {
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	began := time.Now()
	m := flow.Mail{ID: "seed@example.org", Kind: "", Received: began, Subject: "seed", Raw: []byte("x")}
	if _, err := s.Keep(t.Context(), m, flow.Cursor{}); err != nil {
		t.Fatal(err)
	}
	series := flow.Series{Key: "seed", Of: 1, Version: 1, First: began}
	if err := s.File(t.Context(), flow.Filing{ID: m.ID, Kind: flow.KindPatch, Series: &series,
		Adds: &flow.Member{ID: m.ID, N: 1}}); err != nil {
		t.Fatal(err)
	}
	kept, err := s.Series(t.Context(), "seed")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	g := newSeeder(r)
	const batch = 5000
	for i := 0; i < n; i += batch {
		js := make([]flow.Judged, batch)
		for k := range js {
			js[k] = g.judged(i+k, n, began)
		}
		kept.Settled = i / batch
		if ok, err := s.Settle(t.Context(), flow.Settlement{Series: *kept, Judged: js, At: began}); err != nil || !ok {
			t.Fatal(ok, err)
		}
		if (i/batch)%20 == 19 {
			fmt.Printf("%d written, %.0f a second\n", i+batch, float64(i+batch)/time.Since(began).Seconds())
		}
	}
}

type seeder struct {
	r                                     *rand.Rand
	base                                  verdict.Judgement
	drivers, chips, lists, authors, words []string
	branches                              []string
}

func newSeeder(r *rand.Rand) *seeder {
	return &seeder{r: r, base: patchJudged(), drivers: invented("drv", 40), chips: invented("Chip ", 200), lists: invented("list", 30),
		authors: invented("Author Number", 3000), words: invented("word", 2000), branches: []string{"6.18", "6.12", "6.6", "6.1", "5.15"}}
}

func (g *seeder) judged(i, n int, now time.Time) flow.Judged {
	r := g.r
	j := g.base
	at := now.Add(-time.Duration(float64(n-i) / float64(n) * float64(4*365*24*time.Hour)))
	j.ID = fmt.Sprintf("%08x.%d@mail.example.org", r.Uint32(), i)
	if i%3 == 0 {
		j.ID, j.Kind = fmt.Sprintf("%08x%08x%08x%08x%08x", r.Uint32(), r.Uint32(), r.Uint32(), r.Uint32(), i), change.Commit
	}
	driver := pick(r, g.drivers)
	author := pick(r, g.authors)
	j.Author = author + " <" + author[len(author)-4:] + "@example.com>"
	j.Subject = fmt.Sprintf("%s: %s %s the %s after %s", driver, pick(r, g.words), pick(r, g.words), pick(r, g.words), pick(r, g.words))
	j.Date = at.Format(time.RFC3339)
	j.Score = float64(r.IntN(1000)) / 1000
	f := r.Float64()
	j.Verdict, j.ReasonClass, j.Silicon, j.Branches = verdict.OutOfScope, "", nil, nil
	if f < .4 {
		j.Verdict = []verdict.Verdict{verdict.StableEligible, verdict.StableEligible, verdict.StableEligible, verdict.Uncertain,
			verdict.Uncertain, verdict.NotNeeded, verdict.DKMSOnly, verdict.Wait}[r.IntN(8)]
		j.Silicon = []silicon.Match{{Name: g.chips[slices.Index(g.drivers, driver)*5+r.IntN(5)], Driver: driver, Kind: "chip",
			State: silicon.Production}, {Name: driver, Driver: driver, Kind: "driver", State: silicon.Production}}
		if j.Verdict == verdict.DKMSOnly {
			j.ReasonClass = []verdict.Class{verdict.TooBig, verdict.NoBase}[r.IntN(2)]
		}
		for _, b := range g.branches {
			v := j.Verdict
			row := verdict.Branch{Branch: rules.Branch{Name: b, State: []verdict.State{"affected", "present", "not-affected", "affected"}[r.IntN(4)],
				Applies: []verdict.Applies{"exact", "offset", "needs-prerequisites", "needs-backport"}[r.IntN(4)], PileLines: r.IntN(300)},
				Score: j.Score}
			if row.State == "affected" {
				row.Verdict = &v
			}
			j.Branches = append(j.Branches, row)
		}
	}
	return flow.Judged{Judgement: j, List: pick(r, g.lists) + ".lists.example.org", Source: "seed", At: at, Private: r.IntN(1000) == 0}
}

// copyOver brings the tables that pages read to PostgreSQL.
func copyOver(t *testing.T, path, to string) {
	s, err := store.Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	from, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	c, err := pgx.Connect(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	var have int
	if err := c.QueryRow(t.Context(), "select count(*) from (select 1 from listed limit 1) x").Scan(&have); err != nil || have > 0 {
		return // filled by an earlier run
	}
	began := time.Now()
	rows, err := c.Query(t.Context(), `select indexname, indexdef from pg_indexes where tablename in ('judgement', 'listed')
		and indexname not in (select conname from pg_constraint)`)
	if err != nil {
		t.Fatal(err)
	}
	indexes, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (x [2]string, err error) { return x, r.Scan(&x[0], &x[1]) })
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range indexes {
		if _, err := c.Exec(t.Context(), "drop index "+x[0]); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		table   string
		columns []string
	}{
		{"judgement", []string{"change_id", "kind", "series_key", "source", "list", "branch", "verdict", "reason_class", "mixed", "score", "fix",
			"author", "subject",
			"date", "weights", "judged", "revision", "private", "body"}},
		{"listed", []string{"id", "change_id", "judged", "verdict", "score", "list", "chips", "cells", "lines", "added", "removed", "files",
			"title", "author", "rest", "marks"}},
	} {
		q := "select "
		for i, col := range x.columns {
			if i > 0 {
				q += ", "
			}
			q += col
		}
		rows, err := from.QueryContext(t.Context(), q+" from "+x.table)
		if err != nil {
			t.Fatal(err)
		}
		n, err := c.CopyFrom(t.Context(), pgx.Identifier{x.table}, x.columns, &copying{rows: rows, n: len(x.columns)})
		if err != nil {
			t.Fatalf("%s: %v", x.table, err)
		}
		fmt.Printf("%s: %d rows copied, %.0f s\n", x.table, n, time.Since(began).Seconds())
	}
	for _, x := range indexes {
		if _, err := c.Exec(t.Context(), x[1]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Exec(t.Context(), "vacuum analyze"); err != nil { // as autovacuum does within minutes
		t.Fatal(err)
	}
}

type copying struct {
	rows *sql.Rows
	n    int
}

func (c *copying) Next() bool { return c.rows.Next() }
func (c *copying) Err() error { return c.rows.Err() }
func (c *copying) Values() ([]any, error) {
	vals, to := make([]any, c.n), make([]any, c.n)
	for i := range vals {
		to[i] = &vals[i]
	}
	return vals, c.rows.Scan(to...)
}

func pagesOf(t *testing.T, where string) {
	s, err := store.Open(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	h, err := New(Options{Reader: s, Decider: s, Access: Access{Loopback: true}})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := s.Totals(t.Context()); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("summing up takes %.1f s, behind the pages\n", time.Since(began).Seconds())
	h.sums.pass(t.Context(), make(chan struct{}))
	get := func(url string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, url, nil)
		r.Host = "localhost"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d: %s", url, w.Code, w.Body)
		}
		return w
	}
	p, err := s.Search(t.Context(), store.Query{Verdict: "stable-eligible"})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	deep := "/changes?verdict=uncertain"
	q := store.Query{Verdict: "uncertain", Limit: 20000}
	far, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	deep += "&after=" + far.Next
	if far, err = s.Search(t.Context(), store.Query{Class: "too-big", Order: store.Highest, Limit: 15000}); err != nil {
		t.Fatal(err)
	}
	farClass := "/changes?class=too-big&sort=score&after=" + far.Next
	g := newSeeder(r)
	for _, page := range []struct {
		name string
		url  func() string
	}{
		{"today", func() string { return "/" }},
		{"changes", func() string { return "/changes" }},
		{"changes, far down", func() string { return deep }},
		{"verdict", func() string { return "/changes?verdict=dkms-only" }},
		{"verdict, by score", func() string { return "/changes?verdict=dkms-only&sort=score" }},
		{"by score", func() string { return "/changes?sort=score" }},
		{"driver", func() string { return "/changes?driver=" + g.drivers[r.IntN(40)] }},
		{"driver, verdict", func() string { return "/changes?verdict=wait&driver=" + g.drivers[r.IntN(40)] }},
		{"driver, verdict, by score", func() string { return "/changes?verdict=stable-eligible&sort=score&driver=" + g.drivers[r.IntN(40)] }},
		{"chip", func() string { return fmt.Sprintf("/changes?chip=Chip+%02d", r.IntN(200)) }},
		{"chip, branch, lacking", func() string { return fmt.Sprintf("/changes?branch=6.6&cell=lacking&chip=Chip+%02d", r.IntN(200)) }},
		{"branch, newer", func() string { return "/changes?branch=6.1&cell=lacking&newer=1&sort=score" }},
		{"author", func() string { return fmt.Sprintf("/changes?author=Number%02d", r.IntN(3000)) }},
		{"list, month", func() string {
			m := time.Now().AddDate(0, -1-r.IntN(40), 0)
			return fmt.Sprintf("/changes?list=%s.lists.example.org&since=%s&until=%s", g.lists[r.IntN(30)], m.Format(time.DateOnly),
				m.AddDate(0, 1, 0).Format(time.DateOnly))
		}},
		{"month, oldest first", func() string {
			return "/changes?sort=oldest&since=" + time.Now().AddDate(0, -1-r.IntN(40), 0).Format(time.DateOnly)
		}},
		{"one word", func() string { return fmt.Sprintf("/changes?q=word%02d", r.IntN(2000)) }},
		{"a frequent word", func() string { return "/changes?q=word0" }},
		{"two words", func() string { return fmt.Sprintf("/changes?q=drv%02d+word%02d", r.IntN(40), r.IntN(2000)) }},
		{"word, verdict, driver", func() string {
			return fmt.Sprintf("/changes?q=word%02d&verdict=stable-eligible&driver=drv%02d", r.IntN(300), r.IntN(10))
		}},
		{"word, verdict, driver, branch", func() string {
			return fmt.Sprintf("/changes?q=word%02d&verdict=wait&driver=drv%02d&branch=6.6&cell=lacking", r.IntN(300), r.IntN(40))
		}},
		{"the same, by score", func() string {
			return fmt.Sprintf("/changes?q=word%02d&verdict=wait&driver=drv%02d&branch=6.6&cell=lacking&sort=score", r.IntN(300), r.IntN(40))
		}},
		{"list, driver, word, a year", func() string {
			y := time.Now().AddDate(-1-r.IntN(2), 0, 0)
			return fmt.Sprintf("/changes?list=%s.lists.example.org&driver=drv%02d&q=word%02d&since=%s&until=%s", g.lists[r.IntN(30)], r.IntN(40),
				r.IntN(300),
				y.Format(time.DateOnly), y.AddDate(1, 0, 0).Format(time.DateOnly))
		}},
		{"month, lowest score", func() string {
			m := time.Now().AddDate(0, -1-r.IntN(40), 0)
			return fmt.Sprintf("/changes?sort=score-low&since=%s&until=%s", m.Format(time.DateOnly), m.AddDate(0, 1, 0).Format(time.DateOnly))
		}},
		{"two letters", func() string { return "/changes?q=wo&verdict=wait&driver=drv" + fmt.Sprintf("%02d", 20+r.IntN(20)) }},
		{"two letters of an author", func() string { return fmt.Sprintf("/changes?author=%02d", r.IntN(100)) }},
		{"class, far down by score", func() string { return farClass }},
		{"nothing", func() string { return "/changes?q=absentword&verdict=wait" }},
		{"no commit of that driver", func() string { return "/changes?verdict=out-of-scope&driver=drv00" }},
		{"a change", func() string { return changeURL(p.Rows[r.IntN(len(p.Rows))].ID) }},
		{"launch gap", func() string { return "/gap" }},
		{"branches", func() string { return "/branches" }},
		{"a branch", func() string { return "/branches/" + g.branches[r.IntN(5)] }},
		{"judgement", func() string { return "/judgement" }},
		{"api changes", func() string { return "/api/v1/changes?verdict=wait" }},
		{"feed", func() string { return "/changes.atom?verdict=dkms-only" }},
		{"metrics", func() string { return "/metrics" }},
	} {
		const rounds = 200
		var took []time.Duration
		worst := ""
		for i := range rounds + 3 {
			u := page.url()
			began := time.Now()
			get(u)
			if d := time.Since(began); i >= 3 {
				took = append(took, d)
				if d == slices.Max(took) {
					worst = u
				}
			}
		}
		slices.Sort(took)
		p99 := took[len(took)*99/100]
		fmt.Printf("%-28s p50 %6.1f ms  p99 %6.1f ms\n", page.name, ms(took[len(took)/2]), ms(p99))
		if p99 > pageGoal {
			t.Errorf("%s: p99 is %.1f ms, the goal %.0f ms; the slowest was %s", page.name, ms(p99), ms(pageGoal), worst)
		}
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
