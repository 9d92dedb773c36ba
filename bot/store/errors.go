package store

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/stablebot/stablebot/bot"
)

// The outcomes that callers tell apart. ErrLocked and ErrFull come with
// bot.ErrTemporary: repeating helps once the other process is done or there is
// room again.
var (
	ErrLocked  = errors.New("the database is locked by another process")
	ErrFull    = errors.New("no space is left for the database")
	ErrDamaged = errors.New("the database file is damaged")
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
	case errors.Is(err, syscall.ENOSPC):
		return s.full(doing, err)
	case !errors.As(err, &se):
		return fmt.Errorf("%s the store %s: %w", doing, s.path, err)
	}
	switch se.Code() & 0xff { // the rest of the code is detail
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%s the store: %w: %w: %s is tried again; if this lasts, `fuser %s` says who holds it (%w)",
			doing, bot.ErrTemporary, ErrLocked, s.path, s.path, err)
	case sqlite3.SQLITE_FULL:
		return s.full(doing, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%s the store: %w: the disk under %s fails or is full; see `df` and the kernel log (%w)",
			doing, bot.ErrTemporary, s.path, err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%s the store: %w: stop the bot and put a backup in place of %s, or save what can be read with `sqlite3 %s .recover | sqlite3 new.db` (%w)",
			doing, ErrDamaged, s.path, s.path, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return fmt.Errorf("%s the store: %s or its folder cannot be opened for writing by this user; check owner and mode (%w)",
			doing, s.path, err)
	}
	return fmt.Errorf("%s the store %s: %w", doing, s.path, err)
}

func (s *Store) full(doing string, err error) error {
	return fmt.Errorf("%s the store: %w: %w: free some on the disk that has %s, it is tried again (%w)",
		doing, bot.ErrTemporary, ErrFull, s.path, err)
}

func (s *Store) mismatch(have, want int64) error {
	if have < want {
		return fmt.Errorf("%w: %s has schema %d, this binary needs %d; start `stablebot run` of this version once to bring it up to date", ErrNewer, s.path, have, want)
	}
	return fmt.Errorf("%w: %s has schema %d, this binary knows schemas up to %d; use the newer stablebot that wrote it, or another state folder", ErrNewer, s.path, have, want)
}
