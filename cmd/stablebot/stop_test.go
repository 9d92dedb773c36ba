package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestAfterStop: what a signal does not explain is told beside it.
func TestAfterStop(t *testing.T) {
	full := errors.New("no space left on device")
	stopped := fmt.Errorf("reading the trees: %w", context.Canceled)
	for _, c := range []struct {
		command string
		err     error
		told    string // what is told beside the signal
	}{
		{"plan", stopped, ""},
		{"run", stopped, ""},
		{"plan", errors.Join(stopped, full), "no space left on device"},
		{"run", errors.Join(stopped, errors.Join(full, stopped)), "no space left on device"},
		{"run", full, "no space left on device"},
	} {
		got := afterStop(c.command, c.err)
		_, beside, found := strings.Cut(got, "; beside that: ")
		if beside != c.told || found != (c.told != "") || !strings.HasPrefix(got, "stopped by a signal") {
			t.Errorf("%s, %v: %q, want %q beside the signal", c.command, c.err, got, c.told)
		}
	}
}
