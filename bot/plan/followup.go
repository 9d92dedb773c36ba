package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/report"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// saidOf is what a correction goes by of what was told of a patch.
func saidOf(j verdict.Judgement) string {
	said, _, _ := strings.Cut(toldOf(report.Row{Verdict: j.Verdict, Class: j.ReasonClass}), "\n")
	return said
}

// turned are the patches of which something was said that is wrong now, each
// with what made it so.
func (b Brief) turned(told map[string]string) map[string]string {
	out := map[string]string{}
	for _, p := range b.Posts {
		j := p.Judgement
		if j == nil {
			continue
		}
		was, _, _ := strings.Cut(told[j.ID], "\n")
		if was != "" && was != saidOf(*j) {
			if why := p.wrong(was); why != "" {
				out[j.ID] = why
			}
		}
	}
	return out
}

// wrong is what happened that makes wrong what was said of a patch, "" when
// nothing did. That a fix went the way it was said to go is none: nobody wants
// a mail that all is well. Nor is it that the odds moved without a new fact.
func (p Posted) wrong(told string) string {
	j := p.Judgement
	if j.ReasonClass == verdict.Declined {
		return j.Reason
	}
	if p.Tree != nil {
		for _, f := range p.Tree.Followups {
			if f.Revert {
				return fmt.Sprintf("mainline has reverted it since, by %.12s", f.SHA)
			}
		}
	}
	switch {
	case told == string(verdict.Uncertain):
		return "" // that it is open was never wrong
	case p.Differs != "":
		return p.Differs
	case told == string(verdict.Wait):
		return "it need not wait any more; " + j.Reason
	case j.Verdict == verdict.NotNeeded || p.Tree != nil:
		return ""
	}
	return "the thread says more than it did then: " + j.Reason
}

// correction plans the one mail that takes back what was said and turned
// wrong. A version that superseded this one says it in its own reply.
func (b Brief) correction(m *mail.Message, list ListPolicy) (*flow.Action, string, error) {
	i := slices.IndexFunc(b.Told, func(a flow.Action) bool { return len(a.Told) > 0 })
	if i < 0 {
		return nil, "it was answered", nil
	}
	before := b.Told[i]
	turned := b.turned(before.Told)
	quiet := b.noAuthor(m, list)
	switch {
	case len(turned) == 0:
		return nil, "nothing changed since the last answer", nil
	case slices.ContainsFunc(b.Told, func(a flow.Action) bool { return a.Cause == flow.CauseCorrection }):
		return nil, "it was corrected once already", nil
	case b.Series.Next != "":
		return nil, "superseded by a newer version", nil
	case quiet != "":
		return nil, quiet, nil
	}
	heard := list.hears(flow.ActionReply)
	// Those that turned are named whatever they are now; of the others, what
	// the list wants to hear.
	v := report.ValuesOf(b.choose(func(j verdict.Judgement) bool { return turned[j.ID] != "" || heard(j) }))
	// It goes where the reply went.
	m = b.place(func(id string) bool { return before.Told[id] != "" }, list).Message
	id := report.MessageID(before.Key, b.Bot.Address)
	to, cc := b.recipients(m, list)
	a, err := b.action(flow.CauseCorrection, list, report.Mail{To: to, Cc: cc, Values: v, Words: b.words(),
		Answers: report.Answered{ID: id, References: append(slices.Clone(m.References), m.ID), Subject: m.Subject, Date: before.Created.UTC(),
			From: change.Person{Name: b.Bot.Name, Address: b.Bot.Address}, Text: before.Line + "\n"},
		Opening: []string{strings.Join(append(b.whys(turned), "This replaces what was said here; there will be no further correction."), " ")},
	})
	return a, "", err
}

// whys are what made the patches turn, in their order, each once.
func (b Brief) whys(turned map[string]string) (out []string) {
	for _, p := range b.Posts {
		if j := p.Judgement; j != nil && turned[j.ID] != "" {
			why := "What has changed: " + turned[j.ID] + "."
			if b.Series.Of > 1 {
				why = fmt.Sprintf("What has changed for patch %d: %s.", p.Message.Prefix.N, turned[j.ID])
			}
			if !slices.Contains(out, why) {
				out = append(out, why)
			}
		}
	}
	return out
}

// answers plans what is said to those whose commands have had no answer yet.
// told says whether one of them names the verdict.
func (b Brief) answers(m *mail.Message, list ListPolicy) (out []flow.Action, told bool, err error) {
	for _, id := range b.Unanswered() {
		var mine []flow.Order
		for _, o := range b.Orders {
			if o.Mail == id {
				mine = append(mine, o)
			}
		}
		r := report.Mail{To: []change.Person{mine[0].Who}, Words: b.words(), Answers: report.Answered{
			ID: flow.MessageID(id), References: append(slices.Clone(m.References), m.ID), From: mine[0].Who, Subject: m.Subject, Date: mine[0].At.UTC()}}
		verdicts, public := false, false
		for _, o := range mine {
			r.Answers.Text += o.Line + "\n"
			r.Opening = append(r.Opening, b.outcome(o))
			obeyed := o.Refused == "" && o.Verb != command.Mute
			verdicts = verdicts || obeyed
			// A recheck is answered to who asked; what else people say is for the list too.
			public = public || obeyed && o.Verb != command.Recheck
		}
		if verdicts {
			// What the list hears otherwise, so that the next version is compared
			// with the like; all of it when that is nothing.
			if r.Values = report.ValuesOf(b.choose(list.hears(flow.ActionReply))); len(r.Values.Rows) == 0 {
				r.Values = report.ValuesOf(b.posting(func(verdict.Verdict) bool { return true }))
			}
			told = told || public || list.Reply != ReplyAll && strings.EqualFold(mine[0].Who.Address, b.author(m).Address)
		} else {
			r.Words = nil
		}
		if list.Reply == ReplyAll && public {
			r.Cc = b.listening(m, list, mine[0].Who)
		}
		a, err := b.action(id, list, r)
		if err != nil {
			return nil, false, err
		}
		if !public && list.Reply == ReplyAll {
			a.Told = nil // the list was not told, and is when it turns
		}
		out = append(out, *a)
	}
	return out, told, nil
}

// listening is who hears a command besides who gave it: the author, and the lists that
// have a policy. Nobody else of the thread asked for it, and it repeats its words.
func (b Brief) listening(m *mail.Message, list ListPolicy, who change.Person) (cc []change.Person) {
	_, all := b.recipients(m, list)
	if a := b.author(m); !b.unwanted(a.Address) && !strings.EqualFold(a.Address, who.Address) {
		cc = append(cc, a)
	}
	for _, p := range all {
		if b.hasPolicy(p) && !strings.EqualFold(p.Address, who.Address) {
			cc = append(cc, p)
		}
	}
	return cc
}

// Unanswered are the mails to this version whose commands have had no answer.
func (b Brief) Unanswered() (ids []string) {
	for _, o := range b.Orders {
		if o.SeriesKey == b.Series.Key && !o.Answered && !slices.Contains(ids, o.Mail) {
			ids = append(ids, o.Mail)
		}
	}
	return ids
}

// Recheck reports whether somebody asked to judge it anew and has no answer yet.
func (b Brief) Recheck() bool {
	return slices.ContainsFunc(b.Orders, func(o flow.Order) bool {
		return o.SeriesKey == b.Series.Key && !o.Answered && o.Verb == command.Recheck && o.Refused == "" && o.Wrong == ""
	})
}

// outcome says what became of a command.
func (b Brief) outcome(o flow.Order) string {
	switch {
	case o.Refused != "" && o.Verb == "":
		return "Not done: " + o.Refused + "."
	case o.Wrong != "":
		return fmt.Sprintf("Not done: %s.", o.Wrong)
	case o.Refused != "":
		return fmt.Sprintf("Not done: %s. Nothing was changed by %q.", o.Refused, o.Verb)
	}
	switch o.Verb {
	case command.Recheck:
		stale := ""
		if b.Stale != "" {
			stale = " But " + b.Stale + "."
		}
		branch := strings.TrimSuffix(strings.TrimPrefix(o.Arg, "linux-"), ".y")
		switch {
		case o.Arg == "" && len(b.Branches) == 0:
			return "Re-checked as requested."
		case o.Arg == "":
			return "Re-checked as requested, with mainline and the stable branches as they are now." + stale
		case !slices.Contains(b.Branches, branch):
			known := "there are none"
			if len(b.Branches) > 0 {
				known = "those known here are " + strings.Join(b.Branches, ", ")
			}
			return fmt.Sprintf("Re-checked as requested, but no branch %s is known here; %s.", branch, known) + stale
		}
		return "Re-checked as requested, with " + branch + " and the other branches as they are now." + stale
	case command.Override:
		return fmt.Sprintf("Noted. The verdict is to be %s; it stands beside the program's own and is shown with every later version.", o.Arg)
	case command.OmitFix:
		return fmt.Sprintf("Noted. Commit %.12s is not counted as a fix of this one, here and in later versions.", o.Arg)
	case command.Mute:
		return "You will get no more mails from this program. What you post is still judged and recorded."
	}
	return "Nothing was done."
}

// words are what people said and nobody took back: the last override, and
// every fix that is left out.
func (b Brief) words() (out []report.Word) {
	for i, o := range b.Orders {
		if o.Refused != "" || o.Wrong != "" {
			continue
		}
		w := report.Word{Who: o.Who, At: o.At, Reason: o.Reason}
		switch o.Verb {
		case command.Override:
			if slices.ContainsFunc(b.Orders[i+1:], func(l flow.Order) bool {
				return l.Verb == command.Override && l.Refused == "" &&
					l.Wrong == ""
			}) {
				continue
			}
			w.Says = o.Arg
		case command.OmitFix:
			w.Says = fmt.Sprintf("%.12s is no fix of this", o.Arg)
		default:
			continue
		}
		out = append(out, w)
	}
	return out
}
