// Package plan decides what is done about what was judged: replies, answers to
// commands, corrections, checks, what a pull request should look like, and what a list
// wants to hear. It is pure: all that it may look at comes in, and actions go out.
package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Posted is one mail of a series, read, and judged when it is a patch.
type Posted struct {
	ID        string // of the mail
	Message   *mail.Message
	Lists     []string
	Received  time.Time
	Source    string
	Judgement *verdict.Judgement // nil for a cover letter
	Tree      *rules.Tree        // what it was judged with; nil: nothing is known of trees
	BuildsOn  []int              // patches of the posting whose lines or names it uses
	// Unreleased is by what it is likely that no release has the bug yet.
	Unreleased string
	// Rival is another patch for the same report, nil for none.
	Rival   *report.Rival
	Differs string // how mainline has it, when that is another patch than the one posted
}

// Brief is everything that planning may look at.
type Brief struct {
	Series flow.Series
	Posts  []Posted // the cover letter first, then the patches in order
	Policy Policy
	Bot    report.Bot
	Sink   string
	Refs   map[string]rules.Ref
	Have   int             // patches there are, those kept from the version before included
	Said   string          // the last verdict line told to this series or an earlier version
	Told   []flow.Action   // replies to this series that went out or may have, newest first
	Orders []flow.Order    // commands for this series and earlier versions, oldest first
	DryRun string          // the sink for lists in dry run
	Out    map[string]bool // opted out: addresses and "list:" names
	Now    time.Time

	// Asked is who in the thread has spoken of the stable tag, "" for nobody.
	Asked string

	// Heard is what was told of a patch when it was posted before, by the mail's ID.
	Heard map[string]string

	Branches []string // that are configured, newest first
	Unproven bool     // its sender signed an earlier version, or the other parts, and not this one
	Copied   bool     // the same stands in another posting, which is the one that is answered
	Blind    bool     // the trees failed: what they would say is missing
	Stale    string   // why a recheck does not rest on the newest, "" when it does
}

// Replies decides what is done about a judged series. It is pure. Without an
// action, quiet says why nothing is said.
func Replies(b Brief) (actions []flow.Action, quiet string, err error) {
	if len(b.Posts) == 0 {
		return nil, "nothing of it could be read", nil
	}
	first := b.Posts[0]
	list := b.list(first)
	if quiet := b.never(first, list); quiet != "" {
		return nil, quiet, nil
	}
	actions, told, err := b.answers(first.Message, list)
	if err != nil {
		return nil, "", err
	}
	var next *flow.Action
	switch {
	case told:
		// The answer to a command says what the verdict is.
	case len(b.Told) > 0:
		next, quiet, err = b.correction(first.Message, list)
	default:
		next, quiet, err = b.first(first, list)
	}
	if next != nil {
		actions = append(actions, *next)
	}
	if len(actions) > 0 {
		quiet = ""
	}
	return actions, quiet, err
}

// first plans the answer to the posting itself.
func (b Brief) first(p Posted, list ListPolicy) (*flow.Action, string, error) {
	if quiet := b.notYet(p, list); quiet != "" {
		return nil, quiet, nil
	}
	heard := list.hears(flow.ActionReply)
	wanted := func(j verdict.Judgement) bool { return heard(j) && b.unreleased(j.ID) == "" }
	chosen := b.choose(wanted)
	posting, unsettled := chosen.Unsettled()
	posting, news := b.fresh(posting, wanted)
	at := b.place(toldBy(posting), list)
	posting.Under = at.Message.Prefix.N
	v := report.ValuesOf(posting)
	switch {
	case len(chosen.Patches) == 0:
		return nil, cmp.Or(b.allUnreleased(heard), list.whyNot(b.Posts)), nil
	case !unsettled:
		return nil, "there is nothing to do: the stable tag is there, or the patch was declined", nil
	case !news:
		return nil, "nothing changed since the last answer, when it was posted before", nil
	case b.Copied:
		return nil, "the same was posted under another Message-ID, and that is what is answered", nil
	case b.Asked != "" && onlyTag(posting):
		return nil, "somebody in the thread has spoken of the stable tag: " + b.Asked, nil
	case v.Line == b.Said:
		return nil, "nothing changed since the last answer", nil
	case !b.Series.Judged.IsZero() && b.Series.Quiet != "" && b.Line() == b.Series.Line:
		return nil, "nothing changed since it was judged, and nothing was said then: " + b.Series.Quiet, nil
	}
	to, cc := b.recipients(at.Message, list)
	a, err := b.action(flow.CauseFirst, list, report.Mail{To: to, Cc: cc, Values: v, Answers: b.answered(at.Message), Before: b.Said,
		Words: b.words()})
	return a, "", err
}

// onlyTag reports whether all that a reply would say is that stable may be asked.
func onlyTag(p report.Posting) bool {
	return !slices.ContainsFunc(p.Patches, func(q report.Patch) bool {
		return q.Verdict != verdict.StableEligible || len(q.Branches) > 0
	})
}

// action composes a mail.
func (b Brief) action(cause string, list ListPolicy, m report.Mail) (*flow.Action, error) {
	key := flow.ActionKey(b.Series.Key, cause)
	m.Bot, m.Key, m.Date = b.Bot, key, b.Now
	b.limit(&m, list)
	raw, err := m.Bytes()
	if err != nil {
		return nil, err
	}
	a := &flow.Action{
		Key: key, Kind: flow.ActionReply, Sink: b.Sink, SeriesKey: b.Series.Key, Cause: cause, List: list.ID,
		Verdict: string(m.Values.Lead.Verdict), Line: m.Values.Line, Message: raw, Created: b.Now,
	}
	if list.DryRun && b.DryRun != "" {
		a.Sink = b.DryRun
	}
	list.gate(a)
	for _, r := range m.Values.Rows {
		if r.Beside {
			continue
		}
		if a.Told == nil {
			a.Told = map[string]string{}
		}
		a.Told[r.ID] = toldOf(r)
	}
	return a, nil
}

func (b Brief) answered(m *mail.Message) report.Answered {
	out := report.Answered{ID: m.ID, References: m.References, From: b.author(m), Subject: m.Subject, Date: m.Date, Text: answeredText(m)}
	if m.Change != nil && m.Change.Body != "" && !reworded(m) {
		out.Writer = m.Change.Author.Name
	}
	return out
}

// reworded reports whether who sent the patch of somebody else says that the words are now
// theirs: "[ada@example.org: reword commit message]".
func reworded(m *mail.Message) bool {
	_, note, ok := strings.Cut(strings.ToLower(m.Change.Body), "["+strings.ToLower(m.From.Address)+":")
	note, _, _ = strings.Cut(note, "]")
	return ok && (strings.Contains(note, "word") || strings.Contains(note, "message") || strings.Contains(note, "rewr"))
}

// list is the policy that counts: the first list that the mail came over and
// that is not muted. One mail over several lists gets one answer.
func (b Brief) list(p Posted) ListPolicy {
	for _, name := range p.Lists {
		if l := b.Policy.For(name); l.Reply != ReplyNone && l.Reply != "" {
			return l
		}
	}
	return b.Policy.For(b.Series.List)
}

// never says why nothing at all is said about this series.
func (b Brief) never(first Posted, list ListPolicy) string {
	m := first.Message
	var out []string
	for _, l := range append([]string{b.Series.List}, first.Lists...) {
		out = append(out, "list:"+l)
	}
	switch {
	case flow.Backfilled(first.Source):
		return "it was put in by a backfill, of which nothing is said"
	case b.Series.Private:
		return "a security contact is among its recipients"
	case slices.ContainsFunc(b.Posts, func(p Posted) bool { return StableSubmission(p.Message) }):
		return "a submission to stable is not answered"
	case m.Program != "":
		return "written by a program: " + m.Program
	case list.Reply == ReplyNone || list.Reply == "":
		return "the list is muted"
	case slices.ContainsFunc(out, func(l string) bool { return b.Out[l] }):
		return "the list has opted out"
	}
	return ""
}

// notYet says why the bot does not speak first, though it may answer.
func (b Brief) notYet(first Posted, list ListPolicy) string {
	m := first.Message
	switch {
	case b.Series.Next != "":
		return "superseded by a newer version"
	case m.Title == "":
		return "its subject is empty; a posting that has one is answered"
	case m.Prefix.RFC:
		return "posted for comments, not to be merged; the posting that is meant to be is answered"
	case b.Unproven:
		return "its author signed another part or version, and nothing proves that this one is from them"
	case b.Policy.MaxAge > 0 && b.noticed().Sub(posted(first)) > b.Policy.MaxAge:
		return fmt.Sprintf("older than %s", b.Policy.MaxAge)
	}
	return b.noAuthor(m, list)
}

// noticed is when the series was first judged: what was in time then, and
// turns later, is news.
func (b Brief) noticed() time.Time {
	if b.Series.Judged.IsZero() {
		return b.Now
	}
	return b.Series.Judged
}

// Line is what a reply about all of it would say, whatever is answered.
func (b Brief) Line() string {
	return report.ValuesOf(b.posting(func(verdict.Verdict) bool { return true })).Line
}

// noAuthor says why the author gets no mail.
func (b Brief) noAuthor(m *mail.Message, list ListPolicy) string {
	who, known := m.Poster(b.messages()...)
	switch {
	case b.unwanted(who.Address), containsFold(list.Ignore, who.Address), b.unwanted(m.From.Address),
		containsFold(list.Ignore, m.From.Address):
		return "the author wants no mail, or is ignored on this list"
	case m.From.Address == "":
		return "the author has no address"
	case !known:
		return "a relay posted it, and nothing in it agrees with the relay on who its author is"
	}
	return ""
}

// author is who is answered: the sender, or whom a relay posted it for.
func (b Brief) author(m *mail.Message) change.Person {
	who, _ := m.Poster(b.messages()...)
	return who
}

// messages are the mails of the posting.
func (b Brief) messages() (out []*mail.Message) {
	for _, p := range b.Posts {
		out = append(out, p.Message)
	}
	return out
}

// posted is when a mail was written, or received when it does not say.
func posted(p Posted) time.Time {
	if p.Message.Date.IsZero() {
		return p.Received
	}
	return p.Message.Date
}

// stableSubmission: what is offered to a stable branch already. Its judgement
// StableSubmission recorded; the stable team needs no answer from us.
func StableSubmission(m *mail.Message) bool {
	if m.Prefix.AutoSel || len(m.Prefix.Trees) > 0 || m.StableReview {
		return true
	}
	return m.Change != nil && slices.ContainsFunc(m.Change.Origin, func(o change.Origin) bool { return o.Form == change.FormUpstream })
}

// posting is what a reply is made of: the patches whose verdicts pass.
func (b Brief) posting(passes func(verdict.Verdict) bool) report.Posting {
	return b.postingOf(func(j verdict.Judgement) bool { return passes(j.Verdict) })
}

func (b Brief) postingOf(passes func(verdict.Judgement) bool) report.Posting {
	p := report.Posting{Of: b.Series.Of, Have: b.Have, Version: b.Series.Version, Refs: b.Refs}
	for i, q := range b.Posts {
		if q.Judgement != nil && passes(*q.Judgement) {
			p.Patches = append(p.Patches, b.patch(i))
		}
	}
	return p
}

// patch is one of the posting, which was judged.
func (b Brief) patch(i int) report.Patch {
	q := b.Posts[i]
	out := report.Patch{Judgement: *q.Judgement, N: q.Message.Prefix.N, Change: q.Message.Change, Tree: q.Tree, Rival: q.Rival}
	if q.Tree != nil && q.Tree.Mainline.Has {
		out.Merged = q.Tree.Mainline.SHA
	}
	return out
}

// recipients applies the list's policy. Nobody is added that the answered mail
// did not address.
func (b Brief) recipients(m *mail.Message, list ListPolicy) (to, cc []change.Person) {
	author := b.author(m)
	to = []change.Person{author}
	if list.Reply != ReplyAll {
		return to, nil
	}
	seen := map[string]bool{m.From.Address: true, strings.ToLower(author.Address): true, strings.ToLower(b.Bot.Address): true}
	for _, p := range append(slices.Clone(m.To), m.Cc...) {
		a := strings.ToLower(p.Address)
		if a == "" || seen[a] || b.unwanted(a) || b.Policy.securityAddress(a) || stableAddress(a) && !list.KeepStable {
			continue
		}
		seen[a] = true
		cc = append(cc, p)
	}
	return to, cc
}

// MaxRecipients is how many addresses one mail goes to. A list reaches everybody
// who has asked to be reached; whoever names thousands is not to be helped.
const MaxRecipients = 20

// limit leaves out recipients beyond MaxRecipients and counts them: the list where the
// mail was found stays, then those that have a policy, the other lists, and the people
// that stand first.
func (b Brief) limit(m *report.Mail, list ListPolicy) {
	room := max(MaxRecipients-len(m.To), 0)
	if len(m.Cc) <= room {
		return
	}
	m.LeftOut = len(m.Cc) - room
	found := b.found(list)
	rank := func(p change.Person) int {
		switch {
		case slices.ContainsFunc(found, func(l string) bool { return mail.ListAddress(l, p.Address) || named(l, p.Address) }):
			return 0
		case b.hasPolicy(p):
			return 1
		case mail.ListHost(p.Address):
			return 2
		}
		return 3
	}
	m.Cc = slices.Clone(m.Cc)
	slices.SortStableFunc(m.Cc, func(p, q change.Person) int { return rank(p) - rank(q) })
	m.Cc = m.Cc[:room]
}

// found are the lists that the posting came over, by whatever name they are known.
func (b Brief) found(list ListPolicy) []string {
	out := []string{list.ID, b.Series.List}
	for _, p := range b.Posts {
		out = append(append(out, p.Lists...), p.Message.ListID)
	}
	return out
}

// named reports whether an address is that of a list known by its name alone, as an
// archive's is.
func named(list, address string) bool {
	local, _, _ := strings.Cut(address, "@")
	return list != "" && strings.EqualFold(list, local) && mail.ListHost(address)
}

// hasPolicy reports whether an address is that of a list that has a policy.
func (b Brief) hasPolicy(p change.Person) bool {
	return slices.ContainsFunc(b.Policy.Lists, func(l ListPolicy) bool { return mail.ListAddress(l.ID, p.Address) })
}

// unwanted reports whether an address wants no mail of the bot's, or has no reader.
func (b Brief) unwanted(address string) bool {
	return mail.Unread(address) != "" || b.Out[strings.ToLower(address)] || containsFold(b.Policy.OptOut, address)
}

func containsFold(in []string, s string) bool {
	return slices.ContainsFunc(in, func(v string) bool { return strings.EqualFold(v, s) })
}

// answeredText is what the quote is taken from: the message of a patch, all of
// a cover letter.
func answeredText(m *mail.Message) string {
	if m.Change != nil && m.Change.Body != "" {
		return m.Change.Body
	}
	return m.Text()
}

// Addressed is everybody whose opt-out matters to a series.
func (b Brief) Addressed() []string {
	var out []string
	add := func(who string) {
		if who != "" && who != "list:" && !slices.Contains(out, who) {
			out = append(out, who)
		}
	}
	add("list:" + b.Series.List)
	for _, p := range b.Posts {
		for _, l := range p.Lists {
			add("list:" + l)
		}
		add(p.Message.From.Address)
		add(strings.ToLower(b.author(p.Message).Address))
		for _, r := range append(slices.Clone(p.Message.To), p.Message.Cc...) {
			add(r.Address)
		}
	}
	return out
}
