package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/demo"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/fixtures"
)

// runDemo runs the real bot on what is built in, and shows each reply.
func runDemo(ctx context.Context, out io.Writer, level string, once bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dir, err := os.MkdirTemp("", "stablebot-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for the demo: %w", err)
	}
	// The built-in weeks end now.
	now := time.Now().Truncate(time.Second)
	shift := now.Sub(fixtures.End())
	gitDir := filepath.Join(dir, "linux.git")
	shas, err := demo.BuildRemote(ctx, gitDir, fixtures.Git(), shift)
	if err != nil {
		return err
	}
	pushes, err := demo.Hold(ctx, gitDir, fixtures.Git(), shas, now)
	if err != nil {
		return err
	}
	signer, err := demo.NewSigner()
	if err != nil {
		return err
	}
	mails, err := demoMails(shas, shift, signer)
	if err != nil {
		return err
	}
	pushes = append(pushes, mails...)
	srv, err := demo.Serve(ctx, nil)
	if err != nil {
		return err
	}
	since, err := time.Parse(time.DateOnly, fixtures.GitSince)
	if err != nil {
		return err
	}
	c, err := demoConfig(dir, gitDir, srv, since.Add(shift).Format(time.DateOnly))
	if err != nil {
		return err
	}
	if level != "" {
		c.Log.Level = level
	}

	p := &printer{w: out}
	p.f("stablebot demo: %d mails on an IMAP server at %s, a git remote with a mainline and\nstable branches at %s\n\n", len(mails), srv.Addr, gitDir)
	if once {
		c.Web.Listen = ""
	} else {
		c.Web.Listen = freeAddress(c.Web.Listen)
		p.f("The dashboard: http://%s/ (four weeks pass there first, in some seconds)\n\n", c.Web.Listen)
	}
	var mu sync.Mutex
	replies := 0
	told := func(a flow.Action) {
		mu.Lock()
		defer mu.Unlock()
		replies++
		printReply(p, a.Message)
	}
	lookup := func(o *run.Options) { o.Lookup = signer.Lookup }
	if err := replayDemo(ctx, c, srv, gitDir, pushes, told, lookup); err != nil {
		return err
	}
	if !once {
		p.f("The dashboard: http://%s/\n\n", c.Web.Listen)
		p.f("Send it a mail of your own (Ctrl-C ends the demo):\n  curl -T 0001-fix.patch 'imap://%s/INBOX' -u %s:%s\n\n", srv.Addr, srv.User, srv.Password)
		if err := runBot(ctx, c, once, told, lookup); err != nil {
			return err
		}
	}
	if err := demoSummary(context.WithoutCancel(ctx), p, c, replies); err != nil {
		return err
	}
	return p.err
}

// demoMails are the built-in mails with the SHAs and the days of this run.
func demoMails(shas map[string]string, shift time.Duration, signer *demo.Signer) ([]demo.Push, error) {
	mails, err := fixtures.Demo()
	if err != nil {
		return nil, err
	}
	var out []demo.Push
	for i, m := range mails {
		if m, err = demo.Expand(m, shas); err != nil {
			return nil, fmt.Errorf("demo mail %d: %w", i+1, err)
		}
		m, date, err := demo.Shift(m, shift)
		if err != nil {
			return nil, fmt.Errorf("demo mail %d: %w", i+1, err)
		}
		if bytes.Contains(m, []byte("\nIn-Reply-To: ")) { // who answers has to be proven for it to count
			if m, err = signer.Sign(m); err != nil {
				return nil, err
			}
		}
		out = append(out, demo.Push{At: date, Mail: m})
	}
	return out, nil
}

// demoLook is how often the bot looks during the replay: enough for charts by
// day, in a few seconds.
const demoLook = 48 * time.Hour

// replayDemo has four weeks pass: the bot looks every few days, with the clock
// of that day.
func replayDemo(ctx context.Context, c *config.Config, srv *demo.Server, gitDir string, pushes []demo.Push, told func(flow.Action), with func(*run.Options)) error {
	log, err := newLogger(c.Log)
	if err != nil {
		return err
	}
	var clock demo.Clock
	p, err := build(ctx, c, log, told, with, func(o *run.Options) { o.Clock.Now = clock.Now })
	if err != nil {
		return err
	}
	stop := func() error { return nil }
	if c.Web.Listen != "" { // until the bot itself serves it
		d, err := newDashboard(ctx, c, p.store, nil, nil, log)
		if err != nil {
			return errors.Join(err, p.close())
		}
		stop = d.stop
	}
	err = passWeeks(ctx, p, &clock, srv, gitDir, demo.Days(pushes, demoLook))
	return errors.Join(err, stop(), p.close())
}

func passWeeks(ctx context.Context, p *parts, clock *demo.Clock, srv *demo.Server, gitDir string, days [][]demo.Push) error {
	for _, day := range days {
		for _, push := range day {
			if err := srv.Play(ctx, gitDir, push); err != nil {
				return err
			}
		}
		clock.Set(day[len(day)-1].At)
		if err := p.bot.Run(ctx, true); err != nil {
			return err
		}
	}
	return nil
}

// demoConfig is a configuration like any other, so that the demo goes the way
// of the real thing.
func demoConfig(dir, gitDir string, srv *demo.Server, since string) (*config.Config, error) {
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
	c.Sources.Git = []config.Git{{Name: "linux", URL: gitDir, Role: "mainline", Branches: []string{"master"}, Since: since},
		{Name: "stable", URL: gitDir, Role: "stable", Branches: []string{"linux-*.y"}},
		{Name: "vendor", URL: gitDir, Role: "vendor", Branches: []string{"vendor"}, Since: since}}
	c.Lists = []config.List{{ID: fixtures.DemoList, Reply: "all", PerHour: 100, PerDay: 100, MinMargin: new(float64)},
		{ID: fixtures.DemoNetList, Reply: "author", PerHour: 100, PerDay: 100, Approve: true}}
	c.Commands = config.Commands{Enabled: true, Allow: []string{fixtures.DemoMaintainer, fixtures.DemoWifiMaintainer}}
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
	js, err := s.Judgements(ctx, store.Filter{Limit: 1000}) // all of them
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
