package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/change"
)

// knownAfter is how long a sender has to be known for the whole of a cap to count
// for them: the last third of each is kept from those that appeared just now,
// whoever they say they are.
const knownAfter = 7 * 24 * time.Hour

// manyKnown is how many known senders make a domain one of many people, whose shares are
// their own: until then whoever has the domain can have made them all up.
const manyKnown = 3

// asked is one capped action by who made the bot speak: whoever gave the command that it
// answers, else whoever posted the series.
type asked struct {
	who     string
	proven  bool
	list    string
	sink    string
	begun   time.Time
	refusal bool // it only says that a command was refused
	trusted bool // a command of somebody who may decide about others' patches
}

// The commands of an action's cause; a first answer has none. Anybody may mute: that makes
// nobody trusted, and a refusal beside it no answer to a command that was obeyed.
const (
	itsCommands = "from mail_command c where c.mail_id = a.cause"
	isRefusal   = "exists (select 1 " + itsCommands + ") and not exists (select 1 " + itsCommands + " and c.refused = '' and c.verb <> 'mute')"
	whoAsked    = "coalesce((select c.address " + itsCommands + " and c.n = (select min(n) from mail_command where mail_id = a.cause)), s.sender, '')"
)

const askedColumns = whoAsked + `, case when s.signed = 2 or exists (select 1 ` + itsCommands + `) then 1 else 0 end, a.list, a.sink, a.begun,
	case when ` + isRefusal + ` then 1 else 0 end,
	case when exists (select 1 ` + itsCommands + ` and c.refused = '' and c.verb <> 'mute' and c.address <> s.sender) then 1 else 0 end
	from action a left join series s on s.key = a.series_key`

// sentSince are the capped actions over a list or by a sink, but for one, that were begun
// after a time.
var sentSince = "a." + isCapped + ` and (a.list = ? or a.sink = ?) and a.begun > ? and a.key <> ? and a.` + isBegun + `
	order by a.begun`

func (t *txn) asked(where string, args ...any) (out []asked, err error) {
	st, err := t.stmt(t.ctx, "select "+askedColumns+" where "+where)
	if err != nil {
		return nil, err
	}
	rows, err := st.QueryContext(t.ctx, t.d.args(args)...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err says what went wrong
	for rows.Next() {
		var (
			a                        asked
			proven, refusal, trusted int
			begun                    sql.NullInt64
		)
		if err := rows.Scan(&a.who, &proven, &a.list, &a.sink, &begun, &refusal, &trusted); err != nil {
			return nil, err
		}
		a.proven, a.refusal, a.trusted, a.begun = proven != 0, refusal != 0, trusted != 0, fromMillis(begun.Int64)
		out = append(out, a)
	}
	return out, rows.Err()
}

// overCap says which cap one more reply would break, "" for none, and when there is
// room again, the zero time for never. The share of a sender comes before that of
// the list, and that before all lists. What may have been sent counts as sent.
func (t *txn) overCap(key string, at time.Time, c flow.Caps) (over string, until time.Time, err error) {
	if c.None {
		return "", time.Time{}, nil
	}
	one, err := t.asked("a.key = ?", key)
	if err != nil || len(one) != 1 {
		return "", until, err
	}
	me := one[0]
	sent, err := t.asked(sentSince, c.List, me.sink, millis(at.Add(-24*time.Hour)), key)
	if err != nil {
		return "", until, err
	}
	mine, err := t.oneShare(me, sent, at, c)
	if err != nil {
		return "", until, err
	}
	known, err := t.known(me, at, c)
	if err != nil {
		return "", until, err
	}
	for _, w := range []struct {
		span     time.Duration
		max, all int
		name     string
	}{{time.Hour, c.PerHour, c.AllPerHour, "an hour"}, {24 * time.Hour, c.PerDay, c.AllPerDay, "a day"}} {
		onList := c.Unreserved(w.max, known)
		if me.refusal {
			onList = c.Last(w.max)
		}
		for _, share := range []struct {
			most   int
			of     string
			counts func(asked) bool
		}{
			{c.Share(w.max), "for one sender or domain on " + c.List, func(a asked) bool { return a.list == c.List && mine(a) }},
			{onList, "for " + c.List, func(a asked) bool { return a.list == c.List }},
			{w.all, "to all lists", func(a asked) bool { return a.sink == me.sink }},
		} {
			if share.most == 0 && w.all == 0 && share.of == "to all lists" {
				continue
			}
			var begun []time.Time
			for _, a := range sent {
				if a.begun.After(at.Add(-w.span)) && share.counts(a) {
					begun = append(begun, a.begun)
				}
			}
			if len(begun) < share.most {
				continue
			}
			over = fmt.Sprintf("held: the cap of %s %s %s is reached", change.Count(share.most, "reply"), w.name, share.of)
			if share.most == 0 {
				return over, time.Time{}, nil
			}
			return over, begun[len(begun)-share.most].Add(w.span + time.Millisecond), nil
		}
	}
	return "", until, nil
}

// oneShare tells what is spent of the share of one who asked: by them, and by all of their
// domain unless many of it are known. Those that are proven are apart from those that
// anybody may have sent under the name.
func (t *txn) oneShare(me asked, sent []asked, at time.Time, c flow.Caps) (func(asked) bool, error) {
	alone := func(a asked) bool { return a.proven == me.proven && strings.EqualFold(a.who, me.who) }
	domain := mail.Organisation(me.who)
	together := func(a asked) bool { return a.proven && mail.Organisation(a.who) == domain }
	if !me.proven || domain == "" {
		return alone, nil
	}
	hour, day := 0, 0
	for _, a := range sent {
		if a.list == c.List && together(a) {
			day++
			if a.begun.After(at.Add(-time.Hour)) {
				hour++
			}
		}
	}
	if hour < c.Share(c.PerHour) && day < c.Share(c.PerDay) {
		return alone, nil // nothing is spent, whoever it counts for
	}
	many, err := t.manyKnown(domain, at)
	if err != nil || many {
		return alone, err
	}
	return together, nil
}

// manyKnown reports whether many senders of a domain are known. It reads through all
// senders, and is asked when it matters.
func (t *txn) manyKnown(domain string, at time.Time) (bool, error) {
	pattern := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(domain)
	var n int
	err := t.row(&n, `select count(*) from (select sender from series where signed = 2 and first < ?
		and (sender like ? escape '\' or sender like ? escape '\') group by sender limit ?) known`,
		millis(at.Add(-knownAfter)), "%@"+pattern, "%."+pattern, manyKnown)
	return n >= manyKnown, err
}

// known reports whether somebody is no new sender: they posted something a while ago, or
// may decide about others' patches.
func (t *txn) known(me asked, at time.Time, c flow.Caps) (bool, error) {
	if me.trusted || me.proven && slices.ContainsFunc(c.Trusted, func(a string) bool { return strings.EqualFold(a, me.who) }) {
		return true, nil
	}
	return t.exists("select 1 from series where sender = ? and first < ? and (case when signed = 2 then 1 else 0 end) = ? limit 1",
		strings.ToLower(me.who), millis(at.Add(-knownAfter)), flag(me.proven))
}

// Planned implements flow.Journal: what only refuses something comes last.
func (s *Store) Planned(ctx context.Context, sink string, now time.Time, n int) ([]flow.Action, error) {
	return s.actions(ctx, "select "+actionColumns+` from action a
		where sink = ? and state = 'planned' and not_before <= ? order by case when `+isRefusal+` then 1 else 0 end, created, key limit ?`,
		sink, millis(now), n)
}
