package cve

import (
	"context"
	"sync"
	"time"
)

// Clone is a clone of the security team's repository that somebody keeps up to date: it is
// read again when what was read is old. It is safe for concurrent use.
type Clone struct {
	Dir string // "": there is none

	mu   sync.Mutex
	list *List
	read time.Time
}

// fresh is how long what was read of a clone counts.
const fresh = time.Hour

// List is what it has; nil where there is no clone.
func (c *Clone) List(ctx context.Context) (*List, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Dir == "" || c.list != nil && time.Since(c.read) < fresh {
		return c.list, nil
	}
	l, err := Open(ctx, c.Dir)
	if err != nil {
		return nil, err
	}
	c.list, c.read = l, time.Now()
	return l, nil
}
