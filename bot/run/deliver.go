package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
)

// deliverBatch bounds what is read ahead of the sink.
const deliverBatch = 50

// lookAgain is how soon a sink looks for what no one wakes it for: what another
// process has planned, a retry whose time has come, an action that a person has
// let go, the end of a stop.
const lookAgain = time.Second

// giveUpAfter ends the retries of an action: an answer that comes days later
// is noise (DefaultMaxAge says the same of questions).
const giveUpAfter = plan.DefaultMaxAge

// recover closes what a crash interrupted, of this process or of the one that
// delivered before it. An action that was begun may have been done: it is begun
// again only where the sink can tell by the key, or where this process knows
// that it never handed it over.
func (dl *deliverer) recover(ctx context.Context, s flow.Sink) error {
	begun, err := dl.Journal.Begun(ctx, s.Name())
	if err != nil {
		return err
	}
	for _, a := range begun {
		end := flow.Ending{State: flow.StatePlanned, At: dl.Clock.Now()}
		if !s.Idempotent() && !dl.isUnsure(a.Key) {
			end.State, end.Problem = flow.StateUnknown, "stablebot stopped while it was being done; it is not repeated, and looked for on the list"
		}
		if err := dl.Journal.End(ctx, a.Key, end); err != nil {
			return err
		}
		dl.log.Warn("an action was interrupted", zap.String(flow.KeyAction, a.Key), zap.String(flow.KeySink, s.Name()),
			zap.String(flow.KeyWhy, string(end.State)))
	}
	return nil
}

// markUnsure: the journal failed while the action was begun, so it may have
// been; it certainly was not done.
func (dl *deliverer) markUnsure(key string, unsure bool) {
	dl.mu.Lock()
	defer dl.mu.Unlock()
	if unsure {
		dl.unsure[key] = true
	} else {
		delete(dl.unsure, key)
	}
}

func (dl *deliverer) isUnsure(key string) bool {
	dl.mu.Lock()
	defer dl.mu.Unlock()
	return dl.unsure[key]
}

// sweep carries out what is planned for a sink now.
func (dl *deliverer) sweep(ctx context.Context, s flow.Sink) error {
	if err := dl.recover(ctx, s); err != nil {
		return dl.failed(err)
	}
	if err := dl.doubts.resolve(ctx, s); err != nil {
		return dl.failed(err)
	}
	_, err := dl.deliver(ctx, s)
	return err
}

// loop carries out what is planned for one sink, for ever.
func (dl *deliverer) loop(ctx context.Context, s flow.Sink) {
	log := dl.Log.Named("sink." + s.Name())
	var looked time.Time
	for failed, ready := 0, false; ctx.Err() == nil; {
		// Nothing is in hand here: what stands as begun was interrupted.
		err := error(nil)
		if !ready {
			err = dl.failed(dl.recover(ctx, s))
		}
		if now := dl.Clock.Now(); err == nil && now.Sub(looked) >= unknownEvery {
			looked, err = now, dl.failed(dl.doubts.resolve(ctx, s))
		}
		n := 0
		if ready = err == nil; ready {
			n, err = dl.deliver(ctx, s)
		}
		wait := lookAgain
		switch {
		case err != nil && ctx.Err() == nil:
			failed, ready = failed+1, false
			wait = dl.backoff(failed)
			log.Warn("delivering failed; it is tried again", zap.Error(err), zap.Duration(flow.KeyWait, wait))
		case n > 0:
			failed = 0
			continue
		}
		select {
		case <-ctx.Done():
		case <-dl.sinks[s.Name()]:
		case <-dl.Clock.After(wait):
		}
	}
}

// deliver carries out what is planned for a sink now, and returns how much
// that was. Its error is the journal's; what a sink says ends the action.
func (dl *deliverer) deliver(ctx context.Context, s flow.Sink) (n int, err error) {
	for ctx.Err() == nil && dl.stopped() == "" {
		todo, err := dl.Journal.Planned(ctx, s.Name(), dl.Clock.Now(), deliverBatch)
		if err != nil {
			return n, dl.failed(err)
		}
		if len(todo) == 0 {
			return n, nil
		}
		for _, a := range todo {
			if over(ctx) || dl.stopped() != "" {
				return n, nil
			}
			if err := dl.do(ctx, s, a); err != nil {
				return n, dl.failed(err)
			}
			n++
		}
	}
	return n, nil
}

// do carries out one action: it is recorded as begun, done, and recorded as
// ended, in this order.
func (dl *deliverer) do(ctx context.Context, s flow.Sink, a flow.Action) error {
	ctx, done := inHand(ctx)
	defer done()
	log := dl.Log.Named("sink."+s.Name()).With(zap.String(flow.KeyAction, a.Key), zap.String(flow.KeyList, a.List),
		zap.String(flow.KeySeries, a.SeriesKey))
	if open, err := dl.gate(ctx, a); err != nil || !open {
		return err
	}
	begun, err := dl.Journal.Begin(ctx, a.Key, dl.Clock.Now(), dl.caps(a))
	dl.markUnsure(a.Key, err != nil)
	if err != nil {
		return err
	}
	if !begun {
		log.Info("an action waits: a cap is reached, or it is not planned any more")
		return nil
	}
	problem := guarded(func() error { return s.Deliver(ctx, a) })
	dl.report(ctx, "sink."+s.Name(), problem)
	end := dl.ending(ctx, s, a, problem)
	err = dl.end(ctx, a.Key, end)
	if errors.Is(err, flow.ErrNotBegun) {
		log.Warn("another process took over and closed an action meanwhile", zap.String(flow.KeyWhy, string(end.State)), zap.Error(problem))
		return nil
	}
	if err != nil {
		return fmt.Errorf("after delivering: %w", err)
	}
	if problem != nil {
		log.Warn("an action was not done", zap.Error(problem), zap.String(flow.KeyWhy, string(end.State)), zap.Int(flow.KeyAttempt, a.Attempts+1))
		return nil
	}
	log.Info("an action was done", zap.String(flow.KeyVerdict, a.Verdict))
	if dl.Told != nil {
		dl.Told(a)
	}
	return nil
}

// end says how an action ended. Nobody else knows it, so it is tried for as
// long as there is any use.
func (dl *deliverer) end(ctx context.Context, key string, e flow.Ending) error {
	for n := 1; ; n++ {
		err := dl.Journal.End(ctx, key, e)
		if err == nil || !errors.Is(err, flow.ErrTemporary) || !dl.sleep(ctx, dl.backoff(n)) {
			return err
		}
	}
}

// ending decides about repeating; this is the one place that does.
func (dl *deliverer) ending(ctx context.Context, s flow.Sink, a flow.Action, problem error) flow.Ending {
	now := dl.Clock.Now()
	e := flow.Ending{State: flow.StateDone, At: now}
	if problem == nil {
		return e
	}
	e.Problem = problem.Error()
	switch {
	case errors.Is(problem, flow.ErrUnknown):
		e.State = flow.StateUnknown
	case errors.Is(problem, flow.ErrTemporary) && now.Sub(a.Created) < giveUpAfter:
		// The sink promises that it has not done it.
		e.State, e.NotBefore = flow.StatePlanned, now.Add(dl.backoff(a.Attempts+1))
	case ctx.Err() != nil && s.Idempotent():
		e.State, e.NotBefore = flow.StatePlanned, now.Add(dl.backoff(a.Attempts+1))
	case ctx.Err() != nil:
		e.State = flow.StateUnknown
	default:
		e.State = flow.StateFailed
	}
	return e
}
