package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/verdict"
)

const seriesColumns = "key, sender, title, version, of_n, list, first, due, previous, next, private, signed, quiet, revision, settled, judged, line"

// series runs a query that selects seriesColumns and adds the members.
func (s *Store) series(ctx context.Context, doing, query string, args ...any) (out []flow.Series, err error) {
	err = s.each(ctx, doing, query, args, func(rows *sql.Rows) error {
		var (
			v          flow.Series
			first, due int64
			judged     int64
		)
		if err := rows.Scan(&v.Key, &v.Sender, &v.Title, &v.Version, &v.Of, &v.List, &first, &due,
			&v.Previous, &v.Next, &v.Private, &v.Signed, &v.Quiet, &v.Revision, &v.Settled, &judged, &v.Line); err != nil {
			return err
		}
		v.First, v.Due, v.Judged = fromMillis(first), fromMillis(due), fromMillis(judged)
		out = append(out, v)
		return nil
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	at := make(map[string]int, len(out))
	keys := make([]string, len(out))
	for i := range out {
		at[out[i].Key], keys[i] = i, out[i].Key
	}
	in, vals := marks(keys)
	err = s.each(ctx, doing, `select o.series_key, o.mail_id, o.n, o.title, `+signedMail+`
		from member o join mail m on m.id = o.mail_id where o.series_key in (`+in+`) order by o.series_key, o.n, o.mail_id`, vals, func(rows *sql.Rows) error {
		var (
			key string
			m   flow.Member
		)
		if err := rows.Scan(&key, &m.ID, &m.N, &m.Title, &m.Signed); err != nil {
			return err
		}
		out[at[key]].Members = append(out[at[key]].Members, m)
		return nil
	})
	return out, err
}

// Series implements flow.Journal.
func (s *Store) Series(ctx context.Context, key string) (*flow.Series, error) {
	out, err := s.series(ctx, "reading series "+key+" from", "select "+seriesColumns+" from series where key = ?", key)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return &out[0], nil
}

// Threads implements flow.Journal.
func (s *Store) Threads(ctx context.Context, ids []string) ([]flow.Series, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := marks(ids)
	return s.series(ctx, "looking up a thread in", "select "+seriesColumns+` from series where key in (
		select series_key from mail where message_id in (`+in+`) and series_key <> '') order by first desc, key`, args...)
}

// Posted implements flow.Journal.
func (s *Store) Posted(ctx context.Context, p flow.Postings) ([]flow.Series, error) {
	where, args := "first >= ?", []any{millis(p.Since)}
	order := "first desc, key"
	if len(p.Titles) > 0 {
		in, titles := marks(p.Titles)
		of := "select series_key from member where title in (" + in + ")"
		if p.Again != nil {
			of = "select o.series_key from member o join mail m on m.id = o.mail_id where o.title in (" + in + ") and m.print = ?"
			titles = append(titles, p.Print)
		}
		where, args = where+" and key in ("+of+")", append(args, titles...)
	}
	if len(p.Reports) > 0 {
		in, keys := marks(p.Reports)
		where, args = where+" and private = 0 and key in (select m.series_key from mail m join report r on r.mail_id = m.id where r.key in ("+in+"))",
			append(args, keys...)
		order = "signed desc, first, key"
	}
	if p.Sender != "" {
		where, args = where+" and sender = ?", append(args, p.Sender)
	}
	if p.Again != nil {
		where, args = where+" and version = ? and key <> ? and private = 0", append(args, p.Again.Version, p.Again.Key)
		order = "signed desc, first, key"
	}
	return s.series(ctx, "looking up postings in", "select "+seriesColumns+" from series where "+where+" order by "+order+" limit 20", args...)
}

// Due implements flow.Journal.
func (s *Store) Due(ctx context.Context, now time.Time, n int) ([]flow.Series, error) {
	return s.series(ctx, "looking for settled series in",
		"select "+seriesColumns+" from series where due > 0 and due <= ? order by due, key limit ?", millis(now), n)
}

// NextDue implements flow.Journal.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	var ms sql.NullInt64
	err := s.read.QueryRowContext(ctx, "select min(due) from series where due > 0").Scan(&ms)
	return fromMillis(ms.Int64), s.wrap("looking for settled series in", err)
}

// Said implements flow.Journal.
func (s *Store) Said(ctx context.Context, seriesKey string) (string, error) {
	var line string
	// The depth ends a ring of versions, which only a forged thread can make.
	err := s.read.QueryRowContext(ctx, `with recursive version (key, previous, depth) as (
			select key, previous, 0 from series where key = ?
			union all select s.key, s.previous, v.depth + 1 from series s join version v on s.key = v.previous where v.depth < 50 and `+asPublic+`)
		select a.line from action a join version v on a.series_key = v.key
		where a.`+isMail+` and a.line <> '' and a.`+isBegun+` order by v.depth, a.created desc limit 1`, seriesKey, seriesKey).Scan(&line)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return line, s.wrap("reading what was said to series "+seriesKey+" from", err)
}

// asPublic: what was said of an embargoed version stays with it, and with those
// that are embargoed themselves. It takes the key of the series that is asked for.
const asPublic = "s.private <= (select private from series where key = ?)"

// Settle implements flow.Journal.
func (s *Store) Settle(ctx context.Context, d flow.Settlement) (settled bool, err error) {
	bodies, err := encode(d.Judged)
	if err != nil {
		return false, err
	}
	err = s.tx(ctx, "recording the judgement of series "+d.Series.Key+" in", false, func(t *txn) error {
		if !d.Again.IsZero() {
			n, err := t.exec("update series set due = ? where key = ? and revision = ?", millis(d.Again), d.Series.Key, d.Series.Revision)
			if err != nil || n == 0 {
				return err
			}
			for i, j := range d.Judged {
				if err := t.putJudgement(j, bodies[i]); err != nil {
					return err
				}
			}
			return nil
		}
		n, err := t.exec(`update series set due = 0, quiet = ?, settled = settled + 1, line = ?,
			judged = case when judged = 0 then ? else judged end where key = ? and revision = ? and settled = ?`,
			d.Quiet, d.Line, millis(d.At), d.Series.Key, d.Series.Revision, d.Series.Settled)
		if err != nil || n == 0 {
			return err
		}
		for i, j := range d.Judged {
			if err := t.putJudgement(j, bodies[i]); err != nil {
				return err
			}
		}
		if late, err := t.retire(d); err != nil || late {
			if late {
				return errOvertaken
			}
			return err
		}
		for _, a := range d.Actions {
			if err := t.plan(a); err != nil {
				return err
			}
		}
		for _, id := range d.Answered {
			if _, err := t.exec("update mail_command set answered = 1 where mail_id = ?", id); err != nil {
				return err
			}
		}
		settled = true
		return nil
	})
	if errors.Is(err, errOvertaken) {
		return false, nil // it is still due
	}
	return settled, err
}

// errOvertaken undoes what was settled by what was said before, which is more by now.
var errOvertaken = errors.New("a reply to an earlier version went out meanwhile")

// Revive implements flow.Journal.
func (s *Store) Revive(ctx context.Context, r flow.Revival, c flow.Cursor) (n int, err error) {
	in, args := marks(verdictNames(r.Verdicts))
	err = s.tx(ctx, "making series due again in", false, func(t *txn) error {
		n64, err := t.exec(`update series set due = ? + ? * (o.n - 1) from (
				select key, row_number() over (order by first desc, key) as n from series
				where due = 0 and settled > 0 and next = '' and private = 0 and first >= ?
				and exists (select 1 from judgement j where j.series_key = series.key and j.verdict in (`+in+`))) as o
			where series.key = o.key`, append([]any{millis(r.At), r.Every.Milliseconds(), millis(r.Since)}, args...)...)
		if err != nil {
			return err
		}
		n = int(n64)
		return t.advance(c)
	})
	return n, err
}

// OpenCommits implements flow.Journal.
func (s *Store) OpenCommits(ctx context.Context, since time.Time, of []verdict.Verdict) ([]flow.Judged, error) {
	in, args := marks(verdictNames(of))
	out, _, err := s.judgements(ctx, "kind = 'commit' and series_key = '' and judged >= ? and verdict in ("+in+")", "judged desc, change_id", maxOpen,
		append([]any{millis(since)}, args...)...)
	return out, s.wrap("reading the commits that may be judged otherwise from", err)
}

// maxOpen bounds the commits that are judged again when a branch moves: some
// minutes of work.
const maxOpen = 5000

func verdictNames(of []verdict.Verdict) []string {
	out := make([]string, len(of))
	for i, v := range of {
		out[i] = string(v)
	}
	return out
}

// KeepJudged implements flow.Journal.
func (s *Store) KeepJudged(ctx context.Context, j flow.Judged, c flow.Cursor) error {
	bodies, err := encode([]flow.Judged{j})
	if err != nil {
		return err
	}
	return s.tx(ctx, "recording the judgement of "+j.ID+" in", false, func(t *txn) error {
		n, err := t.exec("delete from waiting where id = ?", j.ID)
		if err != nil || j.Waited && n == 0 {
			return err // somebody else has judged it
		}
		if err := t.putJudgement(j, bodies[0]); err != nil {
			return err
		}
		return t.advance(c)
	})
}

func encode(js []flow.Judged) ([]string, error) {
	out := make([]string, len(js))
	for i, j := range js {
		b, err := json.Marshal(j.Judgement)
		if err != nil {
			return nil, fmt.Errorf("encoding the judgement of %s: %w", j.ID, err)
		}
		out[i] = string(b)
	}
	return out, nil
}

// taken: a stable branch took the change, as far as is known.
const taken = "exists (select 1 from outcome o where o.change_id = judgement.change_id and o.branch <> '' and o.begun = 0)"

// fromBackfill: what it said first is of its own day, and stays.
const fromBackfill = "judgement.source like '%:" + flow.BackfillPrefix + "%'"

func (t *txn) putJudgement(j flow.Judged, body string) error {
	said, keep := flow.Forecast{Verdict: j.Verdict, Score: j.Score}, taken+" or "+fromBackfill
	if j.Forecast != nil {
		said, keep = *j.Forecast, "1 = 0"
	}
	_, err := t.exec(`insert into judgement (change_id, kind, series_key, source, list, branch, verdict, reason_class, mixed,
			score, fix, author, subject, date, weights, judged, private, body, said_verdict, said_score)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (change_id) do update set series_key = excluded.series_key, verdict = excluded.verdict,
			reason_class = excluded.reason_class, mixed = excluded.mixed, score = excluded.score, fix = excluded.fix,
			author = excluded.author, subject = excluded.subject, date = excluded.date, weights = excluded.weights,
			judged = excluded.judged, private = case when judgement.private = 1 then 1 else excluded.private end, body = excluded.body,
			said_verdict = case when `+keep+` then judgement.said_verdict else excluded.said_verdict end,
			said_score = case when `+keep+` then judgement.said_score else excluded.said_score end,
			revision = judgement.revision + 1`,
		j.ID, string(j.Kind), j.SeriesKey, j.Source, clip(j.List), j.Branch, string(j.Verdict), string(j.ReasonClass), flag(j.Mixed),
		j.Score, j.Fix, clip(j.Author), clip(j.Subject), j.Date, j.Weights, millis(j.At), flag(j.Private), body, string(said.Verdict), said.Score)
	if err != nil {
		return err
	}
	return t.list(j)
}

// OptedOut implements flow.Journal.
func (s *Store) OptedOut(ctx context.Context, who []string) (out map[string]bool, err error) {
	out = map[string]bool{}
	if len(who) == 0 {
		return out, nil
	}
	in, args := marks(who)
	err = s.each(ctx, "reading the opt-outs from", "select who from opt_out where who in ("+in+")", args, func(rows *sql.Rows) error {
		var w string
		if err := rows.Scan(&w); err != nil {
			return err
		}
		out[w] = true
		return nil
	})
	return out, err
}

// OptOut records that an address, or "list:" and a list, wants no mail; told
// says by whom.
func (s *Store) OptOut(ctx context.Context, who, told string) error {
	return s.tx(ctx, "recording an opt-out in", false, func(t *txn) error {
		return t.optOut(who, told)
	})
}

func (t *txn) optOut(who, told string) error {
	_, err := t.exec("insert into opt_out (who, since, told) values (?, ?, ?) on conflict do nothing", who, now(), told)
	return err
}

// OptIn takes an opt-out back.
func (s *Store) OptIn(ctx context.Context, who string) error {
	return s.tx(ctx, "removing an opt-out from", false, func(t *txn) error {
		_, err := t.exec("delete from opt_out where who = ?", who)
		return err
	})
}
