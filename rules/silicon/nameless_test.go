package silicon

import (
	"testing"
	"time"
)

// TestNameless: a file whose name is nothing but its ending, or nothing at all, is looked up
// to an end in every folder, with and without text.
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
				if len(folder)%16 == 0 {
					Default().Match(diffOf(path, "GRAPHICS_VERx100(xe)"))
				}
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(2 * time.Minute): // it takes a fraction of a second
		t.Fatalf("%q is still looked up", <-at)
	}
}
