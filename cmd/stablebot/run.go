package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot"
	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/demo"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/fixtures"
)

func runCommand() *cobra.Command {
	var file, state, level, where string
	var once, isDemo bool
	var roles []string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the bot: sources in, replies to the outbox",
		Long: `Runs the bot until SIGTERM or Ctrl-C: mails and commits come in from the
configured sources, are judged, and replies are written to the outbox, a maildir
under the state folder. Nothing leaves the machine unless smtp.send is on.

Several processes can share the work, each with the --roles it is to have. On
SQLite they run on one machine; with --store postgres://… on as many as wanted.
A source, and each way out, is held by one process at a time, and taken over
within seconds when that one dies.

--demo needs no configuration: it starts a mail server on loopback with built-in
mails and a small git remote in a temporary folder.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if isDemo {
				return runDemo(cmd.Context(), cmd.OutOrStdout(), level, once)
			}
			c, err := readConfig(file)
			if err != nil {
				return err
			}
			if state != "" {
				c.State = state
			}
			if level != "" {
				c.Log.Level = level
			}
			if len(roles) > 0 {
				if c.Roles, err = checkRoles(roles); err != nil {
					return err
				}
			}
			if where != "" {
				c.Store.Address = where
			}
			return runBot(cmd.Context(), c, once, nil)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&file, "config", "c", "stablebot.yaml", "configuration `file`")
	f.StringVar(&state, "state-dir", "", "state `folder`, instead of the configuration's")
	f.StringVar(&where, "store", "", "store, postgres://`…` or a file, instead of the configuration's")
	f.StringSliceVar(&roles, "roles", nil, "the parts of the work that this process takes, of source, worker, web; all without it")
	f.StringVar(&level, "log-level", "", "debug, info, warn or error, instead of the configuration's")
	f.BoolVar(&once, "once", false, "handle what is there and end")
	f.BoolVar(&isDemo, "demo", false, "run on built-in mails and a built-in git remote")
	cmd.MarkFlagsMutuallyExclusive("demo", "config")
	cmd.MarkFlagsMutuallyExclusive("demo", "state-dir")
	return cmd
}

func runBot(ctx context.Context, c *config.Config, once bool, told func(bot.Action)) error {
	log, err := newLogger(c.Log)
	if err != nil {
		return err
	}
	p, err := build(ctx, c, log, told)
	if err != nil {
		return err
	}
	log.Info("running", zap.String("version", buildVersion()), zap.Int("sources", len(p.sources)), zap.String("state", c.State))
	stop := func() {}
	if !once && slices.Contains(rolesOrAll(c.Roles), string(bot.RoleWeb)) {
		if stop, err = startHooks(p.hooks, log); err != nil {
			return errors.Join(err, p.close())
		}
		if c.Web.Listen != "" {
			d, err := newDashboard(ctx, c, p.store, p.metrics, p, log)
			if err != nil {
				stop()
				return errors.Join(err, p.close())
			}
			hooks := stop
			stop = func() { hooks(); _ = d.stop() } // it has nothing to lose
		}
	}
	if keep := c.Store.Keep.Std(); keep > 0 && !once && slices.Contains(rolesOrAll(c.Roles), string(bot.RoleWorker)) {
		go forgetOld(ctx, p.store, keep, log)
	}
	err = p.bot.Run(ctx, once)
	stop()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // asked to stop, and stopped in order
	}
	return errors.Join(err, p.close())
}

// runDemo runs the real bot on what is built in, and shows each reply.
func runDemo(ctx context.Context, out io.Writer, level string, once bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dir, err := os.MkdirTemp("", "stablebot-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for the demo: %w", err)
	}
	gitDir := filepath.Join(dir, "linux.git")
	shas, err := demo.BuildRemote(ctx, gitDir, fixtures.Git())
	if err != nil {
		return err
	}
	mails, err := fixtures.Demo()
	if err != nil {
		return err
	}
	for i := range mails {
		if mails[i], err = demo.Expand(mails[i], shas); err != nil {
			return err
		}
	}
	srv, err := demo.Serve(ctx, mails)
	if err != nil {
		return err
	}
	c, err := demoConfig(dir, gitDir, srv)
	if err != nil {
		return err
	}
	if level != "" {
		c.Log.Level = level
	}

	p := &printer{w: out}
	p.f("stablebot demo: %d mails on an IMAP server at %s, a git remote with a mainline and\nstable branches at %s\n\n", len(mails), srv.Addr, gitDir)
	var mu sync.Mutex
	replies := 0
	told := func(a bot.Action) {
		mu.Lock()
		defer mu.Unlock()
		replies++
		printReply(p, a.Message)
	}
	if !once {
		c.Web.Listen = freeAddress(c.Web.Listen)
		p.f("The dashboard: http://%s/\n\n", c.Web.Listen)
		p.f("Send it a mail of your own (Ctrl-C ends the demo):\n  curl -T 0001-fix.patch 'imap://%s/INBOX' -u %s:%s\n\n", srv.Addr, srv.User, srv.Password)
	}
	if err := runBot(ctx, c, once, told); err != nil {
		return err
	}
	if err := demoSummary(context.WithoutCancel(ctx), p, c, replies); err != nil {
		return err
	}
	return p.err
}

// demoConfig is a configuration like any other, so that the demo goes the way
// of the real thing.
func demoConfig(dir, gitDir string, srv *demo.Server) (*config.Config, error) {
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(srv.Password), 0o600); err != nil {
		return nil, fmt.Errorf("writing the demo's password: %w", err)
	}
	c := config.Default()
	c.State = filepath.Join(dir, "state")
	c.Log = config.Log{Level: "warn", Format: "console"}
	c.Bot = config.Bot{Name: "stablebot", Address: "stablebot@example.org", Contact: "maintainer@example.org"}
	c.Web.Listen = dashboardAddress
	c.MaxAge = 0 // the built-in mails are of no particular day
	c.Sources.IMAP = []config.IMAP{{Name: "demo", Address: srv.Addr, TLS: "none", User: srv.User, PasswordFile: password, Folders: []string{"INBOX"}}}
	c.Sources.Git = []config.Git{{Name: "linux", URL: gitDir, Role: "mainline", Branches: []string{"master"}, Since: fixtures.GitSince},
		{Name: "stable", URL: gitDir, Role: "stable", Branches: []string{"linux-*.y"}}}
	c.Lists = []config.List{{ID: fixtures.DemoList, Reply: "all", PerHour: 100, PerDay: 100},
		{ID: fixtures.DemoNetList, Reply: "author", PerHour: 100, PerDay: 100}}
	return &c, nil
}

// printReply shows what a maintainer would read: the few headers that people
// look at, and the text.
func printReply(p *printer, raw []byte) {
	p.f("%s\n", strings.Repeat("─", 72))
	m, err := mail.Parse(raw)
	if err != nil {
		p.f("%s\n", raw)
		return
	}
	for _, to := range m.To {
		p.f("To: %s\n", printable(to.String()))
	}
	for _, cc := range m.Cc {
		p.f("Cc: %s\n", printable(cc.String()))
	}
	p.f("Subject: %s\n\n%s\n", printable(m.Subject), m.Text())
}

func demoSummary(ctx context.Context, p *printer, c *config.Config, replies int) error {
	s, err := store.OpenReadOnly(ctx, storeOf(c))
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	js, err := s.Judgements(ctx, store.Filter{})
	if err != nil {
		return err
	}
	p.f("%s\n%d changes judged, %d replies:\n\n%s", strings.Repeat("─", 72), len(js), replies, rowHeader())
	o := newOutput(p.w)
	for i := len(js) - 1; i >= 0; i-- { // newest first in the store
		if err := o.row(&js[i].Judgement); err != nil {
			return err
		}
	}
	if err := o.flush(); err != nil {
		return err
	}
	p.f("\nWhere to look:\n  replies   %s\n  actions   stablebot actions --state-dir %s\n  a change  stablebot explain ID --state-dir %s\n", outboxDir(c.State), c.State, c.State)
	return p.err
}
