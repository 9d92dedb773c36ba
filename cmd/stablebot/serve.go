package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/shell"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/web"
)

// dashboardAddress is where the dashboard listens when nothing else is said.
const dashboardAddress = "127.0.0.1:8078"

func serveCommand() *cobra.Command {
	var c configFlags
	var listen, tokenFile string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Show the dashboard of an existing store",
		Long: `Shows what a store holds: verdicts, replies that wait, the launch gap, with a
JSON API, feeds and metrics. The bot need not run; "stablebot run" shows the same
when web.listen is configured.

Without a token it answers on loopback only.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg := config.Default()
			if c.state != "" {
				cfg.State = c.state
			} else {
				read, err := readConfig(c.file)
				if err != nil {
					return err
				}
				cfg = *read
			}
			if listen != "" {
				cfg.Web.Listen = listen
			}
			if tokenFile != "" {
				cfg.Web.TokenFile = tokenFile
			}
			if cfg.Web.Listen == "" {
				cfg.Web.Listen = dashboardAddress
			}
			return serve(cmd, &cfg)
		},
	}
	c.add(cmd)
	cmd.Flags().StringVar(&listen, "listen", "", "`address` to listen on, instead of the configuration's or "+dashboardAddress)
	cmd.Flags().StringVar(&tokenFile, "token-file", "", "`file` with the token that opens it to others")
	return cmd
}

func serve(cmd *cobra.Command, c *config.Config) error {
	ctx := cmd.Context()
	log, err := newLogger(c.Log)
	if err != nil {
		return err
	}
	s, err := store.OpenExisting(ctx, storeOf(c))
	if err != nil {
		return err
	}
	gone := &outage{ping: s.Ping}
	log = gone.quiet(log)
	go gone.watch(ctx)
	d, err := newDashboard(ctx, c, s, nil, nil, log)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	if _, err := fmt.Fprintf(cmd.OutOrStdout(), "the dashboard is at %s (Ctrl-C ends it)\n", d.url); err != nil {
		return errors.Join(err, d.stop(), s.Close())
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-d.ended:
	}
	return errors.Join(err, d.stop(), s.Close())
}

// dashboard is a running web server.
type dashboard struct {
	url   string
	srv   *http.Server
	ended chan error // what ended it before its time
}

// How long a visitor may take to ask, and an answer may take: a page does not
// need the half of it, an export of ten thousand rows does.
const (
	webHeaderTime = 5 * time.Second
	webReadTime   = 15 * time.Second
	webWriteTime  = 60 * time.Second
	webIdleTime   = 2 * time.Minute
)

// accessOf is who may see the dashboard.
func accessOf(c config.Web) (web.Access, error) {
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

// newDashboard listens and serves. The parts of a running bot are expected to
// report; without one, only what the store says counts.
func newDashboard(ctx context.Context, c *config.Config, s *store.Store, m *web.Metrics, running *parts, log *zap.Logger) (*dashboard,
	error) {
	access, err := accessOf(c.Web)
	if err != nil {
		return nil, err
	}
	o := web.Options{
		Reader: s, Decider: s, Standings: s, Fates: fates{s}, Metrics: m, Name: c.Bot.Name, Version: buildVersion(), Log: log,
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
	d := &dashboard{url: "http://" + l.Addr().String() + "/", ended: make(chan error, 1)}
	d.srv = &http.Server{Handler: h, ReadHeaderTimeout: webHeaderTime, ReadTimeout: webReadTime, WriteTimeout: webWriteTime,
		IdleTimeout: webIdleTime, MaxHeaderBytes: 64 << 10, ErrorLog: zap.NewStdLog(log.Named("web"))}
	go func() {
		if err := d.srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the dashboard ended; the bot goes on", zap.Error(err))
			d.ended <- err
		}
	}()
	go h.Warm(ctx)
	log.Info("the dashboard is up", zap.String("address", l.Addr().String()), zap.String("url", d.url))
	return d, nil
}

func (d *dashboard) stop() error {
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

// freeAddress is the address, or one with a port of the system's choice when
// somebody has it: a second demo is no reason to fail.
func freeAddress(address string) string {
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
