package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// Advisory locks of the whole database. The numbers only have to differ from
// those of other programs on it: "stbl" and a count.
const (
	lockBegin   = "1937007212001"
	lockMigrate = "1937007212002"
)

// poolConns is the most connections of one process, one for its leases and one
// for the queue's notices aside. A server takes 100 by default: ten processes.
const poolConns = 8

// txTries is how often a transaction is tried that PostgreSQL gave up for
// another one's sake.
const txTries = 5

func openPostgres(ctx context.Context, address string, readOnly bool) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		// pgx leaves the password out of it.
		return nil, fmt.Errorf("reading the address of the store: %w; write postgres://user@host:5432/database", err)
	}
	s := &Store{path: shown(cfg.ConnConfig.Config), dialect: onPostgres, reach: onPostgres.reach, readOnly: readOnly}
	if u, err := url.Parse(address); err == nil && !u.Query().Has("pool_max_conns") {
		cfg.MaxConns = poolConns
	}
	p := cfg.ConnConfig.RuntimeParams
	p["application_name"] = "stablebot"
	// As SQLite's synchronous=NORMAL; Begin alone waits for the disk.
	p["synchronous_commit"] = "off"
	// Plans are made for the words and marks that are looked for, not once for
	// all; compiling them to machine code costs more than any page.
	p["plan_cache_mode"], p["jit"] = "force_custom_plan", "off"
	if readOnly {
		p["default_transaction_read_only"] = "on"
	}
	cfg.ConnConfig.ConnectTimeout = cmpTimeout(cfg.ConnConfig.ConnectTimeout)
	if s.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, s.wrap("opening", err)
	}
	s.db = stdlib.OpenDBFromPool(s.pool)
	s.read = &reader{s.db, s.dialect}
	if readOnly {
		return s, s.checkVersion(ctx)
	}
	if err := s.migratePostgres(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// connectTimeout bounds how long a server may take to answer a new connection.
const connectTimeout = 10 * time.Second

func cmpTimeout(set time.Duration) time.Duration {
	if set > 0 && set < connectTimeout {
		return set
	}
	return connectTimeout
}

// shown is an address that may stand in a log.
func shown(c pgconn.Config) string {
	return fmt.Sprintf("postgres://%s@%s:%d/%s", c.User, c.Host, c.Port, c.Database)
}

// migratePostgres lets one process at a time look at the schema: several may
// start at once on a new database.
func (s *Store) migratePostgres(ctx context.Context) error {
	return s.Exclusive(ctx, func(ctx context.Context) error { return s.migrate(ctx, s.db) })
}

// Exclusive runs f while no other process changes the schema.
func (s *Store) Exclusive(ctx context.Context, f func(context.Context) error) error {
	if s.pool == nil {
		return f(ctx)
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return s.wrap("opening", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "select pg_advisory_lock("+lockMigrate+")"); err != nil {
		return s.wrap("opening", err)
	}
	err = f(ctx)
	if _, e := conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock("+lockMigrate+")"); e != nil {
		err = errors.Join(err, s.wrap("opening", e))
	}
	return err
}

// txPostgres repeats f when the database gave the transaction up so that
// another one could go on.
func (s *Store) txPostgres(ctx context.Context, durably bool, f func(*txn) error) (err error) {
	for range txTries {
		if err = s.tryPostgres(ctx, durably, f); !givenUp(err) {
			return err
		}
	}
	return err
}

func (s *Store) tryPostgres(ctx context.Context, durably bool, f func(*txn) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	t := &txn{ctx, s.dialect, func(_ context.Context, q string) (statement, error) { return pgStatement{tx, s.dialect.sql(q)}, nil }}
	if durably {
		for _, q := range s.dialect.durably {
			if _, err := t.exec(q); err != nil {
				return errors.Join(err, tx.Rollback())
			}
		}
	}
	if err := f(t); err != nil {
		_ = tx.Rollback() // the first error is the one to tell
		return err
	}
	return tx.Commit()
}

// pgStatement is one statement of a transaction; the driver keeps it compiled.
type pgStatement struct {
	tx *sql.Tx
	q  string
}

func (p pgStatement) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return p.tx.ExecContext(ctx, p.q, args...)
}

func (p pgStatement) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return p.tx.QueryContext(ctx, p.q, args...)
}

func (p pgStatement) QueryRowContext(ctx context.Context, args ...any) *sql.Row {
	return p.tx.QueryRowContext(ctx, p.q, args...)
}
