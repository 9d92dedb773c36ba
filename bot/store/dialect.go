package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
)

// dialect is what differs between the two databases. Statements are written
// once, with "?" for arguments, in the SQL that both understand; what one of
// them lacks is a field here.
type dialect struct {
	name  string // also the folder of its migrations
	goose goose.Dialect
	// numbered: arguments are $1, $2, … and texts must be UTF-8 without NUL.
	numbered bool
	// nextMail is the expression that gives a mail its place in the order of
	// arrival.
	nextMail string
	// durably are the statements that begin a transaction which a loss of power
	// must not take back.
	durably []string

	// Searching: what the index is asked, and the test that a row has a mark.
	lookup func(said []phrase, groups [][]string) lookup
	has    string
	reach  reach
	// long is from how many letters on the beginning of a word is looked up at
	// once: so few words begin so that reading all of them costs less than first
	// seeing how rare the rest is.
	long int

	rewritten sync.Map // statement → the same with numbered arguments
}

var (
	onSQLite = &dialect{
		name: "sqlite", goose: goose.DialectSQLite3,
		nextMail: "(select coalesce(max(seq), 0) + 1 from mail)",
		lookup:   lookupFTS5, has: "instr(t.marks, ?) > 0",
		// 3 µs to test a row, 4 to look its place up, 15 for all of it.
		reach: reach{5000, 3000, 3000}, long: 100,
	}
	onPostgres = &dialect{
		name: "postgres", goose: goose.DialectPostgres, numbered: true,
		// Numbers are taken, not counted: writers do not wait for each other,
		// and a mail that was given up leaves a gap.
		nextMail: "nextval('mail_seq_no')",
		// Who begins an action counts the caps; one at a time, or two would
		// both be the last one allowed.
		durably: []string{"set local synchronous_commit = on", "select pg_advisory_xact_lock(" + lockBegin + ")"},
		lookup:  lookupGIN, has: "strpos(t.marks, ?) > 0",
		// 0.6 to 1.5 µs to test a row, 10 to look one up.
		reach: reach{10000, 2500, 2000}, long: 4,
	}
)

// sql is q as the database wants it.
func (d *dialect) sql(q string) string {
	if !d.numbered {
		return q
	}
	if r, ok := d.rewritten.Load(q); ok {
		return r.(string)
	}
	r := number(q)
	d.rewritten.Store(q, r)
	return r
}

// number replaces each "?" outside quotes by $1, $2, …
func number(q string) string {
	var b strings.Builder
	n, quoted := 0, false
	for i := range len(q) {
		switch {
		case q[i] == '\'':
			quoted = !quoted
		case q[i] == '?' && !quoted:
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteByte(q[i])
	}
	return b.String()
}

// args are the arguments as the database takes them. PostgreSQL refuses texts
// that are not UTF-8 or have a NUL in them, and mails bring such; the same
// replacement everywhere keeps keys equal.
func (d *dialect) args(args []any) []any {
	if !d.numbered {
		return args
	}
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = clean(s)
		}
	}
	return args
}

func clean(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	return strings.ReplaceAll(s, "\x00", "\ufffd")
}

// reader runs statements outside of transactions.
type reader struct {
	db *sql.DB
	d  *dialect
}

// QueryContext runs a statement that returns rows.
func (r *reader) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return r.db.QueryContext(ctx, r.d.sql(q), r.d.args(args)...)
}

// QueryRowContext runs a statement that returns one row.
func (r *reader) QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row {
	return r.db.QueryRowContext(ctx, r.d.sql(q), r.d.args(args)...)
}
