package digest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/report"
)

// Announcer plans the mails of digests whose period is over.
type Announcer struct {
	Journal Journal
	Bot     report.Bot
	Specs   []Spec
	Pages   string // where readers reach the pages, "" where they do not
	Now     func() time.Time
	// Approve says of a digest why it waits for a person, "": it does not.
	Approve func(list string) string
	OptOut  []string // who is never written to
}

// Due plans what is due. One that fails leaves the others alone.
func (a *Announcer) Due(ctx context.Context) error {
	var errs []error
	for _, s := range a.Specs {
		if err := a.one(ctx, s); err != nil {
			errs = append(errs, fmt.Errorf("the digest %s: %w", s.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (a *Announcer) one(ctx context.Context, s Spec) error {
	now := a.Now()
	p := s.Every.Last(now)
	at, err := a.Journal.Cursor(ctx, s.cursor())
	if err != nil || has(at, p) {
		return err
	}
	c := flow.Cursor{Key: s.cursor(), Value: p.To.UTC().Format(time.RFC3339), From: &at}
	if at == "" { // its first period is the one that begins now
		return a.Journal.Announce(ctx, nil, c)
	}
	if told, err := time.Parse(time.RFC3339, strings.TrimSpace(at)); err == nil {
		p.From = told // periods that were missed, as the bot was down, are told with this one
	}
	to, err := a.recipients(ctx, s)
	if err != nil {
		return err
	}
	d, err := Make(ctx, s.Name, s.Scope, p, s.Gather)
	if err != nil {
		return err
	}
	if !d.New() || len(to) == 0 {
		return a.Journal.Announce(ctx, nil, c)
	}
	key := s.key(p)
	m := Mail{Bot: a.Bot, To: to, Key: key, Date: now, Pages: a.Pages}
	raw, err := m.Bytes(d)
	if err != nil {
		return err
	}
	action := &flow.Action{Key: key, Kind: flow.ActionDigest, Sink: s.Sink, Cause: "digest", List: s.List(), Line: d.Title(), Message: raw,
		Created: now}
	if a.Approve != nil {
		action.Hold = a.Approve(s.List())
	}
	return a.Journal.Announce(ctx, action, c)
}

// recipients leaves out who wants no mail.
func (a *Announcer) recipients(ctx context.Context, s Spec) ([]string, error) {
	out, err := a.Journal.OptedOut(ctx, s.To)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(s.To), func(to string) bool {
		return out[to] || slices.ContainsFunc(a.OptOut, func(o string) bool { return strings.EqualFold(o, to) })
	}), nil
}
