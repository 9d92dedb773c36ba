//go:build !linux

package oracle

import "time"

var start = time.Now()

// threadTime is the wall clock where no thread has one of its own.
func threadTime() time.Duration { return time.Since(start) }
