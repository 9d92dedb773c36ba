package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/usage"
)

// readConfig makes a bad configuration a usage error.
func readConfig(file string) (*config.Config, error) {
	c, err := config.Read(file)
	if err != nil {
		return nil, usage.Wrap(err)
	}
	return c, nil
}

// startProfile writes a CPU profile until stop is called.
func startProfile(file string) (stop func(), err error) {
	if file == "" {
		return func() {}, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, fmt.Errorf("writing the CPU profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("profiling: %w", err), f.Close())
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}
