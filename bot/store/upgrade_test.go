package store

import (
	"bytes"
	"compress/flate"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
	"github.com/stablebot/stablebot/bot/store/storetest"
	"github.com/stablebot/stablebot/rules/verdict"
)

const (
	oldSHA  = "1111111111111111111111111111111111111111"
	pastSHA = "2222222222222222222222222222222222222222"
	lateSHA = "3333333333333333333333333333333333333333"
	pullSHA = "4444444444444444444444444444444444444444"
)

// oldBody is a judgement as it was written; more stands before its branches.
func oldBody(id, kind, verdict, more, branches string) string {
	return `{"id":"` + id + `","kind":"` + kind + `","subject":"drm/amdgpu: fix a hang after reset","author":"Ada Old <ada@example.org>","date":"2026-01-02T03:04:05Z","series":null,
		"verdict":"` + verdict + `","reason_class":"","mixed":true,"score":0.75,"fix":0.5,"reason":"fixes a hang","size":{"lines_with_context":17,"added":4,"removed":2,"files":3,"table_lines":0},
		"silicon":[{"name":"GFX12","driver":"amdgpu","state":"production"}],` + more + `"branches":` + branches + `,"weights":"old","error":null}`
}

const oldBranches = `[{"name":"6.12","state":"affected","applies":"needs-prerequisites","verdict":"stable-eligible","score":0.5,"prerequisites":["a","b"],"pile_lines":140},
	{"name":"6.6","state":"no-base","applies":"unknown","verdict":"dkms-only","reason_class":"no-base","score":0.25},
	{"name":"6.18","state":"present","applies":"unknown","verdict":null,"score":0}]`

func oldMail(id string) []byte {
	return []byte("Message-ID: <" + id + ">\r\nFrom: ada@example.org\r\n\r\n" + strings.Repeat("a line\r\n", 300))
}

// age is what a program of a schema wrote: the rows of each table as they were
// then, with "?" for arguments. Times are 1 to 9 seconds after 1970.
type age struct {
	schema int64
	rows   []aged
}

type aged struct {
	into string // table and columns
	args []any
}

func ages() []age {
	packed := func(b []byte) []byte {
		var out bytes.Buffer
		w, _ := flate.NewWriter(&out, flate.BestSpeed)
		_, _ = w.Write(b)
		_ = w.Close()
		return out.Bytes()
	}
	row := func(into string, args ...any) aged { return aged{into, args} }
	const (
		mail      = "mail (id, source, list, received, date, sender, subject, in_reply_to, kind, note, filed, series_key, seq, packing, size, raw)"
		series    = "series (key, sender, title, version, of_n, list, first, due, previous, next, private, quiet, revision, settled)"
		judgement = "judgement (change_id, kind, series_key, source, list, branch, verdict, reason_class, mixed, score, fix, author, subject, date, weights, judged, revision, private, body)"
		action    = "action (key, kind, sink, series_key, cause, list, verdict, line, state, attempts, problem, created, begun, ended, not_before, message)"
	)
	letter := func(id, kind, list, key string, filed, seq int) aged {
		return row(mail, id, "imap:work/INBOX", list, 1000, 1000, "ada@example.org", "[PATCH] "+id, "", kind, "", filed, key, seq, "deflate", len(oldMail(id)), packed(oldMail(id)))
	}
	judged := func(id, kind, key, source, v string, at, private int, more, branches string) aged {
		return row(judgement, id, kind, key, source, "dri.example.org", "", v, "", 1, 0.75, 0.5, "Ada Old <ada@example.org>", "drm/amdgpu: fix a hang after reset",
			"2026-01-02T03:04:05Z", "old", at, 3, private, oldBody(id, kind, v, more, branches))
	}
	reply := func(key, state string, begun int) aged {
		return row(action, key, "reply", "outbox", "s1", "first", "dri.example.org", "stable-eligible", "stable-eligible for 6.12", state, 1, "", 3000, begun, 0, 0, []byte("Subject: Re: 1\r\n\r\nhello"))
	}
	chips := func(id string) aged { return row("judgement_chip (change_id, chip, driver)", id, "GFX12", "amdgpu") }
	return []age{
		{1, []aged{
			letter("1@x", "patch", "dri.example.org", "s1", 1, 1), letter("r@x", "reply", "dri.example.org", "s1", 1, 2),
			letter("hole@x", "patch", "dri.example.org", "s2", 1, 3), letter("due@x", "patch", "dri.example.org", "s3", 1, 4), letter("new@x", "", "dri.example.org", "", 0, 5),
			row("mail_list (mail_id, list)", "1@x", "dri.example.org"), row("mail_list (mail_id, list)", "1@x", "gfx.example.org"),
			row(series, "s1", "ada@example.org", "fix a hang after reset", 2, 1, "dri.example.org", 1000, 0, "", "", 0, "", 2, 1),
			row(series, "s2", "ada@example.org", "a hole", 1, 1, "dri.example.org", 1000, 0, "", "", 1, "a security contact", 1, 1),
			row(series, "s3", "ada@example.org", "not judged yet", 1, 1, "dri.example.org", 1000, 5000, "", "", 0, "", 1, 0),
			row("member (series_key, mail_id, n, title)", "s1", "1@x", 1, "fix a hang after reset"), row("member (series_key, mail_id, n, title)", "s2", "hole@x", 1, "a hole"),
			row("member (series_key, mail_id, n, title)", "s3", "due@x", 1, "not judged yet"),
			judged("1@x", "mail", "s1", "imap:work/INBOX", "stable-eligible", 2000, 0, "", oldBranches), chips("1@x"),
			judged("hole@x", "mail", "s2", "imap:work/INBOX", "stable-eligible", 2000, 1, "", oldBranches), chips("hole@x"),
			// A defect that was caught left null for what there was none of, and
			// a stranger's text has every byte in it.
			judged("due@x", "mail", "s3", "imap:work/INBOX", "uncertain", 2000, 0, "", "null"),
			judged(oldSHA, "commit", "", "git:linux/master", "dkms-only", 2000, 0, `"rules":[{"id":"size","outcome":"unmet","reason":"nul \u0000 here","weight":-1}],`, oldBranches), chips(oldSHA),
			row("position (source, value, moved)", "imap:work/INBOX", "41", 1000),
			reply("s1/first", "done", 3000), reply("s1/2", "planned", 0), reply("s1/3", "doing", 3000), reply("s1/4", "held", 0),
			row("opt_out (who, since, told)", "bob@example.org", 1000, "by mail"),
			row("note (about, at, who, body)", "1@x", 4000, "mai", "a human's word"),
			row("health (component, ok, failed, problem, failures)", "source.imap", 1000, 2000, "refused", 2),
		}},
		{2, []aged{
			row("mail_command (mail_id, n, series_key, verb, arg, reason, line, name, address, at, refused, answered)", "r@x", 1, "s1", "override", "wait", "rc3", "#stablebot override wait rc3", "Mai", "mai@example.org", 4000, "", 1),
		}},
		{5, []aged{
			row("pull (key, source, repo, number, head, due, override_verdict, override_who, override_at)", "gh/7", "github:gh", "o/r", 7, "abc", 6000, "wait", "mai", 5000),
			row("delivery (id, event, received)", "d1", "push", 6000),
			row("command (pull, comment, verb, verdict, reason, who, at, refused)", "gh/7", 9, "override", "wait", "rc3", "mai", 5000, ""),
			judged(pullSHA, "commit", "gh/7", "github:gh", "dkms-only", 2000, 1, "", oldBranches),
		}},
		{8, []aged{
			row("waiting (id, source, list, branch, at, problem, packing, size, body)", lateSHA, "git:linux/master", "", "master", 7000, "", "", 4, []byte("late")),
		}},
		{10, []aged{
			judged(pastSHA, "commit", "", "git:backfill-linux/master", "dkms-only", 8000, 0, "", oldBranches), chips(pastSHA),
			row("judgement_branch (change_id, branch, cell, state, applies, class, score, lines, first)", pastSHA, "6.12", "prerequisites", "affected", "needs-prerequisites", "", 0.5, 140, 2),
			row("judgement_text (change_id, title, author, rest)", pastSHA, "drm amdgpu fix a hang after reset", "ada old ada example org", "dri example org "+pastSHA+" gfx12 amdgpu"),
		}},
		{16, []aged{
			row("outcome (change_id, n, branch, commit_id, how, at, release, begun, reverted, followups, found)", "1@x", 1, "6.12", "dddd", "sha", 9000, "6.12.9", 0, "", `[{"SHA":"eeee","Subject":"drm/amdgpu: fix the fix","Revert":false}]`, 9000),
		}},
	}
}

// TestUpgrade: a store that was filled by old programs is brought up to date:
// what they wrote is there, row by row, and read as what is written today. One
// store comes from the first schema, one went through all.
func TestUpgrade(t *testing.T) {
	servers := map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "s.db") },
		"postgres": func(t *testing.T) string { return peers.NewPostgres(t).Database() },
	}
	for name, where := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for name, past := range map[string][]age{"from the first": ages()[:1], "through all": ages()} {
				t.Run(name, func(t *testing.T) { upgrade(t, where(t), past) })
			}
		})
	}
}

func upgrade(t *testing.T, where string, past []age) {
	ctx := t.Context()
	d, db := raw(t, where)
	p, err := d.provider(db)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	before := map[string][]string{}
	for _, a := range past {
		if _, err := p.UpTo(ctx, a.schema); err != nil {
			t.Fatal(err)
		}
		for _, r := range a.rows {
			q := "insert into " + r.into + " values (?" + strings.Repeat(", ?", len(r.args)-1) + ")"
			if _, err := db.ExecContext(ctx, d.sql(q), d.args(slices.Clone(r.args))...); err != nil {
				t.Fatalf("schema %d: %s: %v", a.schema, r.into, err)
			}
			if !slices.Contains(tables, r.into) {
				tables = append(tables, r.into)
			}
		}
	}
	if d == onPostgres { // which counted the mails
		if _, err := db.ExecContext(ctx, "select setval('mail_seq_no', 5)"); err != nil {
			t.Fatal(err)
		}
	}
	for _, into := range tables {
		before[into] = contents(t, db, into)
	}
	s := open(t, where)
	for _, into := range tables {
		if strings.HasPrefix(into, "judgement_") {
			continue // listed holds what they did: its reads are below
		}
		for i, r := range before[into] { // what is of a pull request says so
			before[into][i] = strings.ReplaceAll(r, pullSHA, flow.InPull(pullSHA, "gh/7"))
		}
		if after := contents(t, db, into); len(after) == 0 || !slices.Equal(before[into], after) {
			t.Errorf("%s held\n%q\nand holds\n%q", into, before[into], after)
		}
	}
	readOld(t, s, len(past) > 1)
	writeOn(t, s)
}

// TestUpgradeTagged: replies of the last days that only speak of the stable tag, of which
// nobody asked who sent them, are asked about after an upgrade.
func TestUpgradeTagged(t *testing.T) {
	for name, where := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(t.TempDir(), "s.db") },
		"postgres": func() string { return peers.NewPostgres(t).Database() },
	} {
		t.Run(name, func(t *testing.T) {
			at := where()
			d, db := raw(t, at)
			p, err := d.provider(db)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.UpTo(t.Context(), 29); err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			for i, m := range []struct {
				id, kind, source, note, proven string
				received                       time.Time
			}{
				{"asks@x", "reply", "imap:w", "", "", now},
				{"long ago@x", "reply", "imap:w", "", "", now.Add(-4 * 24 * time.Hour)},
				{"past@x", "reply", "archive:backfill-w", "", "", now},
				{"refused@x", "reply", "imap:w", "a command is not obeyed", "", now},
				{"proven@x", "reply", "imap:w", "", "ada@example.org", now},
				{"patch@x", "patch", "imap:w", "", "", now},
			} {
				if _, err := db.ExecContext(t.Context(), d.sql(`insert into mail (id, source, list, received, date, sender, subject, in_reply_to, kind, note, filed,
					series_key, seq, packing, size, raw, proven) values (?, ?, 'l', ?, 0, 'ada@example.org', 'Re: x', '', ?, ?, 1, 's', ?, '', 1, ?, ?)`),
					d.args([]any{m.id, m.source, m.received.UnixMilli(), m.kind, m.note, i + 1, []byte("x"), m.proven})...); err != nil {
					t.Fatal(err)
				}
			}
			s := open(t, at)
			got, err := s.Unproven(t.Context(), now.Add(time.Minute), 10)
			if err != nil || len(got) != 1 || got[0].ID != "asks@x" {
				t.Errorf("asked about are %v, %v", got, err)
			}
		})
	}
}

// raw is the database without what a store does when it opens one.
func raw(t *testing.T, where string) (*dialect, *sql.DB) {
	t.Helper()
	if !IsAddress(where) {
		db, err := connect(where, "NORMAL", 1, false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return onSQLite, db
	}
	pool, err := pgxpool.New(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return onPostgres, stdlib.OpenDBFromPool(pool)
}

// contents are the rows of a table, its columns named in brackets.
func contents(t *testing.T, db *sql.DB, into string) (out []string) {
	t.Helper()
	table, columns, _ := strings.Cut(strings.TrimSuffix(into, ")"), " (")
	rows, err := db.QueryContext(t.Context(), "select "+columns+" from "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		v := make([]any, strings.Count(columns, ",")+1)
		at := make([]any, len(v))
		for i := range v {
			at[i] = &v[i]
		}
		if err := rows.Scan(at...); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(v...))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// readOld reads what was written at the first schema, and at those behind it.
func readOld(t *testing.T, s *Store, all bool) {
	t.Helper()
	ctx, now := t.Context(), time.UnixMilli(10_000)
	is := func(what string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	ok := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	ok("the whole", s.Check(ctx))
	at, err := s.Cursor(ctx, "imap:work/INBOX")
	ok("cursor", err)
	is("cursor", at, "41")
	unfiled, err := s.Unfiled(ctx, 9)
	ok("unfiled", err)
	if len(unfiled) != 1 || unfiled[0].ID != "new@x" || !bytes.Equal(unfiled[0].Raw, oldMail("new@x")) {
		t.Errorf("unfiled: %+v", unfiled)
	}
	ser, err := s.Series(ctx, "s1")
	ok("series", err)
	is("series", fmt.Sprint(ser.Title, ser.Version, ser.Members, ser.Judged.UnixMilli()), "fix a hang after reset"+fmt.Sprint(2, []flow.Member{{ID: "1@x", N: 1, Title: "fix a hang after reset"}}, 1000))
	threads, err := s.Threads(ctx, []string{"1@x"})
	ok("threads", err)
	is("threads", len(threads), 1)
	of, err := s.Posted(ctx, flow.Postings{Sender: "ada@example.org", Titles: []string{"fix a hang after reset"}, Since: time.UnixMilli(1)})
	ok("by sender", err)
	is("by sender", len(of), 1)
	due, err := s.Due(ctx, now, 9)
	ok("due", err)
	is("due", due[0].Key, "s3")
	mails, err := s.Mails(ctx, "s1", 9)
	ok("mails", err)
	raw, err := s.Raw(ctx, "1@x")
	ok("raw", err)
	if len(mails) != 2 || len(mails[0].Lists) != 2 || !bytes.Equal(raw, oldMail("1@x")) {
		t.Errorf("mails: %+v", mails)
	}
	told, err := s.Told(ctx, "s1")
	ok("told", err)
	is("told", len(told), 2)
	planned, err := s.Planned(ctx, "outbox", now, 9)
	ok("planned", err)
	is("planned", planned[0].Key+" "+string(planned[0].Message), "s1/2 Subject: Re: 1\r\n\r\nhello")
	begun, err := s.Begun(ctx, "outbox")
	ok("begun", err)
	is("begun", begun[0].Key, "s1/3")
	out, err := s.OptedOut(ctx, []string{"bob@example.org"})
	ok("opted out", err)
	is("opted out", out["bob@example.org"], true)
	health, err := s.Health(ctx)
	ok("health", err)
	is("health", fmt.Sprint(health[0].Component, health[0].Problem, health[0].Failures), "source.imaprefused2")

	c, err := s.Explain(ctx, "1@x")
	ok("explain", err)
	is("explain", fmt.Sprint(c.Judged.Verdict, c.Judged.Mixed, c.Judged.Score, len(c.Judged.Branches), c.Revision, len(c.Actions), len(c.Notes), len(c.Replies)), fmt.Sprint(verdict.StableEligible, true, .75, 3, 3, 4, 1, 1))
	c, err = s.Explain(ctx, oldSHA[:8])
	ok("explain", err)
	is("a rule's reason", c.Judged.Rules[0].Reason, "nul \x00 here")
	if _, err := s.Show(ctx, "hole@x"); !errors.Is(err, ErrNone) {
		t.Errorf("what is embargoed: %v", err)
	}

	public, past := 3, 0
	if all {
		public, past = 4, 1
	}
	for q, want := range map[*Query]int{
		{}: public, {Verdict: "stable-eligible"}: 1, {Verdict: "uncertain"}: 1, {Driver: "amdgpu"}: public - 1, {Chip: "GFX12", Verdict: "dkms-only"}: public - 2,
		{Text: "hang res"}: public, {Author: "ada old"}: public, {List: "dri.example.org"}: public, {Text: "hole"}: 0, {Text: oldSHA}: 1,
		{Branch: "6.12", Cells: []string{"prerequisites"}}: public - 1, {Branch: "6.12"}: public - 1, {Branch: "6.6", Cells: []string{"dkms-only"}}: 2, {InAny: []string{"6.18"}}: 2,
	} {
		page, err := s.Search(ctx, *q)
		ok("searching", err)
		if len(page.Rows) != want {
			t.Errorf("%+v finds %d, want %d", *q, len(page.Rows), want)
		}
	}
	page, err := s.Search(ctx, Query{Text: oldSHA, Branch: "6.12"})
	ok("searching", err)
	r := page.Rows[0]
	is("a row", fmt.Sprint(r.Size.LinesWithContext, r.Size.Files, r.Chips, r.At.Lines, r.At.First, r.At.Score), fmt.Sprint(17, 3, []Chip{{"GFX12", "amdgpu"}}, 140, 2, .5))
	sums, err := s.Totals(ctx)
	ok("sums", err)
	n := map[bool]int{}
	for _, d := range sums.Days {
		n[d.Backfilled] += d.N
	}
	is("changes", fmt.Sprint(n[false], n[true]), fmt.Sprint(3, past))
	is("drivers", fmt.Sprint(sums.Drivers), fmt.Sprint([]Total{{"amdgpu", "", public - 1}}))
	if !all {
		return
	}
	orders, err := s.Orders(ctx, "s1")
	ok("orders", err)
	is("orders", orders[0].Line, "#stablebot override wait rc3")
	pull, err := s.PullOf(ctx, "gh/7")
	ok("pull", err)
	is("pull", fmt.Sprint(pull.Number, pull.Override.Verdict), "7wait")
	of7, err := s.Explain(ctx, pullSHA)
	ok("explain", err)
	is("in a pull", of7.Judged.ID, flow.InPull(pullSHA, "gh/7"))
	var hidden int
	ok("private", s.read.QueryRowContext(ctx, "select private from pull where key = 'gh/7'").Scan(&hidden))
	is("private", hidden, 1)
	obeyed, err := s.Obeyed(ctx, "gh/7")
	ok("obeyed", err)
	is("obeyed", obeyed[9], true)
	late, err := s.WaitingCommit(ctx, lateSHA)
	ok("waiting", err)
	is("waiting", string(late.Body), "late")
	went, err := s.OutcomesOf(ctx, []string{"1@x"})
	ok("outcomes", err)
	is("outcomes", went["1@x"][0].Release+went["1@x"][0].Followups[0].SHA, "6.12.9eeee")
	settled, err := s.Settled(ctx, now)
	ok("settled", err)
	is("settled", fmt.Sprint(len(settled), settled[0].Verdict, settled[0].Score, settled[0].Driver), fmt.Sprint(1, verdict.StableEligible, .75, "amdgpu"))
}

// writeOn goes on where the old program left off.
func writeOn(t *testing.T, s *Store) {
	t.Helper()
	ctx, now := t.Context(), time.UnixMilli(20_000)
	j := storetest.Judgement(oldSHA, verdict.NotNeeded)
	j.Kind = "commit"
	if err := s.KeepJudged(ctx, j, flow.Cursor{Key: "git:linux/master", Value: oldSHA}); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Explain(ctx, oldSHA); err != nil || c.Revision != 4 || c.Judged.Verdict != verdict.NotNeeded {
		t.Errorf("judged again: %+v, %v", c, err)
	}
	if p, err := s.Search(ctx, Query{Verdict: "not-needed"}); err != nil || len(p.Rows) != 1 {
		t.Errorf("it is found %d times, %v", len(p.Rows), err)
	}
	if begun, err := s.Begin(ctx, "s1/2", now, flow.Caps{None: true}); !begun || err != nil {
		t.Errorf("a planned reply: %v, %v", begun, err)
	}
	if done, err := s.Decide(ctx, "s1/4", flow.Decision{State: flow.StatePlanned, Who: "mai", At: now}); !done || err != nil {
		t.Errorf("a held reply: %v, %v", done, err)
	}
	if fresh, err := s.Keep(ctx, storetest.Mail("after@x"), flow.Cursor{Key: "imap:work/INBOX", Value: "42"}); !fresh || err != nil {
		t.Errorf("a new mail: %v, %v", fresh, err)
	}
	if fresh, err := s.Keep(ctx, storetest.Mail("1@x"), flow.Cursor{}); fresh || err != nil {
		t.Errorf("an old mail anew: %v, %v", fresh, err)
	}
	if err := s.AddNote(ctx, Note{About: "1@x", Who: "mai", Body: "another", At: now}); err != nil {
		t.Error(err)
	}
}

// TestNoWayBack: there are no down migrations, and an older program says so.
func TestNoWayBack(t *testing.T) {
	if err := fs.WalkDir(migrations, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations, path)
		if bytes.Contains(text, []byte("+goose Down")) {
			t.Errorf("%s has a way back, which nothing takes and nobody tests", path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	onBoth(t, func(t *testing.T, where string) {
		open(t, where)
		_, db := raw(t, where)
		if _, err := db.ExecContext(t.Context(), "insert into goose_db_version (version_id, is_applied) values (99, "+map[bool]string{true: "true", false: "1"}[IsAddress(where)]+")"); err != nil {
			t.Fatal(err)
		}
		for name, f := range map[string]func(context.Context, string) (*Store, error){"Open": Open, "OpenReadOnly": OpenReadOnly} {
			if _, err := f(t.Context(), where); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "there is no way back") || !strings.Contains(err.Error(), "saved before") {
				t.Errorf("%s of a newer schema: %v", name, err)
			}
		}
	})
}
