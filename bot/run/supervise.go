package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
)

// Back-off after a failure: doubled from the first to the longest wait, with
// jitter on top. Five minutes is what mail servers take a reconnecting client
// for granted at, and short enough for an outage over lunch.
const (
	backoffFirst = time.Second
	backoffMax   = 5 * time.Minute
)

// onceTries is how often Once polls a source that fails: a server that has
// just restarted answers the second time, a wrong password never.
const onceTries = 3

// backoff is the wait after the n-th failure in a row, n from 1.
func (c *core) backoff(n int) time.Duration {
	d := backoffMax
	if n < 10 { // 2^9 seconds are beyond the longest wait
		d = min(backoffFirst<<(n-1), backoffMax)
	}
	return d/2 + c.Clock.Jitter(d/2)
}

// sleep waits; it returns false when ctx ended first.
func (c *core) sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-c.Clock.After(d):
		return true
	}
}

// supervise polls one source for ever. An error of it ends neither the source
// nor the others.
func (b *Bot) supervise(ctx context.Context, s flow.Source) {
	name := "source." + s.Name()
	log := b.Log.Named(name)
	in := newIntake(b, s.Name(), log)
	defer func() {
		if err := s.Close(); err != nil {
			log.Warn("closing the source failed", zap.Error(err))
		}
	}()
	for failed := 0; ctx.Err() == nil; {
		err := guarded(func() error { return s.Poll(ctx, in) })
		if err == nil {
			failed = 0
			b.report(ctx, name, nil)
			err = guarded(func() error { return s.Wait(ctx) })
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		failed++
		wait := b.backoff(failed)
		b.report(ctx, name, err)
		log.Warn("the source failed; it is tried again", zap.String(flow.KeySource, s.Name()), zap.Error(err),
			zap.Int(flow.KeyAttempt, failed), zap.Duration(flow.KeyWait, wait))
		b.sleep(ctx, wait)
	}
}

// pollOnce polls a source to its end.
func (b *Bot) pollOnce(ctx context.Context, s flow.Source) error {
	name := "source." + s.Name()
	log := b.Log.Named(name)
	in := newIntake(b, s.Name(), log)
	for n := 1; ; n++ {
		err := guarded(func() error { return s.Poll(ctx, in) })
		b.report(ctx, name, err)
		if err == nil {
			return nil
		}
		log.Warn("the source failed", zap.String(flow.KeySource, s.Name()), zap.Error(err), zap.Int(flow.KeyAttempt, n))
		if n == onceTries || ctx.Err() != nil || !b.sleep(ctx, b.backoff(n)) {
			return fmt.Errorf("polling source %s: %w", s.Name(), err)
		}
	}
}

// guarded turns a panic into an error: one source, sink or mail must not end
// the others.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a defect in stablebot: %v", p)
		}
	}()
	return f()
}

// failed handles an error of the journal. What repeating cannot mend ends Run:
// a bot that cannot remember must not act.
func (c *core) failed(err error) error {
	if err != nil && !errors.Is(err, flow.ErrTemporary) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		c.fatal(err)
	}
	return err
}

// healthState keeps the journal from being written for news that are none.
type healthState struct {
	failing bool
	at      time.Time
}

// healthEvery is how often "still well" is written down.
const healthEvery = time.Minute

// report records how a component did.
func (c *core) report(ctx context.Context, component string, problem error) {
	now := c.Clock.Now()
	c.mu.Lock()
	last, known := c.health[component]
	fresh := !known || problem != nil || last.failing || now.Sub(last.at) >= healthEvery
	if fresh {
		c.health[component] = healthState{problem != nil, now}
	}
	c.mu.Unlock()
	if !fresh {
		return
	}
	ctx, done := inHand(ctx)
	defer done()
	if err := c.Journal.Healthy(ctx, component, now, problem); err != nil {
		c.log.Warn("the health of a component could not be recorded", zap.String(flow.KeySource, component), zap.Error(err))
	}
}
