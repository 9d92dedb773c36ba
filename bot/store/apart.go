package store

import (
	"time"

	"github.com/stablebot/stablebot/bot/flow"
)

// signedMail is flow.Signed of the mail m.
const signedMail = "case when m.proven <> '' then 2 when m.prove_at > 0 then 1 else 0 end"

// apart takes out of a series what only names its sender: where some of its mails are
// proven to be from them, and of two mails in one place all but the best. Each is a
// series of its own then, with the answers to it. A series that is whole, and of which
// nothing more is to be found out, is due.
func (t *txn) apart(key string, at time.Time) error {
	in, waiting, err := t.members(key)
	if err != nil || len(in) < 2 {
		return err
	}
	for i, m := range in {
		if !outdone(in, i) {
			continue
		}
		if err := t.putApart(key, m, at); err != nil {
			return err
		}
	}
	if waiting {
		return nil
	}
	_, err = t.exec(`update series set due = ?, revision = revision + 1 where key = ? and due > ?
		and (select count(distinct n) from member where series_key = series.key and n > 0) >= of_n`, millis(at), key, millis(at))
	return err
}

// members are the mails of a series as they came; waiting says that it is not known yet
// of one of them who sent it.
func (t *txn) members(key string) (in []flow.Member, waiting bool, err error) {
	st, err := t.stmt(t.ctx, "select o.mail_id, o.n, o.title, "+signedMail+" from member o join mail m on m.id = o.mail_id where o.series_key = ? order by m.seq")
	if err != nil {
		return nil, false, err
	}
	rows, err := st.QueryContext(t.ctx, t.d.args([]any{key})...)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = rows.Close() }() // Err says what went wrong
	for rows.Next() {
		var m flow.Member
		if err := rows.Scan(&m.ID, &m.N, &m.Title, &m.Signed); err != nil {
			return nil, false, err
		}
		in, waiting = append(in, m), waiting || m.Signed == flow.Signs
	}
	return in, waiting, rows.Err()
}

// outdone reports whether another mail of a series leaves no place for one: it is proven
// and this one is not, or it has the same number and came first.
func outdone(in []flow.Member, i int) bool {
	m := in[i]
	if m.Signed == flow.Signs {
		return false // it is not known yet
	}
	for j, o := range in {
		if o.Signed == flow.SenderProven && m.Signed == flow.Unsigned || o.N == m.N && o.Signed == m.Signed && j < i {
			return true
		}
	}
	return false
}

// apartNote is what is said of such a mail.
const apartNote = "nothing proves that it is from the sender of the series that it names, whose other mails are proven"

// putApart makes a series of one mail that another one held.
func (t *txn) putApart(key string, m flow.Member, at time.Time) error {
	own := key + " " + m.ID
	if _, err := t.exec(`insert into series (key, sender, title, version, of_n, list, first, due, private, signed, revision)
		select ?, s.sender, ?, s.version, s.of_n, s.list, m.received, ?, s.private, `+signedMail+`, 0 from series s join mail m on m.id = ? where s.key = ?
		on conflict (key) do nothing`, own, m.Title, millis(at), m.ID, key); err != nil {
		return err
	}
	if m.Signed == flow.Unsigned {
		if _, err := t.exec("update mail set note = ? where id = ? and note = ''", apartNote, m.ID); err != nil {
			return err
		}
	}
	if err := t.move(m.ID, key, own); err != nil {
		return err
	}
	_, err := t.exec(`update series set due = ?, revision = revision + 1,
		title = coalesce((select title from member where series_key = series.key order by n, mail_id limit 1), title) where key = ?`, millis(at), key)
	return err
}

// join puts a mail that was apart where it belongs.
func (t *txn) join(id string, s flow.Series, as flow.Member) error {
	var from string
	if err := t.row(&from, "select series_key from mail where id = ?", id); err != nil {
		return err
	}
	if from == s.Key {
		return nil
	}
	if err := t.move(id, from, s.Key); err != nil {
		return err
	}
	if err := t.follows(from, s.Key); err != nil {
		return err
	}
	if _, err := t.exec("update mail set note = '' where id = ? and note = ?", id, apartNote); err != nil {
		return err
	}
	_, err := t.exec(`update series set due = ?, revision = revision + 1, title = case when ? = 0 then ? else title end where key = ?`,
		millis(s.Due), as.N, as.Title, s.Key)
	return err
}

// follows puts what is left of a series without a patch or cover letter, answers that name
// it among their References alone, where its last one went.
func (t *txn) follows(from, to string) error {
	if left, err := t.exists("select 1 from member where series_key = ?", from); left || err != nil {
		return err
	}
	if _, err := t.exec("update mail set series_key = ? where series_key = ? and series_key <> ''", to, from); err != nil {
		return err
	}
	_, err := t.exec("update mail_command set series_key = ? where series_key = ?", to, from)
	return err
}

// move puts a patch or cover letter, with the answers to it and those to them, and the
// commands in them, into another series. One that nothing is left of is judged no more.
func (t *txn) move(id, from, to string) error {
	if _, err := t.exec("update member set series_key = ? where series_key = ? and mail_id = ?", to, from, id); err != nil {
		return err
	}
	if _, err := t.exec(`update mail set series_key = ? where id in (with recursive below (id, message_id) as (
			select id, message_id from mail where id = ?
			union select m.id, m.message_id from mail m join below b on m.in_reply_to = b.message_id
				where m.series_key = ? and m.series_key <> '' and m.kind not in ('patch', 'cover'))
		select id from below)`, to, id, from); err != nil {
		return err
	}
	if _, err := t.exec(`update mail_command set series_key = ? where series_key = ?
		and mail_id in (select id from mail where series_key = ? and series_key <> '')`, to, from, to); err != nil {
		return err
	}
	_, err := t.exec("update series set due = 0 where key = ? and not exists (select 1 from member where series_key = series.key)", from)
	return err
}
