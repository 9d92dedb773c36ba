package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

const attemptColumns = "kind, key, n, deadly, problem, first, at, aside"

func scanAttempt(scan func(...any) error) (a flow.Attempt, err error) {
	var first, at int64
	if err := scan(&a.Kind, &a.Key, &a.N, &a.Deadly, &a.Problem, &first, &at, &a.Aside); err != nil {
		return flow.Attempt{}, err
	}
	a.First, a.At = fromMillis(first), fromMillis(at)
	return a, nil
}

// Attempt implements flow.Attempts. It is on the disk when it returns: the unit may
// take the machine down with it.
func (s *Store) Attempt(ctx context.Context, u flow.Unit, at time.Time, alone bool) (a flow.Attempt, err error) {
	company := flow.InCompany
	if alone {
		company = ""
	}
	err = s.tx(ctx, "counting an attempt in", false, func(t *txn) error {
		_, err := t.exec(`insert into attempt (kind, key, n, deadly, problem, first, at, aside) values (?, ?, 1, 0, ?, ?, ?, 0)
			on conflict (kind, key) do update set n = attempt.n + 1, deadly = attempt.deadly + case when attempt.problem = '' then 1 else 0 end, at = excluded.at,
				problem = case when attempt.aside = 1 then attempt.problem else excluded.problem end`, string(u.Kind), u.Key, company, millis(at), millis(at))
		return err
	})
	if err != nil {
		return a, err
	}
	return s.Attempted(ctx, u)
}

// Attempted implements flow.Attempts.
func (s *Store) Attempted(ctx context.Context, u flow.Unit) (flow.Attempt, error) {
	a, err := scanAttempt(s.read.QueryRowContext(ctx, "select "+attemptColumns+" from attempt where kind = ? and key = ?", string(u.Kind), u.Key).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return flow.Attempt{Unit: u}, nil
	}
	return a, s.wrap("reading the attempts in", err)
}

// Blame implements flow.Attempts.
func (s *Store) Blame(ctx context.Context, u flow.Unit, problem string, at time.Time, aside bool) error {
	return s.tx(ctx, "recording a failure in", false, func(t *txn) error {
		_, err := t.exec(`insert into attempt (kind, key, n, deadly, problem, first, at, aside) values (?, ?, 1, 0, ?, ?, ?, ?)
			on conflict (kind, key) do update set problem = excluded.problem, at = excluded.at, aside = excluded.aside`,
			string(u.Kind), u.Key, clip(problem), millis(at), millis(at), flag(aside))
		return err
	})
}

// Absolve implements flow.Attempts.
func (s *Store) Absolve(ctx context.Context, u flow.Unit) error {
	return s.tx(ctx, "forgetting attempts in", false, func(t *txn) error {
		_, err := t.exec("delete from attempt where kind = ? and key = ?", string(u.Kind), u.Key)
		return err
	})
}

// Suspects implements flow.Attempts.
func (s *Store) Suspects(ctx context.Context) (map[flow.Unit]int, error) {
	out := map[flow.Unit]int{}
	err := s.each(ctx, "reading what was in hand from", "select "+attemptColumns+" from attempt where aside = 0", nil, func(rows *sql.Rows) error {
		a, err := scanAttempt(rows.Scan)
		if a.Suspect() {
			out[a.Unit] = a.Deadly
		}
		return err
	})
	return out, err
}

// Aside implements flow.Attempts.
func (s *Store) Aside(ctx context.Context, n int) (out []flow.Attempt, err error) {
	err = s.each(ctx, "reading what was put aside from", "select "+attemptColumns+" from attempt where aside = 1 order by at desc, key limit ?", []any{n}, func(rows *sql.Rows) error {
		a, err := scanAttempt(rows.Scan)
		out = append(out, a)
		return err
	})
	return out, err
}

// runs is the row that says whether a process works.
const runs = "running"

// Unclean implements flow.Attempts.
func (s *Store) Unclean(ctx context.Context) (unclean bool, err error) {
	if s.pool != nil {
		// Several processes come and go; each unit is counted by itself there.
		return true, nil
	}
	v, err := s.Cursor(ctx, runs)
	if err != nil {
		return false, err
	}
	return v == "1", s.Advance(ctx, flow.Cursor{Key: runs, Value: "1"})
}

// Clean implements flow.Attempts.
func (s *Store) Clean(ctx context.Context) error {
	return s.Advance(ctx, flow.Cursor{Key: runs, Value: "0"})
}
