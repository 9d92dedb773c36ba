package github_test

import (
	"context"

	"github.com/stablebot/stablebot/bot"
	"github.com/stablebot/stablebot/bot/store"
)

// notebook is an inlet that judges nothing: what it is given is settled.
type notebook struct {
	store   *store.Store
	cursors map[string]string
	pulls   []*bot.Pull
}

func (n *notebook) Cursor(_ context.Context, key string) (string, error) { return n.cursors[key], nil }

func (n *notebook) Accept(ctx context.Context, i bot.Item) error {
	n.pulls = append(n.pulls, i.Pull)
	return n.store.SettlePull(ctx, bot.PullSettlement{Pull: i.Pull.State})
}

func (n *notebook) Advance(_ context.Context, key, cursor string) error {
	if n.cursors == nil {
		n.cursors = map[string]string{}
	}
	n.cursors[key] = cursor
	return nil
}
