package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
)

// savedOfBad is how much of a mail is kept that is too large to be read: its
// header and the beginning, for a person to see what it was.
const savedOfBad = 64 << 10

// intake is what one source sees of the bot.
type intake struct {
	b      *Bot
	source string
	log    *zap.Logger
	at     map[string]string // where the cursors stand, as far as this process knows
}

func newIntake(b *Bot, source string, log *zap.Logger) *intake {
	return &intake{b: b, source: source, log: log, at: map[string]string{}}
}

var _ flow.Intake = (*intake)(nil)

// Cursor implements flow.Intake.
func (in *intake) Cursor(ctx context.Context, key string) (string, error) {
	v, err := in.b.Journal.Cursor(ctx, key)
	if err == nil {
		in.at[key] = v
	}
	return v, in.b.failed(err)
}

// moved has a cursor moved by f, from where this process has read or put it. A
// source that is told ErrMoved reads the cursor again before it goes on.
func (in *intake) moved(key, value string, f func(flow.Cursor) error) error {
	c := flow.Cursor{Key: key, Value: value}
	if from, ok := in.at[key]; ok {
		c.From = &from
	}
	err := f(c)
	if err == nil && key != "" {
		in.at[key] = value
	}
	return in.b.failed(err)
}

// Advance implements flow.Intake.
func (in *intake) Advance(ctx context.Context, key, cursor string) error {
	ctx, done := inHand(ctx)
	defer done()
	return in.moved(key, cursor, func(c flow.Cursor) error { return in.b.Journal.Advance(ctx, c) })
}

// Accept implements flow.Intake. A mail that cannot be read is kept with its error
// and is no failure of the source.
func (in *intake) Accept(ctx context.Context, item flow.Item) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if in.b.full.Load() {
		return errDisk // the source brings it again
	}
	ctx, done := inHand(ctx)
	defer done()
	if item.Commit != nil {
		return in.commit(ctx, item)
	}
	if item.Pull != nil {
		return in.pull(ctx, item.Pull)
	}
	m := in.read(item)
	var fresh bool
	err := in.moved(item.Source, item.Cursor, func(c flow.Cursor) (err error) { fresh, err = in.b.Journal.Keep(ctx, m, c); return err })
	if err != nil {
		return err
	}
	switch {
	case !fresh:
		in.log.Debug("a mail came again", aboutMail(m.ID), zap.String(flow.KeyList, m.List))
	case m.Kind == flow.KindBad:
		in.log.Warn("a mail could not be read; it is kept with this error", aboutMail(m.ID), zap.String(flow.KeyWhy, m.Note))
	default:
		in.log.Debug("a mail came", aboutMail(m.ID), zap.String(flow.KeyList, m.List), zap.String(flow.KeySubject, m.Subject))
	}
	if fresh {
		wake(in.b.mailed)
	}
	return nil
}

// read finds what the journal must know of a mail.
func (in *intake) read(item flow.Item) flow.Mail {
	m := flow.Mail{Source: item.Source, List: item.List, Received: item.Received, Raw: item.Mail}
	if m.Received.IsZero() {
		m.Received = in.b.Clock.Now()
	}
	var msg *mail.Message
	err := guarded(func() (err error) { msg, err = mail.Scan(item.Mail); return err })
	if err != nil {
		sum := sha256.Sum256(item.Mail)
		m.ID, m.Kind, m.Note = hex.EncodeToString(sum[:16])+"@unread.invalid", flow.KindBad, err.Error()
		var large *mail.TooLargeError
		if errors.As(err, &large) {
			m.Raw = m.Raw[:min(len(m.Raw), savedOfBad)]
		}
		return m
	}
	m.List = in.b.Policy.ListOf(msg, item.List)
	err = guarded(func() error {
		asSent(msg, m.List)
		m.Print = msg.Print()
		if in.b.Policy.Embargoed(msg) {
			// A copy with a contact in a field that nobody signed is another mail: else the
			// one that comes over the list would be hidden with it.
			m.Print = hidden(m.Print)
		}
		switch { // of two copies one may be the signed one
		case msg.NoPatch == mail.Reply:
			m.Print = command.Print(m.Print, item.Mail)
		case in.b.Lookup != nil && !flow.Backfilled(item.Source):
			m.Signs = (msg.IsPatch || msg.NoPatch == mail.Cover) && command.Signs(item.Mail) == nil
		}
		return nil
	})
	if err != nil {
		in.log.Warn("a mail could not be compared with others", aboutMail(msg.ID), zap.Error(err))
	}
	m.ID, m.MessageID, m.Date, m.Sender, m.Subject, m.InReplyTo = msg.ID, msg.ID, msg.Date, strings.ToLower(msg.From.Address), msg.Subject,
		msg.InReplyTo
	return m
}

// hidden is the print of a mail among whose recipients a security contact is.
func hidden(print string) string {
	sum := sha256.Sum256([]byte(print + " hidden"))
	return hex.EncodeToString(sum[:8])
}

// asSent leaves "via" undone where it names another list than the one that the
// mail came over.
func asSent(msg *mail.Message, list string) {
	if !mail.ListAddress(list, msg.Via.Address) {
		msg.AsSent()
	}
}

// parse reads a stored mail. A patch is known by the mail's ID.
func parse(m flow.Mail) (*mail.Message, error) {
	msg, err := mail.Parse(m.Raw)
	if err != nil {
		return nil, err
	}
	asSent(msg, m.List)
	if msg.Change != nil {
		msg.Change.ID = m.ID
	}
	return msg, nil
}

// commit keeps a commit for the workers, which may be other processes.
func (in *intake) commit(ctx context.Context, item flow.Item) error {
	body, err := flow.EncodeChange(item.Commit)
	if err != nil {
		return err
	}
	w := flow.Waiting{ID: item.Commit.ID, Source: item.Source, List: item.List, Branch: item.Branch, At: in.b.Clock.Now(), Body: body}
	if item.Err != nil {
		w.Problem = item.Err.Error()
	}
	err = in.moved(item.Source, item.Cursor, func(c flow.Cursor) error { return in.b.Journal.KeepCommit(ctx, w, c) })
	if err == nil {
		wake(in.b.mailed)
	}
	return err
}
