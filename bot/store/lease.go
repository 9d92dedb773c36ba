package store

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stablebot/stablebot/bot/internal/filelock"
)

// Hold implements flow.Journal. On SQLite a name is a locked file beside the
// database, on PostgreSQL an advisory lock of one connection that is kept for
// this: both end with the process, whatever ends it.
func (s *Store) Hold(ctx context.Context, name string) (context.Context, func(), error) {
	if s.pool != nil {
		return s.leases.lease(ctx, s, name)
	}
	dir := s.path + ".holds"
	err := os.MkdirAll(dir, 0o700)
	var unlock func()
	if err == nil {
		unlock, err = filelock.Try(filepath.Join(dir, url.PathEscape(name)))
	}
	if err != nil {
		return nil, nil, s.wrap("holding "+name+" in", err)
	}
	if unlock == nil {
		return nil, nil, nil
	}
	held, cancel := context.WithCancel(ctx)
	return held, func() { cancel(); unlock() }, nil
}

// How a holder notices that it is cut off: it asks its connection every
// leaseCheck and gives up when there is no answer within leaseAnswer. The server
// frees the locks of a machine that has vanished after leaseKeepalive, which is
// later, so that two never work knowingly at the same time.
const (
	leaseCheck  = 2 * time.Second
	leaseAnswer = 5 * time.Second
	// leaseKeepalive: after 5 s without traffic the server probes every 3 s, and
	// gives up after the third probe, 14 s.
	leaseKeepalive = "set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 3; set tcp_keepalives_count = 3; set tcp_user_timeout = 14000"
)

// leases are the names that this store holds in PostgreSQL.
type leases struct {
	mu    sync.Mutex
	conn  *pgx.Conn
	names map[string]context.CancelFunc
	stop  context.CancelFunc // ends the watching
}

func (h *leases) lease(ctx context.Context, s *Store, name string) (context.Context, func(), error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, mine := h.names[name]; mine {
		return nil, nil, nil
	}
	doing := "holding " + name + " in"
	if h.conn == nil {
		if err := h.connect(ctx, s); err != nil {
			return nil, nil, s.wrap(doing, err)
		}
	}
	asked, cancel := context.WithTimeout(ctx, leaseAnswer)
	defer cancel()
	var got bool
	if err := h.conn.QueryRow(asked, "select pg_try_advisory_lock(hashtextextended($1, 0))", "stablebot "+name).Scan(&got); err != nil {
		h.lose()
		return nil, nil, s.wrap(doing, err)
	}
	if !got {
		return nil, nil, nil
	}
	held, end := context.WithCancel(ctx)
	h.names[name] = end
	conn := h.conn
	return held, func() { h.release(name, conn, end) }, nil
}

func (h *leases) connect(ctx context.Context, s *Store) error {
	// Like those of the pool, but none of them: a pool closes what it likes.
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, leaseKeepalive); err != nil {
		return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	h.conn, h.names = conn, map[string]context.CancelFunc{}
	watch, stop := context.WithCancel(context.Background())
	h.stop = stop
	go h.watch(watch, conn)
	return nil
}

// watch asks the connection whether it is still there.
func (h *leases) watch(ctx context.Context, conn *pgx.Conn) {
	every := time.NewTicker(leaseCheck)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		h.mu.Lock()
		if h.conn != conn {
			h.mu.Unlock()
			return
		}
		asked, cancel := context.WithTimeout(ctx, leaseAnswer)
		if err := conn.Ping(asked); err != nil {
			h.lose()
		}
		cancel()
		h.mu.Unlock()
	}
}

// lose gives up every name: the connection that had them is gone, or nobody
// knows. h.mu is held.
func (h *leases) lose() {
	if h.conn == nil {
		return
	}
	h.stop()
	for _, end := range h.names {
		end()
	}
	over, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = h.conn.Close(over) // broken, most likely
	h.conn, h.names = nil, nil
}

func (h *leases) release(name string, conn *pgx.Conn, end context.CancelFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	end()
	if h.conn == nil || h.conn != conn {
		return // lost, and perhaps asked for again
	}
	delete(h.names, name)
	asked, cancel := context.WithTimeout(context.Background(), leaseAnswer)
	defer cancel()
	if _, err := h.conn.Exec(asked, "select pg_advisory_unlock(hashtextextended($1, 0))", "stablebot "+name); err != nil {
		h.lose()
	}
}

func (h *leases) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lose()
}
