package github_test

import (
	"context"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/store"
)

// notebook is an inlet that judges nothing: what it is given is settled.
type notebook struct {
	store   *store.Store
	cursors map[string]string
	pulls   []*flow.Pull
}

func (n *notebook) Cursor(_ context.Context, key string) (string, error) { return n.cursors[key], nil }

func (n *notebook) Accept(ctx context.Context, i flow.Item) error {
	n.pulls = append(n.pulls, i.Pull)
	return n.store.SettlePull(ctx, flow.PullSettlement{Pull: i.Pull.State})
}

func (n *notebook) Advance(_ context.Context, key, cursor string) error {
	if n.cursors == nil {
		n.cursors = map[string]string{}
	}
	n.cursors[key] = cursor
	return nil
}
