package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
)

var _ flow.Standings = (*Store)(nil)

const standingColumns = "branch, commit_id, title, stand, voice, why, who, how, proven, mail_id, at"

// Standings implements flow.Standings.
func (s *Store) Standings(ctx context.Context, branch string) ([]flow.Standing, error) {
	if branch == "" {
		return s.standings(ctx, "order by seq")
	}
	return s.standings(ctx, "where branch = ? order by seq", branch)
}

// HeardOf returns what the stable team and people said of a judged change on all branches,
// by its title or, of a commit, its id, oldest first. Of what is embargoed nothing.
func (s *Store) HeardOf(ctx context.Context, id string) ([]flow.Standing, error) {
	var title, kind string
	err := s.read.QueryRowContext(ctx, "select subject, kind from judgement where change_id = ? and private = 0", id).Scan(&title, &kind)
	if errors.Is(err, sql.ErrNoRows) || err == nil && title == "" {
		return nil, nil
	}
	if err != nil {
		return nil, s.wrap("reading what was said of a fix from", err)
	}
	if kind == string(change.Commit) {
		id = flow.CommitOf(id)
	}
	return s.standings(ctx, "where voice <> 'trees' and (title_key = ? or commit_id = ?) order by at, seq", titleKey(title), id)
}

func (s *Store) standings(ctx context.Context, which string, args ...any) (out []flow.Standing, err error) {
	err = s.each(ctx, "reading what was said of fixes from", "select "+standingColumns+" from standing "+which, args, func(rows *sql.Rows) error {
		var (
			x      flow.Standing
			proven int
			at     int64
		)
		if err := rows.Scan(&x.Branch, &x.Commit, &x.Title, &x.Stand, &x.Voice, &x.Why, &x.Who, &x.How, &proven, &x.Mail, &at); err != nil {
			return err
		}
		x.Proven, x.At = proven != 0, fromMillis(at)
		out = append(out, x)
		return nil
	})
	return out, err
}

// Stand implements flow.Standings. What a mail says of a change on a branch is there once:
// a second time it may only be proven meanwhile.
func (s *Store) Stand(ctx context.Context, some []flow.Standing) error {
	if len(some) == 0 {
		return nil
	}
	return s.tx(ctx, "recording what was said of fixes in", false, func(t *txn) error {
		for _, x := range some {
			if _, err := t.exec(`insert into standing (seq, `+standingColumns+`, title_key)
				select (select coalesce(max(seq), 0) + 1 from standing), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
				where ? = '' or not exists (select 1 from standing where mail_id = ? and branch = ? and title_key = ?)`,
				x.Branch, x.Commit, x.Title, string(x.Stand), string(x.Voice), clip(x.Why), x.Who, x.How, flag(x.Proven), x.Mail, millis(x.At), titleKey(x.Title),
				x.Mail, x.Mail, x.Branch, titleKey(x.Title)); err != nil {
				return err
			}
			if x.Mail == "" || !x.Proven {
				continue
			}
			if _, err := t.exec("update standing set proven = 1, who = ?, how = ? where mail_id = ? and branch = ? and title_key = ? and proven = 0 and who <> ''",
				x.Who, x.How, x.Mail, x.Branch, titleKey(x.Title)); err != nil {
				return err
			}
		}
		return nil
	})
}

func titleKey(title string) string {
	if title == "" {
		return ""
	}
	return strconv.FormatUint(change.TitleKey(title), 36)
}
