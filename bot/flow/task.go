package flow

import "context"

// TaskKind is what is to be done.
type TaskKind string

// The kinds of tasks.
const (
	TaskSeries TaskKind = "settle" // judge a series that is due; Key is its key
	TaskCommit TaskKind = "commit" // judge a commit that waits; Key is its SHA
	TaskPull   TaskKind = "pull"   // judge a pull request that was fetched; Key is its key
)

// Task is one piece of the dispatcher's work. It says where to look, not what to do: the
// journal has what is true. So a task may be lost, come twice or late, and
// whoever carries it out first is the only one whose work counts.
type Task struct {
	Kind TaskKind `json:"kind"`
	Key  string   `json:"key"`
	// Revision is that of the series, or of the pull request: what came since makes another
	// task.
	Revision int64 `json:"round"`
	// Attempt counts how often it was given out: a worker may have died with it.
	Attempt int `json:"turn"`
}

// Queue spreads tasks over workers, here or in other processes.
type Queue interface {
	// Put hands tasks over and does not wait for them.
	Put(ctx context.Context, tasks []Task) error
	// Work carries tasks out until ctx ends, then waits for those under way. An
	// error of do means that it is to be tried again.
	Work(ctx context.Context, do func(context.Context, Task) error) error
}
