package bot

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/budget"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// deskBatch bounds what is read ahead of filing and judging, and how many tasks
// are out at a time.
const deskBatch = 200

// How soon the desk looks again: for what another process has brought, and for
// what other processes have done of the tasks that are out. While most of a batch
// is out there is no hurry, and looking takes the workers time.
const (
	lookForMail  = time.Second
	lookForTasks = 50 * time.Millisecond
	lookForMany  = 200 * time.Millisecond
)

// desk files what has come and gives out what is to be judged, until ctx ends.
// One process does it at a time: filing is quick, and it must see the mails in
// order. Judging is what takes time, and anybody may do it.
func (b *Bot) desk(ctx context.Context) {
	b.leads.Store(true)
	wake(b.leading)
	defer b.leads.Store(false)
	for failed := 0; ctx.Err() == nil; {
		filed, out, err := b.giveOut(ctx)
		b.report(ctx, "pipeline", err)
		wait := lookForMail
		switch {
		case err != nil:
			failed++
			wait = b.backoff(failed)
			b.log.Warn("filing failed; it is tried again", zap.Error(err), zap.Duration(flow.KeyWait, wait))
		case filed > 0:
			failed = 0
			continue
		case out > deskBatch/2:
			failed, wait = 0, lookForMany
		case out > 0:
			failed, wait = 0, lookForTasks
		default:
			failed = 0
			due, err := b.Journal.NextDue(ctx)
			if err == nil && !due.IsZero() {
				wait = min(wait, max(due.Sub(b.Clock.Now()), time.Millisecond))
			}
		}
		select {
		case <-ctx.Done():
		case <-b.mailed:
		case <-b.given.low:
		case <-b.Clock.After(wait):
		}
	}
}

// giveOut files what is unfiled and gives out what is to be judged. It returns
// how many mails were filed and how many tasks are not done yet. Once does not
// wait: everything is due when there is no more mail.
func (b *Bot) giveOut(ctx context.Context) (filed, out int, err error) {
	if filed, err = b.fileAll(ctx); err != nil || over(ctx) {
		return filed, 0, err
	}
	if b.once && b.Lookup != nil { // else it is done beside this
		proven, err := b.proveAll(ctx)
		if filed += proven; err != nil {
			return filed, 0, err
		}
	}
	tasks, err := b.tasks(ctx)
	if err != nil {
		return filed, 0, b.failed(err)
	}
	if fresh := b.given.take(b.Clock.Now(), tasks); len(fresh) > 0 {
		if err := b.queue.Put(ctx, fresh); err != nil {
			return filed, len(tasks), b.failed(err)
		}
	}
	return filed, len(tasks), nil
}

// fileAll files what is unfiled, in order of arrival.
func (b *Bot) fileAll(ctx context.Context) (n int, err error) {
	for ctx.Err() == nil {
		mails, err := b.Journal.Unfiled(ctx, deskBatch)
		if err != nil {
			return n, b.failed(err)
		}
		if len(mails) == 0 {
			break
		}
		for _, m := range mails {
			if over(ctx) {
				return n, nil
			}
			if err := b.fileTask(ctx, m); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// fileTask files one mail. One that cannot be filed is kept as bad: those behind it
// go on.
func (b *Bot) fileTask(ctx context.Context, m flow.Mail) error {
	err := b.attempt(ctx, flow.Unit{Kind: flow.UnitMail, Key: m.ID}, len(m.Raw) >= heavy, func() error { return b.fileOne(ctx, m) })
	if errors.Is(err, flow.ErrAside) {
		return b.failed(b.Journal.File(ctx, flow.Filing{ID: m.ID, Kind: flow.KindBad, Note: err.Error()}))
	}
	return err
}

// judgeNow files and judges what there is, one after the other.
func (b *Bot) judgeNow(ctx context.Context) (n int, err error) {
	if n, err = b.fileAll(ctx); err != nil {
		return n, err
	}
	if b.Lookup != nil {
		if _, err := b.proveAll(ctx); err != nil {
			return n, err
		}
	}
	tasks, err := b.tasks(ctx)
	if err != nil {
		return n, b.failed(err)
	}
	for _, t := range tasks {
		if over(ctx) {
			return n, nil
		}
		if err := b.carryOut(ctx, t); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// tasks is everything that can be judged now.
func (b *Bot) tasks(ctx context.Context) (out []flow.Task, err error) {
	now := b.Clock.Now()
	if b.once {
		now = now.Add(b.Settle + plan.DefaultMaxAge)
	}
	due, err := b.Journal.Due(ctx, now, deskBatch)
	if err != nil {
		return nil, err
	}
	waits := map[string]bool{}
	for _, s := range due {
		waits[s.Key] = true
	}
	for _, s := range due {
		if s.Previous != "" && waits[s.Previous] {
			continue // what is said of it depends on what is said of that one
		}
		out = append(out, flow.Task{Kind: flow.TaskSettle, Key: s.Key, Round: roundOf(s)})
	}
	commits, err := b.Journal.Waiting(ctx, deskBatch)
	if err != nil {
		return nil, err
	}
	for _, sha := range commits {
		out = append(out, flow.Task{Kind: flow.TaskCommit, Key: sha})
	}
	return out, nil
}

// roundOf grows with every mail filed to a series and every time it is settled.
func roundOf(s flow.Series) int64 { return s.Revision + int64(s.Settled) }

// carryOut does one task. That somebody else has done it meanwhile is no error, and
// one that was put aside is done.
func (b *Bot) carryOut(ctx context.Context, t flow.Task) error {
	if over(ctx) {
		return ctx.Err()
	}
	var err error
	switch t.Kind {
	case flow.TaskSettle:
		err = b.settleTask(ctx, t)
	case flow.TaskCommit:
		err = b.commitTask(ctx, t)
	} // else of a newer version of the program; its own workers do it
	switch {
	case err == nil || ctx.Err() != nil:
		b.given.done(t)
		return err
	case errors.Is(err, errFull):
		b.given.failed(t, b.Clock.Now().Add(time.Second), nil)
		return nil
	}
	wait := b.backoff(t.Turn + 1)
	b.given.failed(t, b.Clock.Now().Add(wait), err)
	b.log.Warn("judging failed; it is tried again", zap.String(flow.KeyKind, string(t.Kind)), zap.String(flow.KeyTask, t.Key),
		zap.Error(err), zap.Duration(flow.KeyWait, wait))
	b.report(ctx, "pipeline", err)
	return err
}

func (b *Bot) settleTask(ctx context.Context, t flow.Task) error {
	s, err := b.Journal.Series(ctx, t.Key)
	if err != nil {
		return b.failed(err)
	}
	if s == nil || s.Due.IsZero() || roundOf(*s) != t.Round {
		return nil
	}
	mails, err := b.Journal.Mails(ctx, s.Key, maxThread)
	if err != nil {
		return b.failed(err)
	}
	size := 0
	for _, m := range mails {
		size += m.Size
	}
	if size >= heavy {
		if !b.room.enter() {
			return errFull
		}
		defer b.room.leave()
	}
	err = b.attempt(ctx, flow.Unit{Kind: flow.UnitSeries, Key: s.Key}, size >= heavy, func() error {
		b.catchUp(ctx)
		return b.settle(ctx, *s)
	})
	if errors.Is(err, flow.ErrAside) {
		return b.failed(b.setAside(ctx, *s, err.Error()))
	}
	return err
}

func (b *Bot) commitTask(ctx context.Context, t flow.Task) error {
	w, err := b.Journal.WaitingCommit(ctx, t.Key)
	if err != nil || w == nil {
		return b.failed(err)
	}
	if len(w.Body) >= heavy {
		if !b.room.enter() {
			return errFull
		}
		defer b.room.leave()
	}
	err = b.attempt(ctx, flow.Unit{Kind: flow.UnitCommit, Key: w.ID}, len(w.Body) >= heavy, func() error {
		b.catchUp(ctx)
		return b.judgeCommit(ctx, *w)
	})
	if errors.Is(err, flow.ErrAside) {
		j := verdict.TooExpensive(&change.Change{ID: w.ID, Kind: change.Commit}, err.Error())
		return b.failed(b.Journal.KeepJudged(ctx, flow.Judged{Judgement: j, Source: w.Source, List: w.List, Branch: w.Branch, At: b.Clock.Now(), Waited: true}, flow.Cursor{}))
	}
	return err
}

// judgeCommit judges one commit; it needs nothing that may still come.
func (b *Bot) judgeCommit(ctx context.Context, w flow.Waiting) error {
	ctx, done := inHand(ctx)
	defer done()
	c, err := flow.DecodeChange(w.Body)
	if err != nil {
		return err
	}
	tree, err := b.facts(ctx, c, nil) // said there; it is judged again when a branch moves
	foreseen := b.foresee(ctx, w.Source, c, nil, c.Date)
	j := verdict.TooExpensive(c, "finding out how it goes onto the branches takes more work than is done for one change")
	if !errors.Is(err, budget.ErrSpent) {
		j = b.judge(c, nil, tree)
	}
	if w.Problem != "" {
		j.Error = &w.Problem
	}
	err = b.Journal.KeepJudged(ctx, flow.Judged{Judgement: j, Source: w.Source, List: w.List, Branch: w.Branch, At: b.Clock.Now(), Waited: true, Foreseen: foreseen}, flow.Cursor{})
	if err == nil {
		b.log.Info("a commit was judged", zap.String(flow.KeySource, w.Source), zap.String(flow.KeyCommit, j.ID), zap.String(flow.KeyVerdict, string(j.Verdict)),
			zap.Float64(flow.KeyScore, j.Score), zap.String(flow.KeySubject, j.Subject), zap.String(flow.KeyWhy, w.Problem))
	}
	return err
}

// work runs the workers of this process.
func (b *Bot) work(ctx context.Context) {
	b.treesRead(ctx)
	for failed := 0; ctx.Err() == nil; {
		err := b.queue.Work(ctx, b.carryOut)
		if err != nil && ctx.Err() == nil {
			failed++
			wait := b.backoff(failed)
			b.log.Warn("the queue failed; it is tried again", zap.Error(err), zap.Duration(flow.KeyWait, wait))
			b.report(ctx, "queue", err)
			b.sleep(ctx, wait)
		}
	}
}

// treesRead waits for the trees: what is judged before they are read would have
// to be judged again.
func (b *Bot) treesRead(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-b.looked:
	case <-b.Clock.After(treesPatience):
	}
}

// drain files and judges everything there is, and returns what went wrong. While
// another process does that it is left to it, until it is done or has ended.
func (b *Bot) drain(ctx context.Context) error {
	for waits := false; ctx.Err() == nil; waits = true {
		held, release, err := b.Journal.Hold(ctx, deskName)
		if err != nil {
			return err
		}
		if held != nil {
			defer release()
			return b.drainHeld(held)
		}
		if !waits {
			b.log.Info("another process files and judges; what there is is left to it")
		}
		if done, err := b.nothingDue(ctx); err != nil || done {
			return err
		}
		b.sleep(ctx, lookForTasks)
	}
	return nil
}

func (b *Bot) drainHeld(held context.Context) error {
	working, stop := context.WithCancel(held)
	ended := make(chan struct{})
	go func() { defer close(ended); b.work(working) }()
	defer func() { stop(); <-ended }()
	for held.Err() == nil {
		filed, out, err := b.giveOut(held)
		if err = errors.Join(err, b.given.problem()); err != nil || filed+out == 0 {
			return err
		}
		if filed > 0 {
			continue
		}
		select {
		case <-held.Done():
		case <-b.given.low:
		case <-b.Clock.After(lookForTasks):
		}
	}
	return nil
}

// nothingDue reports whether all that there is has been judged.
func (b *Bot) nothingDue(ctx context.Context) (bool, error) {
	mails, err := b.Journal.Unfiled(ctx, 1)
	if err != nil {
		return false, err
	}
	commits, err := b.Journal.Waiting(ctx, 1)
	if err != nil {
		return false, err
	}
	due, err := b.Journal.Due(ctx, b.Clock.Now(), 1)
	return len(mails)+len(commits)+len(due) == 0, err
}
