package wire

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/queue"
	"github.com/stablebot/stablebot/bot/store"
)

// OpenMigrated opens a store for writing, with the tables of the queue.
func OpenMigrated(ctx context.Context, where string) (*store.Store, error) {
	s, err := store.Open(ctx, where)
	if err != nil || s.Pool() == nil {
		return s, err
	}
	if err := s.Exclusive(ctx, func(ctx context.Context) error { return queue.Migrate(ctx, s.Pool()) }); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// forgetEvery: what is kept for months need not go to the minute.
const forgetEvery = time.Hour

// forgetOld deletes what is older than keep until ctx ends. Several processes
// may do it: what is gone is gone.
func forgetOld(ctx context.Context, s *store.Store, keep time.Duration, log *zap.Logger) {
	for every := time.NewTicker(forgetEvery); ctx.Err() == nil; {
		f, err := s.ForgetBefore(ctx, time.Now().Add(-keep))
		switch {
		case err != nil && ctx.Err() == nil:
			log.Warn("what is older than store.keep could not be deleted; it is tried again", zap.Error(err))
		case f != (store.Forgotten{}):
			log.Info("what is older than store.keep was deleted", zap.Int("mails", f.Mails), zap.Int("judgements", f.Judgements))
		}
		select {
		case <-ctx.Done():
			every.Stop()
		case <-every.C:
		}
	}
}
