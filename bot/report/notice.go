package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"

	"github.com/stablebot/stablebot/rules/change"
)

// Notice is a mail of the bot that answers none: to an owner, of what needs a person.
type Notice struct {
	Bot     Bot
	To      []change.Person
	Key     string // of the action: the Message-ID is derived from it
	Date    time.Time
	Subject string
	Text    string // lines that are wrapped already; what looks like a tag is indented
}

// Bytes is the complete mail, with CRLF line ends.
func (n Notice) Bytes() ([]byte, error) {
	to := addresses(n.To)
	if len(to) == 0 {
		return nil, fmt.Errorf("writing %q: no valid address to send it to", n.Subject)
	}
	var h mail.Header
	h.SetDate(n.Date)
	h.SetAddressList("From", addresses([]change.Person{{Name: n.Bot.Name, Address: n.Bot.Address}}))
	h.SetAddressList("To", to)
	h.SetSubject(clean(n.Subject))
	h.SetMessageID(MessageID(n.Key, n.Bot.Address))
	h.Set("Auto-Submitted", "auto-generated") // RFC 3834: it answers no mail
	h.Set("Precedence", "bulk")
	h.Set("X-Patchwork-Hint", "ignore")
	out, err := compose(h, n.Bot, n.Key, guard(n.Text)+n.footer())
	if err != nil {
		return nil, fmt.Errorf("composing %q: %w", n.Subject, err)
	}
	return out, nil
}

func (n Notice) footer() string {
	out := []string{"", "-- ", wrap(clean(n.Bot.Name+" "+n.Bot.Version+" is a program and may be wrong. It sends this where it finds "+
		"something new."), "", "")}
	if n.Bot.Contact != "" {
		out = append(out, wrap(clean("To stop these mails, or to talk to a person, write to "+n.Bot.Contact+"."), "", ""))
	}
	return strings.Join(out, "\n") + "\n"
}

// Paragraph is text in lines of Columns at most, behind first, and indent from the second
// line on. What a stranger wrote brings no control characters and no line of its own.
func Paragraph(text, first, indent string) string { return wrap(clean(text), first, indent) }
