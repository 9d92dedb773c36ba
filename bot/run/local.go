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
	busy map[flow.Task]bool // by task without its turn: it waits, or is under way
}

// NewLocal returns a queue of n workers.
func NewLocal(n int) *Local {
	return &Local{tasks: make(chan flow.Task, deskBatch), n: max(n, 1), busy: map[flow.Task]bool{}}
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
	t.Turn = 0
	if l.busy[t] {
		return false
	}
	l.busy[t] = true
	return true
}

func (l *Local) leave(t flow.Task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.Turn = 0
	delete(l.busy, t)
}

// Work implements Queue. What fails is left to the next turn.
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
// the first to settle counts. Doubled with each turn.
const (
	turnFirst = 20 * time.Second
	turnMax   = 10 * time.Minute
)

// given are the tasks that the desk has given out and not seen done.
type given struct {
	// low is woken when few are left.
	low chan struct{}

	mu   sync.Mutex
	out  map[flow.Task]turn // by task without its turn
	left int
	err  error
}

type turn struct {
	n     int
	again time.Time // not before
}

// take returns those tasks that are to be given out now, with their turns, and
// forgets what is not there any more.
func (g *given) take(now time.Time, tasks []flow.Task) (out []flow.Task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	next := make(map[flow.Task]turn, len(tasks))
	for _, t := range tasks {
		last, known := g.out[t]
		if known && now.Before(last.again) {
			next[t] = last
			continue
		}
		wait := turnMax
		if last.n < 5 { // 20 s << 5 is beyond the longest
			wait = min(turnFirst<<last.n, turnMax)
		}
		next[t] = turn{last.n + 1, now.Add(wait)}
		t.Turn = last.n
		out = append(out, t)
	}
	g.out, g.left = next, len(next)
	return out
}

// done counts a task that a worker of this process has done.
func (g *given) done(t flow.Task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t.Turn = 0
	if _, ok := g.out[t]; !ok {
		return
	}
	if g.left--; g.left <= deskBatch/4 {
		wake(g.low)
	}
}

// failed lets a task be given out again after a wait.
func (g *given) failed(t flow.Task, again time.Time, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
	t.Turn = 0
	if last, ok := g.out[t]; ok {
		g.out[t] = turn{last.n, again}
	}
}

// problem is the last failure of a worker of this process.
func (g *given) problem() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}
