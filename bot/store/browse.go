package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.wrap("asking", s.read.QueryRowContext(ctx, "select count(*) from (select 1 from goose_db_version limit 1) v").Scan(&one))
}

// Queue is what waits for the pipeline.
type Queue struct {
	Mails       int       // not filed yet
	OldestMail  time.Time // of them; zero for none
	Series      int       // not settled yet, those that wait for late patches included
	OldestDue   time.Time // when the most overdue of them was due; zero for none
	Pulls       int
	OldestPull  time.Time // when the most overdue pull request was due
	LastJudged  time.Time
	LastArrived time.Time
}

// Queue looks at what waits.
func (s *Store) Queue(ctx context.Context) (q Queue, err error) {
	var mail, due, pull, judged, arrived sql.NullInt64
	err = s.read.QueryRowContext(ctx, `select (select count(*) from mail where filed = 0), (select min(received) from mail where filed = 0),
		(select count(*) from series where due > 0), (select min(due) from series where due > 0),
		(select count(*) from pull where due > 0), (select min(due) from pull where due > 0),
		(select max(judged) from judgement), (select received from mail order by seq desc limit 1)`).
		Scan(&q.Mails, &mail, &q.Series, &due, &q.Pulls, &pull, &judged, &arrived)
	q.OldestMail, q.OldestDue, q.OldestPull = fromMillis(mail.Int64), fromMillis(due.Int64), fromMillis(pull.Int64)
	q.LastJudged, q.LastArrived = fromMillis(judged.Int64), fromMillis(arrived.Int64)
	return q, s.wrap("looking at what waits in", err)
}

// publicAction leaves out what is said to embargoed series and private pull
// requests.
const publicAction = `not exists (select 1 from series x where x.key = action.series_key and x.private = 1)
	and not exists (select 1 from pull x where x.key = action.series_key and x.private = 1)
	and not exists (select 1 from judgement x where x.series_key = action.series_key and x.private = 1)`

// PublicActions returns actions in one of the states, newest first, that
// everybody may see.
func (s *Store) PublicActions(ctx context.Context, states []flow.ActionState, limit int) ([]ActionRow, error) {
	in, args := marks(states)
	return s.actionRows(ctx, "state in ("+in+") and "+publicAction, limit, args...)
}

// PublicAction returns one of them, nil when there is none of this key.
func (s *Store) PublicAction(ctx context.Context, key string) (*ActionRow, error) {
	rows, err := s.actionRows(ctx, "key = ? and "+publicAction, 1, key)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// ActionStates counts actions by state.
func (s *Store) ActionStates(ctx context.Context) (map[flow.ActionState]int, error) {
	out := map[flow.ActionState]int{}
	return out, s.each(ctx, "reading", "select state, count(*) from action group by state", nil, func(r *sql.Rows) error {
		var state flow.ActionState
		var n int
		if err := r.Scan(&state, &n); err != nil {
			return err
		}
		out[state] = n
		return nil
	})
}

// Version is one posting of a series, and what was judged in it.
type Version struct {
	flow.Series
	Judged []flow.Judged
}

// Shown is what everybody may see of a change.
type Shown struct {
	Case
	Versions []Version // all that are known, oldest first; the one shown is among them
	// Titles of the commits that its branches name as prerequisites, as far as
	// they were judged.
	Titles map[string]string
}

// maxVersions bounds the walk along a chain of versions, which only a forged
// thread can make endless.
const maxVersions = 50

// Show returns what everybody may see of a judged change: ErrNone for what is
// embargoed as for what is unknown, so that the answer tells nothing.
func (s *Store) Show(ctx context.Context, id string) (*Shown, error) {
	c, err := s.Explain(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.Judged == nil || c.Judged.Private || c.Series != nil && c.Series.Private {
		copied, err := s.shownAs(ctx, id)
		if err != nil || copied == "" {
			return nil, errors.Join(err, fmt.Errorf("%q: %w", id, ErrNone))
		}
		return s.Show(ctx, copied)
	}
	out := &Shown{Case: *c}
	keys := map[string]bool{c.Judged.SeriesKey: true}
	if c.Series != nil {
		if err := s.versions(ctx, *c.Series, out); err != nil {
			return nil, err
		}
		for _, v := range out.Versions {
			keys[v.Key] = true
		}
	} else if c.Judged.SeriesKey != "" {
		if out.Actions, err = s.actionRows(ctx, "series_key = ? and "+publicAction, 100, c.Judged.SeriesKey); err != nil {
			return nil, err
		}
	}
	// What people asked of a version that was embargoed stays with it.
	out.Orders = slices.DeleteFunc(out.Orders, func(o flow.Order) bool { return !keys[o.SeriesKey] })
	out.Mates = slices.DeleteFunc(out.Mates, func(j flow.Judged) bool { return j.Private })
	out.Titles, err = s.titles(ctx, c.Judged)
	return out, err
}

// shownAs is the judged patch that everybody may see under the Message-ID of one that is
// hidden, "" where there is none: a copy to a security contact hides no other.
func (s *Store) shownAs(ctx context.Context, id string) (string, error) {
	var out string
	err := s.read.QueryRowContext(ctx, `select m.id from mail m join judgement j on j.change_id = m.id join series s on s.key = m.series_key
		where m.message_id = ? and m.id <> ? and j.private = 0 and s.private = 0 order by s.signed desc, m.id limit 1`, id, id).Scan(&out)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return out, s.wrap("reading", err)
}

func (s *Store) versions(ctx context.Context, at flow.Series, out *Shown) error {
	chain := []flow.Series{at}
	seen := map[string]bool{at.Key: true}
	step := func(key string) (*flow.Series, error) {
		if key == "" || seen[key] || len(chain) >= maxVersions {
			return nil, nil
		}
		seen[key] = true
		return s.Series(ctx, key)
	}
	for v := at; ; {
		p, err := step(v.Previous)
		if err != nil {
			return err
		}
		if p == nil {
			break
		}
		chain, v = append([]flow.Series{*p}, chain...), *p
	}
	for v := at; ; {
		n, err := step(v.Next)
		if err != nil {
			return err
		}
		if n == nil {
			break
		}
		chain, v = append(chain, *n), *n
	}
	for _, v := range chain {
		if v.Private {
			continue
		}
		js, err := s.Judgements(ctx, Filter{SeriesKey: v.Key})
		if err != nil {
			return err
		}
		out.Versions = append(out.Versions, Version{v, js})
	}
	return nil
}

func (s *Store) titles(ctx context.Context, j *flow.Judged) (map[string]string, error) {
	var ids []string
	for _, b := range j.Branches {
		for _, p := range b.Prerequisites {
			if !slices.Contains(ids, p) {
				ids = append(ids, p)
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := marks(ids)
	out := map[string]string{}
	return out, s.each(ctx, "reading", "select change_id, subject from judgement where private = 0 and change_id in ("+in+")", args, func(r *sql.Rows) error {
		var id, title string
		if err := r.Scan(&id, &title); err != nil {
			return err
		}
		out[id] = title
		return nil
	})
}

// OpenExisting opens a store that a bot has made, for reading and for what a
// person decides. A schema of another version is an error and left alone.
func OpenExisting(ctx context.Context, where string) (*Store, error) {
	ro, err := OpenReadOnly(ctx, where)
	if err != nil {
		return nil, err
	}
	if err := ro.Close(); err != nil {
		return nil, err
	}
	return Open(ctx, where)
}
