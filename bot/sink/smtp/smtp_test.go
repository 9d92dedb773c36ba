package smtp

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
)

// server is a mail server that does what a test tells it.
type server struct {
	mu       sync.Mutex
	mails    [][]byte
	rcpts    []string
	onMail   error
	onRcpt   map[string]error
	onData   error
	hang     bool // after the final dot, say nothing and break off
	token    bool // offer XOAUTH2 and refuse all but "good"
	srv      *smtp.Server
	listener net.Listener
}

type session struct {
	*server
	to []string
}

func (s *server) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{server: s}, nil }

func (s *session) Reset()                               { s.to = nil }
func (s *session) Logout() error                        { return nil }
func (s *session) Mail(string, *smtp.MailOptions) error { return s.onMail }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.onRcpt[to]; err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.onData != nil {
		return s.onData
	}
	s.mu.Lock()
	s.mails, s.rcpts = append(s.mails, b), s.to
	s.mu.Unlock()
	if s.hang {
		time.Sleep(time.Second)
	}
	return nil
}

func (s *session) AuthMechanisms() []string {
	if s.token {
		return []string{"XOAUTH2"}
	}
	return []string{sasl.Plain}
}

type bearerServer struct{ step int }

func (b *bearerServer) Next(r []byte) ([]byte, bool, error) {
	b.step++
	switch {
	case strings.Contains(string(r), "auth=Bearer good\x01"):
		return nil, true, nil
	case b.step == 1:
		return []byte(`{"status":"401"}`), false, nil
	}
	return nil, false, smtp.ErrAuthFailed
}

func (s *session) Auth(string) (sasl.Server, error) {
	if s.token {
		return &bearerServer{}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "bot" || password != "secret" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func serve(t *testing.T, how string) (*server, Config) {
	t.Helper()
	dir := t.TempDir()
	roots := peers.Cert(t, dir)
	cert, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	s := &server{}
	s.srv = smtp.NewServer(s)
	s.srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.srv.ErrorLog = nothing{}
	s.srv.AllowInsecureAuth = how == TLSNone
	s.srv.MaxLineLength = 2000
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	l := s.listener
	if how == TLSImplicit {
		l = tls.NewListener(l, s.srv.TLSConfig)
	}
	go func() { _ = s.srv.Serve(l) }()
	t.Cleanup(func() { _ = s.srv.Close() })
	return s, Config{Name: "smtp", Address: s.listener.Addr().String(), TLS: how, Roots: roots, User: "bot", Auth: AuthPlain,
		Secret: func() (string, error) { return "secret", nil }, From: "bot@example.org", CommandTimeout: 2 * time.Second,
		AnswerTimeout: 300 * time.Millisecond}
}

type nothing struct{}

func (nothing) Printf(string, ...any) {}
func (nothing) Println(...any)        {}

func action(more string) flow.Action {
	return flow.Action{Key: "k/first", Kind: "reply", Message: []byte(strings.ReplaceAll(`From: stablebot <bot@example.org>
To: "A. Developer" <dev@example.org>
Cc: list@lists.example.org, dev@example.org
Subject: Re: [PATCH] drm/x: fix
Date: Mon, 02 Nov 2026 10:00:00 +0000
Message-ID: <stablebot.1@example.org>
In-Reply-To: <p@example.org>
References: <p@example.org>
`+more+`
Hello.
.
..two dots
From here
`, "\n", "\r\n"))}
}

func deliver(t *testing.T, cfg Config, a flow.Action) error {
	t.Helper()
	s, err := New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return s.Deliver(t.Context(), a)
}

// TestSecured: the mail arrives unchanged, whichever way the connection is
// secured, and goes to those it names.
func TestSecured(t *testing.T) {
	for _, how := range []string{TLSImplicit, TLSStart, TLSNone} {
		s, cfg := serve(t, how)
		if err := deliver(t, cfg, action("")); err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if len(s.mails) != 1 || !bytes.Equal(s.mails[0], action("").Message) {
			t.Errorf("%s: %d mails: %q", how, len(s.mails), s.mails)
		}
		if got := strings.Join(s.rcpts, " "); got != "dev@example.org list@lists.example.org" {
			t.Errorf("%s: to %s", how, got)
		}
		sink, err := New(cfg, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		if err := sink.Check(t.Context()); err != nil || len(s.mails) != 1 {
			t.Errorf("%s: checking: %v, %d mails", how, err, len(s.mails))
		}
	}
}

func TestToken(t *testing.T) {
	s, cfg := serve(t, TLSStart)
	s.token, cfg.Auth = true, AuthXOAuth2
	cfg.Secret = func() (string, error) { return "good", nil }
	if err := deliver(t, cfg, action("")); err != nil || len(s.mails) != 1 {
		t.Errorf("a good token: %v, %d mails", err, len(s.mails))
	}
	cfg.Secret = func() (string, error) { return "stale", nil }
	if err := deliver(t, cfg, action("")); !errors.Is(err, flow.ErrTemporary) || !strings.Contains(err.Error(), "401") || len(s.mails) != 1 {
		t.Errorf("a stale token: %v", err)
	}
}

// TestFailures: what can be tried again, what is refused for good, and what
// nobody can know, told apart.
func TestFailures(t *testing.T) {
	said := func(code int, text string) error { return &smtp.SMTPError{Code: code, Message: text} }
	const temporary, refused, unknown, sent = "temporary", "refused", "unknown", "sent"
	for name, c := range map[string]struct {
		tune func(*server, *Config, *flow.Action)
		want string
		says string
	}{
		"greylisted":      {func(s *server, _ *Config, _ *flow.Action) { s.onMail = said(451, "greylisted") }, temporary, "greylisted"},
		"sender refused":  {func(s *server, _ *Config, _ *flow.Action) { s.onMail = said(550, "go away") }, refused, "go away"},
		"content refused": {func(s *server, _ *Config, _ *flow.Action) { s.onData = said(554, "spam") }, refused, "spam"},
		"server full":     {func(s *server, _ *Config, _ *flow.Action) { s.onData = said(452, "no space") }, temporary, "no space"},
		"no answer":       {func(s *server, _ *Config, _ *flow.Action) { s.hang = true }, unknown, "no answer"},
		"wrong password": {func(_ *server, c *Config, _ *flow.Action) { c.Secret = func() (string, error) { return "x", nil } }, temporary,
			"password"},
		"no secret": {func(_ *server, c *Config, _ *flow.Action) {
			c.Secret = func() (string, error) { return "", errors.New("no file") }
		}, temporary, "no file"},
		"nobody listens": {func(s *server, _ *Config, _ *flow.Action) { _ = s.listener.Close() }, temporary, "connecting"},
		"not trusted":    {func(_ *server, c *Config, _ *flow.Action) { c.Roots = x509.NewCertPool() }, temporary, "certificate"},
		"too large":      {func(s *server, _ *Config, _ *flow.Action) { s.srv.MaxMessageBytes = 10 }, refused, "bytes"},
		"dead Cc": {func(s *server, _ *Config, _ *flow.Action) {
			s.onRcpt = map[string]error{"list@lists.example.org": said(550, "dead")}
		}, sent, ""},
		"all dead": {func(s *server, _ *Config, _ *flow.Action) {
			s.onRcpt = map[string]error{"list@lists.example.org": said(550, "dead"), "dev@example.org": said(550, "dead")}
		}, refused, "dead"},
		"one put off": {func(s *server, _ *Config, _ *flow.Action) {
			s.onRcpt = map[string]error{"dev@example.org": said(450, "later")}
		}, temporary, "later"},
		"put off for ever": {func(s *server, _ *Config, a *flow.Action) {
			s.onRcpt, a.Attempts = map[string]error{"dev@example.org": said(450, "later")}, patience
		}, sent, ""},
		"Bcc": {func(_ *server, _ *Config, a *flow.Action) {
			a.Message = append([]byte("Bcc: x@example.net\r\n"), a.Message...)
		}, refused, "Bcc"},
		"nobody to send to": {func(_ *server, _ *Config, a *flow.Action) { a.Message = []byte("Subject: x\r\n\r\nx\r\n") }, refused,
			"no recipient"},
		"over-long line": {func(_ *server, _ *Config, a *flow.Action) {
			a.Message = append(a.Message, strings.Repeat("x", 5000)+"\r\n"...)
		}, refused, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, cfg := serve(t, TLSStart)
			a := action("")
			c.tune(s, &cfg, &a)
			err := deliver(t, cfg, a)
			got := sent
			switch {
			case errors.Is(err, flow.ErrUnknown):
				got = unknown
			case errors.Is(err, flow.ErrTemporary):
				got = temporary
			case err != nil:
				got = refused
			}
			if got != c.want || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v; want %s with %q", got, err, c.want, c.says)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if n := len(s.mails); n > 0 && got != sent && got != unknown {
				t.Errorf("%d mails went out all the same", n)
			}
		})
	}
}

// TestSilence: a server that accepts a connection and says nothing is left
// after the timeout, or when the bot is told to end.
func TestSilence(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, how := range []string{TLSImplicit, TLSStart, TLSNone} {
		s, err := New(Config{Name: "smtp", Address: l.Addr().String(), TLS: how, From: "bot@example.org", CommandTimeout: 50 * time.Millisecond},
			zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if err := s.Deliver(t.Context(), action("")); !errors.Is(err, flow.ErrTemporary) || time.Since(begun) > time.Second {
			t.Errorf("%s: %v after %v", how, err, time.Since(begun))
		}
		s.cfg.CommandTimeout = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		begun = time.Now()
		if err := s.Deliver(ctx, action("")); !errors.Is(err, flow.ErrTemporary) || time.Since(begun) > time.Second {
			t.Errorf("%s, told to end: %v after %v", how, err, time.Since(begun))
		}
		cancel()
	}
}

// TestEndless: a server that greets without end is left after a bounded number of bytes,
// and at once when stablebot is told to end, though what is in hand may be finished.
func TestEndless(t *testing.T) {
	line := []byte("220-" + strings.Repeat("x", 500) + "\r\n")
	for _, how := range []string{TLSImplicit, TLSStart, TLSNone} {
		for _, pause := range []time.Duration{0, 10 * time.Millisecond} {
			s, cfg := serve(t, how)
			_ = s.srv.Close()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			var wrote atomic.Int64
			go func() {
				c, err := l.Accept()
				if err == nil && how == TLSImplicit {
					c = tls.Server(c, s.srv.TLSConfig)
				}
				for err == nil {
					var n int
					n, err = c.Write(line)
					wrote.Add(int64(n))
					time.Sleep(pause)
				}
			}()
			cfg.Address, cfg.CommandTimeout = l.Addr().String(), time.Minute
			sink, err := New(cfg, zap.NewNop())
			if err != nil {
				t.Fatal(err)
			}
			leave, end := context.WithCancel(t.Context())
			if pause > 0 {
				time.AfterFunc(100*time.Millisecond, end)
			}
			begun := time.Now()
			err = sink.Deliver(flow.WithLeave(t.Context(), leave), action(""))
			if !errors.Is(err, flow.ErrTemporary) || time.Since(begun) > 5*time.Second || pause == 0 && !errors.Is(err, errChatty) {
				t.Errorf("%s, %v between its lines: %v after %v and %d bytes", how, pause, err, time.Since(begun), wrote.Load())
			}
			end()
		}
	}
}

// TestHandedOver: once a server may have the mail, its answer is waited for, though
// stablebot is told to end.
func TestHandedOver(t *testing.T) {
	s, cfg := serve(t, TLSStart)
	s.hang, cfg.AnswerTimeout = true, 10*time.Second
	leave, end := context.WithCancel(t.Context())
	defer end()
	sink, err := New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for n := 0; n == 0; time.Sleep(5 * time.Millisecond) {
			s.mu.Lock()
			n = len(s.mails)
			s.mu.Unlock()
		}
		end()
	}()
	if err := sink.Deliver(flow.WithLeave(t.Context(), leave), action("")); err != nil || leave.Err() == nil {
		t.Errorf("%v; told to end: %v", err, leave.Err())
	}
}

// TestDKIM: both kinds of keys sign, and what is signed cannot be changed or
// added to.
func TestDKIM(t *testing.T) {
	s, cfg := serve(t, TLSStart)
	dir := t.TempDir()
	rk, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	epub, ek, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rpub, err := x509.MarshalPKIXPublicKey(&rk.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	ekDER, err := x509.MarshalPKCS8PrivateKey(ek)
	if err != nil {
		t.Fatal(err)
	}
	for sel, b := range map[string]*pem.Block{"rsa": {Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rk)},
		"ed": {Type: "PRIVATE KEY", Bytes: ekDER}} {
		file := filepath.Join(dir, sel)
		if err := os.WriteFile(file, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := ReadKey("example.org", sel, file)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Keys = append(cfg.Keys, k)
	}
	if err := deliver(t, cfg, action("")); err != nil {
		t.Fatal(err)
	}
	verify := func(mail []byte) (good int) {
		vs, err := dkim.VerifyWithOptions(bytes.NewReader(mail), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			if strings.HasPrefix(name, "rsa.") {
				return []string{"v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(rpub)}, nil
			}
			return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(epub)}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range vs {
			if v.Err == nil {
				good++
			}
		}
		return good
	}
	got := s.mails[0]
	if n := verify(got); n != 2 {
		t.Errorf("%d signatures verify, want 2:\n%s", n, got)
	}
	for what, mail := range map[string][]byte{
		"another text":    bytes.Replace(got, []byte("Hello"), []byte("Hallo"), 1),
		"another subject": bytes.Replace(got, []byte("fix"), []byte("fax"), 1),
		"another To":      bytes.Replace(got, []byte("dev@"), []byte("eve@"), 1),
	} {
		if n := verify(mail); n != 0 {
			t.Errorf("%s: %d signatures verify", what, n)
		}
	}
	for what, text := range map[string]string{"no PEM": "x", "no key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		file := filepath.Join(dir, "bad")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadKey("d", "s", file); err == nil {
			t.Errorf("%s was taken for a key", what)
		}
	}
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]Config{
		"no port":    {Address: "mail.example.org", From: "a@b"},
		"clear text": {Address: "mail.example.org:25", From: "a@b", TLS: TLSNone},
		"no sender":  {Address: "127.0.0.1:25"},
		"no secret":  {Address: "127.0.0.1:25", From: "a@b", Auth: AuthPlain, User: "u"},
		"odd auth":   {Address: "127.0.0.1:25", From: "a@b", Auth: "ntlm"},
		"empty key":  {Address: "127.0.0.1:25", From: "a@b", Keys: []Key{{}}},
	} {
		if _, err := New(c, zap.NewNop()); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
