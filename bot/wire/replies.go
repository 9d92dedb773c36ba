package wire

import (
	"fmt"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/config"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/kernel/live"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/sink/outbox"
	"github.com/stablebot/stablebot/bot/sink/smtp"
	"github.com/stablebot/stablebot/rules/verdict"
)

// outboxName is the sink of dry runs.
const outboxName = "outbox"

// replySinks are those that replies go to: the mail server first when the bot
// may send, and the outbox always.
func replySinks(c *config.Config, log *zap.Logger) ([]flow.Sink, error) {
	out, err := outbox.Open(outboxName, OutboxDir(c.State))
	if err != nil || !c.SMTP.Send {
		return []flow.Sink{out}, err
	}
	s, err := MailSink(c, log)
	if err != nil {
		return nil, err
	}
	return []flow.Sink{s, out}, nil
}

func MailSink(c *config.Config, log *zap.Logger) (*smtp.Sink, error) {
	roots, err := certificates(c.SMTP.CAFile)
	if err != nil {
		return nil, err
	}
	cfg := smtp.Config{Name: "smtp", Address: c.SMTP.Address, TLS: c.SMTP.TLS, Roots: roots, User: c.SMTP.User, Auth: c.SMTP.Auth,
		Secret: c.SMTP.Password, From: c.SMTP.Bounces, Hello: c.SMTP.Hello}
	if cfg.From == "" {
		cfg.From = c.Bot.Address
	}
	for _, k := range c.SMTP.DKIM {
		if k.Domain == "" {
			_, k.Domain, _ = strings.Cut(c.Bot.Address, "@")
		}
		key, err := smtp.ReadKey(k.Domain, k.Selector, k.KeyFile)
		if err != nil {
			return nil, err
		}
		cfg.Keys = append(cfg.Keys, key)
	}
	return smtp.New(cfg, log)
}

// senders says who may decide about files, and how it is proven who sent a mail.
// The configured file counts beside the one of mainline.
func senders(c *config.Config, t *live.Trees) (command.Lookup, func(string, []string) bool, error) {
	var lookup command.Lookup
	if c.Trust.DKIM {
		lookup = command.Resolver(c.Trust.Resolver)
	}
	upstream := func(string, []string) bool { return false }
	if t != nil {
		upstream = (&live.Maintainers{Trees: t}).Maintains
	}
	if c.Commands.Maintainers == "" {
		return lookup, upstream, nil
	}
	m, err := MaintainersFile(c.Commands.Maintainers)
	if err != nil {
		return nil, nil, err
	}
	return lookup, func(address string, files []string) bool {
		return m.Maintains(address, files) || upstream(address, files)
	}, nil
}

func MaintainersFile(name string) (*command.Maintainers, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading who maintains what: %w", err)
	}
	defer func() { _ = f.Close() }()
	m, err := command.ReadMaintainers(f)
	if err != nil {
		return nil, fmt.Errorf("reading who maintains what: %w", err)
	}
	return m, nil
}

func Policy(c *config.Config) plan.Policy {
	p := plan.Policy{OptOut: c.OptOut, MaxAge: c.MaxAge.Std(), PerHour: c.Caps.PerHour, PerDay: c.Caps.PerDay, Commanders: c.Commands.Allow,
		StableTeam: c.Trust.StableTeam, Security: c.Security, Trusted: c.Trust.Sources}
	for _, l := range c.Lists {
		lp := plan.ListPolicy{ID: l.ID, Reply: plan.ReplyTo(l.Reply), Ignore: l.Ignore, PerHour: l.PerHour, PerDay: l.PerDay,
			DryRun: l.DryRun, Approve: l.Approve, MinMargin: plan.DefaultMinMargin, WithoutTrees: l.WithoutTrees}
		if l.MinMargin != nil {
			lp.MinMargin = *l.MinMargin
		}
		if l.Silence != "" { // both were checked when the file was read
			lp.Quiet.From, lp.Quiet.To, _ = config.Hours(l.Silence)
			lp.Quiet.Zone, _ = time.LoadLocation(l.Zone)
		}
		for _, v := range l.Verdicts {
			lp.Verdicts = append(lp.Verdicts, verdict.Verdict(v))
		}
		p.Lists = append(p.Lists, lp)
	}
	p.Lists = append(p.Lists, digestPolicies(c)...)
	return p
}
