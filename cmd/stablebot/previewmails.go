package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/git"
	"github.com/stablebot/stablebot/bot/preview"
	"github.com/stablebot/stablebot/bot/source/archive"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/wire"
)

// past is where the mails come from; live is the bot's store, nil without one.
func (o *previewOptions) past(ctx context.Context, list string) (mails iter.Seq2[flow.Item, error], live *store.Store, done func(),
	err error) {
	from := o.begin.Add(-preview.LeadIn)
	live, err = store.OpenReadOnly(ctx, wire.StoreFile(o.config.State))
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.archive != "":
		live = nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, nil, fmt.Errorf("%w; to look at a list before the bot ever ran, give its archive with --archive", err)
	case err != nil:
		return nil, nil, nil, err
	}
	done = func() {
		if live != nil {
			_ = live.Close()
		}
	}
	if live != nil {
		mails = fresh(live.Past(ctx, list, from, o.end))
	}
	if o.archive == "" {
		return mails, live, done, nil
	}
	a, err := archive.Open(ctx, o.archive, git.Options{})
	if err != nil {
		done()
		return nil, nil, nil, err
	}
	closeStore := done
	done = func() { closeStore(); _ = a.Close() }
	archived := archive.Past(ctx, a, list, from, o.end)
	if mails == nil {
		return archived, live, done, nil
	}
	return preview.Merge(mails, archived), live, done, nil
}

// fresh makes stored mails come from a source that is answered, also those
// that a backfill brought.
func fresh(in iter.Seq2[flow.Item, error]) iter.Seq2[flow.Item, error] {
	return func(yield func(flow.Item, error) bool) {
		for i, err := range in {
			i.Source = "store"
			if !yield(i, err) {
				return
			}
		}
	}
}
