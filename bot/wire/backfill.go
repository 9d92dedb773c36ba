package wire

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/bot/store"
)

// Count has what the sources bring counted, up to a time, and returns how much it was.
func (p *Parts) Count(until time.Time) (come func() int64) {
	t := &tally{until: until}
	for i, s := range p.Bot.Sources {
		p.Bot.Sources[i] = counted{s, t}
	}
	return t.items.Load
}

// tally counts what the source brings.
type tally struct {
	items atomic.Int64
	until time.Time
}

// ShowWork draws a bar of what is judged in a store, until end is called: how much this
// run judged since before, of that and what still waits.
func ShowWork(ctx context.Context, s *store.Store, before store.Counts) (end func()) {
	bar := progress.Begin(ctx, "judging", 0)
	if bar == nil {
		return func() {}
	}
	ctx, stop := context.WithCancel(ctx)
	go func() {
		every := time.NewTicker(time.Second)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
				now, err := s.Counts(ctx)
				if err != nil {
					continue // the work itself says what ails the store
				}
				done := now.Judgements - before.Judgements
				if come := now.Mails - before.Mails; come > 0 {
					bar.At(fmt.Sprintf("(%s came in)", console.Several(come, "mail")))
				}
				bar.Total(done + now.Unfiled + now.Unsettled + now.Waiting)
				bar.Set(done)
			}
		}
	}()
	return func() { stop(); bar.End() }
}

// counted is a source whose items are counted, up to a time.
type counted struct {
	flow.Source
	t *tally
}

// errUntil ends the reading of an archive, which comes in order of arrival.
var errUntil = errors.New("the rest is newer")

func (c counted) Poll(ctx context.Context, in flow.Intake) error {
	err := c.Source.Poll(ctx, countedIntake{in, c.t})
	if errors.Is(err, errUntil) {
		return nil
	}
	return err
}

type countedIntake struct {
	flow.Intake
	t *tally
}

func (c countedIntake) Accept(ctx context.Context, item flow.Item) error {
	if item.Mail != nil && !c.t.until.IsZero() && item.Received.After(c.t.until) {
		return errUntil
	}
	c.t.items.Add(1)
	return c.Intake.Accept(ctx, item)
}
