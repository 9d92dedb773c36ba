package wire

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/progress"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/source/archive"
	"github.com/stablebot/stablebot/bot/source/git"
	"github.com/stablebot/stablebot/bot/source/imap"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/usage"
	"github.com/stablebot/stablebot/bot/web"
)

// Parts is the bot with everything that has to be closed after it.
type Parts struct {
	Bot     *run.Bot
	Store   *store.Store
	sources []source
	Trees   *live.Trees
	hooks   []hook
	metrics *web.Metrics
	log     *zap.Logger
	outage  *Outage
}

func (p *Parts) Close() error {
	var errs []error
	for _, s := range p.sources {
		if err := s.Close(); err != nil {
			errs = append(errs, fmt.Errorf("closing source %s: %w", s.Name(), err))
		}
	}
	errs = append(errs, p.Trees.Close())
	if p.Store != nil {
		errs = append(errs, p.Store.Close())
	}
	_ = p.log.Sync() // fails on terminals and pipes, and there is nobody to tell
	return errors.Join(errs...)
}

// Build wires everything by hand, in the order of the flow.
func Build(ctx context.Context, c *config.Config, log *zap.Logger, told func(flow.Action), with ...func(*run.Options)) (*Parts, error) {
	gone := &Outage{}
	log = gone.Quiet(log)
	p := &Parts{log: log, metrics: web.NewMetrics(Version()), outage: gone}
	judge, err := LoadJudge(c.Weights)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.State, 0o750); err != nil {
		return nil, fmt.Errorf("making the state folder: %w; set state to a folder that the bot may write", err)
	}
	if p.Store, err = store.Open(ctx, StoreOf(c)); err != nil {
		return nil, err
	}
	gone.Ping = p.Store.Ping
	sinks, err := replySinks(c, log)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	if p.Trees, err = Trees(c, log); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	if p.sources, err = Sources(c, p.Trees, log); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	hubs, err := wireGitHub(c, p.Store, log)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	for _, s := range hubs.sources {
		p.sources = append(p.sources, s)
	}
	p.hooks = hubs.hooks
	var in []flow.Source
	for _, s := range p.sources {
		in = append(in, s)
	}
	lookup, maintains, err := senders(c, p.Trees)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	works, checks, err := patchworks(c)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	o := run.Options{
		Sources:    in,
		Sinks:      slices.Concat(sinks, hubs.sinks, works),
		Checks:     checks,
		DryRun:     outboxName,
		Stopped:    func() string { return Stopped(c.State) },
		Lookup:     lookup,
		NoCommands: !c.Commands.Enabled,
		Maintains:  maintains,
		Place:      Placer(c.Lists),
		PullSinks:  hubs.pulls,
		Journal:    p.metrics.Journal(p.Store),
		Judge:      p.metrics.Judge(judge.Change),
		Suite:      judge.Suite,
		Policy:     Policy(c),
		Bot:        BotOf(c),
		Settle:     c.Series.Settle.Std(),
		Log:        log,
		Told:       told,
		Disk:       newDisk(c.State, c.QuotaGB).look,
	}
	o.Announce = announcer(c, p.Store, &o)
	o.Roles = rolesOf(c.Roles)
	if o.Queue, err = workQueue(ctx, p.Store, c.Workers, gone.queue(log)); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	if p.Trees != nil {
		o.Trees, o.Follow, o.Audit = p.Trees, follow(p.Store, p.Trees, log), p.Trees.Audit
	}
	o.Forecast = live.Forecast(*judge, p.Trees)
	for _, change := range with {
		change(&o)
	}
	if p.Bot, err = run.New(o); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// BotOf is how the bot presents itself.
func BotOf(c *config.Config) report.Bot {
	return report.Bot{Name: c.Bot.Name, Address: BotAddress(c), Contact: c.Bot.Contact, Details: c.DetailsURL(), Version: Version(),
		Commands: c.Commands.Enabled}
}

// BotAddress is the configured one; a bot that answers no list shows its
// replies as coming from a name that nobody can own (RFC 6761).
func BotAddress(c *config.Config) string {
	if c.Bot.Address != "" {
		return c.Bot.Address
	}
	return "stablebot@not-configured.invalid"
}

// source is a flow.Source that doctor can look at.
type source interface {
	flow.Source
	Check(context.Context) error
}

func Sources(c *config.Config, t *live.Trees, log *zap.Logger) ([]source, error) {
	var out []source
	var errs []error
	add := func(s source, err error) {
		if err != nil {
			errs = append(errs, err)
			return
		}
		out = append(out, s)
	}
	for _, a := range c.Sources.IMAP {
		roots, err := certificates(a.CAFile)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, folder := range a.Folders {
			s, err := imap.New(imap.Config{
				Name: a.Name, Address: a.Address, Folder: folder, TLS: a.TLS, Roots: roots,
				User: a.User, Auth: a.Auth, Secret: a.Password, Every: a.Every.Std(),
			}, log)
			add(s, err)
		}
	}
	for _, a := range c.Sources.Archive {
		s, err := archive.NewSource(archive.Config{
			Name: a.Name, URL: a.URL, List: a.List, Since: dayOf(a.Since), Every: a.Every.Std(),
			State: Mirrors(c.State),
		}, log)
		add(s, err)
	}
	for _, g := range c.Sources.Git {
		s, err := gitSource(t, g, gitConfig(g, c.State), log)
		add(s, err)
	}
	return out, errors.Join(errs...)
}

// Mirrors is the folder in a state folder that copies of remotes are kept in.
func Mirrors(state string) string { return filepath.Join(state, "mirrors") }

func gitConfig(g config.Git, state string) git.Config {
	return git.Config{Name: g.Name, URL: g.URL, Branches: g.Branches, Paths: g.Paths, Since: g.Since, Every: g.Every.Std(),
		State: Mirrors(state), Layout: layoutSaid(g.Root)}
}

// dayOf reads a day that the configuration has checked.
func dayOf(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s)
	return t
}

func certificates(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the certificates of ca_file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading the certificates of ca_file: no PEM certificate is in %s", file)
	}
	return pool, nil
}

// Logger logs to standard error, above the bars of ctx: standard output is for results.
func Logger(ctx context.Context, c config.Log) (*zap.Logger, error) {
	level, err := zapcore.ParseLevel(c.Level)
	if err != nil {
		return nil, usage.Wrap(err)
	}
	out := zapcore.Lock(zapcore.AddSync(plainly{progress.On(ctx).Writer(os.Stderr)}))
	with := zap.NewProductionEncoderConfig()
	with.EncodeTime = zapcore.RFC3339TimeEncoder
	options := []zap.Option{zap.ErrorOutput(out), zap.AddStacktrace(zapcore.ErrorLevel)}
	if c.Format == "console" {
		with.EncodeLevel = zapcore.CapitalLevelEncoder
		return zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(with), out, level), options...), nil
	}
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(with), out, level), append(options, zap.AddCaller())...), nil
}
