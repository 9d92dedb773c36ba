package store

import (
	"context"

	"github.com/stablebot/stablebot/bot/flow"
)

// Announce implements digest.Journal: an action that belongs to no series, planned with
// the cursor that says up to when it speaks.
func (s *Store) Announce(ctx context.Context, a *flow.Action, c flow.Cursor) error {
	return s.tx(ctx, "planning "+c.Key+" in", false, func(t *txn) error {
		if a != nil {
			if err := t.plan(*a); err != nil {
				return err
			}
		}
		return t.advance(c)
	})
}
