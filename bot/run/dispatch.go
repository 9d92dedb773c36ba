package run

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

// dispatchBatch bounds what is read ahead of filing and judging, and how many tasks
// are out at a time.
const dispatchBatch = 200

// How soon the dispatcher looks again: for what another process has brought, and for
// what other processes have done of the tasks that are out. While most of a batch
// is out there is no hurry, and looking takes the workers time.
const (
	lookForMail  = time.Second
	lookForTasks = 50 * time.Millisecond
	lookForMany  = 200 * time.Millisecond
)

// loop files what has come and gives out what is to be judged, until ctx ends.
// One process does it at a time: filing is quick, and it must see the mails in
// order. Judging is what takes time, and anybody may do it.
func (d *dispatcher) loop(ctx context.Context) {
	d.leads.Store(true)
	wake(d.leading)
	defer d.leads.Store(false)
	for failed := 0; ctx.Err() == nil; {
		filed, out, err := d.dispatch(ctx)
		d.report(ctx, "pipeline", err)
		wait := lookForMail
		switch {
		case err != nil:
			failed++
			wait = d.backoff(failed)
			d.log.Warn("filing failed; it is tried again", zap.Error(err), zap.Duration(flow.KeyWait, wait))
		case filed > 0:
			failed = 0
			continue
		case out > dispatchBatch/2:
			failed, wait = 0, lookForMany
		case out > 0:
			failed, wait = 0, lookForTasks
		default:
			failed = 0
			due, err := d.Journal.NextDue(ctx)
			if err == nil && !due.IsZero() {
				wait = min(wait, max(due.Sub(d.Clock.Now()), time.Millisecond))
			}
		}
		select {
		case <-ctx.Done():
		case <-d.mailed:
		case <-d.dispatched.low:
		case <-d.Clock.After(wait):
		}
	}
}

// dispatch files what is unfiled and gives out what is to be judged. It returns
// how many mails were filed and how many tasks are not done yet. Once does not
// wait: everything is due when there is no more mail.
func (d *dispatcher) dispatch(ctx context.Context) (filed, out int, err error) {
	if filed, err = d.filer.all(ctx); err != nil || over(ctx) {
		return filed, 0, err
	}
	if d.once && d.Lookup != nil { // else it is done beside this
		proven, err := d.prover.all(ctx)
		if filed += proven; err != nil {
			return filed, 0, err
		}
	}
	tasks, err := d.tasks(ctx)
	if err != nil {
		return filed, 0, d.failed(err)
	}
	if fresh := d.dispatched.take(d.Clock.Now(), tasks); len(fresh) > 0 {
		if err := d.queue.Put(ctx, fresh); err != nil {
			return filed, len(tasks), d.failed(err)
		}
	}
	return filed, len(tasks), nil
}

// all files what is unfiled, in order of arrival.
func (fl *filer) all(ctx context.Context) (n int, err error) {
	for ctx.Err() == nil {
		mails, err := fl.Journal.Unfiled(ctx, dispatchBatch)
		if err != nil {
			return n, fl.failed(err)
		}
		if len(mails) == 0 {
			break
		}
		for _, m := range mails {
			if over(ctx) {
				return n, nil
			}
			if err := fl.task(ctx, m); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// task files one mail. One that cannot be filed is kept as bad: those behind it
// go on.
func (fl *filer) task(ctx context.Context, m flow.Mail) error {
	err := fl.attempts.do(ctx, flow.Unit{Kind: flow.UnitMail, Key: m.ID}, len(m.Raw) >= heavy, func() error { return fl.one(ctx, m) })
	if errors.Is(err, flow.ErrAside) {
		return fl.failed(fl.Journal.File(ctx, flow.Filing{ID: m.ID, Kind: flow.KindBad, Note: err.Error()}))
	}
	return err
}

// judgeNow files and judges what there is, one after the other.
func (d *dispatcher) judgeNow(ctx context.Context) (n int, err error) {
	if n, err = d.filer.all(ctx); err != nil {
		return n, err
	}
	if d.Lookup != nil {
		if _, err := d.prover.all(ctx); err != nil {
			return n, err
		}
	}
	tasks, err := d.tasks(ctx)
	if err != nil {
		return n, d.failed(err)
	}
	for _, t := range tasks {
		if over(ctx) {
			return n, nil
		}
		if err := d.carryOut(ctx, t); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// tasks is everything that can be judged now.
func (d *dispatcher) tasks(ctx context.Context) (out []flow.Task, err error) {
	now := d.Clock.Now()
	if d.once {
		now = now.Add(d.Settle + plan.DefaultMaxAge)
	}
	due, err := d.Journal.Due(ctx, now, dispatchBatch)
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
		out = append(out, flow.Task{Kind: flow.TaskSeries, Key: s.Key, Revision: revisionOf(s)})
	}
	commits, err := d.Journal.Waiting(ctx, dispatchBatch)
	if err != nil {
		return nil, err
	}
	for _, sha := range commits {
		out = append(out, flow.Task{Kind: flow.TaskCommit, Key: sha})
	}
	pulls, err := d.Journal.Fetched(ctx, dispatchBatch)
	if err != nil {
		return nil, err
	}
	for _, p := range pulls {
		out = append(out, flow.Task{Kind: flow.TaskPull, Key: p.Key, Revision: p.Revision})
	}
	return out, d.attempts.suspectsLast(ctx, out)
}

// revisionOf grows with every mail filed to a series and every time it is settled.
func revisionOf(s flow.Series) int64 { return s.Revision + int64(s.Settled) }

// carryOut does one task. That somebody else has done it meanwhile is no error, and
// one that was put aside is done.
func (d *dispatcher) carryOut(ctx context.Context, t flow.Task) error {
	if over(ctx) {
		return ctx.Err()
	}
	var err error
	switch t.Kind {
	case flow.TaskSeries:
		err = d.seriesTask(ctx, t)
	case flow.TaskCommit:
		err = d.commitTask(ctx, t)
	case flow.TaskPull:
		err = d.pullTask(ctx, t)
	} // else of a newer version of the program; its own workers do it
	switch {
	case err == nil || ctx.Err() != nil:
		d.dispatched.done(t)
		return err
	case errors.Is(err, errFull):
		d.dispatched.failed(t, d.Clock.Now().Add(time.Second), nil)
		return nil
	}
	wait := d.backoff(t.Attempt + 1)
	d.dispatched.failed(t, d.Clock.Now().Add(wait), err)
	d.log.Warn("judging failed; it is tried again", zap.String(flow.KeyKind, string(t.Kind)), zap.String(flow.KeyTask, t.Key),
		zap.Error(err), zap.Duration(flow.KeyWait, wait))
	d.report(ctx, "pipeline", err)
	return err
}

func (d *dispatcher) seriesTask(ctx context.Context, t flow.Task) error {
	s, err := d.Journal.Series(ctx, t.Key)
	if err != nil {
		return d.failed(err)
	}
	if s == nil || s.Due.IsZero() || revisionOf(*s) != t.Revision {
		return nil
	}
	mails, err := d.Journal.Mails(ctx, s.Key, maxThread)
	if err != nil {
		return d.failed(err)
	}
	size := 0
	for _, m := range mails {
		size += m.Size
	}
	if size >= heavy {
		if !d.attempts.room.enter() {
			return errFull
		}
		defer d.attempts.room.leave()
	}
	err = d.attempts.do(ctx, flow.Unit{Kind: flow.UnitSeries, Key: s.Key}, size >= heavy, func() error {
		d.remotes.refresh(ctx)
		return d.judging.settle(ctx, *s)
	})
	if errors.Is(err, flow.ErrAside) {
		return d.failed(d.judging.setAside(ctx, *s, err.Error()))
	}
	return err
}

func (d *dispatcher) commitTask(ctx context.Context, t flow.Task) error {
	w, err := d.Journal.WaitingCommit(ctx, t.Key)
	if err != nil || w == nil {
		return d.failed(err)
	}
	if len(w.Body) >= heavy {
		if !d.attempts.room.enter() {
			return errFull
		}
		defer d.attempts.room.leave()
	}
	err = d.attempts.do(ctx, flow.Unit{Kind: flow.UnitCommit, Key: w.ID}, len(w.Body) >= heavy, func() error {
		d.remotes.refresh(ctx)
		return d.judging.commit(ctx, *w)
	})
	if errors.Is(err, flow.ErrAside) {
		j := verdict.TooExpensive(&change.Change{ID: w.ID, Kind: change.Commit}, err.Error())
		return d.failed(d.Journal.KeepJudged(ctx, flow.Judged{Judgement: j, Source: w.Source, List: w.List, Branch: w.Branch, At: d.Clock.Now(),
			Waited: true}, flow.Cursor{}))
	}
	return err
}

// commit judges one commit; it needs nothing that may still come.
func (jg *judging) commit(ctx context.Context, w flow.Waiting) error {
	ctx, done := inHand(ctx)
	defer done()
	c, err := flow.DecodeChange(w.Body)
	if err != nil {
		return err
	}
	tree, err := jg.remotes.facts(ctx, c, nil) // said there; it is judged again when a branch moves
	forecast := jg.forecast(ctx, w.Source, c, nil, c.Date)
	j := verdict.TooExpensive(c, "finding out how it goes onto the branches takes more work than is done for one change")
	if !errors.Is(err, budget.ErrSpent) {
		j = jg.one(c, nil, tree)
	}
	if w.Problem != "" {
		j.Error = &w.Problem
	}
	err = jg.Journal.KeepJudged(ctx, flow.Judged{Judgement: j, Source: w.Source, List: w.List, Branch: w.Branch, At: jg.Clock.Now(),
		Waited: true, Forecast: forecast}, flow.Cursor{})
	if err == nil {
		jg.log.Info("a commit was judged", zap.String(flow.KeySource, w.Source), zap.String(flow.KeyCommit, j.ID),
			zap.String(flow.KeyVerdict, string(j.Verdict)),
			zap.Float64(flow.KeyScore, j.Score), zap.String(flow.KeySubject, j.Subject), zap.String(flow.KeyWhy, w.Problem))
	}
	return err
}

// work runs the workers of this process.
func (d *dispatcher) work(ctx context.Context) {
	d.remotes.wait(ctx)
	for failed := 0; ctx.Err() == nil; {
		err := d.queue.Work(ctx, d.carryOut)
		if err != nil && ctx.Err() == nil {
			failed++
			wait := d.backoff(failed)
			d.log.Warn("the queue failed; it is tried again", zap.Error(err), zap.Duration(flow.KeyWait, wait))
			d.report(ctx, "queue", err)
			d.sleep(ctx, wait)
		}
	}
}

// wait waits for the trees: what is judged before they are read would have
// to be judged again.
func (r *remotes) wait(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-r.looked:
	case <-r.Clock.After(treesPatience):
	}
}

// drain files and judges everything there is, and returns what went wrong. While
// another process does that it is left to it, until it is done or has ended.
func (d *dispatcher) drain(ctx context.Context) error {
	for waits := false; ctx.Err() == nil; waits = true {
		held, release, err := d.leases.take(ctx, dispatcherName)
		if err != nil {
			return err
		}
		if held != nil {
			defer release()
			return d.drainHeld(held)
		}
		if !waits {
			d.log.Info("another process files and judges; what there is is left to it")
		}
		if done, err := d.nothingDue(ctx); err != nil || done {
			return err
		}
		d.sleep(ctx, lookForTasks)
	}
	return nil
}

func (d *dispatcher) drainHeld(held context.Context) error {
	working, stop := context.WithCancel(held)
	ended := make(chan struct{})
	go func() { defer close(ended); d.work(working) }()
	defer func() { stop(); <-ended }()
	for held.Err() == nil {
		filed, out, err := d.dispatch(held)
		if err = errors.Join(err, d.dispatched.problem()); err != nil || filed+out == 0 {
			return err
		}
		if filed > 0 {
			continue
		}
		select {
		case <-held.Done():
		case <-d.dispatched.low:
		case <-d.Clock.After(lookForTasks):
		}
	}
	return nil
}

// nothingDue reports whether all that there is has been judged.
func (d *dispatcher) nothingDue(ctx context.Context) (bool, error) {
	mails, err := d.filer.Journal.Unfiled(ctx, 1)
	if err != nil {
		return false, err
	}
	commits, err := d.Journal.Waiting(ctx, 1)
	if err != nil {
		return false, err
	}
	pulls, err := d.Journal.Fetched(ctx, 1)
	if err != nil {
		return false, err
	}
	due, err := d.Journal.Due(ctx, d.Clock.Now(), 1)
	return len(mails)+len(commits)+len(pulls)+len(due) == 0, err
}
