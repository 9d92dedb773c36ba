package main

import (
	"bytes"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

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
	archived := pastOf(ctx, a, list, from, o.end)
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

// pastOf yields the messages of an archive as items, each at the time it was
// sent. An archive has them in the order in which it took them in, which is
// another one where it was imported or where a clock was wrong: they are sorted
// as far as sortWithin of them reach, and what comes later still has the time of
// the one before it.
func pastOf(ctx context.Context, a *archive.Archive, list string, from, to time.Time) iter.Seq2[flow.Item, error] {
	return func(yield func(flow.Item, error) bool) {
		enough := errors.New("nobody reads on")
		var last time.Time
		var waiting arrivals
		n := 0
		give := func() error {
			i := heap.Pop(&waiting).(arrival).Item
			if i.Received.Before(last) {
				i.Received = last
			}
			last = i.Received
			if !yield(i, nil) {
				return enough
			}
			return nil
		}
		err := archive.Read(ctx, a, archive.Options{Since: from, AsOf: to},
			func(m *archive.Mail) flow.Item {
				return flow.Item{Source: "archive", List: list, Received: m.Sent, Mail: bytes.Clone(m.Raw), Err: m.Err}
			},
			func(i flow.Item) error {
				n++
				heap.Push(&waiting, arrival{i, n})
				if len(waiting) > sortWithin {
					return give()
				}
				return nil
			})
		for err == nil && len(waiting) > 0 {
			err = give()
		}
		if err != nil && !errors.Is(err, enough) {
			yield(flow.Item{}, err)
		}
	}
}

// sortWithin is how many mails are held to sort them: some 30 MB.
const sortWithin = 4096

// arrival is a mail with its place in the archive.
type arrival struct {
	flow.Item
	n int
}

// arrivals is a heap, the earliest first.
type arrivals []arrival

func (a arrivals) Len() int { return len(a) }
func (a arrivals) Less(i, j int) bool {
	if c := a[i].Received.Compare(a[j].Received); c != 0 {
		return c < 0
	}
	return a[i].n < a[j].n
}
func (a arrivals) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *arrivals) Push(x any)   { *a = append(*a, x.(arrival)) }
func (a *arrivals) Pop() any {
	old := *a
	x := old[len(old)-1]
	old[len(old)-1] = arrival{}
	*a = old[:len(old)-1]
	return x
}
