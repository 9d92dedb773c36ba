// Package oracle bounds what handling an input may cost: tests and fuzzers hold
// every reader of strangers' bytes to it.
package oracle

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// What handling an input may cost: a second of one processor for each MB of it,
// with a start for what any input costs, and memory for the whole program.
const (
	PerMB  = time.Second
	Start  = 200 * time.Millisecond
	Memory = 300 << 20
)

// Cost is what a call took.
type Cost struct {
	CPU  time.Duration // of the calling goroutine, and what it waited for nothing
	Peak uint64        // bytes of live objects above those before, at most seen
}

// Allowed is the time that an input of this size may take. Code under the race
// detector is up to twenty times slower (go.dev/doc/articles/race_detector), and code that
// counts its branches for a fuzzer about three times.
func Allowed(size int) time.Duration {
	d := Start + time.Duration(float64(PerMB)*float64(size)/1e6)
	switch {
	case instrumented:
		return 20 * d
	case fuzzed():
		return 3 * d
	}
	return d
}

// fuzzed reports whether a fuzzer runs this process: go test -fuzz builds the workers, and
// what they import, with counters.
func fuzzed() bool {
	f := flag.Lookup("test.fuzzworker")
	return f != nil && f.Value.String() == "true"
}

// Measure runs f on a thread of its own and says what it took. On a busy machine the
// collector comes late, and what f let go of counts as if it were in use: a peak above
// Memory is measured once more with a collector that comes early.
func Measure(f func()) Cost {
	c := measure(f)
	if c.Peak > Memory {
		defer debug.SetGCPercent(debug.SetGCPercent(20))
		c.Peak = measure(f).Peak
	}
	return c
}

func measure(f func()) Cost {
	runtime.GC()
	before := live()
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		high := uint64(0)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				high = max(high, live())
			case <-stop:
				peak <- max(high, live())
				return
			}
		}
	}()
	var cpu time.Duration
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		at := threadTime()
		f()
		cpu = threadTime() - at
	}()
	<-done
	close(stop)
	high := <-peak
	return Cost{CPU: cpu, Peak: high - min(high, before)}
}

// Check runs f and returns why it cost too much, nil when it did not.
func Check(size int, f func()) error {
	// What takes little on the whole took little of everything: no sampling then, nor
	// for memory that never came to so much, freed or not.
	begin, allocated := time.Now(), sample("/gc/heap/allocs:bytes")
	f()
	if time.Since(begin) <= Allowed(size) && sample("/gc/heap/allocs:bytes")-allocated <= Memory {
		return nil
	}
	// Another process may have had the processor: once more, by its own clock.
	c := Measure(f)
	switch {
	case c.CPU > Allowed(size):
		return fmt.Errorf("%d bytes took %v, allowed are %v", size, c.CPU.Round(time.Millisecond), Allowed(size).Round(time.Millisecond))
	case c.Peak > Memory:
		return fmt.Errorf("%d bytes took %d MiB of memory, allowed are %d", size, c.Peak>>20, Memory>>20)
	}
	return nil
}

func live() uint64 { return sample("/memory/classes/heap/objects:bytes") }

func sample(name string) uint64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
