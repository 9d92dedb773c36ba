package silicon

import (
	"testing"
	"time"
)

// TestNameless: a file whose name is nothing but its ending, or nothing at all, is looked up
// to an end in every folder. A test that goes on for ever needs a clock of its own.
func TestNameless(t *testing.T) {
	done, at := make(chan struct{}), make(chan string, 1)
	go func() {
		defer close(done)
		drivers := Default().Drivers()
		for folder := range drivers.folders {
			for _, base := range [...]string{".c", ".h", "", "-", "-.c", "_.h", "--.c", ".", ".c.c", " .c", "\n.c"} {
				path := folder + "/" + base
				select {
				case at <- path:
				case <-at:
					at <- path
				}
				drivers.Of(path)
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(2 * time.Minute): // it takes a fraction of a second
		t.Fatalf("%q is still looked up", <-at)
	}
}
