package run

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
)

// announcerName is the name under which one process plans what is said to owners.
const announcerName = "digests"

// announceEvery is how often it is looked whether something is due: a digest is for a
// day, and comes within minutes of its hour.
const announceEvery = 5 * time.Minute

// announcing plans what is due, for as long as ctx lasts.
func (b *Bot) announcing(ctx context.Context) {
	for {
		err := guarded(func() error { return b.Announce(ctx) })
		b.report(ctx, announcerName, err)
		if err != nil && ctx.Err() == nil {
			b.log.Warn("what is due to owners could not be planned; it is tried again", zap.Error(err), zap.Duration(flow.KeyWait, announceEvery))
		}
		if !b.sleep(ctx, announceEvery) {
			return
		}
	}
}
