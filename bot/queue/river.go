// Package queue spreads work over several processes that share a
// PostgreSQL database, with River.
//
// A job says where to look and never what to do (see flow.Task): River may run
// one twice, or late, and the journal lets only the first one count. A worker
// that is killed is not waited for: the dispatcher gives its tasks out again after a
// while, and River's own rescue only tidies up.
package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"

	"github.com/stablebot/stablebot/bot/flow"
)

// How River is set, and why not as it is by default.
const (
	// Series of a hundred patches over four branches take half a minute.
	jobTimeout = 5 * time.Minute
	// Longer than the longest job; the dispatcher does not wait for it.
	rescueAfter = 6 * time.Minute
	// Throughput is workers per cooldown: a job takes from a millisecond up.
	fetchCooldown = 2 * time.Millisecond
	fetchPoll     = 500 * time.Millisecond
	// The dispatcher repeats, so River need not.
	maxAttempts = 3
	// How long done jobs are kept: long enough to look into, and no archive.
	keepDone = time.Hour
	// Finishing what is in hand, as long as a SIGTERM leaves.
	softStop = 30 * time.Second
)

// job is a task as River stores it; it is unique among those not done.
type job struct {
	Task flow.Task `json:"task" river:"unique"`
}

// Kind implements river.JobArgs.
func (job) Kind() string { return "stablebot-task" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (job) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: maxAttempts, UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

type worker struct {
	river.WorkerDefaults[job]
	do func(context.Context, flow.Task) error
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, j *river.Job[job]) error { return w.do(ctx, j.Args.Task) }

// River is a flow.Queue of all processes on one database.
type River struct {
	pool *pgxpool.Pool
	n    int
	log  *slog.Logger
	put  *river.Client[pgx.Tx]
}

var _ flow.Queue = (*River)(nil)

// Migrate brings River's tables up to date. The caller sees to it that nobody
// else does so at the same time.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err != nil {
		return fmt.Errorf("bringing up to date the tables of the queue: %w", err)
	}
	return nil
}

// New returns the queue with n workers in this process; its tables are there.
func New(pool *pgxpool.Pool, n int, log *zap.Logger) (*River, error) {
	told := log.Named("queue").WithOptions(zap.IncreaseLevel(zap.WarnLevel))
	q := &River{pool: pool, n: max(n, 1), log: slog.New(zapslog.NewHandler(told.Core()))}
	var err error
	if q.put, err = river.NewClient(riverpgxv5.New(pool), &river.Config{Logger: q.log}); err != nil {
		return nil, fmt.Errorf("setting up the queue: %w", err)
	}
	return q, nil
}

// Put implements flow.Queue.
func (q *River) Put(ctx context.Context, tasks []flow.Task) error {
	params := make([]river.InsertManyParams, len(tasks))
	for i, t := range tasks {
		params[i].Args = job{t}
	}
	if _, err := q.put.InsertMany(ctx, params); err != nil {
		return fmt.Errorf("giving out what is to be judged: %w: %w", flow.ErrTemporary, err)
	}
	return nil
}

// Work implements flow.Queue.
func (q *River) Work(ctx context.Context, do func(context.Context, flow.Task) error) error {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{do: do}); err != nil {
		return fmt.Errorf("setting up the workers: %w", err)
	}
	c, err := river.NewClient(riverpgxv5.New(q.pool), &river.Config{
		Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: q.n}},
		JobTimeout: jobTimeout, RescueStuckJobsAfter: rescueAfter, FetchCooldown: fetchCooldown, FetchPollInterval: fetchPoll,
		CompletedJobRetentionPeriod: keepDone, SoftStopTimeout: softStop, Logger: q.log,
	})
	if err != nil {
		return fmt.Errorf("setting up the workers: %w", err)
	}
	if err := c.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("starting the workers: %w: %w", flow.ErrTemporary, err)
	}
	<-ctx.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), softStop+5*time.Second)
	defer cancel()
	if err := c.Stop(stop); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stopping the workers: %w", err)
	}
	return nil
}
