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
	if err := n.store.SavePull(ctx, flow.Fetched{Key: i.Pull.State.Key, Revision: i.Pull.State.Revision}); err != nil {
		return err
	}
	_, err := n.store.SettlePull(ctx, flow.PullSettlement{Pull: i.Pull.State})
	return err
}

func (n *notebook) Advance(_ context.Context, key, cursor string) error {
	if n.cursors == nil {
		n.cursors = map[string]string{}
	}
	n.cursors[key] = cursor
	return nil
}
