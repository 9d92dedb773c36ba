package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
)

// deliverBatch bounds what is read ahead of the sink.
const deliverBatch = 50

// lookAgain is how soon a sink looks for what no one wakes it for: a retry whose
// time has come, an action that a person has let go, the end of a stop.
const lookAgain = 3 * time.Second

// giveUpAfter ends the retries of an action: an answer that comes days later
// is noise (DefaultMaxAge says the same of questions).
const giveUpAfter = DefaultMaxAge

// recover closes what a crash interrupted. An action that was begun may have
// been done: it is begun again only where the sink can tell by the key.
func (b *Bot) recover(ctx context.Context) error {
	for _, s := range b.Sinks {
		begun, err := b.Journal.Begun(ctx, s.Name())
		if err != nil {
			return err
		}
		for _, a := range begun {
			end := Ending{State: StatePlanned, At: b.Clock.Now()}
			if !s.Idempotent() {
				end.State, end.Problem = StateUnknown, "stablebot stopped while it was being done; it is not repeated"
			}
			if err := b.Journal.End(ctx, a.Key, end); err != nil {
				return err
			}
			b.log.Warn("an action was interrupted", zap.String(KeyAction, a.Key), zap.String(KeySink, s.Name()),
				zap.String(KeyWhy, string(end.State)))
		}
	}
	return nil
}

// deliverAll carries out what is planned for one sink, for ever.
func (b *Bot) deliverAll(ctx context.Context, s Sink) {
	log := b.Log.Named("sink." + s.Name())
	for failed := 0; ctx.Err() == nil; {
		n, err := b.deliver(ctx, s)
		wait := lookAgain
		switch {
		case err != nil && ctx.Err() == nil:
			failed++
			wait = b.backoff(failed)
			log.Warn("delivering failed; it is tried again", zap.Error(err), zap.Duration(KeyWait, wait))
		case n > 0:
			failed = 0
			continue
		}
		select {
		case <-ctx.Done():
		case <-b.sinks[s.Name()]:
		case <-b.Clock.After(wait):
		}
	}
}

// deliver carries out what is planned for a sink now, and returns how much
// that was. Its error is the journal's; what a sink says ends the action.
func (b *Bot) deliver(ctx context.Context, s Sink) (n int, err error) {
	for ctx.Err() == nil && b.stopped() == "" {
		todo, err := b.Journal.Planned(ctx, s.Name(), b.Clock.Now(), deliverBatch)
		if err != nil {
			return n, b.failed(err)
		}
		if len(todo) == 0 {
			return n, nil
		}
		for _, a := range todo {
			if over(ctx) || b.stopped() != "" {
				return n, nil
			}
			if err := b.do(ctx, s, a); err != nil {
				return n, b.failed(err)
			}
			n++
		}
	}
	return n, nil
}

// do carries out one action: it is recorded as begun, done, and recorded as
// ended, in this order.
func (b *Bot) do(ctx context.Context, s Sink, a Action) error {
	ctx, done := inHand(ctx)
	defer done()
	log := b.Log.Named("sink."+s.Name()).With(zap.String(KeyAction, a.Key), zap.String(KeyList, a.List), zap.String(KeySeries, a.SeriesKey))
	if open, err := b.gate(ctx, a); err != nil || !open {
		return err
	}
	begun, err := b.Journal.Begin(ctx, a.Key, b.Clock.Now(), b.caps(a))
	if err != nil {
		return err
	}
	if !begun {
		log.Warn("an action is held: a cap is reached, or it is not planned any more")
		return nil
	}
	problem := guarded(func() error { return s.Deliver(ctx, a) })
	b.report(ctx, "sink."+s.Name(), problem)
	end := b.ending(ctx, s, a, problem)
	if err := b.Journal.End(ctx, a.Key, end); err != nil {
		return fmt.Errorf("after delivering: %w", err)
	}
	if problem != nil {
		log.Warn("an action was not done", zap.Error(problem), zap.String(KeyWhy, string(end.State)), zap.Int(KeyAttempt, a.Attempts+1))
		return nil
	}
	log.Info("an action was done", zap.String(KeyVerdict, a.Verdict))
	if b.Told != nil {
		b.Told(a)
	}
	return nil
}

// ending decides about repeating; this is the one place that does.
func (b *Bot) ending(ctx context.Context, s Sink, a Action, problem error) Ending {
	now := b.Clock.Now()
	e := Ending{State: StateDone, At: now}
	if problem == nil {
		return e
	}
	e.Problem = problem.Error()
	switch {
	case errors.Is(problem, ErrUnknown):
		e.State = StateUnknown
	case errors.Is(problem, ErrTemporary) && now.Sub(a.Created) < giveUpAfter:
		// The sink promises that it has not done it.
		e.State, e.NotBefore = StatePlanned, now.Add(b.backoff(a.Attempts+1))
	case ctx.Err() != nil && s.Idempotent():
		e.State, e.NotBefore = StatePlanned, now.Add(b.backoff(a.Attempts+1))
	case ctx.Err() != nil:
		e.State = StateUnknown
	default:
		e.State = StateFailed
	}
	return e
}
