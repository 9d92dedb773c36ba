package run

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// Replay lets mails of the past come in at their own dates, which are the
// items' Received in order, and does everything that falls due in between when
// it falls due: late parts of a series are waited for, embargo hours are waited
// out, caps count by the hours of then. set moves the clock that the bot was
// made with; it only ever moves on.
//
// The sinks are carried out as in Run, so they should be ones that do nothing
// to the world.
func (b *Bot) Replay(ctx context.Context, mails iter.Seq2[flow.Item, error], set func(time.Time)) error {
	ctx, b.fatal = context.WithCancelCause(ctx)
	defer b.fatal(nil)
	r := replay{b: b, set: set}
	b.leads.Store(true)
	in := newIntake(b, "replay", b.log)
	for item, err := range mails {
		if err != nil {
			return err
		}
		if err := r.until(ctx, item.Received); err != nil {
			return err
		}
		r.at(item.Received)
		if r.now.Sub(r.looked) >= lookEvery {
			b.watcher.look(ctx)
			r.looked = r.now
		}
		if err := in.Accept(ctx, item); err != nil {
			return fmt.Errorf("replaying a mail: %w", err)
		}
		if _, err := r.pass(ctx); err != nil {
			return err
		}
	}
	return r.until(ctx, time.Time{})
}

type replay struct {
	b   *Bot
	set func(time.Time)
	now time.Time

	looked time.Time // when the trees were last looked at
}

// lookEvery is how often the trees are looked at in a replay, and what they
// concern judged again: stable branches are released about once a week.
const lookEvery = 7 * 24 * time.Hour

func (r *replay) at(t time.Time) {
	if t.After(r.now) {
		r.now = t
		r.set(t)
	}
}

// until does what falls due up to a time; the zero time is for ever.
func (r *replay) until(ctx context.Context, end time.Time) error {
	for {
		next, err := r.next(ctx)
		if err != nil || next.IsZero() || !end.IsZero() && next.After(end) {
			return err
		}
		late := !next.After(r.now)
		r.at(next)
		if n, err := r.pass(ctx); err != nil || late && n == 0 {
			return err
		}
	}
}

// next is when something falls due, the zero time for never.
func (r *replay) next(ctx context.Context) (time.Time, error) {
	due, err := r.b.dispatcher.Journal.NextDue(ctx)
	if err != nil {
		return due, err
	}
	for _, s := range r.b.Sinks {
		waiting, err := r.b.deliverer.Journal.Planned(ctx, s.Name(), r.now.AddDate(10, 0, 0), deliverBatch)
		if err != nil {
			return due, err
		}
		for _, a := range waiting {
			t := r.b.Policy.For(a.List).Quiet.Until(r.now)
			if !t.IsZero() && (due.IsZero() || t.Before(due)) {
				due = t
			}
		}
	}
	return due, nil
}

// pass files, judges and delivers what there is now.
func (r *replay) pass(ctx context.Context) (n int, err error) {
	for {
		done, err := r.b.dispatcher.judgeNow(ctx)
		n += done
		if err != nil {
			return n, err
		}
		if done == 0 {
			break
		}
	}
	for _, s := range r.b.Sinks {
		done, err := r.b.deliverer.deliver(ctx, s)
		n += done
		if err != nil {
			return n, err
		}
	}
	if err := context.Cause(ctx); err != nil {
		return n, err
	}
	return n, nil
}
