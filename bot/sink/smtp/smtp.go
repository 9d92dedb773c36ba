// Package smtp is the sink that sends replies through a mail server.
//
// Promises:
//
//   - Deliver returns nil only after the server has taken the mail.
//   - An error that wraps flow.ErrTemporary says that the mail was certainly not
//     sent and that trying again may help. One that wraps flow.ErrUnknown says
//     that the whole mail was handed over and no answer came: it may be on its
//     way, and nobody must repeat it. Every other error says that the server
//     refused the mail for good.
//   - The mail goes to those whom its To and Cc name, and to nobody else.
//   - Each mail has a connection of its own: replies are rare, and a connection
//     that was left open is the usual cause of an unclear end.
//   - A server that says too much, or nothing, is left; when stablebot is told to
//     end, any server is that has not got the whole mail yet.
package smtp

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/bearer"
)

// How the connection is secured.
const (
	TLSImplicit = "implicit" // port 465; the default
	TLSStart    = "starttls" // port 587; refused when the server has none
	TLSNone     = "none"     // loopback only
)

// How the bot logs in.
const (
	AuthNone        = "" // a server that trusts this machine
	AuthPlain       = "plain"
	AuthXOAuth2     = bearer.XOAuth2
	AuthOAuthBearer = bearer.OAuthBearer
)

// Timeouts. RFC 5321, 4.5.3.2 asks for five minutes a command and ten for the
// answer to the final dot. Before the dot nothing is lost by giving up and
// coming back, so a server that is stuck is left soon; after it, giving up
// means not to know, so the server gets all its time.
const (
	dialTimeout    = 20 * time.Second
	commandTimeout = time.Minute
	answerTimeout  = 10 * time.Minute
)

// patience is how often a mail is tried as a whole when the server puts off a
// part of its recipients; then those get it who can.
const patience = 5

// Config is one account on a mail server.
type Config struct {
	Name    string // of the sink
	Address string // host:port
	TLS     string
	Roots   *x509.CertPool // nil: the system's
	User    string
	Auth    string
	// Secret returns the password or access token; asked for each connection.
	Secret func() (string, error)
	From   string // envelope sender: bounces go there
	Hello  string // the name to greet with; empty: the domain of From
	Keys   []Key  // DKIM keys; each adds a signature

	// For tests; zero: as above.
	CommandTimeout, AnswerTimeout time.Duration
}

// Sink sends mails.
type Sink struct {
	cfg Config
	log *zap.Logger
}

var _ flow.Sink = (*Sink)(nil)

// New checks the configuration. It does not connect.
func New(cfg Config, log *zap.Logger) (*Sink, error) {
	var errs []error
	fail := func(format string, a ...any) { errs = append(errs, fmt.Errorf("smtp: "+format, a...)) }
	host, _, err := net.SplitHostPort(cfg.Address)
	if err != nil {
		fail("address: %q is not host:port", cfg.Address)
	}
	if cfg.TLS == "" {
		cfg.TLS = TLSImplicit
	}
	switch ip := net.ParseIP(host); {
	case !slices.Contains([]string{TLSImplicit, TLSStart, TLSNone}, cfg.TLS):
		fail("tls: %q is none of implicit, starttls, none", cfg.TLS)
	case cfg.TLS == TLSNone && host != "localhost" && (ip == nil || !ip.IsLoopback()):
		fail("tls: none is for loopback only")
	}
	if !slices.Contains([]string{AuthNone, AuthPlain, AuthXOAuth2, AuthOAuthBearer}, cfg.Auth) {
		fail("auth: %q is none of plain, xoauth2, oauthbearer", cfg.Auth)
	}
	if cfg.Auth != AuthNone && (cfg.User == "" || cfg.Secret == nil) {
		fail("auth: %s needs a user and a secret", cfg.Auth)
	}
	_, domain, ok := strings.Cut(cfg.From, "@")
	if !ok || domain == "" {
		fail("from: %q is no address", cfg.From)
	}
	for _, k := range cfg.Keys {
		if err := k.check(); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if cfg.Hello == "" {
		cfg.Hello = domain
	}
	if cfg.CommandTimeout == 0 {
		cfg.CommandTimeout = commandTimeout
	}
	if cfg.AnswerTimeout == 0 {
		cfg.AnswerTimeout = answerTimeout
	}
	return &Sink{cfg: cfg, log: log.Named("sink." + cfg.Name)}, nil
}

// Name implements flow.Sink.
func (s *Sink) Name() string { return s.cfg.Name }

// Idempotent implements flow.Sink: a mail that was sent cannot be taken back or
// asked for.
func (s *Sink) Idempotent() bool { return false }

// Check connects and logs in, and sends nothing; doctor calls it.
func (s *Sink) Check(ctx context.Context) error {
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.Noop(); err != nil {
		return s.lost("after logging in", err)
	}
	return nil
}

// Deliver implements flow.Sink.
func (s *Sink) Deliver(ctx context.Context, a flow.Action) error {
	env, err := envelopeOf(a.Message)
	if err != nil {
		return fmt.Errorf("sending %s: %w", a.Key, err)
	}
	signed, err := sign(a.Message, s.cfg.Keys)
	if err != nil {
		return fmt.Errorf("sending %s: %w", a.Key, err)
	}
	c, err := s.connect(ctx)
	if err != nil {
		return fmt.Errorf("sending %s: %w", a.Key, err)
	}
	defer c.close()
	err = s.send(ctx, c, env, signed, a.Attempts)
	if errors.Is(err, flow.ErrTemporary) && flow.Leave(ctx).Err() != nil {
		err = fmt.Errorf("%w: stablebot was told to end before the mail was handed over to %s", flow.ErrTemporary, s.cfg.Address)
	}
	if err != nil {
		return fmt.Errorf("sending %s: %w", a.Key, err)
	}
	return nil
}

// send runs one transaction. Up to the final dot nothing is sent, so that every
// failure of the connection is temporary.
func (s *Sink) send(ctx context.Context, c *conn, env envelope, mail []byte, attempts int) error {
	if size, ok := c.MaxMessageSize(); ok && size > 0 && len(mail) > size {
		return fmt.Errorf("the mail has %d bytes, the server takes %d", len(mail), size)
	}
	if ok, _ := c.Extension("8BITMIME"); !ok && slices.ContainsFunc(mail, func(b byte) bool { return b >= 0x80 }) {
		return errors.New("the mail has 8-bit text, which the server does not take (no 8BITMIME)")
	}
	opts := &smtp.MailOptions{Size: int64(len(mail)), UTF8: env.utf8}
	if ok, _ := c.Extension("SMTPUTF8"); !ok && env.utf8 {
		return errors.New("an address is not ASCII, which the server does not take (no SMTPUTF8)")
	}
	if err := c.Mail(s.cfg.From, opts); err != nil {
		return s.lost("announcing the sender "+s.cfg.From, err)
	}
	if err := s.recipients(c, env, attempts); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return s.lost("beginning the mail", err)
	}
	if err := c.raw.SetDeadline(time.Now().Add(s.cfg.CommandTimeout)); err != nil {
		return s.lost("writing the mail", err)
	}
	if _, err := w.Write(mail); err != nil {
		return s.lost("writing the mail", err)
	}
	if !c.handOver(ctx) {
		return s.lost("writing the mail", net.ErrClosed)
	}
	// From here on the server may have it all.
	answer, err := w.CloseWithResponse()
	var said *smtp.SMTPError
	switch {
	case errors.As(err, &said):
		return s.lost("handing over the mail", err)
	case err != nil:
		return fmt.Errorf("%w: the mail was handed over to %s whole and no answer came; it is not repeated (%w)", flow.ErrUnknown, s.cfg.Address,
			err)
	}
	s.log.Debug("the server took a mail", zap.String("answer", answer.StatusText))
	return nil
}

// recipients announces them. Those refused for good are left out: a dead
// address in Cc must not keep the list from being answered. Those put off make
// the whole mail wait, but not for ever.
func (s *Sink) recipients(c *conn, env envelope, attempts int) error {
	var taken int
	var refused, putOff error
	for _, to := range env.to {
		err := c.Rcpt(to, nil)
		var said *smtp.SMTPError
		switch {
		case err == nil:
			taken++
		case !errors.As(err, &said), said.Code == 421:
			return s.lost("announcing the recipient "+to, err)
		case said.Temporary():
			putOff = s.lost("announcing the recipient "+to, err)
		default:
			refused = s.lost("announcing the recipient "+to, err)
		}
		if err != nil {
			s.log.Warn("a recipient was refused", zap.String("recipient", to), zap.Error(err))
		}
	}
	switch {
	case putOff != nil && (taken == 0 || attempts < patience):
		return putOff
	case taken == 0:
		return refused
	}
	return nil
}

// lost says what failed before the mail was handed over. What the server
// refuses with 5xx is refused for good, all else is temporary.
func (s *Sink) lost(doing string, err error) error {
	var said *smtp.SMTPError
	if errors.As(err, &said) && !said.Temporary() && said.Code >= 500 {
		return fmt.Errorf("%s: %s refused it: %d %s", doing, s.cfg.Address, said.Code, oneLine(said.Message))
	}
	if said != nil {
		return fmt.Errorf("%w: %s: %s says %d %s", flow.ErrTemporary, doing, s.cfg.Address, said.Code, oneLine(said.Message))
	}
	return fmt.Errorf("%w: %s: the connection to %s was lost: %w", flow.ErrTemporary, doing, s.cfg.Address, err)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// hasBcc reports whether a header has the field; ours never do.
func hasBcc(header []byte) bool {
	for line := range bytes.Lines(header) {
		if len(line) >= 4 && bytes.EqualFold(line[:4], []byte("bcc:")) {
			return true
		}
	}
	return false
}
