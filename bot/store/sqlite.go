package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// busyTimeout is how long a statement waits for another process's lock before
// it fails as temporary. Our own transactions last milliseconds; five seconds
// outlast a backup or a person's query.
const busyTimeout = 5 * time.Second

// readers is the size of the read pool: the pipeline reads on one, the rest
// serve people.
const readers = 4

func openSQLite(ctx context.Context, path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("creating the folder of the store: %w", err)
	}
	s := &Store{path: path, dialect: onSQLite, reach: onSQLite.reach}
	var err error
	if s.write, err = newWriter(ctx, path, "NORMAL"); err == nil {
		err = s.migrate(ctx, s.write.db)
	}
	if err == nil {
		s.durable, err = newWriter(ctx, path, "FULL")
	}
	var db *sql.DB
	if err == nil {
		db, err = connect(path, "NORMAL", readers, true)
	}
	s.read = &reader{db, s.dialect}
	if err != nil {
		return nil, errors.Join(s.wrap("opening", err), s.Close())
	}
	return s, nil
}

func openSQLiteReadOnly(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no store at %s yet; `stablebot run` creates it: %w", path, err)
	}
	s := &Store{path: path, dialect: onSQLite, reach: onSQLite.reach}
	db, err := connect(path, "NORMAL", readers, true)
	if err != nil {
		return nil, s.wrap("opening", err)
	}
	s.read = &reader{db, s.dialect}
	return s, s.checkVersion(ctx)
}

// checkpointPages is how many pages the write-ahead log gathers, 32 MB, before
// they go into the file: most are pages that the next judgement writes again. At
// SQLite's own 1,000 a tenth of the time was spent on it.
const checkpointPages = 8000

// cacheKB is the memory for pages of each connection that needs it: the upper
// levels of the indexes of a million changes. SQLite's own 2 MB read them anew
// for every page shown.
const cacheKB = 8 << 10

// connect opens a pool. Transactions begin IMMEDIATE, goose's too, so a writer
// waits for its lock at the start and never fails half-way through.
func connect(path, synchronous string, conns int, ro bool) (*sql.DB, error) {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"synchronous(" + synchronous + ")",
		"foreign_keys(1)",
		fmt.Sprintf("cache_size(-%d)", cacheKB),
	}}
	if ro {
		q.Set("mode", "ro")
		q.Del("_txlock")
	} else {
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", fmt.Sprintf("wal_autocheckpoint(%d)", checkpointPages))
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

// tx runs f between begin and commit.
func (w *writer) tx(ctx context.Context, f func(*txn) error) error {
	t := &txn{ctx, onSQLite, func(ctx context.Context, q string) (statement, error) { return w.stmt(ctx, q) }}
	_, err := t.exec("begin immediate")
	if err == nil {
		err = f(t)
	}
	if err == nil {
		_, err = t.exec("commit")
	}
	if err != nil {
		// Some failures have ended the transaction already, or never begun it; but when
		// ctx ends just then, even a begin that is told to have failed has begun it, and
		// no other could begin after it. The first error is the one to tell.
		t.ctx = context.WithoutCancel(ctx)
		_, _ = t.exec("rollback")
	}
	return err
}
