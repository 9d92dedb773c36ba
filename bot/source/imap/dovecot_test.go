//go:build unix

package imap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/internal/peers"
)

// at is the configuration for a real server.
func at(d *peers.Dovecot, security string) Config {
	cfg := config(d.Addr)
	cfg.TLS, cfg.Roots, cfg.User = security, d.Roots, d.User
	if security == TLSImplicit {
		cfg.Address = d.AddrTLS
	}
	return cfg
}

func TestDovecotLogins(t *testing.T) {
	t.Parallel()
	d := peers.NewDovecot(t)
	d.Deliver("INBOX", mail("a"))
	for _, security := range []string{TLSImplicit, TLSStart, TLSNone} {
		for _, auth := range []string{AuthPlain, AuthLogin, AuthXOAuth2, AuthOAuthBearer} {
			t.Run(security+" "+auth, func(t *testing.T) {
				cfg := at(d, security)
				cfg.Auth = auth
				if auth == AuthXOAuth2 || auth == AuthOAuthBearer {
					cfg.Secret = func() (string, error) { return d.Token(time.Hour), nil }
				}
				s, in := source(t, cfg, nil), newInlet()
				if err := s.Check(t.Context()); err != nil {
					t.Error(err)
				}
				if err := s.Poll(t.Context(), in); err != nil {
					t.Fatal(err)
				}
				want(t, in, "a")
			})
		}
	}
	for name, c := range map[string]struct {
		change    func(*Config)
		temporary bool
		says      []string
	}{
		"wrong password": {func(c *Config) { c.Secret = func() (string, error) { return "wrong", nil } }, false,
			[]string{"AUTHENTICATIONFAILED", "check user and the password"}},
		"expired token": {func(c *Config) {
			c.Auth, c.Secret = AuthXOAuth2, func() (string, error) { return d.Token(-time.Hour), nil }
		}, true, []string{"XOAUTH2", "the access token has expired", "token_command"}},
		"unknown folder":    {func(c *Config) { c.Folder = "Lists" }, false, []string{"folders of this account: INBOX"}},
		"unknown authority": {func(c *Config) { c.Roots = nil }, false, []string{"cannot be trusted", "unknown authority", "ca_file"}},
		"plain port":        {func(c *Config) { c.Address = d.Addr }, false, []string{"no TLS is spoken"}},
		"tls port": {func(c *Config) { c.Address, c.TLS, c.Silence = d.AddrTLS, TLSNone, 300*time.Millisecond }, true,
			[]string{"no greeting", "tls: implicit"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := at(d, TLSImplicit)
			c.change(&cfg)
			err := source(t, cfg, nil).Check(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			for _, say := range c.says {
				if !strings.Contains(err.Error(), say) {
					t.Errorf("%q does not say %q", err, say)
				}
			}
			if got := errors.Is(err, flow.ErrTemporary); got != c.temporary {
				t.Errorf("%q: temporary %v", err, got)
			}
		})
	}
}

// A renewed token is used at the next connect.
func TestDovecotTokenRenewed(t *testing.T) {
	t.Parallel()
	d := peers.NewDovecot(t)
	d.Deliver("INBOX", mail("a"))
	cfg := at(d, TLSImplicit)
	valid := -time.Hour
	cfg.Auth, cfg.Secret = AuthXOAuth2, func() (string, error) { return d.Token(valid), nil }
	s, in := source(t, cfg, nil), newInlet()
	if err := s.Poll(t.Context(), in); !errors.Is(err, flow.ErrTemporary) {
		t.Fatalf("error %v", err)
	}
	valid = time.Hour
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	want(t, in, "a")
}

func TestDovecotIdle(t *testing.T) {
	t.Parallel()
	d := peers.NewDovecot(t)
	const folders = 2
	in := newInlet()
	for i := range folders {
		folder := []string{"INBOX", "Lists/gpu"}[i]
		d.Mkdir(folder)
		cfg := at(d, TLSImplicit)
		cfg.Folder = folder
		defer run(t, source(t, cfg, nil), in)()
	}
	time.Sleep(200 * time.Millisecond)
	quickest := time.Hour // of three: the machine may be busy with other tests
	for i := range 3 {
		start := time.Now()
		d.Deliver("INBOX", mail(fmt.Sprint("in", i)))
		d.Deliver("Lists/gpu", mail(fmt.Sprint("gpu", i)))
		in.until(t, 2*(i+1))
		quickest = min(quickest, time.Since(start))
	}
	if t.Logf("delivered after %s", quickest); quickest > time.Second {
		t.Error("that is too slow for an IDLE that works")
	}
	for _, it := range in.items {
		if strings.HasPrefix(messageID(it.Mail), "gpu") != (it.Source == "imap:work/Lists/gpu") {
			t.Errorf("%s came from %s", messageID(it.Mail), it.Source)
		}
	}
	if flags := d.Flags("INBOX"); len(flags) != 3 || strings.Join(flags, "") != "" {
		t.Errorf("reading changed the flags: %q", flags)
	}
}

// Mails arrive all the time while the server is stopped and started.
func TestDovecotRestarts(t *testing.T) {
	t.Parallel()
	d := peers.NewDovecot(t)
	d.Deliver("INBOX", mail("m0"))
	s, in := source(t, at(d, TLSImplicit), nil), newInlet()
	defer run(t, s, in)()
	in.until(t, 1)
	n := 1
	for range 2 {
		d.Deliver("INBOX", mail(fmt.Sprint("m", n)))
		d.Stop()
		d.Deliver("INBOX", mail(fmt.Sprint("m", n+1)))
		d.Start()
		d.Deliver("INBOX", mail(fmt.Sprint("m", n+2)))
		n += 3
		in.until(t, n)
	}
	ids := in.ids()
	slices.Sort(ids)
	if fmt.Sprint(ids) != "[m0 m1 m2 m3 m4 m5 m6]" || in.doubled != 0 {
		t.Errorf("delivered %q, %d doubled", ids, in.doubled)
	}
}

// A frozen server keeps its connections and says nothing.
func TestDovecotFrozen(t *testing.T) {
	t.Parallel()
	d := peers.NewDovecot(t)
	d.Deliver("INBOX", mail("a"))
	cfg := at(d, TLSImplicit)
	cfg.Silence, cfg.Idle = 400*time.Millisecond, 200*time.Millisecond
	s, in := source(t, cfg, nil), newInlet()
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	d.Freeze()
	for _, do := range []func() error{
		func() error { return s.Wait(t.Context()) },     // its IDLE cannot be ended
		func() error { return s.Poll(t.Context(), in) }, // the kernel accepts, nobody greets
	} {
		start := time.Now()
		err := do()
		if took := time.Since(start); took > 2*time.Second || !errors.Is(err, flow.ErrTemporary) || !strings.Contains(err.Error(), "silent") &&
			!strings.Contains(err.Error(), "TLS handshake") {
			t.Errorf("%v after %s", err, took)
		}
	}
	d.Thaw()
	d.Deliver("INBOX", mail("b"))
	defer run(t, s, in)()
	in.until(t, 2)
	want(t, in, "a", "b")
}

func TestDovecotNewUIDValidity(t *testing.T) {
	t.Parallel()
	d := peers.NewDovecot(t)
	d.Deliver("INBOX", mail("a"))
	log, logs := logged(t)
	s, in := source(t, at(d, TLSStart), log), newInlet()
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	before := in.cursors[s.Name()]
	d.Stop()
	d.Forget("INBOX")
	time.Sleep(1100 * time.Millisecond) // UIDVALIDITY is a time in seconds
	d.Deliver("INBOX", mail("b"))
	d.Start()
	_ = s.Poll(t.Context(), in) // notices that the connection is gone
	if err := s.Poll(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	want(t, in, "a", "b")
	if in.doubled != 1 || logs.FilterMessageSnippet("UIDVALIDITY changed").Len() != 1 {
		t.Errorf("%d read twice; cursor %q, then %q; log %v", in.doubled, before, in.cursors[s.Name()], logs.All())
	}
}

// A first look at a folder of 1,000 mails of about 11 kB, over TLS.
func BenchmarkDovecotPoll(b *testing.B) {
	d := peers.NewDovecot(b)
	body := append(mail("x"), strings.Repeat("a line of a patch, as long as most of them\r\n", 250)...)
	const mails = 1000
	for range mails {
		d.Deliver("INBOX", body)
	}
	cfg := at(d, TLSImplicit)
	b.SetBytes(int64(mails * len(body)))
	for b.Loop() {
		var n atomic.Int64
		s, err := New(cfg, zap.NewNop())
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Poll(b.Context(), counter{&n}); err != nil || n.Load() != mails {
			b.Fatal(n.Load(), err)
		}
		_ = s.Close()
	}
	b.ReportMetric(float64(mails)*float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}

type counter struct{ n *atomic.Int64 }

func (c counter) Cursor(context.Context, string) (string, error) { return "", nil }
func (c counter) Advance(context.Context, string, string) error  { return nil }
func (c counter) Accept(_ context.Context, _ flow.Item) error    { c.n.Add(1); return nil }
