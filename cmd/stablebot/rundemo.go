package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/console"
	"github.com/stablebot/stablebot/bot/demo"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/run"
	"github.com/stablebot/stablebot/bot/shell"
	"github.com/stablebot/stablebot/bot/store"
	"github.com/stablebot/stablebot/bot/wire"
	"github.com/stablebot/stablebot/fixtures"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// demoOptions are the flags of run that the demo has too.
type demoOptions struct {
	state string // kept; "": a temporary folder that goes with the demo
	level string
	once  bool
}

// runDemo runs the real bot on what is built in, and says what came of it. Without
// once it stays up for what is sent to it.
func runDemo(ctx context.Context, out io.Writer, o demoOptions) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dir, err := os.MkdirTemp("", "stablebot-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	began := time.Now()
	// The built-in weeks end now.
	now := began.Truncate(time.Second)
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
	if o.level != "" {
		c.Log.Level = o.level
	}
	if o.state != "" {
		c.State = o.state
	}
	p := &console.Printer{W: out}
	if o.once {
		c.Web.Listen = ""
	} else {
		c.Web.Listen = wire.FreeAddress(c.Web.Listen)
		p.F("The dashboard: http://%s/ (four weeks pass there first, in some seconds)\n", c.Web.Listen)
	}
	lookup := func(o *run.Options) { o.Lookup = signer.Lookup }
	if err := replayDemo(ctx, c, srv, gitDir, pushes, lookup); err != nil {
		return err
	}
	if err := demoSummary(ctx, p, c, time.Since(began)); err != nil {
		return err
	}
	if o.once {
		demoPlaces(p, o.state)
		return p.Err
	}
	p.F("\nThe dashboard: http://%s/\nSend it a patch of your own (Ctrl-C ends the demo):\n  curl -sST 0001-fix.patch 'imap://%s/INBOX' -u "+
		"%s:%s\n\n", c.Web.Listen, srv.Addr, srv.User, srv.Password)
	teller := &demo.Teller{W: out}
	told := func(a flow.Action) { teller.Do(func(w io.Writer) { printReply(&console.Printer{W: w}, a.Message) }) }
	telling := func(o *run.Options) { o.Journal = teller.Journal(o.Journal) }
	if err := wire.Run(ctx, c, false, told, lookup, telling); err != nil {
		return err
	}
	return p.Err
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
func replayDemo(ctx context.Context, c *config.Config, srv *demo.Server, gitDir string, pushes []demo.Push, with func(*run.Options)) error {
	log, err := wire.Logger(ctx, c.Log)
	if err != nil {
		return err
	}
	var clock demo.Clock
	p, err := wire.Build(ctx, c, log, nil, with, func(o *run.Options) { o.Clock.Now = clock.Now })
	if err != nil {
		return err
	}
	stop := func() error { return nil }
	if c.Web.Listen != "" { // until the bot itself serves it
		d, err := wire.Serve(ctx, c, p.Store, nil, nil, log)
		if err != nil {
			return errors.Join(err, p.Close())
		}
		stop = d.Stop
	}
	err = passWeeks(ctx, p, &clock, srv, gitDir, demo.Days(pushes, demoLook))
	return errors.Join(err, stop(), p.Close())
}

func passWeeks(ctx context.Context, p *wire.Parts, clock *demo.Clock, srv *demo.Server, gitDir string, days [][]demo.Push) error {
	for _, day := range days {
		for _, push := range day {
			if err := srv.Play(ctx, gitDir, push); err != nil {
				return err
			}
		}
		clock.Set(day[len(day)-1].At)
		if err := p.Bot.Run(ctx, true); err != nil {
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
	c.Log = config.Log{Level: "error", Format: "console"}
	c.Bot = config.Bot{Name: "stablebot", Address: "stablebot@example.org", Contact: "maintainer@example.org"}
	c.Web.Listen = wire.DashboardAddress
	c.MaxAge = 0 // the built-in mails are of no particular day
	c.Sources.IMAP = []config.IMAP{{Name: "demo", Address: srv.Addr, TLS: "none", User: srv.User, PasswordFile: password,
		Folders: []string{"INBOX"}}}
	c.Sources.Git = []config.Git{{Name: "linux", URL: gitDir, Role: "mainline", Branches: []string{"master"}, Since: since},
		{Name: "stable", URL: gitDir, Role: "stable", Branches: []string{"linux-*.y"}},
		{Name: "vendor", URL: gitDir, Role: "vendor", Branches: []string{"vendor"}, Since: since}}
	c.Lists = []config.List{{ID: fixtures.DemoList, Reply: "all", PerHour: 100, PerDay: 100, MinMargin: new(float64), WithoutTrees: true},
		{ID: fixtures.DemoNetList, Reply: "author", PerHour: 100, PerDay: 100, Approve: true}}
	c.Commands = config.Commands{Enabled: true, Allow: []string{fixtures.DemoMaintainer, fixtures.DemoWifiMaintainer}}
	return &c, nil
}

// printReply shows what a maintainer would read: the few headers that people
// look at, and the text.
func printReply(p *console.Printer, raw []byte) {
	p.F("%s\n", strings.Repeat("─", 72))
	m, err := mail.Parse(raw)
	if err != nil {
		p.F("%s\n", raw)
		return
	}
	for _, to := range m.To {
		p.F("To: %s\n", console.Printable(to.String()))
	}
	for _, cc := range m.Cc {
		p.F("Cc: %s\n", console.Printable(cc.String()))
	}
	p.F("Subject: %s\n\n%s\n", console.Printable(m.Subject), m.Text())
}

// demoSummary says in a few lines what came of the built-in weeks.
func demoSummary(ctx context.Context, p *console.Printer, c *config.Config, took time.Duration) error {
	s, err := store.OpenReadOnly(ctx, wire.StoreOf(c))
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	js, err := s.Judgements(ctx, store.Filter{Limit: 1000}) // all of them
	if err != nil {
		return err
	}
	counts, err := s.Counts(ctx)
	if err != nil {
		return err
	}
	p.F("Four weeks of two driver lists and a kernel tree, passed in %s: %s judged,\n%s written to an outbox. Nothing left "+
		"this machine.\n", took.Round(time.Second), change.Count(len(js), "change"),
		change.Count(counts.Actions[flow.StateDone], "reply"))
	for _, v := range verdict.Verdicts {
		n, title := 0, ""
		for i := range js {
			if j := &js[i].Judgement; j.Verdict == v {
				n, title = n+1, cmp.Or(title, j.Subject)
			}
		}
		p.F("  %3d %-16s %s\n", n, v, console.Clip(console.Printable(title), 57))
	}
	return p.Err
}

// demoPlaces says where there is more to see when the demo has ended.
func demoPlaces(p *console.Printer, state string) {
	if state == "" {
		p.F("The same with a dashboard that answers your own patch: stablebot run --demo\n" +
			"To keep the replies and reasons: stablebot run --demo --once --state-dir demo\n")
		return
	}
	p.F("The replies: %s\nThe reasons: stablebot serve --state-dir %[2]s, or stablebot explain ID --state-dir %[2]s\n", wire.OutboxDir(state),
		shell.Word(state))
}
