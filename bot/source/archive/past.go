package archive

import (
	"bytes"
	"container/heap"
	"context"
	"errors"
	"iter"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// Past yields the messages of an archive as items, each at the time it was
// sent. An archive has them in the order in which it took them in, which is
// another one where it was imported or where a clock was wrong: they are sorted
// as far as sortWithin of them reach, and what comes later still has the time of
// the one before it.
func Past(ctx context.Context, a *Archive, list string, from, to time.Time) iter.Seq2[flow.Item, error] {
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
		err := Read(ctx, a, Options{Since: from, AsOf: to},
			func(m *Mail) flow.Item {
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

func (a *arrivals) Push(x any) { *a = append(*a, x.(arrival)) }

func (a *arrivals) Pop() any {
	old := *a
	x := old[len(old)-1]
	old[len(old)-1] = arrival{}
	*a = old[:len(old)-1]
	return x
}
