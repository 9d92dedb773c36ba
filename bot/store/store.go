// Package store keeps everything the bot must remember in one SQLite file:
// mails, series, judgements, cursors, actions, opt-outs, notes, health. It is
// the bot.Journal, and the reading side of `explain`, `actions` and `doctor`.
//
// Keys and invariants:
//
//   - A mail is stored once under its Message-ID. It is unfiled until the
//     pipeline has said where it belongs, and that survives a crash.
//   - A cursor moves in the transaction that stores what it stands behind.
//   - A change has one row of judgement, the one that holds; an action has one
//     row for ever, under its key.
//   - There is one writer at a time. Ordinary commits are safe against a crash
//     of the process; a loss of power may take the last of them back, together
//     with their cursors, so the sources bring them again. Only Begin must
//     survive that too, or a mail would go out twice: it commits on a second
//     connection that syncs, and with it all that was written before.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/stablebot/stablebot/bot"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// busyTimeout is how long a statement waits for another process's lock before
// it fails as temporary. Our own transactions last milliseconds; five seconds
// outlast a backup or a person's query.
const busyTimeout = 5 * time.Second

// readers is the size of the read pool: the pipeline reads on one, the rest
// serve people.
const readers = 4

// Store is an open database. It is safe for concurrent use.
type Store struct {
	path    string
	write   *writer // synchronous=NORMAL; nil when opened for reading only
	durable *writer // synchronous=FULL
	read    *sql.DB

	mu sync.Mutex // held by the transaction that writes, whichever connection it is on
}

var _ bot.Journal = (*Store)(nil)

// Open opens or creates the database at path and brings its schema up to date.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("creating the folder of the store: %w", err)
	}
	s := &Store{path: path}
	var err error
	if s.write, err = newWriter(ctx, path, "NORMAL"); err == nil {
		err = s.migrate(ctx)
	}
	if err == nil {
		s.durable, err = newWriter(ctx, path, "FULL")
	}
	if err == nil {
		s.read, err = connect(path, "NORMAL", readers, true)
	}
	if err != nil {
		return nil, errors.Join(s.wrap("opening", err), s.Close())
	}
	return s, nil
}

// OpenReadOnly opens an existing database for looking at it while a bot may be
// running on it. Everything that writes fails.
func OpenReadOnly(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no store at %s yet; `stablebot run` creates it: %w", path, err)
	}
	db, err := connect(path, "NORMAL", readers, true)
	s := &Store{path: path, read: db}
	if err != nil {
		return nil, s.wrap("opening", err)
	}
	var have int64
	err = db.QueryRowContext(ctx, "select max(version_id) from goose_db_version").Scan(&have)
	if err != nil {
		return nil, errors.Join(s.wrap("reading the schema version of", err), s.Close())
	}
	want, err := latest()
	if err == nil && have != want {
		err = s.mismatch(have, want)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// connect opens a pool. Transactions begin IMMEDIATE, goose's too, so a writer
// waits for its lock at the start and never fails half-way through.
func connect(path, synchronous string, conns int, ro bool) (*sql.DB, error) {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"synchronous(" + synchronous + ")",
		"foreign_keys(1)",
	}}
	if ro {
		q.Set("mode", "ro")
		q.Del("_txlock")
	} else {
		q.Add("_pragma", "journal_mode(WAL)")
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// latest is the newest schema version that this binary knows.
func latest() (int64, error) {
	p, err := goose.NewProvider(goose.DialectSQLite3, new(sql.DB), mustSub())
	if err != nil {
		return 0, fmt.Errorf("reading the embedded migrations: %w", err)
	}
	src := p.ListSources()
	return src[len(src)-1].Version, nil
}

func mustSub() fs.FS {
	sub, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		panic(err) // the path is a constant of this package
	}
	return sub
}

func (s *Store) migrate(ctx context.Context) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, s.write.db, mustSub())
	if err != nil {
		return fmt.Errorf("reading the embedded migrations: %w", err)
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

// Path is the database file.
func (s *Store) Path() string { return s.path }

// Close closes every connection. Nothing is lost when it is not called.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	for _, w := range []*writer{s.durable, s.write} {
		if w != nil {
			errs = append(errs, w.close())
		}
	}
	return errors.Join(errs...)
}

// writer is one connection whose statements are compiled once: compiling them
// anew for each transaction costs a third of its time.
type writer struct {
	db    *sql.DB
	conn  *sql.Conn // taken with the first transaction
	stmts map[string]*sql.Stmt
}

func newWriter(ctx context.Context, path, synchronous string) (*writer, error) {
	db, err := connect(path, synchronous, 1, false)
	if err != nil {
		return nil, err
	}
	return &writer{db: db, stmts: map[string]*sql.Stmt{}}, db.PingContext(ctx)
}

func (w *writer) close() error {
	var errs []error
	for _, st := range w.stmts {
		errs = append(errs, st.Close())
	}
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
	}
	return errors.Join(append(errs, w.db.Close())...)
}

// stmt returns the compiled q.
func (w *writer) stmt(ctx context.Context, q string) (st *sql.Stmt, err error) {
	if st := w.stmts[q]; st != nil {
		return st, nil
	}
	if w.conn == nil {
		if w.conn, err = w.db.Conn(ctx); err != nil {
			return nil, err
		}
	}
	if st, err = w.conn.PrepareContext(ctx, q); err == nil {
		w.stmts[q] = st
	}
	return st, err
}

// tx runs f in one writing transaction, on the syncing connection if durably.
func (s *Store) tx(ctx context.Context, doing string, durably bool, f func(*txn) error) error {
	w := s.write
	if durably {
		w = s.durable
	}
	if w == nil {
		return fmt.Errorf("%s the store %s: it was opened for reading only", doing, s.path)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &txn{w, ctx}
	if _, err := t.exec("begin immediate"); err != nil {
		return s.wrap(doing, err)
	}
	err := f(t)
	if err == nil {
		_, err = t.exec("commit")
	}
	if err != nil {
		// Some failures have ended the transaction already; the first error is
		// the one to tell, and ctx may be over.
		back := &txn{w, context.WithoutCancel(ctx)}
		_, _ = back.exec("rollback")
	}
	return s.wrap(doing, err)
}

// txn is a writing transaction.
type txn struct {
	w   *writer
	ctx context.Context
}

// exec returns the number of rows changed.
func (t *txn) exec(q string, args ...any) (int64, error) {
	st, err := t.w.stmt(t.ctx, q)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// row reads one row into dest.
func (t *txn) row(dest any, q string, args ...any) error {
	st, err := t.w.stmt(t.ctx, q)
	if err != nil {
		return err
	}
	return st.QueryRowContext(t.ctx, args...).Scan(dest)
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
