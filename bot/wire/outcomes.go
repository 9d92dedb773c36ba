package wire

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/kernel/live"
	outcomes "github.com/stablebot/stablebot/bot/outcome"
	"github.com/stablebot/stablebot/bot/store"
)

// follow is what the bot calls when a branch has moved.
func follow(s *store.Store, t *live.Trees, log *zap.Logger) func(context.Context) error {
	return func(ctx context.Context) error {
		sum, err := outcomes.Update(ctx, s, t, time.Now())
		if sum.Changed > 0 {
			log.Info("outcomes written down", zap.Int("changes", sum.Followed), zap.Int("mainline", sum.Mainline), zap.Int("taken", sum.Taken),
				zap.Int("new", sum.Changed))
		}
		return err
	}
}
