package github

import (
	"context"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// noter stores what deliveries are about. Each is answered when it is on the
// disk, and a commit there takes milliseconds: those that come while one is
// under way share the next, so that a burst waits for two commits and not for
// all that came before.
type noter struct {
	queue Queue

	mu      sync.Mutex
	waiting []noting
	writing bool
}

// noting is a delivery that waits for its answer.
type noting struct {
	notes []flow.PullNote
	done  chan<- error
}

// noteWithin is less than the 10 seconds after which GitHub gives up waiting
// for an answer.
const noteWithin = 8 * time.Second

// note returns when all notes of a delivery are stored, or none.
func (n *noter) note(notes []flow.PullNote) error {
	done := make(chan error, 1)
	n.mu.Lock()
	n.waiting = append(n.waiting, noting{notes, done})
	if !n.writing {
		n.writing = true
		go n.write()
	}
	n.mu.Unlock()
	return <-done
}

// write stores what waits until nothing does.
func (n *noter) write() {
	for {
		n.mu.Lock()
		batch := n.waiting
		n.waiting, n.writing = nil, len(batch) > 0
		n.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		n.store(batch)
	}
}

// store answers each delivery of a batch. What one of them has that the store
// refuses must not cost the others: then each is stored alone.
func (n *noter) store(batch []noting) {
	ctx, cancel := context.WithTimeout(context.Background(), noteWithin) // who hung up is noted too
	defer cancel()
	var all []flow.PullNote
	for _, b := range batch {
		all = append(all, b.notes...)
	}
	_, err := n.queue.NotePulls(ctx, all)
	for _, b := range batch {
		if err != nil && len(batch) > 1 {
			_, alone := n.queue.NotePulls(ctx, b.notes)
			b.done <- alone
			continue
		}
		b.done <- err
	}
}
