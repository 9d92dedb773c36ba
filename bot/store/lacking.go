package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/stablebot/stablebot/bot/flow"
)

var _ flow.Lackings = (*Store)(nil)

// SaveLacking implements flow.Lackings.
func (s *Store) SaveLacking(ctx context.Context, l flow.Lacking) error {
	body, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("writing what %s lacks: %w", l.Branch, err)
	}
	return s.tx(ctx, "keeping what a branch lacks in", false, func(t *txn) error {
		_, err := t.exec(`insert into lacking (branch, at, body) values (?, ?, ?)
			on conflict (branch) do update set at = excluded.at, body = excluded.body`, l.Branch, millis(l.AsOf), string(body))
		return err
	})
}

// Lacking implements flow.Lackings.
func (s *Store) Lacking(ctx context.Context, branch string) (*flow.Lacking, error) {
	var body string
	err := s.read.QueryRowContext(ctx, "select body from lacking where branch = ?", branch).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, s.wrap("reading what a branch lacks from", err)
	}
	l := &flow.Lacking{}
	if err := json.Unmarshal([]byte(body), l); err != nil {
		return nil, fmt.Errorf("reading what %s lacks: %w", branch, err)
	}
	return l, nil
}

// LackingOf implements flow.Lackings.
func (s *Store) LackingOf(ctx context.Context) (out []string, err error) {
	err = s.each(ctx, "reading which branches lack something from", "select branch from lacking order by branch", nil, func(rows *sql.Rows) error {
		var b string
		err := rows.Scan(&b)
		out = append(out, b)
		return err
	})
	return out, err
}
