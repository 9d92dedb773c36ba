package measure

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/stablebot/stablebot/bot/outcome"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/wire"
)

// fromStore writes the outcomes of a store to a table that labels commits and
// patches; the caller removes it.
func (o *Learning) fromStore(ctx context.Context) (file string, err error) {
	where := o.Store
	if i, err := os.Stat(where); err == nil && i.IsDir() {
		where = wire.StoreFile(where)
	}
	s, err := store.OpenReadOnly(ctx, where)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	settled, err := s.Settled(ctx, time.Now().Add(-outcome.Patience))
	if err != nil {
		return "", err
	}
	if len(settled) == 0 {
		return "", fmt.Errorf("the store %s knows no fate of a change yet; run the bot with a mainline remote and stable branches first", o.Store)
	}
	f, err := os.CreateTemp("", "stablebot-outcomes-*.tsv")
	if err != nil {
		return "", fmt.Errorf("writing the labels of the store: %w", err)
	}
	if err := errors.Join(outcome.Table(f, settled), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	o.Truth = []string{f.Name()}
	if len(o.Lists) > 0 {
		o.ListTruth = f.Name()
	}
	if o.Data == "" {
		o.Data = fmt.Sprintf("%s, labels: %d outcomes of a bot's store", o.Git, len(settled))
	}
	return f.Name(), nil
}
