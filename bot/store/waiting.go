package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/stablebot/stablebot/bot/flow"
)

// KeepCommit implements flow.Journal.
func (s *Store) KeepCommit(ctx context.Context, w flow.Waiting, c flow.Cursor) error {
	body, packing := pack(w.Body)
	return s.tx(ctx, "keeping commit "+w.ID+" in", false, func(t *txn) error {
		if _, err := t.exec(`insert into waiting (id, source, list, branch, at, problem, packing, size, body)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing`,
			w.ID, w.Source, clip(w.List), w.Branch, millis(w.At), w.Problem, packing, len(w.Body), body); err != nil {
			return err
		}
		return t.advance(c)
	})
}

// Waiting implements flow.Journal.
func (s *Store) Waiting(ctx context.Context, n int) (out []string, err error) {
	const doing = "looking for new commits in"
	err = s.each(ctx, doing, "select id from waiting order by at, id limit ?", []any{n}, func(rows *sql.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		out = append(out, id)
		return nil
	})
	return out, err
}

// WaitingCommit implements flow.Journal.
func (s *Store) WaitingCommit(ctx context.Context, sha string) (*flow.Waiting, error) {
	var (
		w       flow.Waiting
		at      int64
		packing string
		size    int
		body    []byte
	)
	err := s.read.QueryRowContext(ctx, "select id, source, list, branch, at, problem, packing, size, body from waiting where id = ?", sha).
		Scan(&w.ID, &w.Source, &w.List, &w.Branch, &at, &w.Problem, &packing, &size, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		w.At = fromMillis(at)
		w.Body, err = unpack(body, packing, size)
	}
	if err != nil {
		return nil, s.wrap("reading commit "+sha+" from", err)
	}
	return &w, nil
}
