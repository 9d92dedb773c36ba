package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/stablebot/stablebot/bot"
)

const actionColumns = "key, kind, sink, series_key, cause, list, verdict, line, created, attempts, message"

// now stamps rows that nobody judges by; what tests or rules depend on comes
// in with its time.
func now() int64 { return time.Now().UnixMilli() }

func (t *txn) plan(a bot.Action) error {
	_, err := t.exec(`insert into action (key, kind, sink, series_key, cause, list, verdict, line, state, created, message)
		values (?, ?, ?, ?, ?, ?, ?, ?, 'planned', ?, ?) on conflict (key) do nothing`,
		a.Key, a.Kind, a.Sink, a.SeriesKey, a.Cause, a.List, a.Verdict, a.Line, millis(a.Created), a.Message)
	return err
}

func (s *Store) actions(ctx context.Context, query string, args ...any) (out []bot.Action, err error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.wrap("reading actions from", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var (
			a       bot.Action
			created int64
		)
		if err := rows.Scan(&a.Key, &a.Kind, &a.Sink, &a.SeriesKey, &a.Cause, &a.List, &a.Verdict, &a.Line, &created, &a.Attempts, &a.Message); err != nil {
			return nil, s.wrap("reading actions from", err)
		}
		a.Created = fromMillis(created)
		out = append(out, a)
	}
	return out, s.wrap("reading actions from", rows.Err())
}

// Planned implements bot.Journal.
func (s *Store) Planned(ctx context.Context, sink string, now time.Time, n int) ([]bot.Action, error) {
	return s.actions(ctx, "select "+actionColumns+` from action
		where sink = ? and state = 'planned' and not_before <= ? order by created, key limit ?`, sink, millis(now), n)
}

// Begun implements bot.Journal.
func (s *Store) Begun(ctx context.Context, sink string) ([]bot.Action, error) {
	return s.actions(ctx, "select "+actionColumns+" from action where sink = ? and state = 'doing' order by created, key", sink)
}

// Begin implements bot.Journal.
func (s *Store) Begin(ctx context.Context, key string, at time.Time, c bot.Caps) (begun bool, err error) {
	err = s.tx(ctx, "beginning action "+key+" in", true, func(t *txn) error {
		var state string
		err := t.row(&state, "select state from action where key = ?", key)
		if errors.Is(err, sql.ErrNoRows) || err == nil && state != string(bot.StatePlanned) {
			return nil
		}
		if err != nil {
			return err
		}
		over, err := t.overCap(key, at, c)
		if err != nil {
			return err
		}
		if over != "" {
			_, err := t.exec("update action set state = 'held', problem = ?, ended = ? where key = ?", over, millis(at), key)
			return err
		}
		begun = true
		_, err = t.exec("update action set state = 'doing', begun = ?, attempts = attempts + 1 where key = ?", millis(at), key)
		return err
	})
	return begun && err == nil, err
}

// overCap says which cap one more reply would break, "" for none. What may
// have been sent counts as sent.
func (t *txn) overCap(key string, at time.Time, c bot.Caps) (string, error) {
	if c.None {
		return "", nil
	}
	for _, w := range []struct {
		span time.Duration
		max  int
		name string
	}{{time.Hour, c.PerHour, "an hour"}, {24 * time.Hour, c.PerDay, "a day"}} {
		var n int
		err := t.row(&n, `select count(*) from action where list = ? and begun > ? and key <> ?
			and state in ('doing', 'done', 'unknown')`, c.List, millis(at.Add(-w.span)), key)
		if err != nil {
			return "", err
		}
		if n >= w.max {
			return fmt.Sprintf("held: the cap of %d replies %s for %s is reached", w.max, w.name, c.List), nil
		}
	}
	return "", nil
}

// End implements bot.Journal.
func (s *Store) End(ctx context.Context, key string, e bot.Ending) error {
	return s.tx(ctx, "ending action "+key+" in", false, func(t *txn) error {
		n, err := t.exec("update action set state = ?, problem = ?, ended = ?, not_before = ? where key = ? and state = 'doing'",
			string(e.State), e.Problem, millis(e.At), millis(e.NotBefore), key)
		if err == nil && n == 0 {
			err = errors.New("it was not being done")
		}
		return err
	})
}

// Healthy implements bot.Journal.
func (s *Store) Healthy(ctx context.Context, component string, at time.Time, problem error) error {
	return s.tx(ctx, "recording the health of "+component+" in", false, func(t *txn) error {
		if problem == nil {
			_, err := t.exec(`insert into health (component, ok) values (?, ?)
				on conflict (component) do update set ok = excluded.ok, failures = 0`, component, millis(at))
			return err
		}
		_, err := t.exec(`insert into health (component, failed, problem, failures) values (?, ?, ?, 1)
			on conflict (component) do update set failed = excluded.failed, problem = excluded.problem, failures = health.failures + 1`,
			component, millis(at), problem.Error())
		return err
	})
}
