package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

var _ flow.Outcomes = (*Store)(nil)

// Followed implements flow.Outcomes.
func (s *Store) Followed(ctx context.Context, after string, n int) (out []flow.Followed, err error) {
	const doing = "reading what is followed from"
	err = s.each(ctx, doing, "select change_id, kind, subject, date from judgement where change_id > ? order by change_id limit ?", []any{after, n}, func(rows *sql.Rows) error {
		var (
			f    flow.Followed
			date string
		)
		if err := rows.Scan(&f.ID, &f.Kind, &f.Subject, &date); err != nil {
			return err
		}
		f.Date, _ = time.Parse(time.RFC3339, date) // a mail without a date has none here
		out = append(out, f)
		return nil
	})
	return out, err
}

// outcomeBatch bounds the arguments of one statement; SQLite takes 32,766.
const outcomeBatch = 500

// OutcomesOf implements flow.Outcomes.
func (s *Store) OutcomesOf(ctx context.Context, ids []string) (map[string][]flow.Outcome, error) {
	out := map[string][]flow.Outcome{}
	for part := range slices.Chunk(ids, outcomeBatch) {
		if err := s.outcomes(ctx, part, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Store) outcomes(ctx context.Context, ids []string, out map[string][]flow.Outcome) (err error) {
	const doing = "reading outcomes from"
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	err = s.each(ctx, doing, `select change_id, branch, commit_id, how, at, release, begun, reverted, followups from outcome
		where change_id in (?`+strings.Repeat(", ?", len(ids)-1)+") order by change_id, n", args, func(rows *sql.Rows) error {
		var (
			o     flow.Outcome
			at    int64
			begun int
			later string
		)
		if err := rows.Scan(&o.Change, &o.Branch, &o.Commit, &o.How, &at, &o.Release, &begun, &o.Reverted, &later); err != nil {
			return err
		}
		o.At, o.Begun = fromMillis(at), begun != 0
		if later != "" {
			if err := json.Unmarshal([]byte(later), &o.Followups); err != nil {
				return fmt.Errorf("reading a stored outcome of %s: %w", o.Change, err)
			}
		}
		out[o.Change] = append(out[o.Change], o)
		return nil
	})
	return err
}

// SetOutcomes implements flow.Outcomes. A change that was forgotten meanwhile
// is left out.
func (s *Store) SetOutcomes(ctx context.Context, now time.Time, of map[string][]flow.Outcome) error {
	return s.tx(ctx, "storing outcomes in", false, func(t *txn) error {
		for id, os := range of {
			if _, err := t.exec("delete from outcome where change_id = ?", id); err != nil {
				return err
			}
			for n, o := range os {
				later := ""
				if len(o.Followups) > 0 {
					text, err := json.Marshal(o.Followups)
					if err != nil {
						return err
					}
					later = string(text)
				}
				if _, err := t.exec(`insert into outcome (change_id, n, branch, commit_id, how, at, release, begun, reverted, followups, found)
					select change_id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? from judgement where change_id = ?`,
					n, o.Branch, o.Commit, o.How, millis(o.At), o.Release, flag(o.Begun), o.Reverted, later, millis(now), id); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Settled returns the changes that a stable branch took, and those that it did
// not though mainline has had them since before a time. What is embargoed is
// left out.
func (s *Store) Settled(ctx context.Context, before time.Time) (out []flow.Settled, err error) {
	const doing = "comparing verdicts with outcomes in"
	err = s.each(ctx, doing, `select j.change_id, j.subject,
			coalesce((select l.chips from listed l where l.change_id = j.change_id), ''),
			j.judged, j.source, j.date, j.said_verdict, j.said_score, o.taken, o.release
		from judgement j join (
			select change_id, max(case when branch <> '' and begun = 0 then 1 else 0 end) as taken,
				max(case when branch = '' then at else 0 end) as merged,
				max(case when branch = '' then release else '' end) as release
			from outcome group by change_id) o on o.change_id = j.change_id
		where j.private = 0 and (o.taken = 1 or o.merged > 0 and o.merged <= ?)
		order by j.change_id`, []any{millis(before)}, func(rows *sql.Rows) error {
		var (
			c      flow.Settled
			judged int64
			took   int
			chips  string
			from   string
			date   string
		)
		if err := rows.Scan(&c.ID, &c.Subject, &chips, &judged, &from, &date, &c.Verdict, &c.Score, &took, &c.Release); err != nil {
			return err
		}
		for _, h := range readChips(chips) {
			if c.Driver == "" || h.Driver < c.Driver {
				c.Driver = h.Driver
			}
		}
		c.Judged, c.Taken = fromMillis(judged), took != 0
		if c.Backfilled = flow.Backfilled(from); c.Backfilled {
			if day, err := time.Parse(time.RFC3339, date); err == nil {
				c.Judged = day
			}
		}
		out = append(out, c)
		return nil
	})
	return out, err
}
