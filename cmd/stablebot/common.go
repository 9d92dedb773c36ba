package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

// storeFile is the database in a state folder.
func storeFile(state string) string { return filepath.Join(state, "stablebot.db") }

// storeOf is where the configuration has the store.
func storeOf(c *config.Config) string {
	if c.Store.Address != "" {
		return c.Store.Address
	}
	return storeFile(c.State)
}

// outboxDir is the maildir in a state folder that replies are shown in.
func outboxDir(state string) string { return filepath.Join(state, "outbox") }

// readConfig makes a bad configuration a usage error.
func readConfig(file string) (*config.Config, error) {
	c, err := config.Read(file)
	if err != nil {
		return nil, usage.Wrap(err)
	}
	return c, nil
}

// loadJudge takes the weights from a file, or the built-in ones.
func loadJudge(weights string) (*verdict.Judge, error) {
	j := verdict.Default()
	if weights == "" {
		return j, nil
	}
	f, err := os.Open(weights)
	if err != nil {
		return nil, fmt.Errorf("reading the weights: %w", err)
	}
	defer func() { _ = f.Close() }()
	if j.Model, err = model.Read(f); err != nil {
		return nil, usage.Errorf("reading the weights %s: %w", weights, err)
	}
	return j, nil
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
