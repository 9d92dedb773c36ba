package store

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// Past yields what came over a list from since on and before until, in order
// of arrival; a zero until is no bound. Each item is whole, and may be replayed.
func (s *Store) Past(ctx context.Context, list string, since, until time.Time) iter.Seq2[flow.Item, error] {
	return func(yield func(flow.Item, error) bool) {
		if err := s.past(ctx, list, since, until, func(i flow.Item) bool { return yield(i, nil) }); err != nil {
			yield(flow.Item{}, s.wrap("reading the past mails from", err))
		}
	}
}

// pastPage bounds what is in memory, and how long a read stands in the way of
// the write-ahead log's being cut.
const pastPage = 200

func (s *Store) past(ctx context.Context, list string, since, until time.Time, yield func(flow.Item) bool) error {
	list = lowerASCII(list)
	end := int64(1<<63 - 1)
	if !until.IsZero() {
		end = millis(until)
	}
	from, after := millis(since), ""
	for {
		rows, err := s.read.QueryContext(ctx, "select "+mailColumns+` from mail
			where id in (select mail_id from mail_list where lower(list) = ?)
			and (received, id) > (?, ?) and received < ? order by received, id limit ?`, list, from, after, end, pastPage)
		if err != nil {
			return err
		}
		page, err := scanMails(rows)
		if err != nil {
			return err
		}
		for _, m := range page {
			if !yield(flow.Item{Source: m.Source, List: list, Received: m.Received, Mail: m.Raw}) {
				return nil
			}
			from, after = millis(m.Received), m.ID
		}
		if len(page) < pastPage {
			return errors.Join(ctx.Err())
		}
	}
}
