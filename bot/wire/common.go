package wire

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/rules/model"
	"github.com/stablebot/stablebot/rules/verdict"
)

// StoreFile is the database in a state folder.
func StoreFile(state string) string { return filepath.Join(state, "stablebot.db") }

// StoreOf is where the configuration has the store.
func StoreOf(c *config.Config) string {
	if c.Store.Address != "" {
		return c.Store.Address
	}
	return StoreFile(c.State)
}

// OutboxDir is the maildir in a state folder that replies are shown in.
func OutboxDir(state string) string { return filepath.Join(state, "outbox") }

// LoadJudge takes the weights from a file, or the built-in ones.
func LoadJudge(weights string) (*verdict.Judge, error) {
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
