package preview

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"maps"
	"math"
	"mime/quotedprintable"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/plan"
	"github.com/stablebot/stablebot/bot/store"
)

// Fate is what would have become of a reply.
type Fate string

// The fates of a reply.
const (
	Sent     Fate = "sent"
	Approval Fate = "approval" // it would have waited for a person
	Capped   Fate = "capped"   // a cap was reached: it would have waited for a person
	Dropped  Fate = "dropped"  // what it says held no more before it could go
)

// Report is what a preview shows.
type Report struct {
	List     string         `json:"list"`
	Since    time.Time      `json:"since"`
	Until    time.Time      `json:"until"`
	Policy   Policy         `json:"policy"`
	Branches []string       `json:"branches,omitempty"` // that the trees have, newest first; none: judged without trees
	Mails    int            `json:"mails"`
	Series   int            `json:"series"`   // postings judged, a single patch counted as one
	Verdicts map[string]int `json:"verdicts"` // of patches
	Rates    []Rate         `json:"rates"`    // how much is said of each label
	// Corrections are mails that take back what was said; Said are all mails.
	Corrections int      `json:"corrections"`
	Said        int      `json:"said"`
	Replies     []Reply  `json:"replies"` // oldest first
	Days        []Day    `json:"days"`
	People      []Person `json:"people"` // those addressed in To, most first
	Quiet       []Reason `json:"quiet"`  // why postings got no reply, most first
}

// Policy is what was replayed under.
type Policy struct {
	Reply    string   `json:"reply"`
	Verdicts []string `json:"verdicts"`
	PerHour  int      `json:"per_hour"`
	PerDay   int      `json:"per_day"`
	Approve  bool     `json:"approve,omitempty"`
	Silence  bool     `json:"silence,omitempty"`
	// MinMargin and WithoutTrees are the list's.
	MinMargin    float64 `json:"min_margin"`
	WithoutTrees bool    `json:"without_trees,omitempty"`
}

// Rate is how many fixes have a label, and how many mails tell one. A mail on a series
// tells the label of its first fix, so it is one of several fixes.
type Rate struct {
	Label string `json:"label"`
	Fixes int    `json:"fixes"`
	Mails int    `json:"mails"`
}

// Per100 is the mails in a hundred fixes.
func (r Rate) Per100() float64 { return per100(r.Mails, r.Fixes) }

// CorrectionsPer100 is the corrections in a hundred mails.
func (r *Report) CorrectionsPer100() float64 { return per100(r.Corrections, r.Said) }

func per100(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }

// Reply is one mail that would have been written.
type Reply struct {
	Fate    Fate      `json:"fate"`
	Why     string    `json:"why,omitempty"` // of a fate other than sent
	Planned time.Time `json:"planned"`
	At      time.Time `json:"at"`               // when it would have gone, or was stopped
	Waited  string    `json:"waited,omitempty"` // for embargo hours
	To      []string  `json:"to"`
	Cc      []string  `json:"cc,omitempty"`
	Subject string    `json:"subject"`
	Answers string    `json:"answers"` // Message-ID
	Cause   string    `json:"cause"`   // first, correction
	Verdict string    `json:"verdict"`
	Line    string    `json:"line"`
	Mail    string    `json:"mail"` // as it would have been handed to the mail server, signatures left out

	action flow.Action
	class  string
}

// Day is one day of UTC.
type Day struct {
	Day      string `json:"day"`
	Mails    int    `json:"mails"`
	Postings int    `json:"postings"`
	Sent     int    `json:"sent"`
	Held     int    `json:"held"` // by a cap, or for approval
	Dropped  int    `json:"dropped"`
}

// Person is somebody who would have been written to.
type Person struct {
	Address string `json:"address"`
	N       int    `json:"n"`
}

// Reason is why nothing was said.
type Reason struct {
	Why string `json:"why"`
	N   int    `json:"n"`
}

// Action is the reply as the bot planned it, for writing it into a maildir.
func (r Reply) Action() flow.Action { return r.action }

// Count tells how many replies have a fate.
func (r *Report) Count(f Fate) (n int) {
	for _, x := range r.Replies {
		if x.Fate == f {
			n++
		}
	}
	return n
}

func report(ctx context.Context, o Options, j *journal, come *arrivals) (*Report, error) {
	until := o.Until
	if until.IsZero() {
		until = come.last
	}
	if until.Before(o.Since) { // nothing came
		until = o.Since
	}
	r := &Report{List: o.List, Since: o.Since, Until: until, Policy: policyOf(o.Bot.Policy.For(o.List)), Mails: come.n,
		Verdicts: map[string]int{}}
	rows, err := o.Store.Actions(ctx, "", math.MaxInt32)
	if err != nil {
		return nil, err
	}
	replied := map[string]bool{}
	slices.Reverse(rows)
	for _, a := range rows {
		replied[a.SeriesKey] = true
		if x := replyOf(a); !x.Planned.Before(o.Since) {
			r.Replies = append(r.Replies, x)
		}
	}
	slices.SortStableFunc(r.Replies, func(x, y Reply) int { return x.At.Compare(y.At) })
	days := map[string]*Day{}
	day := func(t string) *Day {
		if days[t] == nil {
			days[t] = &Day{Day: t}
		}
		return days[t]
	}
	for t, n := range come.days {
		day(t).Mails = n
	}
	people := map[string]int{}
	for _, x := range r.Replies {
		d := day(dayOf(x.At))
		switch x.Fate {
		case Sent:
			d.Sent++
		case Dropped:
			d.Dropped++
		default:
			d.Held++
		}
		if x.Fate != Dropped {
			for _, to := range x.To {
				people[to]++
			}
		}
	}
	quiet := map[string]int{}
	for key, q := range j.quiet {
		if q.at.Before(o.Since) {
			continue
		}
		r.Series++
		day(dayOf(q.at)).Postings++
		if !replied[key] && q.why != "" {
			quiet[q.why]++
		}
	}
	for _, t := range slices.Sorted(maps.Keys(days)) {
		r.Days = append(r.Days, *days[t])
	}
	for who, n := range people {
		r.People = append(r.People, Person{who, n})
	}
	slices.SortFunc(r.People, func(x, y Person) int { return cmp.Or(y.N-x.N, strings.Compare(x.Address, y.Address)) })
	for why, n := range quiet {
		r.Quiet = append(r.Quiet, Reason{why, n})
	}
	slices.SortFunc(r.Quiet, func(x, y Reason) int { return cmp.Or(y.N-x.N, strings.Compare(x.Why, y.Why)) })
	judged, err := o.Store.Judgements(ctx, store.Filter{Since: o.Since, Private: true, Limit: math.MaxInt32})
	fixes := map[string]int{}
	for _, v := range judged {
		r.Verdicts[string(v.Verdict)]++
		if v.Lines != nil && v.Fix >= v.Lines.Fix {
			fixes[labelOf(string(v.Verdict), string(v.ReasonClass))]++
		}
	}
	r.rates(fixes)
	return r, err
}

// labelOf tells apart what a list can ask for.
func labelOf(v, class string) string {
	if class == string(plan.BelowBar) {
		return class
	}
	return v
}

// rates counts what is said.
func (r *Report) rates(fixes map[string]int) {
	mails := map[string]int{}
	for _, x := range r.Replies {
		switch {
		case x.Fate == Dropped:
			continue
		case x.Cause == flow.CauseFirst:
			mails[labelOf(x.Verdict, x.class)]++
		case x.Cause == flow.CauseCorrection:
			r.Corrections++
		}
		r.Said++
	}
	all := maps.Clone(fixes)
	for l, n := range mails {
		all[l] += n
	}
	for _, l := range slices.Sorted(maps.Keys(all)) {
		r.Rates = append(r.Rates, Rate{Label: l, Fixes: fixes[l], Mails: mails[l]})
	}
}

func policyOf(l plan.ListPolicy) Policy {
	p := Policy{Reply: string(l.Reply), PerHour: l.PerHour, PerDay: l.PerDay, Approve: l.Approve, Silence: l.Quiet.From != l.Quiet.To,
		MinMargin: l.MinMargin, WithoutTrees: l.WithoutTrees}
	verdicts := l.Verdicts
	if verdicts == nil {
		verdicts = plan.DefaultVerdicts
	}
	for _, v := range verdicts {
		p.Verdicts = append(p.Verdicts, string(v))
	}
	return p
}

func replyOf(a store.ActionRow) Reply {
	r := Reply{Planned: a.Created, At: a.Created, Cause: a.Cause, Verdict: a.Verdict, Line: a.Line, Mail: string(a.Message), action: a.Action}
	switch a.State {
	case flow.StateDone:
		r.Fate, r.At = Sent, a.Begun
		if d := a.Begun.Sub(a.Created); d >= time.Minute {
			r.Waited = d.Round(time.Minute).String()
		}
	case flow.StateHeld:
		r.Fate, r.Why = Capped, a.Problem
		if a.Ended.IsZero() { // held from the beginning; a cap holds later
			r.Fate = Approval
		} else {
			r.At = a.Ended
		}
	default:
		r.Fate, r.Why = Dropped, a.Problem
		if !a.Ended.IsZero() {
			r.At = a.Ended
		}
	}
	m, err := mail.Parse(a.Message)
	if err != nil { // it is our own mail
		r.Why = strings.TrimPrefix(r.Why+"; it cannot be read: "+err.Error(), "; ")
		return r
	}
	r.Subject, r.Answers = m.Subject, m.InReplyTo
	if head, err := netmail.ReadMessage(bytes.NewReader(a.Message)); err == nil {
		r.class = head.Header.Get("X-Stablebot-Reason")
	}
	for _, p := range m.To {
		r.To = append(r.To, p.String())
	}
	for _, p := range m.Cc {
		r.Cc = append(r.Cc, p.String())
	}
	return r
}

// Readable is the mail as its reader sees it: what was written for the way is undone.
func (r Reply) Readable() string {
	const quoted = "Content-Transfer-Encoding: quoted-printable"
	head, body, ok := strings.Cut(r.Mail, "\r\n\r\n")
	if !ok || !strings.Contains(head, quoted) {
		return r.Mail
	}
	text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
	if err != nil {
		return r.Mail // it is shown as it is
	}
	return strings.Replace(head, quoted, "Content-Transfer-Encoding: 8bit", 1) + "\r\n\r\n" + string(text)
}
