package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/bearer"
)

// mostSaid is how much a server may say in one conversation, its certificates
// included. Some thirty short answers and a certificate chain are a tenth of it.
const mostSaid = 128 << 10

var errChatty = fmt.Errorf("the server says more than %d kB and comes to no end; is it a mail server?", mostSaid>>10)

// bounded is a connection that says no more than it may.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errChatty
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// conn is a session that is logged in.
type conn struct {
	*smtp.Client
	raw  net.Conn    // for deadlines that go-smtp does not set
	stop func() bool // ends the watch over the context
}

// watch ends the connection with ctx: go-smtp knows no context.
func (c *conn) watch(ctx context.Context) {
	c.stop = context.AfterFunc(ctx, func() { _ = c.raw.Close() })
}

// handOver is called before the mail's end is written: from here on to leave is not to
// know, so the server gets the time that ctx gives it. False says that it was left already.
func (c *conn) handOver(ctx context.Context) bool {
	if !c.stop() {
		return false
	}
	c.watch(ctx)
	return true
}

// close says goodbye and does not wait for the answer: the mail's fate is known.
func (c *conn) close() {
	c.stop()
	c.CommandTimeout = time.Second
	_ = c.Quit()
	_ = c.raw.Close()
}

// connect opens a session. Whatever fails here, the mail was not sent and can
// be sent once the owner or the network has mended it: all is temporary.
func (s *Sink) connect(ctx context.Context) (*conn, error) {
	fail := func(doing string, err error) error {
		return fmt.Errorf("%w: %s %s: %w", flow.ErrTemporary, doing, s.cfg.Address, err)
	}
	host, _, _ := net.SplitHostPort(s.cfg.Address)
	ctx = flow.Leave(ctx)
	dialled, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", s.cfg.Address)
	if err != nil {
		return nil, fail("connecting to", err)
	}
	raw := &bounded{dialled, mostSaid}
	c := &conn{raw: raw}
	c.watch(ctx)
	abandon := func(doing string, err error) (*conn, error) {
		c.stop()
		_ = raw.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fail(doing, err)
	}
	secure := &tls.Config{ServerName: host, RootCAs: s.cfg.Roots, MinVersion: tls.VersionTLS12}
	switch s.cfg.TLS {
	case TLSImplicit:
		t := tls.Client(raw, secure)
		if err := raw.SetDeadline(time.Now().Add(s.cfg.CommandTimeout)); err != nil {
			return abandon("connecting to", err)
		}
		if err := t.HandshakeContext(ctx); err != nil {
			return abandon("setting up TLS (is this a STARTTLS port?) with", err)
		}
		c.Client = smtp.NewClient(t)
	case TLSStart:
		// go-smtp waits five minutes for the greeting here and lets nobody say
		// otherwise.
		watch := time.AfterFunc(s.cfg.CommandTimeout, func() { _ = raw.Close() })
		c.Client, err = smtp.NewClientStartTLS(raw, secure)
		watch.Stop()
		if err != nil {
			return abandon("setting up STARTTLS with", err)
		}
	default:
		c.Client = smtp.NewClient(raw)
	}
	c.CommandTimeout, c.SubmissionTimeout = s.cfg.CommandTimeout, s.cfg.AnswerTimeout
	if err := c.Hello(s.cfg.Hello); err != nil {
		return abandon("greeting", err)
	}
	if err := s.login(c.Client); err != nil {
		return abandon("logging in at", err)
	}
	return c, nil
}

func (s *Sink) login(c *smtp.Client) error {
	if s.cfg.Auth == AuthNone {
		return nil
	}
	if !c.SupportsAuth(strings.ToUpper(s.cfg.Auth)) {
		_, offered := c.Extension("AUTH")
		return fmt.Errorf("the server does not offer %s, it offers %q; set auth to one of them", s.cfg.Auth, offered)
	}
	secret, err := s.cfg.Secret()
	if err != nil {
		return err
	}
	if s.cfg.Auth == AuthPlain {
		err = c.Auth(sasl.NewPlainClient("", s.cfg.User, secret))
	} else {
		token := bearer.New(s.cfg.Auth, s.cfg.User, secret)
		err = c.Auth(token)
		if err != nil && token.Said != "" {
			err = fmt.Errorf("%w (the server's reason: %s)", err, oneLine(token.Said))
		}
	}
	var said *smtp.SMTPError
	if errors.As(err, &said) && said.Code == 535 {
		return fmt.Errorf("the server does not take user %s with this %s; mails wait until it does: %w", s.cfg.User,
			map[bool]string{true: "password", false: "token"}[s.cfg.Auth == AuthPlain], err)
	}
	return err
}
