package run

import (
	"cmp"
	"context"
	"reflect"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/rules/verdict"
)

// A series is judged again when a branch moves until it is requeueFor old: a
// development cycle and its merge window. One after another with requeueEvery
// between them, so that new mail is not kept waiting.
const (
	requeueFor   = 90 * 24 * time.Hour
	requeueEvery = 200 * time.Millisecond
)

// treesCursor is where the state is kept that everything was last judged by.
const treesCursor = "trees"

// open are the verdicts that a moving branch may change. What is out of scope
// stays so.
var open = []verdict.Verdict{verdict.Wait, verdict.Uncertain, verdict.StableEligible, verdict.DKMSOnly, verdict.NotNeeded}

// loop looks after the trees until ctx ends. A process that reads no source
// itself asks the remotes now and then: nobody else fetches them for it.
func (w *watcher) loop(ctx context.Context) {
	var asked time.Time
	for ctx.Err() == nil {
		if now := w.Clock.Now(); int(w.reads.Load()) < len(w.Sources) && now.Sub(asked) >= treesAsk {
			if !asked.IsZero() { // at the start another process may be about to let go
				_ = w.remotes.ask(ctx) // said there
			}
			asked = now
		}
		w.look(ctx)
		select {
		case <-ctx.Done():
		case <-w.leading:
		case <-w.Clock.After(treesEvery):
		}
	}
}

// look takes in what was fetched, and has everything judged again that a
// move may have changed.
func (w *watcher) look(ctx context.Context) {
	if w.Trees == nil {
		return
	}
	var state string
	err := guarded(func() (err error) { state, err = w.Trees.Refresh(ctx, false); return err })
	if ctx.Err() != nil {
		return
	}
	w.lookedOnce.Do(func() { close(w.looked) })
	w.report(ctx, "trees", err)
	if err != nil {
		w.log.Warn("the trees could not be read; what they would say is unknown", zap.Error(err))
	}
	w.remotes.state.set(state)
	if state == "" || !w.leads.Load() {
		return // one process says what is judged again, by the trees that it has
	}
	if state = w.newest(ctx, state); state == "" {
		return
	}
	if w.Clock.Now().Sub(w.followed) >= followEvery {
		w.follow(ctx)
	}
	if err := w.requeue(ctx, state); err != nil && ctx.Err() == nil {
		w.log.Warn("what a moved branch concerns could not be judged again; it is tried again", zap.Error(w.failed(err)))
	}
}

// followEvery is how often outcomes are looked for when no branch moves: what
// was judged since may have been in one already.
const followEvery = time.Hour

// follow writes down what became of what was judged.
func (w *watcher) follow(ctx context.Context) {
	if w.Follow == nil || w.Trees == nil || ctx.Err() != nil {
		return
	}
	err := guarded(func() error { return w.Follow(ctx) })
	if ctx.Err() != nil {
		return
	}
	w.report(ctx, "outcomes", err)
	if err != nil {
		w.log.Warn("the outcomes could not be looked for; it is tried again", zap.Error(w.failed(err)))
		return
	}
	w.followed = w.Clock.Now()
}

func (w *watcher) requeue(ctx context.Context, state string) error {
	now, digest := w.Clock.Now(), digestOf(state)
	last, err := w.Journal.Cursor(ctx, treesCursor)
	if err != nil {
		return err
	}
	if last == digest {
		w.remotes.state.judged = digest
		return nil
	}
	w.follow(ctx) // before anything is judged by it
	since := now.Add(-requeueFor)
	commits, err := w.requeueCommits(ctx, since)
	if err != nil {
		return err
	}
	pulls := 0
	for source := range w.PullSinks {
		n, err := w.Journal.RemindPulls(ctx, source, now)
		if err != nil {
			return err
		}
		pulls += n
	}
	n, err := w.Journal.Revive(ctx, flow.Revival{At: now, Every: requeueEvery, Since: since, Verdicts: open},
		flow.Cursor{Key: treesCursor, Value: digest, From: &last})
	if err != nil {
		return err
	}
	w.remotes.state.judged = digest
	w.log.Info("branches moved: what they concern is judged again", zap.Int("series", n), zap.Int("pulls", pulls), zap.Int("commits", commits))
	wake(w.mailed)
	return nil
}

// requeueCommits judges commits again, and keeps what is another judgement now.
func (w *watcher) requeueCommits(ctx context.Context, since time.Time) (n int, err error) {
	commits, err := w.Journal.OpenCommits(ctx, since, open)
	if err != nil {
		return 0, err
	}
	for _, before := range commits {
		if over(ctx) || !w.leads.Load() { // another process leads now
			return n, cmp.Or(ctx.Err(), flow.ErrTemporary)
		}
		c, err := w.remotes.merged(ctx, before.ID)
		if err != nil {
			continue // of a tree that is no mainline, or not there any more
		}
		tree, err := w.remotes.facts(ctx, c, nil)
		if err != nil {
			continue // said by facts; it stays as it was
		}
		now := before
		now.Judgement = w.judging.one(c, nil, tree)
		if now.Error = before.Error; reflect.DeepEqual(before.Judgement, now.Judgement) || plan.Same(before.Judgement, now.Judgement) {
			continue
		}
		now.At = w.Clock.Now()
		if err := w.Journal.KeepJudged(ctx, now, flow.Cursor{}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
