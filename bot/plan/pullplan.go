package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules"
	"github.com/stablebot/stablebot/rules/verdict"
)

// PullBrief is everything that planning a pull request may look at.
type PullBrief struct {
	Pull   flow.Pull
	Judged []report.Patch // one for each commit, in order
	Target Target
	Failed bool // the bot failed at one of them
	// Audit is what was found of a backport, nil where none was made; NotAudited says why.
	Audit      *report.Audit
	NotAudited string
	Sink       string
	Policy     Policy
	Bot        report.Bot
	Refs       map[string]rules.Ref
	Now        time.Time
}

// PullPlan is what planning gives.
type PullPlan struct {
	State   flow.PullState  // the row as it is to be stored
	Verdict verdict.Verdict // the bot's own, "" when nothing was judged
	Actions []flow.Action
	Quiet   string
}

// WhyNotJudged says why a pull request is not judged, "" when it is.
func WhyNotJudged(p *flow.Pull) string {
	switch {
	case p.Gone:
		return "it is not there any more"
	case p.Closed:
		return "it is closed"
	case !p.Policy.Asked:
		return "the repository has not asked"
	case p.Problem != "":
		return p.Problem
	case containsFold(p.Policy.Ignore, p.Author):
		return "its author is ignored here"
	case len(p.Commits) == 0:
		return "it has no commits"
	}
	return ""
}

// Desired decides what a pull request should look like. It is pure.
func Desired(b PullBrief) PullPlan {
	p := b.Pull
	plan := PullPlan{State: p.State, Quiet: WhyNotJudged(&p)}
	s := &plan.State
	s.Closed, s.Problem, s.Attempts = p.Closed || p.Gone, p.Problem, 0
	if p.Head != "" {
		s.Head = p.Head
	}
	obeyed, forced := obey(s, p.Commands)
	if plan.Quiet != "" && (p.Problem == "" || plan.Quiet != p.Problem) {
		if s.PlanDigest != "" { // what waits is not to be done any more
			s.PlanDigest = ""
			s.Plans++
		}
		return plan
	}
	if p.Problem != "" {
		// A person should know why nothing comes; where they look is the check.
		check := flow.DesiredCheck{Title: "not judged", Summary: "This pull request was not judged: " + report.Markdown(p.Problem) + "."}
		plan.add(b, obeyed, forced, parts{check: &check})
		return plan
	}
	c := report.CommentOf(report.Posting{Patches: b.Judged, Of: len(b.Judged), Have: len(b.Judged), Version: 1, Refs: b.Refs})
	c.Bot, c.Head, c.Whole = b.Bot, p.Head, s.Explain
	c.For, c.Notes = b.Target.backport(), slices.Concat(b.Target.says(!p.Policy.Labels || p.Policy.Backports), folded(p.Commits))
	if p.Private { // no page shows it
		c.Bot.Details = ""
	}
	plan.Verdict = c.Verdict
	if o := s.Override; o != nil {
		c.Override = &report.Override{Verdict: o.Verdict, Who: o.Who, Reason: o.Reason, At: o.At}
	}
	shown := c.Verdict
	if c.Override != nil {
		shown = c.Override.Verdict
	}
	if b.Audit != nil {
		plan.audited(b, c, shown, obeyed, forced)
		return plan
	}
	if b.NotAudited != "" {
		c.Notes = append(c.Notes, "It was not audited: "+report.Markdown(b.NotAudited)+".")
	}
	if shown.Silent() && !b.Failed && s.PlanDigest == "" && len(obeyed) == 0 {
		plan.Quiet = "nobody needs to know of " + string(shown)
		return plan
	}
	plan.add(b, obeyed, forced, wanted(b, *s, c, shown, forced))
	return plan
}

// parts are the parts that a plan may have.
type parts struct {
	labels  *flow.DesiredLabels
	check   *flow.DesiredCheck
	comment *flow.DesiredComment
}

func wanted(b PullBrief, s flow.PullState, c report.Comment, shown verdict.Verdict, forced bool) parts {
	var w parts
	policy := b.Pull.Policy
	w.labels = labels(b, s, shown)
	if policy.Check && (!shown.Silent() || b.Failed || s.PlanDigest != "" || forced) {
		w.check = &flow.DesiredCheck{Title: c.Title(), Summary: c.Summary(), Failed: b.Failed, Private: b.Pull.Private}
	}
	if policy.Comment {
		says := !shown.Silent() && asksFor(policy.Verdicts, shown)
		w.comment = &flow.DesiredComment{Body: c.Body(), Create: says || forced}
	}
	return w
}

// asksFor reports whether a repository wants a comment on a verdict; without a list it wants
// one on each.
func asksFor(list []verdict.Verdict, shown verdict.Verdict) bool {
	return list == nil || slices.Contains(list, shown) || shown == report.Mixed && slices.Contains(list, verdict.StableEligible)
}

// labels are those of a pull request; nil where the repository wants none.
func labels(b PullBrief, s flow.PullState, shown verdict.Verdict) *flow.DesiredLabels {
	policy := b.Pull.Policy
	if !policy.Labels {
		return nil
	}
	out := &flow.DesiredLabels{Ours: policy.Names, Since: s.Rechecked}
	for _, l := range policy.Names {
		if l.Verdict == shown && (policy.Backports || !b.Target.Base.Backport()) {
			out.Want = l.Name
		}
	}
	return out
}

// audited plans for a backport: it hears of what was found, and when that is mended, and
// of nothing else.
func (p *PullPlan) audited(b PullBrief, judged report.Comment, shown verdict.Verdict, obeyed []flow.Command, forced bool) {
	s, policy := &p.State, b.Pull.Policy
	c := report.AuditComment{Audit: *b.Audit, Bot: judged.Bot, Head: judged.Head, Override: judged.Override, Whole: s.Explain, Notes: folded(b.Pull.Commits)}
	w := parts{labels: labels(b, *s, shown)}
	found := c.Found() > 0
	open := found || c.Unread() > 0 || b.Failed // something is to be seen, if only that it was not audited
	if !open && s.PlanDigest == "" && len(obeyed) == 0 && (w.labels == nil || w.labels.Want == "") {
		p.Quiet = "the audit finds nothing"
		return
	}
	if policy.Check && (open || s.PlanDigest != "" || forced) {
		w.check = &flow.DesiredCheck{Title: c.Title(), Summary: c.Summary(), Failed: b.Failed, Private: b.Pull.Private}
	}
	if policy.Comment {
		w.comment = &flow.DesiredComment{Body: c.Body(), Create: found && asksFor(policy.Verdicts, shown) || forced}
	}
	p.add(b, obeyed, forced, w)
}

// obey takes commands into the state. It returns those to react to, and
// whether a person asked for an answer.
func obey(s *flow.PullState, commands []flow.Command) (answer []flow.Command, forced bool) {
	for _, c := range commands {
		answer = append(answer, c)
		if c.Refused != "" {
			continue
		}
		forced = true
		switch c.Verb {
		case flow.VerbRecheck:
			if c.At.After(s.Rechecked) {
				s.Rechecked = c.At
			}
			s.Explain = false
		case flow.VerbExplain:
			s.Explain = true
		case flow.VerbOverride:
			s.Override = nil
			if c.Verdict != flow.OverrideNone {
				s.Override = &flow.Override{Verdict: c.Verdict, Who: c.Who, Reason: c.Reason, At: c.At}
			}
		}
	}
	return answer, forced
}

// add turns what is desired into actions, unless the last plan said the same.
func (p *PullPlan) add(b PullBrief, answer []flow.Command, forced bool, w parts) {
	s := &p.State
	sum := sha256.New()
	enc := json.NewEncoder(sum) // a hash takes everything
	_ = enc.Encode([]any{b.Sink, s.Head, w.labels, w.check, w.comment})
	digest := hex.EncodeToString(sum.Sum(nil)[:16])
	same := digest == s.PlanDigest && !forced
	if same && len(answer) == 0 {
		p.Quiet = "nothing changed since the last time"
		return
	}
	if !same {
		s.Plans++
	}
	put := func(kind flow.ActionKind, of, line string, d flow.Desired) {
		d.Key, d.Plan, d.Repo, d.Number, d.Head = s.Key, s.Plans, s.Repo, s.Number, s.Head
		message, err := json.Marshal(d)
		if err != nil {
			p.Quiet = "planning failed: " + err.Error()
			return
		}
		a := flow.Action{
			Key:  fmt.Sprintf("%s@%.12s/%d/%s%s", s.Key, s.Head, s.Plans, kind, of),
			Kind: kind, Sink: b.Sink, SeriesKey: s.Key, Cause: s.Head, List: s.Repo,
			Verdict: string(p.Verdict), Line: line, Message: message, Created: b.Now,
		}
		b.Policy.For(a.List).gate(&a)
		p.Actions = append(p.Actions, a)
	}
	for _, c := range answer {
		r := flow.DesiredReaction{Comment: c.Comment, Content: "+1"}
		if c.Refused != "" {
			r.Content = "confused"
		}
		line := c.Verb + " by " + c.Who
		if c.Refused != "" {
			line += " refused: " + c.Refused
		}
		put(flow.ActionReaction, fmt.Sprintf("/%d", c.Comment), line, flow.Desired{Reaction: &r})
	}
	if same {
		return
	}
	s.PlanDigest = digest
	if w.labels != nil {
		line := "no label"
		if w.labels.Want != "" {
			line = "label " + w.labels.Want
		}
		put(flow.ActionLabels, "", line, flow.Desired{Labels: w.labels})
	}
	if w.check != nil {
		put(flow.ActionCheck, "", "check: "+w.check.Title, flow.Desired{Check: w.check})
	}
	if w.comment != nil {
		line := "comment"
		if !w.comment.Create {
			line = "comment, if there is one already"
		}
		put(flow.ActionComment, "", line, flow.Desired{Comment: w.comment})
	}
}
