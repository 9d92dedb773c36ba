package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/verdict"
)

// deliveriesKept is how long a delivery is known again. GitHub lets people
// repeat deliveries of the past three days; the rest is margin.
const deliveriesKept = 30 * 24 * time.Hour

// NotePulls implements flow.Pulls. It waits for the disk, once for all of them.
func (s *Store) NotePulls(ctx context.Context, notes []flow.PullNote) (fresh int, err error) {
	if len(notes) == 0 {
		return 0, nil
	}
	n := 0 // PostgreSQL may run it twice
	err = s.tx(ctx, "noting pull requests in", true, func(t *txn) error {
		n = 0
		for _, p := range notes {
			isNew, err := t.notePull(p)
			if err != nil {
				return err
			}
			n += flag(isNew)
		}
		_, err := t.exec("delete from delivery where received < ?", millis(notes[0].At.Add(-deliveriesKept)))
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func (t *txn) notePull(p flow.PullNote) (fresh bool, err error) {
	if p.Delivery != "" {
		n, err := t.exec("insert into delivery (id, event, received) values (?, ?, ?) on conflict (id) do nothing",
			p.Delivery, p.Event, millis(p.At))
		if err != nil || n == 0 {
			return false, err
		}
	}
	_, err = t.exec(`insert into pull (key, source, repo, number, due) values (?, ?, ?, ?, ?)
		on conflict (key) do update set due = excluded.due, revision = pull.revision + 1,
			told = case when ? = 1 and pull.told <> '' then 'again' else pull.told end`,
		flow.PullKey(p.Source, p.Repo, p.Number), p.Source, p.Repo, p.Number, millis(p.At), flag(p.Again))
	return err == nil, err
}

const pullColumns = `key, source, repo, number, head, closed, revision, due, rechecked, explain,
	override_verdict, override_who, override_reason, override_at, told, plans, problem, attempts`

func (s *Store) pulls(ctx context.Context, query string, args ...any) (out []flow.PullState, err error) {
	err = s.each(ctx, "reading pull requests from", "select "+pullColumns+" from pull "+query, args, func(rows *sql.Rows) error {
		var (
			p                  flow.PullState
			o                  flow.Override
			due, rechecked, at int64
		)
		if err := rows.Scan(&p.Key, &p.Source, &p.Repo, &p.Number, &p.Head, &p.Closed, &p.Revision, &due, &rechecked, &p.Explain,
			&o.Verdict, &o.Who, &o.Reason, &at, &p.PlanDigest, &p.Plans, &p.Problem, &p.Attempts); err != nil {
			return err
		}
		p.Due, p.Rechecked, o.At = fromMillis(due), fromMillis(rechecked), fromMillis(at)
		if o.Verdict != "" {
			p.Override = &o
		}
		out = append(out, p)
		return nil
	})
	return out, err
}

// DuePulls implements flow.Pulls.
func (s *Store) DuePulls(ctx context.Context, source string, now time.Time, n int) ([]flow.PullState, error) {
	return s.pulls(ctx, "where source = ? and due > 0 and due <= ? order by due, key limit ?", source, millis(now), n)
}

// PullOf implements flow.Pulls.
func (s *Store) PullOf(ctx context.Context, key string) (*flow.PullState, error) {
	found, err := s.pulls(ctx, "where key = ?", key)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// Obeyed implements flow.Pulls.
func (s *Store) Obeyed(ctx context.Context, key string) (out map[int64]bool, err error) {
	out = map[int64]bool{}
	err = s.each(ctx, "reading the commands of "+key+" from", "select distinct comment from command where pull = ?", []any{key}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		out[id] = true
		return err
	})
	return out, err
}

// DeferPull implements flow.Pulls.
func (s *Store) DeferPull(ctx context.Context, p flow.PullState, problem string, until time.Time) error {
	return s.tx(ctx, "deferring "+p.Key+" in", false, func(t *txn) error {
		_, err := t.exec(`update pull set problem = ?, attempts = attempts + 1,
			due = case when revision = ? then ? else due end where key = ?`, clip(problem), p.Revision, millis(until), p.Key)
		if err == nil && until.IsZero() {
			_, err = t.exec(`insert into attempt (kind, key, n, deadly, problem, first, at, aside) values (?, ?, ?, 0, ?, ?, ?, 1)
				on conflict (kind, key) do update set problem = excluded.problem, at = excluded.at, aside = 1`,
				string(flow.UnitPull), p.Key, p.Attempts+1, clip(problem), now(), now())
		}
		return err
	})
}

// SettlePull implements flow.Pulls.
func (s *Store) SettlePull(ctx context.Context, d flow.PullSettlement) (settled bool, err error) {
	d.Judged = slices.Clone(d.Judged)
	for i := range d.Judged {
		d.Judged[i].ID = flow.InPull(d.Judged[i].ID, d.Pull.Key)
	}
	bodies, err := encode(d.Judged)
	if err != nil {
		return false, err
	}
	p := d.Pull
	var o flow.Override
	if p.Override != nil {
		o = *p.Override
	}
	err = s.tx(ctx, "recording the judgement of "+p.Key+" in", false, func(t *txn) error {
		settled = false // PostgreSQL may run it twice
		n, err := t.exec("delete from fetched where key = ? and revision = ?", p.Key, p.Revision)
		if err != nil || n == 0 {
			return err
		}
		var plans int
		if err := t.row(&plans, "select plans from pull where key = ?", p.Key); err != nil {
			return err
		}
		if _, err := t.exec(`update pull set head = ?, closed = ?, rechecked = ?, explain = ?, override_verdict = ?, override_who = ?,
			override_reason = ?, override_at = ?, told = ?, plans = ?, quiet = ?, problem = ?, attempts = 0, settled = ?,
			private = case when private = 1 then 1 else ? end where key = ?`,
			p.Head, flag(p.Closed), millis(p.Rechecked), flag(p.Explain), string(o.Verdict), o.Who,
			o.Reason, millis(o.At), p.PlanDigest, p.Plans, d.Quiet, p.Problem, millis(d.At), flag(d.Private), p.Key); err != nil {
			return err
		}
		if _, err := t.exec("delete from attempt where kind = ? and key = ?", string(flow.UnitPull), p.Key); err != nil {
			return err
		}
		for i, j := range d.Judged {
			if err := t.putJudgement(j, bodies[i]); err != nil {
				return err
			}
		}
		for _, c := range d.Commands {
			if _, err := t.exec(`insert into command (pull, comment, verb, verdict, reason, who, at, refused) values (?, ?, ?, ?, ?, ?, ?, ?)
				on conflict do nothing`, p.Key, c.Comment, c.Verb, string(c.Verdict), c.Reason, c.Who, millis(c.At), c.Refused); err != nil {
				return err
			}
		}
		if p.Plans != plans {
			if _, err := t.exec(`update action set state = ?, problem = 'a newer state is wanted', ended = ?
				where series_key = ? and `+byPlan+` and state in ('planned', 'held')`,
				string(flow.StateSuperseded), millis(d.At), p.Key); err != nil {
				return err
			}
		}
		for _, a := range d.Actions {
			if err := t.plan(a); err != nil {
				return err
			}
		}
		settled = true
		return nil
	})
	return settled && err == nil, err
}

// RemindPulls implements flow.Pulls.
func (s *Store) RemindPulls(ctx context.Context, source string, at time.Time) (n int, err error) {
	err = s.tx(ctx, "reminding of the pull requests of "+source+" in", false, func(t *txn) error {
		rows, err := t.exec("update pull set due = ?, revision = revision + 1 where source = ? and closed = 0", millis(at), source)
		n = int(rows)
		return err
	})
	return n, err
}

// PulledRepos implements flow.Pulls.
func (s *Store) PulledRepos(ctx context.Context, source string) (out []string, err error) {
	err = s.each(ctx, "reading the repositories of "+source+" from", "select distinct repo from pull where source = ? and closed = 0 order by repo", []any{source}, func(rows *sql.Rows) error {
		var r string
		if err := rows.Scan(&r); err != nil {
			return err
		}
		out = append(out, r)
		return nil
	})
	return out, err
}

// PullCommands returns what people asked of a pull request, newest first.
func (s *Store) PullCommands(ctx context.Context, key string) (out []flow.Command, err error) {
	err = s.each(ctx, "reading the commands of "+key+" from", "select comment, verb, verdict, reason, who, at, refused from command where pull = ? order by at desc", []any{key}, func(rows *sql.Rows) error {
		var (
			c  flow.Command
			v  sql.NullString
			at int64
		)
		if err := rows.Scan(&c.Comment, &c.Verb, &v, &c.Reason, &c.Who, &at, &c.Refused); err != nil {
			return err
		}
		c.Verdict, c.At = verdict.Verdict(v.String), fromMillis(at)
		out = append(out, c)
		return nil
	})
	return out, err
}
