package run

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
)

// diskEvery is how often the disk is looked at: mail of a busy day fills no gigabyte
// in that time.
const diskEvery = time.Minute

// errDisk: what is stored must still fit when the disk is nearly full, so taking in
// ends before; judging and delivering go on.
var errDisk = fmt.Errorf("%w: the disk is nearly full or the quota is used up, so nothing more is taken in; what there is goes on",
	flow.ErrTemporary)

func (b *Bot) lookAtDisk(ctx context.Context) {
	if b.Disk == nil {
		return
	}
	problem, full := b.Disk()
	if was := b.full.Swap(full); was != full || problem != nil {
		b.log.Warn("the disk was looked at", zap.Error(problem), zap.Bool("full", full))
	}
	b.report(ctx, "disk", problem)
}
