package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/stablebot/stablebot/bot/flow"
)

// The outcomes that callers tell apart. ErrLocked, ErrFull and ErrAway come with
// flow.ErrTemporary: repeating helps once the other process is done, there is
// room again, or the server is back.
var (
	ErrLocked  = errors.New("the database is locked by another process")
	ErrFull    = errors.New("no space is left for the database")
	ErrDamaged = errors.New("the database file is damaged")
	ErrAway    = errors.New("the database does not answer")
	ErrNewer   = errors.New("the database belongs to another version of stablebot")
)

// wrap says what was being done, on which file, and what helps.
func (s *Store) wrap(doing string, err error) error {
	var se *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s the store: %w", doing, err)
	case s.pool != nil:
		return s.wrapPostgres(doing, err)
	case errors.Is(err, syscall.ENOSPC):
		return s.full(doing, err)
	case !errors.As(err, &se):
		return fmt.Errorf("%s the store %s: %w", doing, s.path, err)
	}
	switch se.Code() & 0xff { // the rest of the code is detail
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%s the store: %w: %w: %s is tried again; if this lasts, `fuser %s` says who holds it (%w)",
			doing, flow.ErrTemporary, ErrLocked, s.path, s.path, err)
	case sqlite3.SQLITE_FULL:
		return s.full(doing, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%s the store: %w: the disk under %s fails or is full; see `df` and the kernel log (%w)",
			doing, flow.ErrTemporary, s.path, err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%s the store: %w: stop the bot and put a backup in place of %s, or save what can be read with `sqlite3 %s .recover | sqlite3 new.db` (%w)",
			doing, ErrDamaged, s.path, s.path, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return fmt.Errorf("%s the store: %s or its folder cannot be opened for writing by this user; check owner and mode (%w)",
			doing, s.path, err)
	}
	return fmt.Errorf("%s the store %s: %w", doing, s.path, err)
}

// givenUp: PostgreSQL ended the transaction so that another one could go on;
// begun anew it will pass.
func givenUp(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && strings.HasPrefix(pe.Code, "40")
}

// wrapPostgres does the same as wrap for PostgreSQL, by the classes of its
// error codes (appendix A of its manual). What is no error of the server is one
// of the connection.
func (s *Store) wrapPostgres(doing string, err error) error {
	var pe *pgconn.PgError
	var parse *pgconn.ParseConfigError
	switch {
	case errors.As(err, &parse):
		return fmt.Errorf("%s the store: %w; write postgres://user@host:5432/database", doing, err)
	case !errors.As(err, &pe) && !disconnected(err):
		return fmt.Errorf("%s the store %s: %w", doing, s.path, err)
	case pe == nil:
		return fmt.Errorf("%s the store: %w: %w: %s is tried again; see whether the server runs (%w)", doing, flow.ErrTemporary, ErrAway, s.path, err)
	}
	switch class := pe.Code[:min(2, len(pe.Code))]; {
	case pe.Code == "53100":
		return fmt.Errorf("%s the store: %w: %w: free some on the server of %s, it is tried again (%w)", doing, flow.ErrTemporary, ErrFull, s.path, err)
	case class == "40", pe.Code == "55P03":
		return fmt.Errorf("%s the store: %w: %w: %s is tried again (%w)", doing, flow.ErrTemporary, ErrLocked, s.path, err)
	case class == "08", class == "53", class == "57", class == "58", pe.Code == "25006":
		// Lost connections, too many of them, a server that starts, stops or has
		// become a standby.
		return fmt.Errorf("%s the store: %w: %w: %s is tried again (%w)", doing, flow.ErrTemporary, ErrAway, s.path, err)
	case class == "XX":
		return fmt.Errorf("%s the store: %w: stop the bot, look into the log of %s and restore a backup (%w)", doing, ErrDamaged, s.path, err)
	case class == "28", pe.Code == "42501":
		return fmt.Errorf("%s the store: %s refuses this user; check user, password and grants (%w)", doing, s.path, err)
	case pe.Code == "3D000":
		return fmt.Errorf("%s the store: there is no such database; create it with `createdb` (%w)", doing, err)
	case pe.Code == "42P01" && s.readOnly:
		return fmt.Errorf("%s the store: nothing is in %s yet; `stablebot run` creates it (%w)", doing, s.path, err)
	}
	return fmt.Errorf("%s the store %s: %w", doing, s.path, err)
}

// disconnected: there is no connection, or it broke.
func disconnected(err error) bool {
	var (
		connect *pgconn.ConnectError
		network net.Error
	)
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func (s *Store) full(doing string, err error) error {
	return fmt.Errorf("%s the store: %w: %w: free some on the disk that has %s, it is tried again (%w)",
		doing, flow.ErrTemporary, ErrFull, s.path, err)
}

func (s *Store) mismatch(have, want int64) error {
	if have < want {
		return fmt.Errorf("%w: %s has schema %d, this binary needs %d; start `stablebot run` of this version once to bring it up to date", ErrNewer, s.path, have, want)
	}
	return fmt.Errorf("%w: %s has schema %d, this binary knows schemas up to %d; there is no way back: use the newer stablebot that wrote it, put back what was saved before it did, or take another state folder", ErrNewer, s.path, have, want)
}
