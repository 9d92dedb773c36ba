package flow

import "context"

type leaveKey struct{}

// WithLeave is a context for finishing what was begun. It lasts longer than leave, which
// ends when stablebot is told to end.
func WithLeave(hand, leave context.Context) context.Context {
	return context.WithValue(hand, leaveKey{}, leave)
}

// Leave ends when stablebot is told to end: whoever still can leave what is in hand as if
// it was never begun does so then, instead of using up the time that ctx gives for
// finishing it.
func Leave(ctx context.Context) context.Context {
	if leave, ok := ctx.Value(leaveKey{}).(context.Context); ok {
		return leave
	}
	return ctx
}
