package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Forgotten is how much was deleted. Standings are what was said of fixes on branches, which
// stays without who said it.
type Forgotten struct{ Mails, Series, Judgements, Standings int }

// forgetBatch bounds one transaction, so that the bot is not kept waiting.
const forgetBatch = 100

// Forget deletes everything that a person wrote: their mails, the series they
// posted with the replies to them, and what was said about their changes. Of the
// judgements the figures stay, under another id, without subject, author or any
// sentence; of what they said of fixes on branches that it was said. An opt-out is kept:
// without it they would be written to again.
func (s *Store) Forget(ctx context.Context, address string) (Forgotten, error) {
	address = strings.ToLower(strings.Trim(address, "<> "))
	if !strings.Contains(address, "@") {
		return Forgotten{}, fmt.Errorf("%q is no address", address)
	}
	pattern := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(address)
	within := "%<" + pattern + ">"
	return s.forget(ctx, forgetting{mails: "sender = ?", judgements: `lower(author) = ? or lower(author) like ? escape '\'`, arg: address, also: within,
		standings: []string{
			"update standing set who = '', how = '', mail_id = '', why = '' where who <> '' and (lower(who) = ? or lower(who) like ? escape '\\')",
			"update standing set why = '' where why <> '' and (lower(why) = ? or lower(why) like ? escape '\\')"},
		saidArgs: [][]any{{address, within}, {address, "%" + pattern + "%"}}})
}

// ForgetBefore does the same to what was received, or judged, before a time;
// series that are not settled yet are left for the next time. The reason of a person's no
// stays: it is what the no is kept for.
func (s *Store) ForgetBefore(ctx context.Context, before time.Time) (Forgotten, error) {
	return s.forget(ctx, forgetting{mails: "received < ? and filed = 1 and not exists (select 1 from series where series.key = mail.series_key and series.due > 0)",
		judgements: "judged < ? and judged < ?", arg: millis(before), also: millis(before),
		standings: []string{
			"update standing set who = '', how = '' where who <> '' and at < ?",            // the mail's id stays: read again, it is there already
			"update standing set why = '' where why <> '' and voice = 'trees' and at < ?"}, // it tells who said what
		saidArgs: [][]any{{millis(before)}, {millis(before)}}})
}

// forgetting is what is to be forgotten: conditions, with arguments, and the statements for
// what was said of fixes on branches.
type forgetting struct {
	mails, judgements string
	arg, also         any
	standings         []string
	saidArgs          [][]any
}

func (s *Store) forget(ctx context.Context, what forgetting) (all Forgotten, err error) {
	err = s.tx(ctx, "deleting what is to be forgotten from", false, func(t *txn) (err error) {
		all.Standings, err = t.forgetStandings(what)
		return err
	})
	if err != nil {
		return Forgotten{}, err
	}
	for ctx.Err() == nil {
		var f Forgotten
		err := s.tx(ctx, "deleting what is to be forgotten from", false, func(t *txn) (err error) {
			f, err = t.forgetSome(what)
			return err
		})
		if err != nil {
			return all, err
		}
		all.Mails, all.Series, all.Judgements = all.Mails+f.Mails, all.Series+f.Series, all.Judgements+f.Judgements
		if f == (Forgotten{}) {
			return all, nil
		}
	}
	return all, ctx.Err()
}

// forgetStandings takes the names off what was said of fixes on branches, and away what was
// made of it for pages.
func (t *txn) forgetStandings(what forgetting) (n int, err error) {
	for i, q := range what.standings {
		changed, err := t.exec(q, what.saidArgs[i]...)
		if err != nil {
			return 0, err
		}
		n += int(changed)
	}
	if n > 0 {
		_, err = t.exec("delete from lacking")
	}
	return n, err
}

func (t *txn) forgetSome(what forgetting) (f Forgotten, err error) {
	type found struct{ id, series, body string }
	list := func(q string, args ...any) (out []found, err error) {
		st, err := t.stmt(t.ctx, q)
		if err != nil {
			return nil, err
		}
		rows, err := st.QueryContext(t.ctx, t.d.args(args)...)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var x found
			if err := rows.Scan(&x.id, &x.series, &x.body); err != nil {
				return nil, err
			}
			out = append(out, x)
		}
		return out, rows.Err()
	}
	exec := func(q string, args ...any) int {
		var n int64
		if err == nil {
			n, err = t.exec(q, args...)
		}
		return int(n)
	}
	written, err := list("select id, series_key, '' from mail where "+what.mails+" order by seq limit ?", what.arg, forgetBatch)
	if err != nil {
		return f, err
	}
	for _, m := range written {
		// A series goes with the mails that made it; a reply alone leaves it.
		if n := exec("delete from series where key = ? and exists (select 1 from member where series_key = series.key and mail_id = ?)", m.series, m.id); n > 0 {
			f.Series += n
			exec("delete from action where series_key = ? and state <> 'doing'", m.series)
			exec("delete from mail_command where series_key = ?", m.series)
			exec("delete from note where about = ?", m.series)
			exec("update mail set series_key = '' where series_key = ?", m.series)
		}
		exec("delete from mail_command where mail_id = ?", m.id)
		exec("delete from note where about = ?", m.id)
		exec("update signature_used set mail_id = '' where mail_id = ?", m.id) // what it says names nobody
		f.Mails += exec("delete from mail where id = ?", m.id)
		judged, e := list("select change_id, series_key, body from judgement where change_id = ?", m.id)
		if err = errors.Join(err, e); err != nil {
			return f, err
		}
		for _, j := range judged {
			f.Judgements++
			if err := t.anonymise(j.id, j.body); err != nil {
				return f, err
			}
		}
	}
	left, e := list("select change_id, series_key, body from judgement where author <> '' and ("+what.judgements+") limit ?", what.arg, what.also, forgetBatch)
	if err = errors.Join(err, e); err != nil {
		return f, err
	}
	for _, j := range left {
		f.Judgements++
		if err := t.anonymise(j.id, j.body); err != nil {
			return f, err
		}
	}
	return f, nil
}

// anonymise puts a judgement under an id that names nobody and leaves its
// figures: what was found, what it weighed, what the branches said.
func (t *txn) anonymise(id, body string) error {
	var j verdict.Judgement
	if err := json.Unmarshal([]byte(body), &j); err != nil {
		return fmt.Errorf("reading a stored judgement: %w", err)
	}
	sum := sha256.Sum256([]byte(id))
	as := "forgotten-" + hex.EncodeToString(sum[:16])
	if j.Kind == change.Commit && flow.CommitOf(id) == id {
		as = id // the SHA of a public commit
	}
	j.ID, j.Subject, j.Author, j.Reason, j.Error = as, "", "", "", nil
	for i := range j.Rules {
		r := &j.Rules[i]
		r.Reason, r.Evidence = "", nil
	}
	for i := range j.Branches {
		j.Branches[i].Why = ""
	}
	b, err := json.Marshal(j)
	if err != nil {
		return err
	}
	var left flow.Judged
	if left.List, left.Branch, left.At, err = t.placeOf(id); err != nil {
		return err
	}
	left.Judgement = j
	// Its line in the lists goes, and comes back without a name.
	if _, err := t.exec("delete from listed where change_id = ?", id); err != nil {
		return err
	}
	if _, err := t.exec(`insert into judgement (change_id, kind, series_key, source, list, branch, verdict, reason_class, mixed, score, fix, author, subject,
				date, weights, judged, revision, private, body, said_verdict, said_score)
			select ?, kind, '', source, list, branch, verdict, reason_class, mixed, score, fix, '', '', date, weights, judged, revision, private, ?,
				said_verdict, said_score from judgement where change_id = ?
			on conflict (change_id) do update set author = '', subject = '', series_key = '', body = excluded.body`, as, string(b), id); err != nil {
		return err
	}
	if err := t.list(left); err != nil || as == id {
		return err
	}
	const columns = "n, branch, commit_id, how, at, release, begun, reverted, followups, found"
	if _, err := t.exec("insert into outcome (change_id, "+columns+") select ?, "+columns+" from outcome where change_id = ? on conflict do nothing", as, id); err != nil {
		return err
	}
	_, err = t.exec("delete from judgement where change_id = ?", id)
	return err
}

// placeOf is where and when a change was judged.
func (t *txn) placeOf(id string) (list, branch string, at time.Time, err error) {
	st, err := t.stmt(t.ctx, "select list, branch, judged from judgement where change_id = ?")
	if err != nil {
		return "", "", at, err
	}
	var judged int64
	err = st.QueryRowContext(t.ctx, t.d.args([]any{id})...).Scan(&list, &branch, &judged)
	return list, branch, fromMillis(judged), err
}
