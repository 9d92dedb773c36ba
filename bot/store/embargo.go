package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// Embargoed returns up to n series that are hidden, newest first.
func (s *Store) Embargoed(ctx context.Context, n int) ([]flow.Series, error) {
	return s.series(ctx, "reading what is embargoed from", "select "+seriesColumns+" from series where private = 1 order by first desc, key limit ?", n)
}

// ErrPublic says that something is not hidden.
var ErrPublic = errors.New("it is not embargoed")

// Lift makes a series public that was hidden, by its key or the Message-ID of one of
// its mails; who says so stays with it. Nothing is said of it because of that: what
// is past is no news, and whoever wants an answer asks for a recheck.
func (s *Store) Lift(ctx context.Context, id, who string, at time.Time) (*flow.Series, error) {
	key := strings.Trim(strings.TrimSpace(id), "<>")
	found, err := s.series(ctx, "looking for "+key+" in", "select "+seriesColumns+` from series where key = ?
		or key in (select series_key from mail where (id = ? or message_id = ?) and kind in ('patch', 'cover')) order by private desc, key limit 1`, key, key, key)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fmt.Errorf("%q: %w", key, ErrNone)
	case !found[0].Private:
		return nil, fmt.Errorf("%q: %w", key, ErrPublic)
	}
	out := &found[0]
	out.Private, out.Quiet = false, "its embargo was lifted by "+who+" on "+at.UTC().Format(time.DateOnly)
	err = s.tx(ctx, "lifting an embargo in", true, func(t *txn) error {
		// A worker that judges it just now does so for nothing.
		if _, err := t.exec("update series set private = 0, due = 0, quiet = ?, revision = revision + 1 where key = ?", clip(out.Quiet), out.Key); err != nil {
			return err
		}
		if _, err := t.exec("update judgement set private = 0 where series_key = ?", out.Key); err != nil {
			return err
		}
		return t.relist(out.Key)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Retry lets what was put aside be tried again, and at once where the store has it:
// a series is judged, a mail filed, a pull request read. again is false for what its source has to bring.
func (s *Store) Retry(ctx context.Context, u flow.Unit, at time.Time) (again bool, err error) {
	err = s.tx(ctx, "letting something be tried again in", false, func(t *txn) error {
		if _, err := t.exec("delete from attempt where kind = ? and key = ?", string(u.Kind), u.Key); err != nil {
			return err
		}
		var n int64
		var err error
		switch u.Kind {
		case flow.UnitSeries:
			n, err = t.exec("update series set due = ?, revision = revision + 1 where key = ?", millis(at), u.Key)
		case flow.UnitMail:
			n, err = t.exec("update mail set filed = 0, kind = '', note = '' where id = ? and kind = 'bad' and series_key = ''", u.Key)
		case flow.UnitPull:
			n, err = t.exec("update pull set due = ?, revision = revision + 1 where key = ? and closed = 0", millis(at), u.Key)
		}
		again = n > 0
		return err
	})
	return again && err == nil, err
}
