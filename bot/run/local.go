package run

import (
	"context"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// Local is a queue within one process: what it holds dies with it, and is put
// again from the journal by the next one.
type Local struct {
	tasks chan flow.Task
	n     int

	mu   sync.Mutex
	busy map[flow.Task]bool // by task without its attempt: it waits, or is under way
}

// NewLocal returns a queue of n workers.
func NewLocal(n int) *Local {
	return &Local{tasks: make(chan flow.Task, dispatchBatch), n: max(n, 1), busy: map[flow.Task]bool{}}
}

// Put implements Queue.
func (l *Local) Put(ctx context.Context, tasks []flow.Task) error {
	for _, t := range tasks {
		if !l.enter(t) {
			continue
		}
		select {
		case l.tasks <- t:
		case <-ctx.Done():
			l.leave(t)
			return ctx.Err()
		}
	}
	return nil
}

func (l *Local) enter(t flow.Task) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.Attempt = 0
	if l.busy[t] {
		return false
	}
	l.busy[t] = true
	return true
}

func (l *Local) leave(t flow.Task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.Attempt = 0
	delete(l.busy, t)
}

// Work implements Queue. What fails is left to the next attempt.
func (l *Local) Work(ctx context.Context, do func(context.Context, flow.Task) error) error {
	var wg sync.WaitGroup
	for range l.n {
		wg.Go(func() {
			for ctx.Err() == nil {
				select {
				case t := <-l.tasks:
					_ = do(ctx, t) // do has said why
					l.leave(t)
				case <-ctx.Done():
				}
			}
		})
	}
	wg.Wait()
	return nil
}

// How long a task may be out before it is given out anew: a worker that was
// killed is not waited for longer, and one that is slow loses nothing, since
// the first result counts. Doubled with each attempt.
const (
	attemptFirst = 20 * time.Second
	attemptMax   = 10 * time.Minute
)

// dispatched are the tasks that were given out and not seen done.
type dispatched struct {
	// low is woken when few are left.
	low chan struct{}

	mu   sync.Mutex
	out  map[flow.Task]attempt // by task without its attempt
	left int
	err  error
}

type attempt struct {
	n     int
	again time.Time // not before
}

// take returns those tasks that are to be given out now, with their attempts, and
// forgets what is not there any more.
func (g *dispatched) take(now time.Time, tasks []flow.Task) (out []flow.Task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	next := make(map[flow.Task]attempt, len(tasks))
	for _, t := range tasks {
		last, known := g.out[t]
		if known && now.Before(last.again) {
			next[t] = last
			continue
		}
		wait := attemptMax
		if last.n < 5 { // 20 s << 5 is beyond the longest
			wait = min(attemptFirst<<last.n, attemptMax)
		}
		next[t] = attempt{last.n + 1, now.Add(wait)}
		t.Attempt = last.n
		out = append(out, t)
	}
	g.out, g.left = next, len(next)
	return out
}

// done counts a task that a worker of this process has done.
func (g *dispatched) done(t flow.Task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t.Attempt = 0
	if _, ok := g.out[t]; !ok {
		return
	}
	if g.left--; g.left <= dispatchBatch/4 {
		wake(g.low)
	}
}

// failed lets a task be given out again after a wait.
func (g *dispatched) failed(t flow.Task, again time.Time, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
	t.Attempt = 0
	if last, ok := g.out[t]; ok {
		g.out[t] = attempt{last.n, again}
	}
}

// problem is the last failure of a worker of this process.
func (g *dispatched) problem() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}
