package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// ErrNone says that nothing is known of what was asked for.
var ErrNone = errors.New("nothing is stored about it")

// Case is everything known about one change or mail.
type Case struct {
	Mail      *flow.Mail // nil for a commit
	Series    *flow.Series
	Judged    *flow.Judged // nil while it is not judged, or when it is no change
	Revision  int          // how often it was judged
	Mates     []flow.Judged
	Replies   []flow.Mail // other mails of its thread
	Actions   []ActionRow
	Notes     []Note
	Orders    []flow.Order // what people asked for by mail, for earlier versions too
	Unsettled time.Time    // when its series will be judged, zero when it was
}

// ActionRow is an action with its history.
type ActionRow struct {
	flow.Action
	State     flow.ActionState
	Problem   string
	Begun     time.Time
	Ended     time.Time
	NotBefore time.Time
}

// Note is what a person said.
type Note struct {
	About, Who, Body string
	At               time.Time
}

// Health is how one source, sink or stage last did.
type Health struct {
	Component string
	OK        time.Time // last success
	Failed    time.Time // last failure
	Problem   string    // of the last failure
	Failures  int       // in a row, up to now
}

// Explain returns everything known about id: a Message-ID with or without
// angle brackets, a commit SHA or a prefix of at least 7 digits. Unknown ids
// give ErrNone.
func (s *Store) Explain(ctx context.Context, id string) (*Case, error) {
	id = strings.Trim(strings.TrimSpace(id), "<>")
	c := &Case{}
	j, rev, err := s.judgement(ctx, id)
	switch {
	case err == nil:
		c.Judged, c.Revision, id = j, rev, j.ID
	case !errors.Is(err, ErrNone):
		return nil, err
	}
	rows, err := s.read.QueryContext(ctx, "select "+mailColumns+" from mail where id = ?", id)
	if err != nil {
		return nil, s.wrap("reading", err)
	}
	mails, err := scanMails(rows)
	if err != nil {
		return nil, s.wrap("reading", err)
	}
	if len(mails) == 0 && c.Judged == nil {
		return nil, fmt.Errorf("%q: %w; give a Message-ID or a commit SHA that this bot has seen", id, ErrNone)
	}
	if len(mails) > 0 {
		c.Mail = &mails[0]
		if err := s.lists(ctx, c.Mail); err != nil {
			return nil, s.wrap("reading", err)
		}
	}
	if c.Notes, err = s.Notes(ctx, id); err != nil {
		return nil, err
	}
	return c, s.explainSeries(ctx, id, c)
}

// repliesShown bounds the mails of a series that are looked at for its replies.
const repliesShown = 1000

func (s *Store) explainSeries(ctx context.Context, id string, c *Case) error {
	found, err := s.series(ctx, "reading", "select "+seriesColumns+` from series where key =
		(select series_key from mail where id = ? and series_key <> '')`, id)
	if err != nil || len(found) == 0 {
		return err
	}
	c.Series, c.Unsettled = &found[0], found[0].Due
	key := found[0].Key
	if c.Actions, err = s.actionRows(ctx, "series_key = ?", 100, key); err != nil {
		return err
	}
	if c.Orders, err = s.Orders(ctx, key); err != nil {
		return err
	}
	if c.Mates, err = s.Judgements(ctx, Filter{SeriesKey: key, Private: true}); err != nil {
		return err
	}
	mails, err := s.Mails(ctx, key, repliesShown)
	for _, m := range mails {
		if m.Kind == flow.KindReply && m.ID != id {
			c.Replies = append(c.Replies, m)
		}
	}
	return err
}

// judgement finds one by its id, and a commit by the first digits of its SHA: as it was
// judged by itself rather than in a pull request, and in one that everybody may see.
func (s *Store) judgement(ctx context.Context, id string) (*flow.Judged, int, error) {
	where, args := "change_id = ?", []any{id}
	if bySHA := len(id) >= 7 && strings.Trim(id, "0123456789abcdef") == ""; bySHA {
		where, args = ofCommit, []any{id, id}
	}
	js, revs, err := s.judgements(ctx, where, "private, length(change_id), judged desc", 1, args...)
	if err != nil {
		return nil, 0, err
	}
	if len(js) == 0 {
		return nil, 0, ErrNone
	}
	if where == ofCommit {
		sha := flow.CommitOf(js[0].ID)
		other, _, err := s.judgements(ctx, ofCommit+" and not ("+ofCommit+")", "change_id", 1, id, id, sha, sha)
		if err != nil {
			return nil, 0, err
		}
		if len(other) > 0 {
			return nil, 0, fmt.Errorf("%q begins the id of more than one commit; give more of its digits", id)
		}
	}
	return &js[0], revs[0], nil
}

// ofCommit is the condition that a SHA, which it takes twice, begins an id: no id goes on
// with a byte behind "f" there.
const ofCommit = "kind = 'commit' and change_id >= ? and change_id < ? || 'g'"

// Filter selects judgements; empty fields select everything. Search knows more.
type Filter struct {
	SeriesKey    string
	Since, Until time.Time
	Private      bool // embargoed ones as well
	Limit        int  // 0: 100
}

// Judgements returns what matches, newest first.
func (s *Store) Judgements(ctx context.Context, f Filter) ([]flow.Judged, error) {
	where, args := []string{"1 = 1"}, []any(nil)
	if f.SeriesKey != "" {
		where, args = append(where, "series_key = ?"), append(args, f.SeriesKey)
	}
	if !f.Since.IsZero() {
		where, args = append(where, "judged >= ?"), append(args, millis(f.Since))
	}
	if !f.Until.IsZero() {
		where, args = append(where, "judged < ?"), append(args, millis(f.Until))
	}
	if !f.Private {
		where = append(where, "private = 0")
	}
	if f.Limit == 0 {
		f.Limit = 100
	}
	js, _, err := s.judgements(ctx, strings.Join(where, " and "), "judged desc, change_id", f.Limit, args...)
	return js, err
}

func (s *Store) judgements(ctx context.Context, where, order string, limit int, args ...any) (out []flow.Judged, revs []int, err error) {
	err = s.each(ctx, "reading judgements from", "select series_key, source, list, branch, judged, private, revision, body from judgement where "+
		where+" order by "+order+" limit ?", append(args, limit), func(rows *sql.Rows) error {
		var (
			j    flow.Judged
			at   int64
			rev  int
			body string
		)
		if err := rows.Scan(&j.SeriesKey, &j.Source, &j.List, &j.Branch, &at, &j.Private, &rev, &body); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &j.Judgement); err != nil {
			return fmt.Errorf("reading a stored judgement: %w", err)
		}
		j.At = fromMillis(at)
		out, revs = append(out, j), append(revs, rev)
		return nil
	})
	return out, revs, err
}

// Actions returns the newest actions first; state "" gives every state.
func (s *Store) Actions(ctx context.Context, state flow.ActionState, limit int) ([]ActionRow, error) {
	if state == "" {
		return s.actionRows(ctx, "1 = 1", limit)
	}
	return s.actionRows(ctx, "state = ?", limit, string(state))
}

func (s *Store) actionRows(ctx context.Context, where string, limit int, args ...any) (out []ActionRow, err error) {
	err = s.each(ctx, "reading actions from", "select "+actionColumns+", state, problem, begun, ended, not_before from action where "+
		where+" order by created desc, key limit ?", append(args, limit), func(rows *sql.Rows) error {
		var (
			a                                 ActionRow
			created, begun, ended, notBefores int64
			approved                          int64
			told                              string
		)
		if err := rows.Scan(&a.Key, &a.Kind, &a.Sink, &a.SeriesKey, &a.Cause, &a.List, &a.Verdict, &a.Line, &created, &a.Attempts, &approved, &told, &a.Message,
			&a.State, &a.Problem, &begun, &ended, &notBefores); err != nil {
			return err
		}
		a.Created, a.Begun, a.Ended, a.NotBefore = fromMillis(created), fromMillis(begun), fromMillis(ended), fromMillis(notBefores)
		a.Approved, a.Told = fromMillis(approved), readTold(told)
		out = append(out, a)
		return nil
	})
	return out, err
}

// AddNote records what a person said about a change or series.
func (s *Store) AddNote(ctx context.Context, n Note) error {
	return s.tx(ctx, "recording a note in", false, func(t *txn) error {
		_, err := t.exec("insert into note (about, at, who, body) values (?, ?, ?, ?)", n.About, millis(n.At), n.Who, n.Body)
		return err
	})
}

// Notes returns what was said about a change or series, oldest first.
func (s *Store) Notes(ctx context.Context, about string) (out []Note, err error) {
	err = s.each(ctx, "reading notes from", "select about, at, who, body from note where about = ? order by at, id", []any{about}, func(rows *sql.Rows) error {
		var (
			n  Note
			at int64
		)
		if err := rows.Scan(&n.About, &at, &n.Who, &n.Body); err != nil {
			return err
		}
		n.At = fromMillis(at)
		out = append(out, n)
		return nil
	})
	return out, err
}

// Health returns the state of every component that ever reported, by name.
func (s *Store) Health(ctx context.Context) (out []Health, err error) {
	err = s.each(ctx, "reading the health from", "select component, ok, failed, problem, failures from health order by component", nil, func(rows *sql.Rows) error {
		var (
			h          Health
			ok, failed int64
		)
		if err := rows.Scan(&h.Component, &ok, &failed, &h.Problem, &h.Failures); err != nil {
			return err
		}
		h.OK, h.Failed = fromMillis(ok), fromMillis(failed)
		out = append(out, h)
		return nil
	})
	return out, err
}

// Counts is how much is stored.
type Counts struct {
	Mails, Unfiled, Bad, Series, Unsettled, Judgements int
	Waiting                                            int // commits not judged yet
	Actions                                            map[flow.ActionState]int
}

// Counts counts what is stored.
func (s *Store) Counts(ctx context.Context) (c Counts, err error) {
	c.Actions = map[flow.ActionState]int{}
	err = s.read.QueryRowContext(ctx, `select (select count(*) from mail), (select count(*) from mail where filed = 0),
		(select count(*) from mail where kind = 'bad'), (select count(*) from series),
		(select count(*) from series where due > 0), (select count(*) from judgement), (select count(*) from waiting)`).
		Scan(&c.Mails, &c.Unfiled, &c.Bad, &c.Series, &c.Unsettled, &c.Judgements, &c.Waiting)
	if err != nil {
		return c, s.wrap("counting what is in", err)
	}
	err = s.each(ctx, "counting what is in", "select state, count(*) from action group by state", nil, func(rows *sql.Rows) error {
		var (
			state flow.ActionState
			n     int
		)
		if err := rows.Scan(&state, &n); err != nil {
			return err
		}
		c.Actions[state] = n
		return nil
	})
	return c, err
}

// ListIDs returns the n lists that most mail came over.
func (s *Store) ListIDs(ctx context.Context, n int) (out []string, err error) {
	err = s.each(ctx, "reading the lists", "select list from mail_list where list <> '' group by list order by count(*) desc, list limit ?", []any{n}, func(rows *sql.Rows) error {
		var list string
		if err := rows.Scan(&list); err != nil {
			return err
		}
		out = append(out, list)
		return nil
	})
	return out, err
}

// lowerASCII is lower() of both databases: other letters stay as they are.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// MailsOf counts the mails of a list.
func (s *Store) MailsOf(ctx context.Context, list string) (n int, err error) {
	err = s.read.QueryRowContext(ctx, "select count(*) from mail_list where lower(list) = ?", lowerASCII(list)).Scan(&n)
	return n, s.wrap("counting the mails of a list", err)
}

// Check reads the whole file and reports what is damaged; doctor calls it. Of
// PostgreSQL, which checks itself, it asks for an answer.
func (s *Store) Check(ctx context.Context) error {
	if s.pool != nil {
		return s.wrap("checking", s.pool.Ping(ctx))
	}
	var found sql.NullString
	if err := s.read.QueryRowContext(ctx, "pragma quick_check(1)").Scan(&found); err != nil {
		return s.wrap("checking", err)
	}
	if found.String != "ok" {
		return fmt.Errorf("checking the store: %w: %s: %s", ErrDamaged, s.path, found.String)
	}
	return nil
}

// SeriesAfter returns up to n series by key, those behind a key.
func (s *Store) SeriesAfter(ctx context.Context, key string, n int) ([]flow.Series, error) {
	return s.series(ctx, "reading series from", "select "+seriesColumns+" from series where key > ? order by key limit ?", key, n)
}
