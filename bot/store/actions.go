package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

const actionColumns = "key, kind, sink, series_key, cause, list, verdict, line, created, attempts, approved, told, message"

// now stamps rows that nobody judges by; what tests or rules depend on comes
// in with its time.
func now() int64 { return time.Now().UnixMilli() }

func (t *txn) plan(a flow.Action) error {
	told, err := json.Marshal(a.Told)
	if err != nil {
		return err
	}
	state := flow.StatePlanned
	if a.Hold != "" {
		state = flow.StateHeld
	}
	// One that has not been begun says what holds now.
	_, err = t.exec(`insert into action (key, kind, sink, series_key, cause, list, verdict, line, state, problem, created, not_before, told, message)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (key) do update set
			verdict = excluded.verdict, line = excluded.line, told = excluded.told, message = excluded.message
		where action.state = 'planned' or action.state = 'held' and action.problem not like '`+flow.Unseen+`%'`,
		a.Key, a.Kind, a.Sink, a.SeriesKey, a.Cause, a.List, a.Verdict, a.Line, string(state), a.Hold,
		millis(a.Created), millis(a.NotBefore), string(told), a.Message)
	return err
}

// versionsOf are a series and those before it, by their distance.
const versionsOf = `with recursive version (key, previous, depth) as (
		select key, previous, 0 from series where key = ?
		union all select s.key, s.previous, v.depth + 1 from series s join version v on s.key = v.previous where v.depth < 50) `

// retire ends what is not to be said any more: replies to earlier versions once
// a later one is answered, and a first answer to this one that no longer holds. It is
// overtaken where one of those that says the same began to go out while this was judged.
func (t *txn) retire(d flow.Settlement) (overtaken bool, err error) {
	if _, err := t.exec(`update action set state = 'dropped', problem = 'it was judged again', ended = ? where series_key = ? and `+byJudging+`
		and state in ('planned', 'held')`, millis(d.At), d.Series.Key); err != nil {
		return false, err
	}
	first := slices.IndexFunc(d.Actions, func(a flow.Action) bool { return a.Cause == flow.CauseFirst })
	if first < 0 {
		_, err := t.exec(`update action set state = 'dropped', problem = ?, ended = ? where series_key = ? and cause = ? and `+byVersion+`
			and state in ('planned', 'held')`, "it no longer holds: "+d.Quiet, millis(d.At), d.Series.Key, flow.CauseFirst)
		return false, err
	}
	if overtaken, err = t.exists(versionsOf+"select 1 from action where "+byVersion+" and "+isBegun+` and begun > ? and line = ?
		and series_key in (select key from version where depth > 0)`, d.Series.Key, millis(d.At), d.Actions[first].Line); err != nil || overtaken {
		return overtaken, err
	}
	_, err = t.exec(versionsOf+`update action set state = 'dropped', problem = 'a newer version is answered instead', ended = ?
		where `+byVersion+` and state in ('planned', 'held') and series_key in (select key from version where depth > 0)`,
		d.Series.Key, millis(d.At))
	return false, err
}

func readTold(s string) (out map[string]string) {
	if s != "" {
		_ = json.Unmarshal([]byte(s), &out) // what we wrote; without it nothing is corrected
	}
	return out
}

func (s *Store) actions(ctx context.Context, query string, args ...any) (out []flow.Action, err error) {
	err = s.each(ctx, "reading actions from", query, args, func(rows *sql.Rows) error {
		var (
			a                 flow.Action
			created, approved int64
			told              string
		)
		if err := rows.Scan(&a.Key, &a.Kind, &a.Sink, &a.SeriesKey, &a.Cause, &a.List, &a.Verdict, &a.Line, &created, &a.Attempts, &approved, &told, &a.Message); err != nil {
			return err
		}
		a.Created, a.Approved, a.Told = fromMillis(created), fromMillis(approved), readTold(told)
		out = append(out, a)
		return nil
	})
	return out, err
}

// Begun implements flow.Journal.
func (s *Store) Begun(ctx context.Context, sink string) ([]flow.Action, error) {
	return s.actions(ctx, "select "+actionColumns+" from action where sink = ? and state = 'doing' order by created, key", sink)
}

// Begin implements flow.Journal.
func (s *Store) Begin(ctx context.Context, key string, at time.Time, c flow.Caps) (begun bool, err error) {
	err = s.tx(ctx, "beginning action "+key+" in", true, func(t *txn) error {
		var approved int64
		err := t.row(&approved, "select approved from action where key = ? and state = 'planned'", key)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		over, until := "", time.Time{}
		if approved == 0 { // a person's word is above the caps
			over, until, err = t.overCap(key, at, c)
		}
		if err != nil {
			return err
		}
		if over != "" && !until.IsZero() { // it goes out when there is room again
			_, err := t.exec("update action set problem = ?, not_before = ? where key = ?", over, millis(until), key)
			return err
		}
		if over != "" {
			_, err := t.exec("update action set state = 'held', problem = ?, ended = ? where key = ?", over, millis(at), key)
			return err
		}
		begun = true
		_, err = t.exec("update action set state = 'doing', problem = '', begun = ?, attempts = attempts + 1 where key = ?", millis(at), key)
		return err
	})
	return begun && err == nil, err
}

// Unknown implements flow.Journal.
func (s *Store) Unknown(ctx context.Context, sink string, n int) (out []flow.Unsettled, err error) {
	err = s.each(ctx, "reading actions of unknown outcome from", `select key, kind, sink, series_key, cause, list, state, ended, message from action
		where sink = ? and `+isMail+` and (state = 'unknown' or state = 'held' and problem like '`+flow.Unseen+`%') order by state desc, ended, key limit ?`, []any{sink, n}, func(rows *sql.Rows) error {
		var (
			a     flow.Unsettled
			ended int64
		)
		if err := rows.Scan(&a.Key, &a.Kind, &a.Sink, &a.SeriesKey, &a.Cause, &a.List, &a.State, &ended, &a.Message); err != nil {
			return err
		}
		a.Ended = fromMillis(ended)
		out = append(out, a)
		return nil
	})
	return out, err
}

// Resolve implements flow.Journal.
func (s *Store) Resolve(ctx context.Context, key string, e flow.Ending) error {
	return s.tx(ctx, "settling the outcome of action "+key+" in", false, func(t *txn) error {
		_, err := t.exec(`update action set state = ?, problem = ?, ended = ? where key = ? and (state = 'unknown' or state = 'held' and problem like '`+flow.Unseen+`%')`,
			string(e.State), e.Problem, millis(e.At), key)
		return err
	})
}

// Postpone implements flow.Journal.
func (s *Store) Postpone(ctx context.Context, key string, until time.Time) error {
	return s.tx(ctx, "postponing action "+key+" in", false, func(t *txn) error {
		_, err := t.exec("update action set not_before = ? where key = ? and state = 'planned'", millis(until), key)
		return err
	})
}

// Decide implements flow.Journal.
func (s *Store) Decide(ctx context.Context, key string, d flow.Decision) (done bool, err error) {
	err = s.tx(ctx, "deciding about action "+key+" in", false, func(t *txn) error {
		why := d.Why
		if d.Who != "" {
			why = strings.TrimSuffix("by "+d.Who+": "+d.Why, ": ")
		}
		var n int64
		switch d.State {
		case flow.StatePlanned:
			n, err = t.exec("update action set state = 'planned', problem = ?, approved = ?, not_before = 0 where key = ? and state = 'held'",
				why, millis(d.At), key)
		case flow.StateDropped:
			n, err = t.exec("update action set state = 'dropped', problem = ?, ended = ? where key = ? and state in ('held', 'planned')",
				why, millis(d.At), key)
		default:
			return fmt.Errorf("an action cannot be made %s", d.State)
		}
		done = n > 0
		return err
	})
	return done && err == nil, err
}

// Told implements flow.Journal.
func (s *Store) Told(ctx context.Context, seriesKey string) ([]flow.Action, error) {
	return s.actions(ctx, "select "+strings.TrimSuffix(actionColumns, "message")+`null from action
		where series_key = ? and `+isMail+` and `+isBegun+` order by created desc, key`, seriesKey)
}

// End implements flow.Journal.
func (s *Store) End(ctx context.Context, key string, e flow.Ending) error {
	return s.tx(ctx, "ending action "+key+" in", false, func(t *txn) error {
		n, err := t.exec("update action set state = ?, problem = ?, ended = ?, not_before = ? where key = ? and state = 'doing'",
			string(e.State), e.Problem, millis(e.At), millis(e.NotBefore), key)
		if err == nil && n == 0 {
			err = flow.ErrNotBegun
		}
		return err
	})
}

// Healthy implements flow.Journal.
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
