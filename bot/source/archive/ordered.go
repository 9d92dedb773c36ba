package archive

import (
	"context"
	"sync"
)

// Ordered works on jobs in parallel and hands the results over in the order of
// the jobs. At most window jobs exist at a time, from put to the end of emit,
// so memory does not grow with the input. produce and work run on goroutines
// of their own, emit on the caller's. The first error ends everything and is
// returned; the context of produce is then cancelled and put fails.
func Ordered[J, R any](ctx context.Context, workers, window int, produce func(ctx context.Context, put func(J) error) error, work func(J) R,
	emit func(R) error) error {
	type slot struct {
		job    J
		result R
		done   chan struct{}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	window = max(window, 2)
	jobs := make(chan *slot, window)
	// A slot stands in order from put until its turn has come, and one more is
	// being emitted: that makes the window.
	order := make(chan *slot, window-1)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(order)
		defer close(jobs)
		err := produce(ctx, func(job J) error {
			s := &slot{job: job, done: make(chan struct{})}
			select {
			case order <- s:
				jobs <- s // has room for all that order lets in
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
		if err != nil {
			cancel(err)
		}
	})
	for range max(workers, 1) {
		wg.Go(func() {
			for s := range jobs {
				if ctx.Err() == nil {
					s.result = work(s.job)
				}
				close(s.done)
			}
		})
	}
	for s := range order {
		<-s.done
		if ctx.Err() == nil {
			if err := emit(s.result); err != nil {
				cancel(err)
			}
		}
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
