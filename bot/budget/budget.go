// Package budget bounds the work that one unit (a change, a series, a pull
// request) may cause, so that none keeps the others waiting. Loops whose length a
// stranger chooses spend from it; when it is spent, the context that carries it
// ends, and with it whatever was begun for the unit.
//
// Work is counted and not timed: the same input gives the same answer on every
// machine.
package budget

import (
	"context"
	"errors"
	"sync/atomic"
)

// ErrSpent is why the context ended.
var ErrSpent = errors.New("too expensive to judge")

// Work is what is left to spend. One unit is about what a nanosecond of one
// processor does: some bytes compared, a step of a loop. The zero pointer is
// without a bound.
type Work struct {
	left atomic.Int64
	end  context.CancelCauseFunc
}

type key struct{}

// With gives a context a budget of its own.
func With(ctx context.Context, units int64) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(ctx)
	w := &Work{end: end}
	w.left.Store(units)
	return context.WithValue(ctx, key{}, w), func() { end(context.Canceled) }
}

// Of is the budget of a context.
func Of(ctx context.Context) *Work {
	w, _ := ctx.Value(key{}).(*Work)
	return w
}

// Spend takes units, and reports whether there were any left.
func (w *Work) Spend(units int) bool {
	if w == nil {
		return true
	}
	if w.left.Add(-int64(units)) >= 0 {
		return true
	}
	w.end(ErrSpent)
	return false
}

// Spent reports whether a context ended because its budget was.
func Spent(ctx context.Context) bool { return errors.Is(context.Cause(ctx), ErrSpent) }
