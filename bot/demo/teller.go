package demo

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/rules/change"
	"github.com/stablebot/stablebot/rules/verdict"
)

// Teller says on W what becomes of each mail that the bot takes, in a line or two.
type Teller struct {
	W io.Writer

	mu sync.Mutex
}

// Journal is j, with what goes through it told.
func (t *Teller) Journal(j flow.Journal) flow.Journal { return &toldJournal{Journal: j, t: t} }

type toldJournal struct {
	flow.Journal
	t *Teller
}

func (j *toldJournal) Keep(ctx context.Context, m flow.Mail, at flow.Cursor) (bool, error) {
	fresh, err := j.Journal.Keep(ctx, m, at)
	switch {
	case err != nil:
	case fresh:
		j.t.say("mail", m.Subject, "")
	default:
		j.t.say("seen before", m.Subject, "the bot has this mail already and answers it once; post it with another subject or date")
	}
	return fresh, err
}

func (j *toldJournal) File(ctx context.Context, f flow.Filing) error {
	err := j.Journal.File(ctx, f)
	switch s := f.Series; {
	case err != nil:
	case f.Kind == flow.KindBad:
		j.t.say("cannot be read", f.Note, "")
	case s == nil && f.Note != "":
		j.t.say("not judged", "", f.Note)
	case s != nil && f.Adds != nil && s.Have() < s.Of:
		j.t.say("waits", s.Title, fmt.Sprintf("%d of %s of this series have come", s.Have(), change.Count(s.Of, "patch")))
	}
	return err
}

func (j *toldJournal) Settle(ctx context.Context, s flow.Settlement) (bool, error) {
	done, err := j.Journal.Settle(ctx, s)
	if !done || err != nil {
		return done, err
	}
	for i := range s.Judged {
		j.t.judged(&s.Judged[i].Judgement)
	}
	if len(s.Actions) == 0 && s.Quiet != "" {
		j.t.say("no reply", "", s.Quiet)
	}
	return done, err
}

func (t *Teller) judged(j *verdict.Judgement) {
	what := string(j.Verdict)
	if j.ReasonClass != "" {
		what += ": " + string(j.ReasonClass)
	}
	t.say(fmt.Sprintf("%s %.2f", what, j.Score), j.Subject, j.Reason)
}

// say writes what there is to say of a mail; a stranger's text drives no terminal.
func (t *Teller) say(what, title, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, text := range []string{title, why} {
		if text != "" {
			_, _ = fmt.Fprintf(t.W, "%-22s %s\n", what, change.Plain(text)) // a terminal that is gone ends nothing
			what = ""
		}
	}
}

// Do writes to W between two lines.
func (t *Teller) Do(write func(io.Writer)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	write(t.W)
}
