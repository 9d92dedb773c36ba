package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Copied is one table that was copied and compared.
type Copied struct {
	Table string
	Rows  int64
	Sum   string // of all rows, whatever their order
}

// ErrNotEmpty: a copy goes into a database in which nothing is.
var ErrNotEmpty = errors.New("there is something in it already")

// Copy copies everything from a SQLite store into an empty one in PostgreSQL.
// It is one transaction: it ends with all of it there, counted and compared by
// checksum on both sides, or with nothing. No bot may write to from meanwhile;
// what it wrote after the beginning would be left behind.
func Copy(ctx context.Context, from, to *Store) (done []Copied, err error) {
	if from.pool != nil || to.pool == nil {
		return nil, errors.New("copying a store: only from SQLite to PostgreSQL")
	}
	src, err := from.read.db.BeginTx(ctx, nil) // one state of it, whatever is written meanwhile
	if err != nil {
		return nil, from.wrap("copying", err)
	}
	defer func() { _ = src.Rollback() }()
	order, err := tablesOf(ctx, src)
	if err != nil {
		return nil, from.wrap("reading the tables of", err)
	}
	err = pgx.BeginFunc(ctx, to.pool, func(tx pgx.Tx) error {
		for _, table := range order {
			c, err := copyTable(ctx, src, tx, table)
			if err != nil {
				return fmt.Errorf("table %s: %w", table, err)
			}
			done = append(done, c)
		}
		return numbersOn(ctx, tx)
	})
	if err != nil {
		return nil, fmt.Errorf("copying %s to %s: %w; nothing was copied", from.path, to.path, err)
	}
	return done, nil
}

// tablesOf lists what is stored, each table after those it refers to. The
// index of words is made anew on the other side.
func tablesOf(ctx context.Context, src *sql.Tx) (order []string, err error) {
	names, err := column(ctx, src, `select name from sqlite_master where type = 'table' and name not like 'sqlite_%'
		and name <> 'goose_db_version' and name not like 'listed_words%' order by name`)
	if err != nil {
		return nil, err
	}
	var visit func(string) error
	visit = func(t string) error {
		if slices.Contains(order, t) {
			return nil
		}
		refs, err := column(ctx, src, "select distinct \"table\" from pragma_foreign_key_list(?)", t)
		if err != nil {
			return err
		}
		for _, r := range refs {
			if r != t {
				if err := visit(r); err != nil {
					return err
				}
			}
		}
		order = append(order, t)
		return nil
	}
	for _, t := range names {
		if err := visit(t); err != nil {
			return nil, err
		}
	}
	return order, nil
}

func column(ctx context.Context, src *sql.Tx, q string, args ...any) (out []string, err error) {
	rows, err := src.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// field is one column of the destination.
type field struct{ name, kind string }

func copyTable(ctx context.Context, src *sql.Tx, tx pgx.Tx, table string) (Copied, error) {
	c := Copied{Table: table}
	rows, err := tx.Query(ctx, `select column_name, data_type from information_schema.columns
		where table_schema = current_schema() and table_name = $1 and is_generated = 'NEVER' order by ordinal_position`, table)
	if err != nil {
		return c, err
	}
	fields, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (f field, err error) { return f, r.Scan(&f.name, &f.kind) })
	if err != nil {
		return c, err
	}
	if len(fields) == 0 {
		return c, errors.New("it is not there on the other side")
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	var have int64
	quoted := pgx.Identifier{table}.Sanitize()
	if err := tx.QueryRow(ctx, "select count(*) from "+quoted).Scan(&have); err != nil {
		return c, err
	}
	if have > 0 {
		return c, ErrNotEmpty
	}
	list := `"` + strings.Join(names, `", "`) + `"`
	in, err := src.QueryContext(ctx, "select "+list+" from "+quoted)
	if err != nil {
		return c, err
	}
	defer func() { _ = in.Close() }()
	cur := &cursor{rows: in, fields: fields}
	if c.Rows, err = tx.CopyFrom(ctx, pgx.Identifier{table}, names, cur); err != nil {
		return c, err
	}
	out, err := tx.Query(ctx, "select "+list+" from "+quoted)
	if err != nil {
		return c, err
	}
	defer out.Close()
	there := &sum{}
	for out.Next() {
		v, err := out.Values()
		if err != nil {
			return c, err
		}
		there.add(v)
	}
	if err := out.Err(); err != nil {
		return c, err
	}
	c.Sum = there.String()
	if there.rows != cur.sum.rows || c.Sum != cur.sum.String() {
		return c, fmt.Errorf("%d rows with the sum %s came out as %d with %s", cur.sum.rows, cur.sum.String(), there.rows, c.Sum)
	}
	return c, nil
}

// cursor reads rows for COPY and sums them up; it is a pgx.CopyFromSource.
type cursor struct {
	rows   *sql.Rows
	fields []field
	sum    sum
	err    error
}

// Next implements pgx.CopyFromSource.
func (c *cursor) Next() bool { return c.err == nil && c.rows.Next() }

// Err implements pgx.CopyFromSource.
func (c *cursor) Err() error { return errors.Join(c.err, c.rows.Err()) }

// Values implements pgx.CopyFromSource.
func (c *cursor) Values() ([]any, error) {
	v, at := make([]any, len(c.fields)), make([]any, len(c.fields))
	for i := range v {
		at[i] = &v[i]
	}
	if err := c.rows.Scan(at...); err != nil {
		return nil, err
	}
	for i, f := range c.fields {
		switch x := v[i].(type) {
		case string:
			v[i] = clean(x)
		case int64:
			if f.kind == "double precision" {
				v[i] = float64(x)
			}
		case nil:
			if f.kind == "bytea" {
				v[i] = []byte{}
			}
		}
		if b, ok := v[i].([]byte); ok && f.kind == "text" {
			v[i] = clean(string(b))
		}
	}
	c.sum.add(v)
	return v, nil
}

// sum is a checksum of rows that does not depend on their order.
type sum struct {
	rows int64
	a, b uint64
}

func (s *sum) add(row []any) {
	h := sha256.New()
	for _, v := range row {
		var text string
		switch x := v.(type) {
		case []byte:
			text = string(x)
		default:
			text = fmt.Sprint(x)
		}
		_ = binary.Write(h, binary.BigEndian, uint64(len(text))) // a hash takes everything
		h.Write([]byte(text))
	}
	d := h.Sum(nil)
	s.rows++
	s.a += binary.BigEndian.Uint64(d)
	s.b += binary.BigEndian.Uint64(d[8:])
}

// String is the sum in hexadecimal.
func (s *sum) String() string { return fmt.Sprintf("%016x%016x", s.a, s.b) }

// numbersOn lets the numbers that the database gives go on behind the last one.
func numbersOn(ctx context.Context, tx pgx.Tx) error {
	for _, q := range []string{
		"select setval('mail_seq_no', coalesce((select max(seq) from mail), 0) + 1, false)",
		"select setval(pg_get_serial_sequence('note', 'id'), coalesce((select max(id) from note), 0) + 1, false)",
		"select setval(pg_get_serial_sequence('listed', 'id'), coalesce((select max(id) from listed), 0) + 1, false)",
	} {
		if _, err := tx.Exec(ctx, q); err != nil {
			return err
		}
	}
	return nil
}
