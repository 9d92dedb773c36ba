package trees

import "context"

// only is the key of the branch that a question is about.
type only struct{}

// About says that a question is about one branch: of the others it is told where they stand
// and whether the change goes on, and what is expensive to find out, what has to go in first
// and how it could be adapted, is left out.
func About(ctx context.Context, branch string) context.Context {
	return context.WithValue(ctx, only{}, branch)
}

// asked reports whether all is to be found out of a branch.
func asked(ctx context.Context, branch string) bool {
	name, ok := ctx.Value(only{}).(string)
	return !ok || name == branch
}

// states is the key of a question that is about states alone.
type states struct{}

// StatesOnly says that a question is about where the branches stand: what their histories
// and their files say. Nothing is merged, and nothing is looked for that would go in first.
// Whoever has no use for more, because the change by itself is out of scope, asks so; a row
// that needs more to be told apart says what was not looked at.
func StatesOnly(ctx context.Context) context.Context {
	return context.WithValue(ctx, states{}, true)
}

// statesOnly reports whether that is all that is asked for.
func statesOnly(ctx context.Context) bool {
	return ctx.Value(states{}) != nil
}

// The reasons of rows of which not more was asked.
const (
	unasked = "how it goes on was not looked for: by itself the change is out of scope"
	unmoved = "whether it moved was not looked for: by itself the change is out of scope"
)
