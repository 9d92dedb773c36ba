package store

import (
	"context"
	"database/sql"

	"github.com/stablebot/stablebot/bot/flow"
)

// Orders implements flow.Journal.
func (s *Store) Orders(ctx context.Context, seriesKey string) (out []flow.Order, err error) {
	err = s.each(ctx, "reading the commands for "+seriesKey+" from", `with recursive version (key, previous, depth) as (
			select key, previous, 0 from series where key = ?
			union all select s.key, s.previous, v.depth + 1 from series s join version v on s.key = v.previous where v.depth < 50 and `+asPublic+`)
		select mail_id, n, series_key, verb, arg, reason, line, name, address, at, refused, answered from mail_command
		where series_key in (select key from version) order by at, mail_id, n`, []any{seriesKey, seriesKey}, func(rows *sql.Rows) error {
		var (
			o  flow.Order
			at int64
		)
		if err := rows.Scan(&o.Mail, &o.N, &o.SeriesKey, &o.Verb, &o.Arg, &o.Reason, &o.Line, &o.Who.Name, &o.Who.Address,
			&at, &o.Refused, &o.Answered); err != nil {
			return err
		}
		o.At = fromMillis(at)
		out = append(out, o)
		return nil
	})
	return out, err
}
