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
