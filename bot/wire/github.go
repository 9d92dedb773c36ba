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
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/github"
	"github.com/stablebot/stablebot/bot/sink/dryrun"
	githubsink "github.com/stablebot/stablebot/bot/sink/github"
	githubsource "github.com/stablebot/stablebot/bot/source/github"
	"github.com/stablebot/stablebot/bot/store"
)

// hook is a webhook receiver that waits to be started.
type hook struct {
	name, listen, path string
	handler            http.Handler
}

// gitHubs are the parts that the configured GitHubs give.
type gitHubs struct {
	sources []*githubsource.Source
	sinks   []flow.Sink
	pulls   map[string]string // source → sink
	hooks   []hook
}

// previewDir is where a dry run shows what pull requests would look like.
func previewDir(state string) string { return filepath.Join(state, "pulls") }

func wireGitHub(c *config.Config, s *store.Store, log *zap.Logger) (out gitHubs, err error) {
	out.pulls = map[string]string{}
	var errs []error
	for _, g := range c.Sources.GitHub {
		if err := out.add(c, g, s, log); err != nil {
			errs = append(errs, fmt.Errorf("setting up GitHub %s: %w", g.Name, err))
		}
	}
	return out, errors.Join(errs...)
}

func (o *gitHubs) add(c *config.Config, g config.GitHub, s *store.Store, log *zap.Logger) error {
	gc := github.Config{URL: g.URL, Version: Version()}
	if g.App.ID != 0 {
		gc.App = &github.App{ID: g.App.ID, Key: g.Key}
	} else {
		gc.Token = g.Token
	}
	client, err := github.New(gc)
	if err != nil {
		return err
	}
	cfg := githubsource.Config{Name: g.Name, Repos: g.Repos, Labels: github.LabelsOf(g.Labels), Every: g.Every.Std(), Since: dayOf(g.Since),
		Layout: layoutListed(g.Roots)}
	if g.Webhook.Listen != "" {
		cfg.Secret = g.Secret
	}
	src, err := githubsource.New(cfg, client, s, log)
	if err != nil {
		return err
	}
	o.sources = append(o.sources, src)
	if g.Webhook.Listen != "" {
		h, err := src.Receiver()
		if err != nil {
			return err
		}
		path := g.Webhook.Path
		if path == "" {
			path = "/github"
		}
		o.hooks = append(o.hooks, hook{src.Name(), g.Webhook.Listen, path, h})
	}
	var to flow.Sink = dryrun.New(src.Name()+" dry run", previewDir(c.State), githubsink.Shown)
	if g.Send {
		to = githubsink.New(src.Name(), client, s, c.DetailsURL(), log)
	}
	o.sinks = append(o.sinks, to)
	o.pulls[src.Name()] = to.Name()
	return nil
}

// How long a peer may take: GitHub gives a receiver ten seconds, and what is
// slower than that is not GitHub.
const (
	hookHeaderTime = 5 * time.Second
	hookReadTime   = 15 * time.Second
	hookIdleTime   = 2 * time.Minute
)

// startHooks listens for webhooks and returns what stops that in order.
func startHooks(hooks []hook, log *zap.Logger) (stop func(), err error) {
	var running []*http.Server
	stop = func() {
		ctx, done := context.WithTimeout(context.Background(), hookReadTime)
		defer done()
		for _, s := range running {
			if err := s.Shutdown(ctx); err != nil {
				log.Warn("stopping the webhook receiver", zap.Error(err))
			}
		}
	}
	muxes := map[string]*http.ServeMux{}
	for _, h := range hooks {
		if m := muxes[h.listen]; m != nil {
			m.Handle(h.path, h.handler)
			continue
		}
		l, err := net.Listen("tcp", h.listen)
		if err != nil {
			stop()
			return nil, fmt.Errorf("listening for the webhooks of %s: %w; change webhook.listen if the address is taken", h.name, err)
		}
		mux := http.NewServeMux()
		mux.Handle(h.path, h.handler)
		muxes[h.listen] = mux
		srv := &http.Server{Handler: mux, ReadHeaderTimeout: hookHeaderTime, ReadTimeout: hookReadTime, WriteTimeout: hookReadTime,
			IdleTimeout: hookIdleTime, MaxHeaderBytes: 64 << 10, ErrorLog: zap.NewStdLog(log.Named("webhook"))}
		running = append(running, srv)
		log.Info("webhooks are received", zap.String("address", l.Addr().String()), zap.String("path", h.path))
		go func() {
			if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				log.Error("the webhook receiver ended; polling goes on", zap.Error(err))
			}
		}()
	}
	return stop, nil
}
