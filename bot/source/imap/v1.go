package imap

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	imap "github.com/emersion/go-imap"
	"github.com/emersion/go-imap/client"
	"github.com/emersion/go-sasl"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/internal/bearer"
)

// v1 is a session on go-imap v1. Its client is for one goroutine at a time, and
// Updates stays unset: an update nobody reads would block every command, and
// lines sees what is announced anyway.
type v1 struct {
	cfg     *Config
	log     *zap.Logger
	c       *client.Client
	wire    *wire
	lines   *lines
	canIdle bool
}

var _ session = (*v1)(nil)

// dial connects, protects the connection and logs in.
func dial(ctx context.Context, cfg *Config, log *zap.Logger) (_ *v1, err error) {
	secret, err := ask(ctx, cfg)
	if err != nil {
		return nil, err
	}
	// Keep-alive, so that a peer that vanished is noticed within a minute even
	// in the middle of an IDLE.
	d := net.Dialer{Timeout: cfg.Silence, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}}
	raw, err := d.DialContext(ctx, "tcp", cfg.Address)
	if err != nil {
		return nil, temporary{fmt.Errorf("connecting: %w; is the address right (port 993 goes with tls: implicit, 143 with starttls) and the "+
			"server up?", err)}
	}
	w := &wire{Conn: raw, start: time.Now()}
	defer func() {
		if err != nil {
			_ = w.Close()
		}
	}()

	if cfg.TLS == TLSNone && !cfg.Insecure {
		if a, ok := raw.RemoteAddr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
			return nil, errors.New("tls: none would send the password over the network in the clear; use implicit or starttls")
		}
	}
	var conn net.Conn = w
	if cfg.TLS == TLSImplicit {
		if conn, err = handshake(ctx, cfg, w); err != nil {
			return nil, err
		}
	}
	preauth, err := greet(ctx, cfg, w, conn)
	if err != nil {
		return nil, err
	}
	if cfg.TLS == TLSStart {
		if conn, err = handshake(ctx, cfg, w); err != nil {
			return nil, err
		}
	}

	s := &v1{cfg: cfg, log: log, wire: w, lines: newLines(conn, preauth, cfg.MaxMail+slack, log)}
	if s.c, err = client.New(s.lines); err != nil {
		return nil, s.lines.lost(err)
	}
	s.c.ErrorLog = s.lines
	close(s.lines.ready)
	if err = s.login(ctx, secret); err != nil {
		return nil, err
	}
	return s, nil
}

// slack is what a mail may have above its RFC822.SIZE: servers are known to
// miscount line ends.
const slack = 1 << 20

// ask gets the secret, which may mean running a command that hangs.
func ask(ctx context.Context, cfg *Config) (string, error) {
	type answer struct {
		secret string
		err    error
	}
	got := make(chan answer, 1)
	go func() {
		s, err := cfg.Secret()
		got <- answer{s, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(cfg.Silence):
		return "", temporary{fmt.Errorf("no password or token within %s: does token_command hang?", cfg.Silence)}
	case a := <-got:
		if a.err != nil {
			return "", temporary{a.err} // the file may be about to be renewed
		}
		return a.secret, nil
	}
}

func handshake(ctx context.Context, cfg *Config, w *wire) (net.Conn, error) {
	host, _, err := net.SplitHostPort(cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("address %q: host:port is needed: %w", cfg.Address, err)
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Silence)
	defer cancel()
	c := tls.Client(w, &tls.Config{ServerName: host, RootCAs: cfg.Roots, MinVersion: tls.VersionTLS12})
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, explainTLS(cfg, err)
	}
	return c, nil
}

// greet reads the server's greeting and, when so configured, asks for TLS. It
// does so before go-imap sees the connection: byte by byte, so that nothing
// said in the clear is taken for what is said under TLS, and because go-imap
// mistakes a server that turns us away for one that has logged us in.
func greet(ctx context.Context, cfg *Config, w *wire, conn net.Conn) (preauth bool, err error) {
	var greeting, answer string
	err = w.during(ctx.Done(), cfg.Silence, func() (err error) {
		if greeting, err = clearLine(conn); err != nil || cfg.TLS != TLSStart || !strings.HasPrefix(greeting, "* OK") {
			return err
		}
		if _, err = io.WriteString(conn, "tls STARTTLS\r\n"); err != nil {
			return err
		}
		for !strings.HasPrefix(answer, "tls ") {
			if answer, err = clearLine(conn); err != nil {
				return err
			}
		}
		return nil
	})
	preauth = strings.HasPrefix(greeting, "* PREAUTH")
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case greeting == "" && errors.Is(err, errSilent):
		return false, temporary{fmt.Errorf("no greeting: %w; if that is the TLS port set tls: implicit", err)}
	case err != nil:
		return false, temporary{fmt.Errorf("greeting the server: %w", err)}
	case strings.HasPrefix(greeting, "* BYE"):
		return false, temporary{fmt.Errorf("the server turned the connection away: %.200q", greeting)}
	case !preauth && !strings.HasPrefix(greeting, "* OK"):
		return false, temporary{fmt.Errorf("the server does not greet as IMAP does: it said %.120q; is the port right?", greeting)}
	case cfg.TLS == TLSStart && preauth:
		return false, errors.New("the server logged us in before TLS (PREAUTH), which somebody in between could have forged; use tls: implicit")
	case cfg.TLS == TLSStart && !strings.HasPrefix(answer, "tls OK"):
		return false, fmt.Errorf("the server refused STARTTLS: %.200q; use tls: implicit with port 993", answer)
	}
	return preauth, nil
}

func clearLine(r io.Reader) (string, error) {
	const most = 4096
	line := make([]byte, 0, 128)
	for b := make([]byte, 1); len(line) < most; {
		if _, err := io.ReadFull(r, b); err != nil {
			return "", err
		}
		if b[0] == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, b[0])
	}
	return "", fmt.Errorf("no line end within %d bytes", most)
}

// do runs one command under the watchdog.
func (s *v1) do(ctx context.Context, f func() error) error {
	s.lines.begin()
	err := s.wire.during(ctx.Done(), s.cfg.Silence, f)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case s.lines.refused() != nil:
		return s.lines.refused()
	}
	return s.lines.lost(err)
}

func (s *v1) login(ctx context.Context, secret string) error {
	err := s.do(ctx, func() error {
		_, err := s.c.Capability()
		return err
	})
	if err != nil {
		return err
	}
	var token *bearer.Client
	err = s.do(ctx, func() error {
		if s.c.State() != imap.NotAuthenticatedState {
			return nil // PREAUTH: the server knows us already
		}
		switch s.cfg.Auth {
		case AuthXOAuth2, AuthOAuthBearer:
			token = bearer.New(s.cfg.Auth, s.cfg.User, secret)
			return s.c.Authenticate(token)
		case AuthPlain:
			ok, err := s.c.SupportAuth(sasl.Plain)
			if err != nil {
				return err
			}
			if ok {
				return s.c.Authenticate(sasl.NewPlainClient("", s.cfg.User, secret))
			}
		}
		return s.c.Login(s.cfg.User, secret)
	})
	var no *refusal
	switch {
	case errors.Is(err, client.ErrLoginDisabled):
		return fmt.Errorf("logging in as %s: the server takes no password here (LOGINDISABLED); use TLS, or auth: xoauth2", s.cfg.User)
	case errors.As(err, &no):
		said := ""
		if token != nil {
			said = token.Said
		}
		return explainLogin(s.cfg, no, said)
	case err != nil:
		return err
	}
	return s.do(ctx, func() (err error) {
		s.canIdle, err = s.c.Support("IDLE")
		return err
	})
}

func (s *v1) open(ctx context.Context, folder string) (mailbox, error) {
	var box mailbox
	s.lines.hush()
	err := s.do(ctx, func() error {
		st, err := s.c.Select(folder, true)
		if err == nil {
			// st stays the client's own; these two fields only EXAMINE writes.
			box = mailbox{validity: st.UidValidity, next: st.UidNext}
		}
		return err
	})
	if no := new(refusal); errors.As(err, &no) {
		return box, fmt.Errorf("opening folder %q: %w; %s", folder, no, s.folders(ctx))
	}
	if err == nil && box.validity == 0 {
		err = fmt.Errorf("opening folder %q: the server gives no UIDVALIDITY, without which mails cannot be told apart; such a folder cannot "+
			"be read", folder)
	}
	return box, err
}

// folders names what could have been meant.
func (s *v1) folders(ctx context.Context) string {
	const enough = 20
	var names []string
	err := s.do(ctx, func() error {
		ch, done := make(chan *imap.MailboxInfo, 16), make(chan error, 1)
		go func() { done <- s.c.List("", "*", ch) }()
		for b := range ch {
			if len(names) <= enough && !slices.Contains(b.Attributes, imap.NoSelectAttr) {
				names = append(names, b.Name)
			}
		}
		return <-done
	})
	if err != nil || len(names) == 0 {
		return "check folders in the configuration"
	}
	slices.Sort(names)
	if len(names) > enough {
		names = append(names[:enough], "…")
	}
	return "folders of this account: " + strings.Join(names, ", ")
}

func (s *v1) list(ctx context.Context, after uint32) ([]listed, error) {
	if after == ^uint32(0) {
		return nil, nil
	}
	set := new(imap.SeqSet)
	set.AddRange(after+1, 0)
	var out []listed
	err := s.uidFetch(ctx, set, []imap.FetchItem{imap.FetchUid, imap.FetchRFC822Size}, func(m *imap.Message) error {
		if m.Uid > after { // "n:*" always names the last mail, even one below n
			out = append(out, listed{m.Uid, m.Size})
		}
		return nil
	})
	slices.SortFunc(out, func(a, b listed) int { return int(int64(a.uid) - int64(b.uid)) })
	return slices.CompactFunc(out, func(a, b listed) bool { return a.uid == b.uid }), err
}

func (s *v1) fetch(ctx context.Context, uids []uint32, headOnly bool) ([]message, error) {
	section := &imap.BodySectionName{Peek: true}
	if headOnly {
		section.Specifier, section.Partial = imap.HeaderSpecifier, []int{0, headPart}
	}
	set := new(imap.SeqSet)
	set.AddNum(uids...)
	var out []message
	err := s.uidFetch(ctx, set, []imap.FetchItem{imap.FetchUid, imap.FetchInternalDate, section.FetchItem()}, func(m *imap.Message) error {
		lit := m.GetBody(section)
		if lit == nil {
			return nil // an unasked FETCH, of flags
		}
		body, err := bytesOf(lit)
		out = append(out, message{uid: m.Uid, received: m.InternalDate, body: body})
		return err
	})
	return out, err
}

func bytesOf(lit imap.Literal) ([]byte, error) {
	if b, ok := lit.(*bytes.Buffer); ok {
		return b.Bytes(), nil // saves the copy of a large mail
	}
	return io.ReadAll(lit)
}

// uidFetch reads the channel to its end whatever each says: go-imap's reader
// blocks on it.
func (s *v1) uidFetch(ctx context.Context, set *imap.SeqSet, items []imap.FetchItem, each func(*imap.Message) error) error {
	return s.do(ctx, func() error {
		ch, done := make(chan *imap.Message, 16), make(chan error, 1)
		go func() { done <- s.c.UidFetch(set, items, ch) }()
		var bad error
		for m := range ch {
			if err := each(m); err != nil && bad == nil {
				bad = err
			}
		}
		return errors.Join(<-done, bad)
	})
}

func (s *v1) idle(ctx context.Context, atMost, every time.Duration) error {
	limit := atMost
	if !s.canIdle {
		limit = every
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	if !s.canIdle {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.c.LoggedOut():
			return s.lines.lost(io.EOF)
		case <-s.lines.wake:
		case <-t.C:
		}
		return nil
	}
	select {
	case <-s.lines.wake: // came with the answer to a FETCH
		return nil
	default:
	}
	s.lines.begin()
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- s.c.Idle(stop, &client.IdleOptions{LogoutTimeout: -1}) }() // no restart: atMost is ours
	select {
	case <-ctx.Done():
		_ = s.wire.Close()
		close(stop)
		s.log.Debug("left IDLE", zap.Error(<-done))
		return ctx.Err()
	case err := <-done:
		close(stop)
		if err != nil && s.lines.refused() == nil {
			return s.lines.lost(err)
		}
		s.log.Info("the server offers IDLE but ends it at once; looking for mail at intervals instead", zap.Duration("every", every))
		s.canIdle = false
		return nil
	case <-s.lines.wake:
	case <-t.C:
	}
	close(stop)
	return s.do(ctx, func() error { return <-done })
}

// close ends the connection without asking the server, which may be frozen.
func (s *v1) close() { _ = s.wire.Close() }
