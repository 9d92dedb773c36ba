package run

import (
	"context"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
)

// stopped says why nothing may be delivered, "" when it may.
func (dl *deliverer) stopped() string {
	if dl.Stopped == nil {
		return ""
	}
	return dl.Stopped()
}

// gate decides whether a planned action may be begun now, as far as its kind is
// bound: what waited too long is dropped, and quiet hours are waited for.
func (dl *deliverer) gate(ctx context.Context, a flow.Action) (open bool, err error) {
	kind := flow.KindOf(a.Kind)
	now := dl.Clock.Now()
	from := a.Created
	if a.Approved.After(from) {
		from = a.Approved
	}
	if kind.Late && now.Sub(from) >= giveUpAfter {
		dl.log.Warn("an action waited too long; it is dropped", zap.String(flow.KeyAction, a.Key), zap.String(flow.KeyList, a.List))
		_, err := dl.Journal.Decide(ctx, a.Key, flow.Decision{State: flow.StateDropped, At: now,
			Why: "it waited for " + giveUpAfter.String() + "; an answer that late is noise"})
		return false, err
	}
	if until := dl.Policy.For(a.List).Quiet.Until(now); kind.Quiet && !until.IsZero() {
		return false, dl.Journal.Postpone(ctx, a.Key, until)
	}
	return true, nil
}
