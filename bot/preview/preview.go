// Package preview shows what the bot would have said on a list: mails of the
// past are replayed at their own dates through the whole pipeline, with a store
// that is thrown away, under the policy that the list has or would have.
//
// Invariants:
//
//   - Nothing is sent: the only sink there is counts.
//   - The two weeks before the time that is asked for are replayed as well and
//     left out of the report, so that a second version whose first one was
//     answered shows what it would have got.
//   - With trees, each posting is judged by what they were on its day, and again
//     as they move on, as the bot does.
//   - Commands by mail are not obeyed: whether their senders are proven cannot
//     be told any more, as signatures age and keys are withdrawn.
package preview

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/store"
)

// LeadIn is how long before the time that is asked for the replay begins. Most
// second versions come within two weeks of the first.
const LeadIn = 14 * 24 * time.Hour

// Options of a preview.
type Options struct {
	List         string
	Since, Until time.Time
	// Mails is the past, from Since less LeadIn on, in order of arrival.
	Mails iter.Seq2[flow.Item, error]
	// Bot is what the bot is made of: judge, policy, identity. Its sources,
	// sinks, journal and clock are replaced.
	Bot run.Options
	// Store is empty; the caller throws it away.
	Store *store.Store
	// Past gives the bot trees and a judge of the day that now is; nil: as they are.
	Past func(now func() time.Time, b *run.Options)
	// OptedOut is asked beside the empty store's own list; nil: nobody has.
	OptedOut func(ctx context.Context, who []string) (map[string]bool, error)
}

// Run replays and reports.
func Run(ctx context.Context, o Options) (*Report, error) {
	var now time.Time
	j := &journal{Journal: o.Store, optedOut: o.OptedOut, quiet: map[string]silence{}}
	b := o.Bot
	b.Sources, b.PullSinks, b.Lookup, b.Maintains, b.Stopped, b.DryRun, b.Told = nil, nil, nil, nil, nil, "", nil
	b.Sinks, b.Journal = []flow.Sink{nowhere{}}, j
	b.Clock = run.Clock{Now: func() time.Time { return now }, Jitter: func(time.Duration) time.Duration { return 0 }}
	if o.Past != nil {
		o.Past(b.Clock.Now, &b)
	}
	x, err := run.New(b)
	if err != nil {
		return nil, err
	}
	come := &arrivals{since: o.Since, bar: progress.Begin(ctx, "replaying", 0)}
	defer come.bar.End()
	if err := x.Replay(ctx, come.of(o.Mails), func(t time.Time) { now = t }); err != nil {
		return nil, err
	}
	r, err := report(ctx, o, j, come)
	if b.Trees != nil && r != nil {
		r.Branches = b.Trees.Branches()
	}
	return r, err
}

// nowhere is the sink of a preview.
type nowhere struct{}

func (nowhere) Name() string                               { return "preview" }
func (nowhere) Idempotent() bool                           { return true }
func (nowhere) Deliver(context.Context, flow.Action) error { return nil }

// silence is why a series got no reply, and when it was last judged.
type silence struct {
	why string
	at  time.Time
}

// journal is the scratch store, with an ear for what was not said.
type journal struct {
	flow.Journal
	optedOut func(context.Context, []string) (map[string]bool, error)
	quiet    map[string]silence // by series
}

// Settle implements flow.Journal.
func (j *journal) Settle(ctx context.Context, s flow.Settlement) (bool, error) {
	ok, err := j.Journal.Settle(ctx, s)
	if ok && err == nil {
		j.quiet[s.Series.Key] = silence{s.Quiet, s.Series.First}
	}
	return ok, err
}

// OptedOut implements flow.Journal.
func (j *journal) OptedOut(ctx context.Context, who []string) (map[string]bool, error) {
	out, err := j.Journal.OptedOut(ctx, who)
	if err != nil || j.optedOut == nil {
		return out, err
	}
	more, err := j.optedOut(ctx, who)
	if out == nil {
		out = map[string]bool{}
	}
	for k, v := range more {
		out[k] = out[k] || v
	}
	return out, err
}

// arrivals counts the mails as they come in.
type arrivals struct {
	since, last time.Time
	days        map[string]int
	n           int
	bar         *progress.Bar
}

func (a *arrivals) of(mails iter.Seq2[flow.Item, error]) iter.Seq2[flow.Item, error] {
	a.days = map[string]int{}
	return func(yield func(flow.Item, error) bool) {
		for i, err := range mails {
			if err == nil && !i.Received.Before(a.since) {
				a.days[dayOf(i.Received)]++
				a.n++
			}
			a.last = i.Received
			a.bar.Add(1)
			a.bar.At(dayOf(i.Received))
			if !yield(i, err) {
				return
			}
		}
	}
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// Merge yields two pasts, each in order, as one in order. What stands in both
// is left to the pipeline, which knows a mail by its Message-ID.
func Merge(a, b iter.Seq2[flow.Item, error]) iter.Seq2[flow.Item, error] {
	return func(yield func(flow.Item, error) bool) {
		nextA, stopA := iter.Pull2(a)
		defer stopA()
		nextB, stopB := iter.Pull2(b)
		defer stopB()
		x, errX, okX := nextA()
		y, errY, okY := nextB()
		for okX || okY {
			if err := errors.Join(errX, errY); err != nil {
				yield(flow.Item{}, err)
				return
			}
			if okX && (!okY || !y.Received.Before(x.Received)) {
				if !yield(x, nil) {
					return
				}
				x, errX, okX = nextA()
				continue
			}
			if !yield(y, nil) {
				return
			}
			y, errY, okY = nextB()
		}
	}
}
