package main

import (
	"context"

	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/wire"
)

// pastOfFlags opens the repository of --trees.
func pastOfFlags(ctx context.Context, o *branchOptions) (*wire.Past, error) {
	set, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	live.NewPiles(set)
	return &wire.Past{Past: live.Past{Set: set}, Close: set.Close}, nil
}
