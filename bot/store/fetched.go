package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// SavePull implements flow.Pulls.
func (s *Store) SavePull(ctx context.Context, p flow.Fetched) error {
	body, packing := pack(p.Body)
	return s.tx(ctx, "saving "+p.Key+" in", false, func(t *txn) error {
		// One that was read before it was noted again is read again.
		if _, err := t.exec("update pull set due = 0 where key = ? and revision = ?", p.Key, p.Revision); err != nil {
			return err
		}
		_, err := t.exec(`insert into fetched (key, revision, at, packing, size, body) values (?, ?, ?, ?, ?, ?)
			on conflict (key) do update set revision = excluded.revision, packing = excluded.packing, size = excluded.size, body = excluded.body
			where fetched.revision <= excluded.revision`, p.Key, p.Revision, millis(p.At), packing, len(p.Body), body)
		return err
	})
}

// Fetched implements flow.Pulls.
func (s *Store) Fetched(ctx context.Context, n int) (out []flow.Fetched, err error) {
	const doing = "looking for pull requests to be judged in"
	err = s.each(ctx, doing, "select key, revision, at from fetched order by at, key limit ?", []any{n}, func(rows *sql.Rows) error {
		var p flow.Fetched
		var at int64
		if err := rows.Scan(&p.Key, &p.Revision, &at); err != nil {
			return err
		}
		p.At = fromMillis(at)
		out = append(out, p)
		return nil
	})
	return out, err
}

// FetchedPull implements flow.Pulls.
func (s *Store) FetchedPull(ctx context.Context, key string) (*flow.Fetched, error) {
	var (
		p       = flow.Fetched{Key: key}
		at      int64
		packing string
		size    int
		body    []byte
	)
	err := s.read.QueryRowContext(ctx, "select revision, at, packing, size, body from fetched where key = ?", key).Scan(&p.Revision, &at, &packing, &size, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		p.At = fromMillis(at)
		p.Body, err = unpack(body, packing, size)
	}
	if err != nil {
		return nil, s.wrap("reading "+key+" from", err)
	}
	return &p, nil
}

// SetPullAside implements flow.Pulls.
func (s *Store) SetPullAside(ctx context.Context, p flow.Fetched, problem string, at time.Time) error {
	return s.tx(ctx, "putting "+p.Key+" aside in", false, func(t *txn) error {
		n, err := t.exec("delete from fetched where key = ? and revision = ?", p.Key, p.Revision)
		if err != nil || n == 0 {
			return err
		}
		if _, err := t.exec("update pull set problem = ? where key = ?", clip(problem), p.Key); err != nil {
			return err
		}
		_, err = t.exec(`insert into attempt (kind, key, n, deadly, problem, first, at, aside) values (?, ?, 1, 0, ?, ?, ?, 1)
			on conflict (kind, key) do update set aside = 1`, string(flow.UnitPull), p.Key, clip(problem), millis(at), millis(at))
		return err
	})
}
