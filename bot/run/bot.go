// Package run is the pipeline at work: it takes in what the sources bring, files and judges it,
// plans what is done about it, and has the sinks do that.
package run

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Options are everything a bot is made of, wired by hand in main.
type Options struct {
	Sources []flow.Source
	Sinks   []flow.Sink // the first one gets the replies
	// PullSinks names, for each source of pull requests, the sink that brings
	// them to what they should look like.
	PullSinks map[string]string
	// Checks says whose patches get a check in another tool.
	Checks []plan.Checks
	// DryRun is the name of the sink that shows what would be said on lists in
	// dry run; "": the first one.
	DryRun string
	// Stopped says why nothing may be delivered at present, "" when it may; nil:
	// it always may. It is asked before each action.
	Stopped func() string
	// Lookup finds the keys that prove who sent a mail; nil: nobody is proven, and
	// no command counts. NoCommands: none is obeyed, whoever sent it.
	Lookup     command.Lookup
	NoCommands bool
	// Maintains says who besides authors may give commands; nil: nobody.
	Maintains func(address string, files []string) bool
	// Place brings the paths of a list's patch into the kernel's layout; nil: they are.
	Place   func(list string, c *change.Change)
	Journal flow.Journal
	Trees   Trees // nil: no git remotes are configured
	// Audit reads what is to go into a configured branch on top of that branch; nil: pull
	// requests into such branches are judged only.
	Audit func(ctx context.Context, p flow.Proposal) (*report.Audit, error)
	// Follow looks for what became of everything judged. It is called when a
	// branch has moved, before anything is judged by that, and now and then; nil:
	// nobody follows.
	Follow func(context.Context) error
	// Judge judges one change; series and tree may be nil.
	Judge func(c *change.Change, series *rules.Series, tree *rules.Tree) verdict.Judgement
	// Forecast judges a change of a backfill with what was known on the day when
	// it was posted; nil: its outcome is compared with the judgement of today.
	Forecast func(ctx context.Context, c *change.Change, series *rules.Series, posted time.Time) (verdict.Judgement, error)
	Suite    []*rules.Rule // for what a reply cites
	Policy   plan.Policy
	Bot      report.Bot
	// Settle is how long an incomplete series is waited for; 0: DefaultSettle.
	Settle time.Duration
	Log    *zap.Logger // nil: no logs
	Clock  Clock       // zero: the real one
	// Roles are the parts of the work that this process takes; nil: all.
	Roles []Role
	// Queue spreads what is to be judged over workers; nil: over those of this
	// process, as many as there are processors.
	Queue flow.Queue
	// Announce plans what is said to owners now and then, of no series; it is called every
	// few minutes by one process, and once where the bot runs once. nil: nothing is.
	Announce func(context.Context) error
	// Disk says what there is to worry about the disk that the state is on, and whether
	// nothing more may be taken in; nil: it is not looked at.
	Disk func() (problem error, full bool)
	// Told is called after a sink has taken an action; nil: nobody is told.
	Told func(flow.Action)
}

// Clock is the time that the pipeline lives in.
type Clock struct {
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
	// Jitter maps a duration to a random part of it, so that many bots do not
	// come back at the same moment.
	Jitter func(time.Duration) time.Duration
}

// New checks the options and returns a bot that Run starts.
func New(o Options) (*Bot, error) {
	var errs []error
	if o.Journal == nil {
		errs = append(errs, errors.New("there is no journal"))
	}
	if o.Judge == nil {
		errs = append(errs, errors.New("there is no judge"))
	}
	if len(o.Sinks) == 0 {
		errs = append(errs, errors.New("there is no sink for the replies"))
	}
	if o.Bot.Address == "" {
		errs = append(errs, errors.New("the bot has no address to write from"))
	}
	errs = append(errs, o.Policy.Validate()...)
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("setting up the bot: %w", err)
	}
	if o.Settle == 0 {
		o.Settle = plan.DefaultSettle
	}
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	if o.Clock.Now == nil {
		o.Clock.Now = time.Now
	}
	if o.Clock.After == nil {
		o.Clock.After = time.After
	}
	if o.Clock.Jitter == nil {
		o.Clock.Jitter = func(d time.Duration) time.Duration { return time.Duration(rand.Int64N(int64(d) + 1)) }
	}
	b := assemble(o)
	if o.Trees == nil {
		b.lookedOnce.Do(func() { close(b.looked) })
	}
	for _, r := range o.Suite {
		b.refs[r.ID] = r.Ref
	}
	for source, sink := range o.PullSinks {
		if !slices.ContainsFunc(o.Sinks, func(s flow.Sink) bool { return s.Name() == sink }) {
			return nil, fmt.Errorf("setting up the bot: the pull requests of %s are for a sink %q, which there is not", source, sink)
		}
	}
	for _, c := range o.Checks {
		if !slices.ContainsFunc(o.Sinks, func(s flow.Sink) bool { return s.Name() == c.Sink }) {
			return nil, fmt.Errorf("setting up the bot: checks are for a sink %q, which there is not", c.Sink)
		}
	}
	for _, s := range o.Sinks {
		if b.sinks[s.Name()] != nil {
			return nil, fmt.Errorf("setting up the bot: two sinks are named %s", s.Name())
		}
		b.sinks[s.Name()] = make(chan struct{}, 1)
	}
	if o.DryRun != "" && b.sinks[o.DryRun] == nil {
		return nil, fmt.Errorf("setting up the bot: there is no sink %s for dry runs", o.DryRun)
	}
	return b, nil
}

// Run works until ctx ends, then finishes the items in hand and returns nil.
// With once it polls every source to its end, judges what there is without
// waiting for late patches, delivers, and returns what went wrong.
func (b *Bot) Run(ctx context.Context, once bool) error {
	ctx, b.fatal = context.WithCancelCause(ctx)
	if b.has(RoleWorker) {
		ended, err := b.attempts.startCarefully(ctx)
		if err != nil {
			return err
		}
		defer ended()
	}
	defer b.fatal(nil)
	b.once = once
	if b.dispatcher.queue == nil || once {
		b.dispatcher.queue = NewLocal(runtime.GOMAXPROCS(0) + 1) // one may have a large series in hand for long
	}
	b.lookAtDisk(ctx)
	if once {
		return b.runOnce(ctx)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for b.sleep(ctx, diskEvery) {
			b.lookAtDisk(ctx)
		}
	})
	if b.has(RoleSource) {
		for _, s := range b.Sources {
			wg.Go(func() {
				b.leases.holding(ctx, "source "+s.Name(), func(ctx context.Context) {
					b.reads.Add(1)
					defer b.reads.Add(-1)
					b.supervise(ctx, s)
				})
			})
		}
	}
	if b.Trees != nil && b.has(RoleWorker) {
		wg.Go(func() { b.watcher.loop(ctx) })
	}
	if b.has(RoleWorker) {
		wg.Go(func() { b.dispatcher.work(ctx) })
		wg.Go(func() { b.leases.holding(ctx, dispatcherName, b.dispatcher.loop) })
		if b.Lookup != nil {
			wg.Go(func() { b.leases.holding(ctx, proverName, b.prover.loop) })
		}
		if b.Announce != nil {
			wg.Go(func() { b.leases.holding(ctx, announcerName, b.announcing) })
		}
		for _, s := range b.Sinks {
			wg.Go(func() {
				b.leases.holding(ctx, "sink "+s.Name(), func(ctx context.Context) { b.deliverer.loop(ctx, s) })
			})
		}
	}
	<-ctx.Done() // a process that only answers people has nothing else to wait for
	wg.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func (b *Bot) has(r Role) bool { return b.Roles == nil || slices.Contains(b.Roles, r) }

func (b *Bot) runOnce(ctx context.Context) error {
	var errs []error
	if err := b.watcher.lookOnce(ctx); err != nil { // commits are judged as they come in
		errs = append(errs, err)
	}
	for _, s := range b.Sources {
		if err := b.leases.alone(ctx, "source "+s.Name(), func(ctx context.Context) error { return b.pollOnce(ctx, s) }); err != nil {
			errs = append(errs, err)
		}
		if err := s.Close(); err != nil {
			errs = append(errs, fmt.Errorf("closing source %s: %w", s.Name(), err))
		}
	}
	if err := b.watcher.lookOnce(ctx); err != nil {
		errs = append(errs, err)
	}
	if err := b.dispatcher.drain(ctx); err != nil {
		errs = append(errs, err)
	}
	// What was judged just now may have gone somewhere long ago.
	if err := b.leases.alone(ctx, dispatcherName, func(ctx context.Context) error { b.watcher.follow(ctx); return nil }); err != nil {
		errs = append(errs, err)
	}
	if b.Announce != nil {
		if err := b.leases.alone(ctx, announcerName, b.Announce); err != nil {
			errs = append(errs, err)
		}
	}
	for _, s := range b.Sinks {
		if err := b.leases.alone(ctx, "sink "+s.Name(), func(ctx context.Context) error { return b.deliverer.sweep(ctx, s) }); err != nil {
			errs = append(errs, err)
		}
	}
	if err := context.Cause(ctx); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// lookOnce looks at the trees; a process that leads beside this one has things
// judged again, by its own.
func (w *watcher) lookOnce(ctx context.Context) error {
	if w.Trees == nil {
		return nil
	}
	held, release, err := w.leases.take(ctx, dispatcherName)
	if err != nil {
		return w.failed(err)
	}
	if held != nil {
		defer release()
		w.leads.Store(true)
		defer w.leads.Store(false)
	}
	w.look(ctx)
	return nil
}

// inHand is the context for finishing what was begun: it outlives a SIGTERM,
// but not for ever. Before a SIGTERM nothing is cut short: a mail server may
// take ten minutes to answer, and not to know its answer is the worse end.
func inHand(ctx context.Context) (context.Context, context.CancelFunc) {
	hand, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(graceTime, cancel)
		context.AfterFunc(hand, func() { t.Stop() })
	})
	return flow.WithLeave(hand, ctx), func() { stop(); cancel() }
}

// graceTime is how long one item may take after a SIGTERM; systemd kills after
// 90 s by default, and several sinks may have something in hand.
const graceTime = 30 * time.Second

// over reports whether to begin nothing new: Run is to end, which is no error.
func over(ctx context.Context) bool { return ctx.Err() != nil }

// wake makes a waiting loop look again. It never blocks.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
