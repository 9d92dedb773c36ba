package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/mail"
	"github.com/stablebot/stablebot/bot/series"
	"github.com/stablebot/stablebot/rules/change"
)

// Order is a command that came by mail, proven and allowed, or refused.
type Order struct {
	command.Command
	Mail      string // Message-ID
	N         int    // its place in the mail
	SeriesKey string
	Who       change.Person
	At        time.Time
	Refused   string // why it is not carried out, "" when it is
	Answered  bool
}

// readOrders finds the commands of a reply. A mail whose sender is not proven
// orders nothing and gets no answer: it may be forged. note says so.
func (b *Bot) readOrders(ctx context.Context, m Mail, msg *mail.Message, s *Series) (orders []Order, mute, note string) {
	if !strings.Contains(msg.Text(), "#stablebot") {
		return nil, "", ""
	}
	found, more := command.Parse(msg.Text())
	if len(found) == 0 {
		return nil, "", ""
	}
	if b.Lookup == nil {
		return nil, "", "a command, and commands are switched off"
	}
	plain, _ := series.Versioned(msg.Title)
	proof, err := command.Prove(ctx, m.Raw, b.Clock.Now(), b.Lookup)
	switch {
	case err != nil:
		b.log.Warn("a command is not obeyed", aboutMail(m.ID), zap.Error(err))
		return nil, "", "a command is not obeyed: " + err.Error()
	case msg.Synthetic || proof.From != strings.ToLower(msg.From.Address):
		return nil, "", "a command is not obeyed: the sender is another than the one proven"
	case !proof.Thread && !slices.ContainsFunc(s.Members, func(o Member) bool { return o.Title != "" && (o.Title == msg.Title || o.Title == plain) }):
		return nil, "", "a command is not obeyed: its signature does not say which thread it is for"
	}
	may, err := b.mayOrder(ctx, proof.From, s)
	if err != nil {
		b.log.Warn("the authority of a sender could not be found out", aboutMail(m.ID), zap.Error(err))
	}
	for i, c := range found {
		o := Order{Command: c, Mail: m.ID, N: i, SeriesKey: s.Key, Who: msg.From, At: b.Clock.Now(), Refused: c.Wrong}
		if o.Refused == "" && !may && c.Verb != command.Mute {
			o.Refused = "only the author, the maintainers of the files and those that the bot's owner names may ask for this"
		}
		if c.Verb == command.Mute && o.Refused == "" {
			mute = proof.From
		}
		orders = append(orders, o)
	}
	if more > 0 {
		note = fmt.Sprintf("%d more commands are left out: %d in a mail are the most", more, command.Max)
	}
	return orders, mute, note
}

// mayOrder: the author, those on the allow list, and the maintainers of every
// file that the series touches.
func (b *Bot) mayOrder(ctx context.Context, who string, s *Series) (bool, error) {
	if strings.EqualFold(who, s.Sender) || containsFold(b.Policy.Commanders, who) {
		return true, nil
	}
	if b.Maintains == nil {
		return false, nil
	}
	mails, err := b.Journal.Mails(ctx, s.Key, maxThread)
	if err != nil {
		return false, err
	}
	var files []string
	for _, m := range mails {
		if m.Kind != KindPatch {
			continue
		}
		raw, err := b.Journal.Raw(ctx, m.ID)
		if err != nil {
			return false, err
		}
		msg, err := mail.Parse(raw)
		if err != nil || msg.Change == nil {
			return false, errors.Join(errors.New("a patch of the series cannot be read"), err)
		}
		for _, f := range msg.Change.Files {
			for _, name := range []string{f.OldName, f.NewName} {
				if name != "" && !slices.Contains(files, name) {
					files = append(files, name)
				}
			}
		}
	}
	return b.Maintains(who, files), nil
}
