package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/shell"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/web"
	"github.com/stablebot/stablebot/bot/web/fates"
)

// DashboardAddress is where the dashboard listens when nothing else is said.
const DashboardAddress = "127.0.0.1:8078"

// dashboard is a running web server.
type dashboard struct {
	URL   string
	srv   *http.Server
	Ended chan error // what ended it before its time
}

// How long a visitor may take to ask, and an answer may take: a page does not
// need the half of it, an export of ten thousand rows does.
const (
	webHeaderTime = 5 * time.Second
	webReadTime   = 15 * time.Second
	webWriteTime  = 60 * time.Second
	webIdleTime   = 2 * time.Minute
)

// AccessOf is who may see the dashboard.
func AccessOf(c config.Web) (web.Access, error) {
	token, err := c.Token()
	if err != nil {
		return web.Access{}, err
	}
	from, err := c.Trusted()
	if err != nil {
		return web.Access{}, usage.Errorf("web.proxy_from: %w", err)
	}
	return web.Access{Loopback: config.Loopback(c.Listen), Token: token, Public: c.Public, ProxyHeader: c.ProxyHeader, ProxyFrom: from}, nil
}

// Serve listens and serves. The parts of a running bot are expected to
// report; without one, only what the store says counts.
func Serve(ctx context.Context, c *config.Config, s *store.Store, m *web.Metrics, running *Parts, log *zap.Logger) (*dashboard,
	error) {
	access, err := AccessOf(c.Web)
	if err != nil {
		return nil, err
	}
	o := web.Options{
		Reader: s, Decider: s, Standings: s, Fates: fates.Of(s), Metrics: m, Name: c.Bot.Name, Version: Version(), Log: log,
		Access: access, URL: c.Web.URL, Layouts: layoutNotes(c),
		Links: web.Links(c.Web.Links),
	}
	if c.File != "" {
		if file, err := filepath.Abs(c.File); err == nil {
			o.Export = "stablebot export --bot " + shell.Word(file)
		}
	}
	if running != nil {
		o.Expect = expected(c, running.sources)
	}
	h, err := web.New(o)
	if err != nil {
		return nil, usage.Wrap(err)
	}
	l, err := net.Listen("tcp", c.Web.Listen)
	if err != nil {
		return nil, fmt.Errorf("listening for the dashboard: %w; change web.listen if the address is taken", err)
	}
	d := &dashboard{URL: "http://" + l.Addr().String() + "/", Ended: make(chan error, 1)}
	d.srv = &http.Server{Handler: h, ReadHeaderTimeout: webHeaderTime, ReadTimeout: webReadTime, WriteTimeout: webWriteTime,
		IdleTimeout: webIdleTime, MaxHeaderBytes: 64 << 10, ErrorLog: zap.NewStdLog(log.Named("web"))}
	go func() {
		if err := d.srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the dashboard ended; the bot goes on", zap.Error(err))
			d.Ended <- err
		}
	}()
	go h.Warm(ctx)
	log.Info("the dashboard is up", zap.String("address", l.Addr().String()), zap.String("url", d.URL))
	return d, nil
}

func (d *dashboard) Stop() error {
	ctx, done := context.WithTimeout(context.Background(), webReadTime)
	defer done()
	if err := d.srv.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("stopping the dashboard: %w", err), d.srv.Close())
	}
	return nil
}

// silence is how long a part that reports with every poll may say nothing,
// beyond three times the interval that is configured for it.
const silence = 30 * time.Minute

// expected says how long each part of a running bot may be silent.
func expected(c *config.Config, sources []source) map[string]time.Duration {
	var every []config.Duration
	for _, s := range c.Sources.IMAP {
		every = append(every, s.Every)
	}
	for _, s := range c.Sources.Archive {
		every = append(every, s.Every)
	}
	for _, s := range c.Sources.Git {
		every = append(every, s.Every)
	}
	for _, s := range c.Sources.GitHub {
		every = append(every, s.Every)
	}
	longest := time.Duration(0)
	for _, e := range every {
		longest = max(longest, e.Std())
	}
	out := map[string]time.Duration{"pipeline": silence}
	for _, s := range sources {
		out["source."+s.Name()] = silence + 3*longest
	}
	return out
}

// FreeAddress is the address, or one with a port of the system's choice when
// somebody has it: a second demo is no reason to fail.
func FreeAddress(address string) string {
	l, err := net.Listen("tcp", address)
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return address // listening again will say why
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
