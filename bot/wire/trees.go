package wire

import (
	"fmt"
	"os"

	"github.com/stablebot/stablebot/bot/kernel/trees"
)

// ReadLifetimes reads which branches are alive; nil without a file.
func ReadLifetimes(file string) (*trees.Lifetimes, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	l, err := trees.ReadLifetimes(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return l, nil
}
