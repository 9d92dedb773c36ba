// Package digest tells an owner, now and then, what is new and needs a person: as a mail
// through the bot's outbox, and the same as text, an mbox or a page.
//
// Invariants:
//
//   - A digest of which nothing is new is not sent: mail about nothing is what people
//     mute.
//   - One that covers a period is planned once: its key is its name and the period, and
//     the cursor that says how far it got is stored with it.
//   - It is an action like a reply: emergency stop, caps, approval and dry run
//     hold, as the policy of the list "digest:NAME" says.
//   - Nothing embargoed is in it: it is made of what the pages may show.
package digest

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
)

// Scope is what a digest is about; both empty: everything.
type Scope struct {
	List   string
	Driver string
}

// Name is how a person calls it.
func (s Scope) Name() string {
	switch {
	case s.List != "" && s.Driver != "":
		return s.Driver + " on " + s.List
	case s.List+s.Driver != "":
		return s.List + s.Driver
	}
	return "all lists and drivers"
}

// Spec is one digest that is sent.
type Spec struct {
	Name   string // of its cursor, its key and its policy
	To     []string
	Scope  Scope
	Every  Every
	Gather Gather
	Sink   string // that mails it
}

// List is the name under which the policy has caps and hours for it.
func (s Spec) List() string { return ListPrefix + s.Name }

// ListPrefix begins the name of a digest among the lists of a policy. No List-Id has a
// colon.
const ListPrefix = "digest:"

// Period is what a digest covers: from included, to not.
type Period struct{ From, To time.Time }

// Gather finds what goes into a digest. It is what a new kind of digest has to bring;
// scheduling, mail and pages are the same for all.
type Gather func(ctx context.Context, of Scope, p Period) ([]Section, error)

// Section is one kind of things that need a person.
type Section struct {
	Title string // "Fixes that stable kernels take": with a number behind it
	Do    string // what to do about them, in a sentence
	Rows  []Row
	Total int // how many there are, when Rows are not all; 0: len(Rows)
	More  URL // where all of them are
	Known bool
}

// URL is where something stands on the pages: "/changes?verdict=uncertain".
type URL string

// Count is how many there are.
func (s Section) Count() int { return max(s.Total, len(s.Rows)) }

// Row is one of them.
type Row struct {
	ID    string // a Message-ID, or a commit
	Title string
	Why   string
	Next  string // the command to go on with
	URL   URL
}

// Digest is one, made.
type Digest struct {
	Name     string
	Scope    Scope
	Period   Period
	Sections []Section
}

// Make gathers one.
func Make(ctx context.Context, name string, of Scope, p Period, g Gather) (*Digest, error) {
	all, err := g(ctx, of, p)
	if err != nil {
		return nil, fmt.Errorf("gathering the digest of %s: %w", of.Name(), err)
	}
	d := &Digest{Name: name, Scope: of, Period: p}
	for _, s := range all {
		if s.Count() > 0 {
			d.Sections = append(d.Sections, s)
		}
	}
	return d, nil
}

// New reports whether there is something that was not there before: what merely still
// waits is no reason for another mail.
func (d *Digest) New() bool {
	for _, s := range d.Sections {
		if !s.Known {
			return true
		}
	}
	return false
}

// Count is how many things need a person.
func (d *Digest) Count() (n int) {
	for _, s := range d.Sections {
		n += s.Count()
	}
	return n
}

// Days is the period as a person writes it; the last day is part of it.
func (p Period) Days() string {
	from, to := p.From.UTC(), p.To.UTC().Add(-time.Second)
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		return to.Format("2 January 2006")
	}
	return from.Format("2 January") + " to " + to.Format("2 January 2006")
}

// Title is its subject and heading.
func (d *Digest) Title() string {
	return fmt.Sprintf("%s, %s: %s", d.Scope.Name(), d.Period.Days(), things(d.Count()))
}

func things(n int) string {
	if n == 0 {
		return "nothing needs you"
	}
	return change.Count(n, "thing") + change.Agree(n, " needs you", " need you")
}

// Every is how often a digest is sent.
type Every struct {
	Daily bool
	Day   time.Weekday // of a weekly one
	Hour  int          // of the day
	Zone  *time.Location
}

// Last is the period that ended last at a time: up to the latest hour of sending.
func (e Every) Last(now time.Time) Period {
	zone := e.Zone
	if zone == nil {
		zone = time.UTC
	}
	t := now.In(zone)
	to := time.Date(t.Year(), t.Month(), t.Day(), e.Hour, 0, 0, 0, zone)
	days := 1
	if !e.Daily {
		days = 7
		to = to.AddDate(0, 0, -((int(t.Weekday()) - int(e.Day) + 7) % 7))
	}
	if to.After(now) {
		to = to.AddDate(0, 0, -days)
	}
	return Period{From: to.AddDate(0, 0, -days), To: to}
}

// key is the action's: a name and a period give one mail.
func (s Spec) key(p Period) string {
	return "digest/" + url.PathEscape(s.Name) + "/" + p.To.UTC().Format("2006-01-02T15")
}

func (s Spec) cursor() string { return "digest/" + s.Name }

// Journal is what planning a digest needs of the store.
type Journal interface {
	Cursor(ctx context.Context, key string) (string, error)
	OptedOut(ctx context.Context, who []string) (map[string]bool, error)
	// Announce plans an action that belongs to no series, and moves the cursor, in one
	// transaction; a is nil where there is nothing to say.
	Announce(ctx context.Context, a *flow.Action, c flow.Cursor) error
}

// has reports whether a period, or a later one, was planned before.
func has(cursor string, p Period) bool {
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(cursor))
	return err == nil && !at.Before(p.To)
}
