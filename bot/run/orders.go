package run

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/rules/change"
)

// recheckEvery: one recheck a day and version. It asks the remotes, and each is
// answered.
const recheckEvery = 24 * time.Hour

// readOrders takes the commands of a proven reply into p. A mail whose sender is
// not proven orders nothing and gets no answer: it may be forged.
func (pv *prover) readOrders(ctx context.Context, p *flow.Proving, found []command.Command, m flow.Mail, msg *mail.Message,
	proof command.Proof, s *flow.Series) error {
	before, err := pv.Journal.Orders(ctx, s.Key)
	if err != nil {
		return err
	}
	may, err := pv.mayOrder(ctx, proof.From, s)
	if err != nil {
		pv.log.Warn("the authority of a sender could not be found out", aboutMail(m.ID), zap.Error(err))
	}
	p.Uses = proof.Uses
	now := pv.Clock.Now()
	recent := func(o flow.Order) bool { return o.SeriesKey == s.Key && now.Sub(o.At) < recheckEvery }
	for i, c := range found {
		o := flow.Order{Command: c, Mail: m.ID, N: i, SeriesKey: s.Key, Who: change.Person{Name: msg.From.Name, Address: proof.From}, At: now,
			Refused: c.Wrong}
		switch {
		case o.Refused != "":
		case !may && c.Verb != command.Mute:
			o.Refused = "only the author, the maintainers of the files and those that the bot's owner names may ask for this"
		case c.Verb == command.Recheck && slices.ContainsFunc(append(before, p.Orders...),
			func(o flow.Order) bool { return recent(o) && o.Verb == command.Recheck && o.Refused == "" }):
			o.Refused = "this version was re-checked within the last day; once a day is what it gets"
		case c.Verb == command.Mute:
			p.Mute = proof.From
		}
		// Each person gets one answer a day that something was refused, and one that it was
		// noted: the word counts all the same.
		o.Answered = slices.ContainsFunc(before, func(old flow.Order) bool {
			return recent(old) && strings.EqualFold(old.Who.Address, proof.From) &&
				(o.Refused != "" && old.Refused != "" || noted(o) && noted(old))
		})
		p.Orders = append(p.Orders, o)
	}
	p.Due = now
	return nil
}

// noted reports whether an order is a word that is kept beside the verdict.
func noted(o flow.Order) bool {
	return o.Refused == "" && (o.Verb == command.Override || o.Verb == command.OmitFix)
}

// mayOrder: the author, the stable team, those on the allow list, and the
// maintainers of every file that the series touches.
func (pv *prover) mayOrder(ctx context.Context, who string, s *flow.Series) (bool, error) {
	if strings.EqualFold(who, s.Sender) || pv.may(who, nil) {
		return true, nil
	}
	if pv.Maintains == nil {
		return false, nil
	}
	mails, err := pv.Journal.Mails(ctx, s.Key, maxThread)
	if err != nil {
		return false, err
	}
	var files []string
	for _, m := range mails {
		if m.Kind != flow.KindPatch {
			continue
		}
		if m.Raw, err = pv.Journal.Raw(ctx, m.ID); err != nil {
			return false, err
		}
		msg, err := parse(m)
		if err != nil || msg.Change == nil {
			return false, errors.Join(errors.New("a patch of the series cannot be read"), err)
		}
		if pv.Place != nil {
			pv.Place(m.List, msg.Change)
		}
		for _, f := range msg.Change.Files {
			for _, name := range []string{f.OldName, f.NewName} {
				if name != "" && !slices.Contains(files, name) {
					files = append(files, name)
				}
			}
		}
	}
	return pv.may(who, files), nil
}
