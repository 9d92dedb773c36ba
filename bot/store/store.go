// Package store keeps everything the bot must remember: mails, series,
// judgements, cursors, actions, opt-outs, notes, health. It is the flow.Journal,
// and the reading side of `explain`, `actions`, `doctor` and the dashboard. It
// is one SQLite file, or a PostgreSQL database that several processes share.
//
// Keys and invariants:
//
//   - A mail is stored once under its Message-ID. It is unfiled until the
//     pipeline has said where it belongs, and that survives a crash.
//   - A cursor moves in the transaction that stores what it stands behind.
//   - A change has one row of judgement, the one that holds; an action has one
//     row for ever, under its key.
//   - Every method that changes something is one transaction and can be
//     repeated: filing a filed mail, settling what was settled meanwhile and
//     beginning what was begun do nothing.
//   - A schema goes up and never down: an older program refuses a newer one, and
//     the way back is the copy that was saved before.
//   - Ordinary commits are safe against a crash of the process; a loss of power
//     may take the last of them back, together with their cursors, so the
//     sources bring them again. Only Begin must survive that too, or a mail
//     would go out twice: it commits synchronously, and with it all that was
//     written before.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"

	"github.com/stablebot/stablebot/bot/flow"
)

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

// Store is an open database. It is safe for concurrent use.
type Store struct {
	path    string // of the file, or the address without its password
	dialect *dialect
	read    *reader
	reach   reach

	// SQLite has one writer at a time.
	write   *writer // synchronous=NORMAL; nil when opened for reading only
	durable *writer // synchronous=FULL
	mu      sync.Mutex

	// PostgreSQL
	pool     *pgxpool.Pool
	db       *sql.DB // on pool
	readOnly bool
	leases   leases
}

var _ flow.Journal = (*Store)(nil)

// IsAddress reports whether where is the address of a PostgreSQL database, and
// not the path of a file.
func IsAddress(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

// Open opens the database at where, a path or postgres://…, creates it if it is
// a file, and brings its schema up to date.
func Open(ctx context.Context, where string) (*Store, error) {
	if IsAddress(where) {
		return openPostgres(ctx, where, false)
	}
	return openSQLite(ctx, where)
}

// OpenReadOnly opens an existing database for looking at it while a bot may be
// running on it. Everything that writes fails.
func OpenReadOnly(ctx context.Context, where string) (*Store, error) {
	if IsAddress(where) {
		return openPostgres(ctx, where, true)
	}
	return openSQLiteReadOnly(ctx, where)
}

// migrate brings the schema up to date.
func (s *Store) migrate(ctx context.Context, db *sql.DB) error {
	p, err := s.dialect.provider(db)
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return s.wrap("reading the schema version of", err)
	}
	if have > want {
		return s.mismatch(have, want)
	}
	if have == want {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return s.wrap("bringing up to date the schema of", err)
	}
	return nil
}

func (d *dialect) provider(db *sql.DB) (*goose.Provider, error) {
	sub, err := fs.Sub(migrations, "migrations/"+d.name)
	if err != nil {
		return nil, fmt.Errorf("reading the embedded migrations: %w", err)
	}
	p, err := goose.NewProvider(d.goose, db, sub)
	if err != nil {
		return nil, fmt.Errorf("reading the embedded migrations: %w", err)
	}
	return p, nil
}

// Versions are the schema that the database has and the one that this binary
// knows.
func (s *Store) Versions(ctx context.Context) (have, want int64, err error) {
	p, err := s.dialect.provider(new(sql.DB))
	if err != nil {
		return 0, 0, err
	}
	src := p.ListSources()
	want = src[len(src)-1].Version
	err = s.read.QueryRowContext(ctx, "select max(version_id) from goose_db_version").Scan(&have)
	return have, want, s.wrap("reading the schema version of", err)
}

// checkVersion closes the store when its schema is not this binary's.
func (s *Store) checkVersion(ctx context.Context) error {
	have, want, err := s.Versions(ctx)
	if err == nil && have != want {
		err = s.mismatch(have, want)
	}
	if err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

// Path is the database file, or the address without its password.
func (s *Store) Path() string { return s.path }

// Pool is the connections to PostgreSQL, nil for SQLite. The queue shares them.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Close closes every connection. Nothing is lost when it is not called.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	if s.read != nil && s.read.db != nil {
		errs = append(errs, s.read.db.Close())
	}
	for _, w := range []*writer{s.durable, s.write} {
		if w != nil {
			errs = append(errs, w.close())
		}
	}
	if s.pool != nil {
		s.leases.close()
		s.pool.Close()
	}
	return errors.Join(errs...)
}

// tx runs f in one writing transaction; durably, it survives a loss of power.
func (s *Store) tx(ctx context.Context, doing string, durably bool, f func(*txn) error) error {
	if s.pool != nil && !s.readOnly {
		return s.wrap(doing, s.txPostgres(ctx, durably, f))
	}
	w := s.write
	if durably {
		w = s.durable
	}
	if w == nil {
		return fmt.Errorf("%s the store %s: it was opened for reading only", doing, s.path)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wrap(doing, w.tx(ctx, f))
}

// txn is a writing transaction.
type txn struct {
	ctx  context.Context
	d    *dialect
	stmt func(ctx context.Context, q string) (statement, error)
}

// statement is one that is ready to run.
type statement interface {
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, args ...any) *sql.Row
}

// exec returns the number of rows changed.
func (t *txn) exec(q string, args ...any) (int64, error) {
	st, err := t.stmt(t.ctx, q)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(t.ctx, t.d.args(args)...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// row reads one row into dest.
func (t *txn) row(dest any, q string, args ...any) error {
	st, err := t.stmt(t.ctx, q)
	if err != nil {
		return err
	}
	return st.QueryRowContext(t.ctx, t.d.args(args)...).Scan(dest)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
