package store

import (
	"bytes"
	"compress/flate"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// Packings of the column raw.
const (
	plain    = ""
	deflated = "deflate"
)

// packFrom is the size from which mails are compressed; below it there is
// nothing to gain over a page's own overhead.
const packFrom = 1 << 10

var packers = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

func pack(raw []byte) ([]byte, string) {
	if len(raw) == 0 {
		return []byte{}, plain // nil would be null
	}
	if len(raw) < packFrom {
		return raw, plain
	}
	var b bytes.Buffer
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&b)
	_, err := w.Write(raw)
	if err == nil {
		err = w.Close()
	}
	if err != nil || b.Len() >= len(raw) {
		return raw, plain
	}
	return b.Bytes(), deflated
}

func unpack(b []byte, packing string, size int) ([]byte, error) {
	switch packing {
	case plain:
		return b, nil
	case deflated:
		out := bytes.NewBuffer(make([]byte, 0, size))
		if _, err := io.Copy(out, flate.NewReader(bytes.NewReader(b))); err != nil {
			return nil, fmt.Errorf("unpacking a stored mail: %w", err)
		}
		return out.Bytes(), nil
	}
	return nil, fmt.Errorf("a stored mail is packed as %q, which this version does not know", packing)
}

// Cursor implements flow.Journal.
func (s *Store) Cursor(ctx context.Context, key string) (string, error) {
	var v string
	err := s.read.QueryRowContext(ctx, "select value from position where source = ?", key).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, s.wrap("reading the cursor of "+key+" from", err)
}

// Advance implements flow.Journal.
func (s *Store) Advance(ctx context.Context, c flow.Cursor) error {
	return s.tx(ctx, "moving the cursor of "+c.Key+" in", false, func(t *txn) error { return t.advance(c) })
}

func (t *txn) advance(c flow.Cursor) error {
	if c.Key == "" {
		return nil
	}
	if c.From == nil {
		_, err := t.exec(`insert into position (source, value, moved) values (?, ?, ?)
			on conflict (source) do update set value = excluded.value, moved = excluded.moved`, c.Key, c.Value, now())
		return err
	}
	// Where it stands already it may have been put by this very step, of which the
	// answer was lost.
	n, err := t.exec(`insert into position (source, value, moved) select ?, ?, ?
		where ? = '' or exists (select 1 from position where source = ?)
		on conflict (source) do update set value = excluded.value, moved = excluded.moved
		where position.value in (?, excluded.value)`, c.Key, c.Value, now(), *c.From, c.Key, *c.From)
	if err == nil && n == 0 {
		err = fmt.Errorf("the cursor of %s: %w", c.Key, flow.ErrMoved)
	}
	return err
}

// Keep implements flow.Journal.
func (s *Store) Keep(ctx context.Context, m flow.Mail, c flow.Cursor) (fresh bool, err error) {
	raw, packing := pack(m.Raw)
	if m.MessageID == "" {
		m.MessageID = m.ID
	}
	err = s.tx(ctx, "keeping mail <"+m.ID+"> in", false, func(t *txn) error {
		put := func() (int64, error) {
			return t.exec(`insert into mail
			(id, message_id, print, source, list, received, date, sender, subject, in_reply_to, kind, note, filed, seq, packing, size, raw)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, `+s.dialect.nextMail+`, ?, ?, ?)
			on conflict (id) do nothing`,
				m.ID, m.MessageID, m.Print, m.Source, clip(m.List), millis(m.Received), millis(m.Date), clip(m.Sender), clip(m.Subject), m.InReplyTo,
				string(m.Kind), m.Note, flag(m.Kind != ""), packing, len(m.Raw), raw)
		}
		n, err := put()
		if err != nil {
			return err
		}
		if n == 0 && m.Print != "" {
			other, err := t.exists("select 1 from mail where id = ? and print not in ('', ?)", m.ID, m.Print)
			if err != nil {
				return err
			}
			if other {
				m.ID = flow.OtherID(m.MessageID, m.Print)
				if n, err = put(); err != nil {
					return err
				}
			}
		}
		if fresh = n > 0; !fresh && m.Signs {
			if err := t.signedCopy(m, raw, packing); err != nil {
				return err
			}
		}
		if m.List != "" {
			if _, err := t.exec(`insert into mail_list (mail_id, list) values (?, ?) on conflict do nothing`, m.ID, clip(m.List)); err != nil {
				return err
			}
		}
		return t.advance(c)
	})
	return fresh, err
}

// signedCopy puts a copy of a patch in the place of one that proved nothing: a list
// may have broken the signature of the copy that came first.
func (t *txn) signedCopy(m flow.Mail, raw []byte, packing string) error {
	n, err := t.exec(`update mail set raw = ?, packing = ?, size = ?, tries = 0, prove_at = case when filed = 1 then ? else prove_at end
		where id = ? and proven = '' and prove_at = 0 and raw <> ?`, raw, packing, len(m.Raw), millis(m.Received), m.ID, raw)
	if err != nil || n == 0 {
		return err
	}
	_, err = t.exec("update series set signed = 1 where signed = 0 and key in (select series_key from mail where id = ? and prove_at > 0)", m.ID)
	return err
}

// exists reports whether a query gives a row.
func (t *txn) exists(q string, args ...any) (bool, error) {
	st, err := t.stmt(t.ctx, q)
	if err != nil {
		return false, err
	}
	var one int
	err = st.QueryRowContext(t.ctx, t.d.args(args)...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

const mailColumns = "id, message_id, print, source, list, received, date, sender, subject, in_reply_to, kind, note, series_key, proven, signed, tries, packing, size, raw"

func scanMails(rows *sql.Rows) (out []flow.Mail, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	held := 0
	for rows.Next() {
		var (
			m              flow.Mail
			received, date int64
			packing        string
			size           int
			raw            []byte
		)
		if err := rows.Scan(&m.ID, &m.MessageID, &m.Print, &m.Source, &m.List, &received, &date, &m.Sender, &m.Subject, &m.InReplyTo,
			&m.Kind, &m.Note, &m.SeriesKey, &m.Proven, &m.Signed, &m.Tries, &packing, &size, &raw); err != nil {
			return nil, err
		}
		m.Received, m.Date = fromMillis(received), fromMillis(date)
		if m.Size = size; raw != nil {
			if m.Raw, err = unpack(raw, packing, size); err != nil {
				return nil, fmt.Errorf("mail <%s>: %w", m.ID, err)
			}
		}
		out = append(out, m)
		if held += len(m.Raw); held > mostHeld {
			break
		}
	}
	return out, rows.Err()
}

// Unfiled implements flow.Journal.
func (s *Store) Unfiled(ctx context.Context, n int) ([]flow.Mail, error) {
	rows, err := s.read.QueryContext(ctx, "select "+mailColumns+" from mail where filed = 0 order by seq limit ?", n)
	if err != nil {
		return nil, s.wrap("reading new mail from", err)
	}
	out, err := scanMails(rows)
	return out, s.wrap("reading new mail from", err)
}

// mailHeads are mailColumns without the bytes.
var mailHeads = strings.Replace(mailColumns, "raw", "case when 1 = 0 then raw end", 1)

// mostHeld bounds the bytes of mails that are read at once.
const mostHeld = 16 << 20

// Mails implements flow.Journal.
func (s *Store) Mails(ctx context.Context, seriesKey string, n int) ([]flow.Mail, error) {
	doing := "reading the mails of series " + seriesKey + " from"
	rows, err := s.read.QueryContext(ctx, "select "+mailHeads+" from mail where series_key = ? and series_key <> '' order by seq limit ?", seriesKey, n)
	if err != nil {
		return nil, s.wrap(doing, err)
	}
	out, err := scanMails(rows)
	if err != nil {
		return nil, s.wrap(doing, err)
	}
	for i := range out {
		if err := s.lists(ctx, &out[i]); err != nil {
			return nil, s.wrap(doing, err)
		}
	}
	return out, nil
}

// Copies implements flow.Journal.
func (s *Store) Copies(ctx context.Context, messageID string) ([]flow.Mail, error) {
	const doing = "looking for a mail in"
	rows, err := s.read.QueryContext(ctx, "select "+mailHeads+" from mail where message_id = ? order by seq limit 20", messageID)
	if err != nil {
		return nil, s.wrap(doing, err)
	}
	out, err := scanMails(rows)
	return out, s.wrap(doing, err)
}

// Raw implements flow.Journal.
func (s *Store) Raw(ctx context.Context, id string) ([]byte, error) {
	var (
		packing string
		size    int
		raw     []byte
	)
	err := s.read.QueryRowContext(ctx, "select packing, size, raw from mail where id = ?", id).Scan(&packing, &size, &raw)
	switch {
	case err == nil:
		raw, err = unpack(raw, packing, size)
	case errors.Is(err, sql.ErrNoRows):
		err = flow.ErrNoMail
	}
	return raw, s.wrap("reading mail <"+id+"> from", err)
}

// lists fills m.Lists, the list that brought it first in front.
func (s *Store) lists(ctx context.Context, m *flow.Mail) (err error) {
	return s.each(ctx, "reading the lists of a mail from", "select list from mail_list where mail_id = ? order by list = ? desc, list", []any{m.ID, m.List}, func(rows *sql.Rows) error {
		var l string
		err := rows.Scan(&l)
		m.Lists = append(m.Lists, l)
		return err
	})
}

// File implements flow.Journal.
func (s *Store) File(ctx context.Context, f flow.Filing) error {
	return s.tx(ctx, "filing mail <"+f.ID+"> in", false, func(t *txn) error {
		key := ""
		if f.Series != nil {
			key = f.Series.Key
		}
		n, err := t.exec("update mail set kind = ?, note = ?, filed = 1, series_key = ?, prove_at = ?, proven = ? where id = ? and filed = 0",
			string(f.Kind), f.Note, key, millis(f.Prove), f.Proven, f.ID)
		if err != nil || n == 0 {
			return err // filed already
		}
		if f.Series != nil {
			if err := t.putSeries(f.Series); err != nil {
				return err
			}
			if err := t.also(f.Also, key, f.Series.Due); err != nil {
				return err
			}
		}
		if f.Adds == nil || f.Series == nil {
			return nil
		}
		if _, err := t.exec("insert into member (series_key, mail_id, n, title) values (?, ?, ?, ?) on conflict do nothing",
			key, f.Adds.ID, f.Adds.N, f.Adds.Title); err != nil {
			return err
		}
		for _, r := range f.Reports {
			if _, err := t.exec("insert into report (key, mail_id) values (?, ?) on conflict do nothing", r, f.ID); err != nil {
				return err
			}
		}
		// Replies that overtook the patch they answer.
		_, err = t.exec("update mail set series_key = ? where in_reply_to = (select message_id from mail where id = ?) and kind = 'reply' and series_key = ''", key, f.ID)
		if err == nil && f.Proven != "" { // it may be the first of its series that is
			err = t.apart(key, f.Series.Due)
		}
		return err
	})
}

// Unproven implements flow.Journal.
func (s *Store) Unproven(ctx context.Context, now time.Time, n int) ([]flow.Mail, error) {
	doing := "reading whose sender is to be proven from"
	rows, err := s.read.QueryContext(ctx, "select "+mailColumns+" from mail where prove_at > 0 and prove_at <= ? and series_key <> '' order by prove_at, seq limit ?", millis(now), n)
	if err != nil {
		return nil, s.wrap(doing, err)
	}
	out, err := scanMails(rows)
	if err != nil || len(out) >= n {
		return out, s.wrap(doing, err)
	}
	rows, err = s.read.QueryContext(ctx, "select "+mailColumns+" from mail where prove_at > 0 and prove_at <= ? and kind = 'notice' and series_key = '' order by prove_at, seq limit ?", millis(now), n-len(out))
	if err != nil {
		return nil, s.wrap(doing, err)
	}
	notices, err := scanMails(rows)
	return append(out, notices...), s.wrap(doing, err)
}

// usedFor is how long it is known that a signature was used: far longer than a
// command may be old, and longer than a patch that is posted again takes the place of
// the one before.
const usedFor = 100 * 24 * time.Hour

// copyNote is what is said of a posting that has the signature of another one.
const copyNote = "it is a copy of another mail under another Message-ID: its signature proves that one alone"

// Prove implements flow.Journal.
func (s *Store) Prove(ctx context.Context, p flow.Proving) (used bool, err error) {
	err = s.tx(ctx, "recording who sent mail <"+p.ID+"> in", false, func(t *txn) error {
		used = false
		if !p.Again.IsZero() {
			_, err := t.exec("update mail set prove_at = ?, tries = tries + 1 where id = ? and prove_at > 0", millis(p.Again), p.ID)
			return err
		}
		var first string
		var err error
		if first, used, err = t.use(p); err != nil {
			return err
		}
		if used && p.Once {
			if err := t.again(&p, first); err != nil {
				return err
			}
		}
		n, err := t.exec("update mail set prove_at = 0, proven = ?, signed = ?, note = ? where id = ? and prove_at > 0", p.Proven, p.Signed, p.Note, p.ID)
		if err != nil || n == 0 {
			return err // another process has done it
		}
		if used && len(p.Orders)+len(p.Mute) > 0 {
			if _, err := t.exec("update mail set note = ? where id = ?", "a command is not obeyed: this signature was used by another mail before", p.ID); err != nil {
				return err
			}
			p.Orders, p.Mute = nil, ""
		}
		if err := t.putOrders(p); err != nil {
			return err
		}
		if p.Joins != nil {
			if err := t.join(p.ID, *p.Joins, p.Place); err != nil {
				return err
			}
			p.SeriesKey = p.Joins.Key
		}
		if err := t.putProven(p); err != nil {
			return err
		}
		if err := t.apart(p.SeriesKey, p.At); err != nil {
			return err
		}
		if err := t.also(p.Also, p.SeriesKey, p.Due); err != nil {
			return err
		}
		if p.Due.IsZero() {
			return nil
		}
		// A worker that judges it just now does so without this.
		_, err = t.exec("update series set due = case when due = 0 or due > ? then ? else due end, revision = revision + 1 where key = ?",
			millis(p.Due), millis(p.Due), p.SeriesKey)
		return err
	})
	return used, err
}

// also makes the newest other postings of titles due, as many as Posted gives. One that is
// due keeps its time, and is not settled by who read it before this.
func (t *txn) also(titles []string, but string, at time.Time) error {
	if len(titles) == 0 || at.IsZero() {
		return nil
	}
	in, args := marks(titles)
	_, err := t.exec(`update series set due = case when due = 0 then ? else due end, revision = revision + 1 where key in (
			select key from series where private = 0 and next = '' and key <> ?
				and key in (select series_key from member where title in (`+in+`)) order by first desc, key limit 20)`,
		append([]any{millis(at), but}, args...)...)
	return err
}

// use notes what names a mail, and says whether another one had that before, and which:
// "" for one that was forgotten.
func (t *txn) use(p flow.Proving) (first string, used bool, err error) {
	if _, err := t.exec("delete from signature_used where at < ?", millis(p.At.Add(-usedFor))); err != nil {
		return "", false, err
	}
	for _, id := range p.Uses {
		if _, err := t.exec("insert into signature_used (id, mail_id, at) values (?, ?, ?) on conflict do nothing", id, p.ID, millis(p.At)); err != nil {
			return "", false, err
		}
		var had string
		if err := t.row(&had, "select mail_id from signature_used where id = ?", id); err != nil {
			return "", false, err
		}
		if had != p.ID {
			first, used = had, true
		}
	}
	return first, used, nil
}

// again is about a posting that has the signature of another one, with another Message-ID:
// it goes on from nothing, and nothing proves who sent it. A part of a series is believed
// all the same as long as that one stands alone: then it may be the copy, which overtook
// the real one.
func (t *txn) again(p *flow.Proving, first string) error {
	if flow.MessageID(first) == flow.MessageID(p.ID) {
		return nil
	}
	p.Previous, p.Due = "", p.At
	single, err := t.exists("select 1 from series where key = ? and of_n < 2", p.SeriesKey)
	if err != nil {
		return err
	}
	mates, err := t.exists(`select 1 from mail m join mail f on f.series_key = m.series_key where f.id = ? and m.id <> f.id
		and m.series_key <> '' and m.series_key <> ? and m.kind in ('patch', 'cover') and m.proven <> ''`, first, p.SeriesKey)
	if err == nil && (single || mates) {
		p.Proven, p.Note, p.Joins = "", copyNote, nil
	}
	return err
}

// putProven says of a series whether who sent it is proven, and by that what it
// goes on from. A reply proves nothing of the series that it is filed with.
func (t *txn) putProven(p flow.Proving) error {
	// The second condition is that of the partial index.
	const own = " from mail m where m.series_key = series.key and m.series_key <> '' and m.kind in ('patch', 'cover') and "
	if _, err := t.exec(`update series set signed = case when exists (select 1`+own+`m.proven <> '') then 2
			when exists (select 1`+own+`m.prove_at > 0) then 1 else 0 end where key = ?`, p.SeriesKey); err != nil || p.Previous == "" {
		return err
	}
	var private int
	if err := t.row(&private, "select private from series where key = ?", p.SeriesKey); err != nil {
		return err
	}
	if _, err := t.exec("update series set previous = ? where key = ? and previous = ''", p.Previous, p.SeriesKey); err != nil {
		return err
	}
	return t.follow(p.Previous, p.SeriesKey, private)
}

func (t *txn) putOrders(p flow.Proving) error {
	if p.Mute != "" {
		if err := t.optOut(p.Mute, "by mail <"+p.ID+">"); err != nil {
			return err
		}
	}
	for _, o := range p.Orders {
		if _, err := t.exec(`insert into mail_command (mail_id, n, series_key, verb, arg, reason, line, name, address, at, refused, answered)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
			o.Mail, o.N, o.SeriesKey, o.Verb, o.Arg, o.Reason, o.Line, o.Who.Name, o.Who.Address, millis(o.At), o.Refused, flag(o.Answered)); err != nil {
			return err
		}
	}
	return nil
}

func (t *txn) putSeries(s *flow.Series) error {
	_, err := t.exec(`insert into series (key, sender, title, version, of_n, list, first, due, previous, next, private, signed, revision)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
		on conflict (key) do update set title = excluded.title, due = excluded.due,
			previous = case when series.previous = '' then excluded.previous else series.previous end,
			signed = case when series.signed > excluded.signed then series.signed else excluded.signed end,
			revision = series.revision + 1`,
		s.Key, s.Sender, s.Title, s.Version, s.Of, s.List, millis(s.First), millis(s.Due), s.Previous, s.Next, flag(s.Private), int(s.Signed))
	if err != nil || s.Previous == "" {
		return err
	}
	return t.follow(s.Previous, s.Key, flag(s.Private))
}

// follow has a version followed by the next one.
func (t *txn) follow(previous, next string, private int) error {
	// What everybody may see never points at what they may not.
	n, err := t.exec("update series set next = ? where key = ? and next <> ? and private >= ?", next, previous, next, private)
	if err != nil || n == 0 {
		return err
	}
	return t.relist(previous)
}

// clipAt bounds what strangers write and lists are filtered by: a line of a
// mail has at most 998 characters, and an index entry of PostgreSQL 2,700 bytes.
const clipAt = 998

func clip(s string) string {
	if s = clean(s); len(s) <= clipAt {
		return s
	}
	return strings.ToValidUTF8(s[:clipAt], "")
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// marks is "?, ?, …" for n arguments, and the arguments.
func marks[T ~string](in []T) (string, []any) {
	args := make([]any, len(in))
	for i, v := range in {
		args[i] = string(v)
	}
	return strings.TrimSuffix(strings.Repeat("?, ", len(in)), ", "), args
}
