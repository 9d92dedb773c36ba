package flow

import (
	"time"

	"github.com/stablebot/stablebot/bot/command"
	"github.com/stablebot/stablebot/rules/change"
)

// Order is a command that came by mail, proven and allowed, or refused.
type Order struct {
	command.Command
	Mail      string // ID of the mail
	N         int    // its place in the mail
	SeriesKey string
	Who       change.Person // the address is proven; the name is what they call themselves
	At        time.Time
	Refused   string // why it is not carried out, "" when it is
	Answered  bool
}
