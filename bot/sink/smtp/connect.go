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

// conn is a session that is logged in.
type conn struct {
	*smtp.Client
	raw  net.Conn    // for deadlines that go-smtp does not set
	stop func() bool // ends the watch over the context
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
	raw, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", s.cfg.Address)
	if err != nil {
		return nil, fail("connecting to", err)
	}
	// go-smtp knows no context: when it ends, the connection does.
	c := &conn{raw: raw, stop: context.AfterFunc(ctx, func() { _ = raw.Close() })}
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
