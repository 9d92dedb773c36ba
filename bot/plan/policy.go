package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/verdict"
)

// ReplyTo says who gets a reply.
type ReplyTo string

// The recipients of a reply. The zero value of a list is ReplyNone.
const (
	ReplyNone   ReplyTo = "none"   // muted: judged and recorded
	ReplyAuthor ReplyTo = "author" // the author alone
	ReplyAll    ReplyTo = "all"    // the author and who was addressed
)

// ListPolicy is what may be said on one list.
type ListPolicy struct {
	ID       string            // List-Id without angle brackets, or the posting address
	Reply    ReplyTo           // muted unless said otherwise
	Verdicts []verdict.Verdict // which are answered; nil: DefaultVerdicts. BelowBar is one of them
	// MinMargin is how far a label's chance has to be from its line before it is told.
	MinMargin float64
	// WithoutTrees answers also where no tree that is configured has the code.
	WithoutTrees bool
	Ignore       []string // senders never answered here
	PerHour      int      // caps on replies; 0: none are sent
	PerDay       int
	// KeepStable leaves stable@vger.kernel.org among the recipients. Off by
	// default: that list is for requests by people.
	KeepStable bool
	// DryRun sends what is said here to the sink for dry runs.
	DryRun bool
	// Approve holds every reply until a person lets it go.
	Approve bool
	// Quiet are the hours in which nothing is sent.
	Quiet Hours

	allPerHour, allPerDay int // of the whole policy
}

// Hours is a time of day, from one minute to another, over midnight when From
// is the later one. The zero value is never.
type Hours struct {
	From, To time.Duration // since midnight
	Zone     *time.Location
}

// Until returns the end of the hours that t is in, the zero time for none.
func (h Hours) Until(t time.Time) time.Time {
	if h.From == h.To {
		return time.Time{}
	}
	if h.Zone != nil {
		t = t.In(h.Zone)
	}
	// By the wall clock: a day has 23 or 25 hours now and then.
	at := func(day int, d time.Duration) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day()+day, int(d/time.Hour), int(d%time.Hour/time.Minute), 0, 0, t.Location())
	}
	for _, day := range []int{-1, 0} {
		from, to := at(day, h.From), at(day, h.To)
		if h.To < h.From {
			to = at(day+1, h.To)
		}
		if !t.Before(from) && t.Before(to) {
			return to
		}
	}
	return time.Time{}
}

// DefaultVerdicts are those that tell a maintainer something to act upon.
var DefaultVerdicts = []verdict.Verdict{verdict.StableEligible, verdict.DKMSOnly}

// Policy is what the bot may do.
type Policy struct {
	Lists  []ListPolicy
	OptOut []string // addresses never written to, from the configuration
	// MaxAge: mail older than this is judged and recorded, never answered.
	MaxAge time.Duration
	// PerHour and PerDay cap the replies to all lists together; 0 is no limit.
	PerHour, PerDay int
	// Commanders are the addresses whose commands count everywhere, and StableTeam
	// those that decide about stable branches; nil: command.StableTeam.
	Commanders, StableTeam []string
	// Security are addresses of security contacts besides those that are known:
	// "secure@" at any domain, "cve@example.org", or "@psirt.example.org".
	Security []string
	// Trusted are the names of sources, "imap:work", whose senders are believed to
	// be who they say.
	Trusted []string
}

// DefaultMaxAge: an answer to a patch that people settled days ago is noise.
const DefaultMaxAge = 72 * time.Hour

// DefaultSettle is how long an incomplete series is waited for. A series
// trickles in over a minute or two; greylisting and list moderation can hold a
// part back for some ten minutes.
const DefaultSettle = 15 * time.Minute

// For returns the policy of a list; one that is not configured is muted.
func (p Policy) For(list string) ListPolicy {
	for _, l := range p.Lists {
		if strings.EqualFold(l.ID, list) {
			l.allPerHour, l.allPerDay = p.PerHour, p.PerDay
			return l
		}
	}
	return ListPolicy{ID: list, Reply: ReplyNone, MinMargin: DefaultMinMargin}
}

// ListOf says which list a mail came over: what its source stands for, the
// List-Id, or a configured posting address among its recipients.
func (p Policy) ListOf(m *mail.Message, of string) string {
	if of != "" {
		return of
	}
	for _, l := range p.Lists {
		if strings.EqualFold(l.ID, m.ListID) {
			return l.ID
		}
	}
	for _, r := range append(slices.Clone(m.To), m.Cc...) {
		for _, l := range p.Lists {
			if strings.EqualFold(l.ID, r.Address) {
				return l.ID
			}
		}
	}
	return m.ListID
}

// BelowBar stands among the verdicts of a list for fixes of a kind that stable does
// not take: dkms-only, and nothing that anybody could act upon.
const BelowBar = verdict.Verdict(verdict.BelowBar)

// DefaultMinMargin is wide: a label on a coin flip is noise to half of its readers.
const DefaultMinMargin = 0.2

// surelyFix is the chance of being a fix below which a label is not told: to its author
// a feature with a label is noise, whichever it is.
const surelyFix = 0.6

const (
	tooClose   = "its chance is too close to the line"
	hardlyFix  = "whether it mends a bug is too close to call"
	nobodyAsks = "no tag asks stable for it, and no branch was looked at"
	formOnly   = "no branch was looked at, and nothing but its form, or what a checker read, speaks for it"
)

// answers reports whether a judgement is worth a mail on this list, and says why not.
func (l ListPolicy) answers(j verdict.Judgement) (yes bool, why string) {
	asked := l.Verdicts
	if asked == nil {
		asked = DefaultVerdicts
	}
	v := j.Verdict
	if v == verdict.DKMSOnly && string(j.ReasonClass) == string(BelowBar) {
		v = BelowBar
	}
	switch {
	case !slices.Contains(asked, v):
		return false, "none of its verdicts is answered on this list"
	case len(j.Branches) == 0 && !l.WithoutTrees:
		return false, "no tree that is configured has this code"
	case l.MinMargin > 0 && j.Fix < surelyFix:
		return false, hardlyFix
	case l.MinMargin > 0 && unasked(j):
		return false, nobodyAsks
	case l.MinMargin > 0 && report.Margin(j) < l.MinMargin: // 0 holds nothing back
		return false, tooClose
	case l.MinMargin > 0 && j.Verdict == verdict.StableEligible && len(j.Branches) == 0 && !report.Favoured(j) && report.Margin(j) < 1:
		return false, formOnly
	}
	return true, ""
}

// unasked reports whether stable is refused what nobody asks it for: no tag presents the
// patch as a fix, and no branch was looked at that needs it.
func unasked(j verdict.Judgement) bool {
	return j.Verdict == verdict.DKMSOnly && len(j.Branches) == 0 && !slices.ContainsFunc(j.Rules, func(w verdict.Weighed) bool {
		return w.Outcome == rules.Met && (w.ID == rules.StableRequest.ID || w.ID == rules.FixesTag.ID)
	})
}

// hears picks the judgements that actions of a kind speak of on this list.
func (l ListPolicy) hears(name flow.ActionKind) func(verdict.Judgement) bool {
	if !flow.KindOf(name).Chosen {
		return func(verdict.Judgement) bool { return true }
	}
	return func(j verdict.Judgement) bool { yes, _ := l.answers(j); return yes }
}

// gate has an action wait for what the list's policy has its kind wait for.
func (l ListPolicy) gate(a *flow.Action) {
	k := flow.KindOf(a.Kind)
	if k.Quiet {
		a.NotBefore = l.Quiet.Until(a.Created)
	}
	if k.Approved && l.Approve {
		a.Hold = "held: replies on " + l.ID + " wait for approval"
	}
}

// whyNot is the reason for which none of the judgements is answered: that of the
// one that came closest.
func (l ListPolicy) whyNot(posts []Posted) string {
	said := map[string]bool{}
	for _, p := range posts {
		if p.Judgement != nil {
			_, why := l.answers(*p.Judgement)
			said[why] = true
		}
	}
	for _, why := range []string{formOnly, tooClose, "no tree that is configured has this code"} {
		if said[why] {
			return why
		}
	}
	return "none of its verdicts is answered on this list"
}

func (l ListPolicy) Caps() flow.Caps {
	return flow.Caps{List: l.ID, PerHour: l.PerHour, PerDay: l.PerDay, AllPerHour: l.allPerHour, AllPerDay: l.allPerDay}
}

// Embargoed reports whether a mail may be about an unpublished hole: a security
// contact is addressed, or stable@kernel.org, which unlike stable@vger is no
// public list.
func (p Policy) Embargoed(m *mail.Message) bool {
	var public, private bool
	for _, address := range m.Reached() {
		switch {
		case p.securityAddress(address):
			return true
		case address == "stable@kernel.org":
			private = true
		}
	}
	for _, r := range slices.Concat(m.To, m.Cc) { // not what only looks like it, in a name or a comment
		public = public || r.Address == "stable@vger.kernel.org"
	}
	return private && !public
}

// securityContacts are the usual names of those who are told of holes.
var securityContacts = []string{
	"security@", "secure@", "security-alert@", "security-alerts@", "security-team@", "security-officer@", "security-response@", "security-reports@",
	"psirt@", "product-security@", "productsecurity@", "secalert@", "cert@", "csirt@", "vulnerability@", "vulnerabilities@", "vuln@", "responsible-disclosure@",
	"distros@vs.openwall.org", "linux-distros@vs.openwall.org",
}

func (p Policy) securityAddress(a string) bool {
	local, domain, _ := strings.Cut(strings.ToLower(a), "@")
	local, _, _ = strings.Cut(local, "+")
	for _, list := range [][]string{securityContacts, p.Security} {
		for _, one := range list {
			l, d, _ := strings.Cut(strings.ToLower(one), "@")
			if (l == "" || l == local) && (d == "" || d == domain || l == "" && strings.HasSuffix(domain, "."+d)) {
				return true
			}
		}
	}
	return false
}

// Trusts reports whether the senders of a source's mails are believed: its name
// is "imap:work/INBOX" in full, or "imap:work", or "work".
func (p Policy) Trusts(source string) bool {
	name, _, _ := strings.Cut(source, "/")
	_, short, _ := strings.Cut(name, ":")
	return slices.ContainsFunc(p.Trusted, func(t string) bool { return t != "" && (t == source || t == name || t == short) })
}

func stableAddress(a string) bool {
	local, domain, _ := strings.Cut(strings.ToLower(a), "@")
	local, _, _ = strings.Cut(local, "+")
	return local == "stable" && (domain == "vger.kernel.org" || domain == "kernel.org")
}

// Validate reports everything that is wrong with p, with the list's name.
func (p Policy) Validate() []error {
	var errs []error
	for _, l := range p.Lists {
		if l.ID == "" {
			errs = append(errs, fmt.Errorf("a list policy has no list"))
		}
		if !slices.Contains([]ReplyTo{"", ReplyNone, ReplyAuthor, ReplyAll}, l.Reply) {
			errs = append(errs, fmt.Errorf("list %s: reply is %q; it can be none, author or all", l.ID, l.Reply))
		}
		if l.PerHour < 0 || l.PerDay < 0 {
			errs = append(errs, fmt.Errorf("list %s: a cap is negative", l.ID))
		}
		if l.MinMargin < 0 || l.MinMargin > 1 {
			errs = append(errs, fmt.Errorf("list %s: min_margin is %g; it is a probability", l.ID, l.MinMargin))
		}
	}
	return errs
}
