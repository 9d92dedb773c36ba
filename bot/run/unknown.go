package run

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/stablebot/stablebot/bot/flow"
	"github.com/stablebot/stablebot/bot/mail"
)

// What became of a reply of which nobody knows whether it was sent is told by what the list
// shows: the bot's own mail among those that came in says that it was. What is not
// seen within a day waits for a person.

// UnseenFor is how long a reply of unknown outcome is looked for.
const UnseenFor = 24 * time.Hour

// How many of them are looked for at a time, and how often: each comes of a crash.
const (
	unknownBatch = 500
	unknownEvery = 10 * time.Second
)

// resolve looks for the replies of a sink whose outcome is unknown.
func (db *doubts) resolve(ctx context.Context, s flow.Sink) error {
	open, err := db.Journal.Unknown(ctx, s.Name(), unknownBatch)
	if err != nil {
		return err
	}
	now := db.Clock.Now()
	for _, a := range open {
		e := flow.Ending{State: flow.StateHeld, At: now,
			Problem: flow.Unseen + ", and it was not seen within " + UnseenFor.String() + "; a person decides whether it is sent"}
		seen, err := db.seen(ctx, a)
		switch {
		case err != nil:
			return err
		case seen != nil:
			e.State, e.Problem = flow.StateDone, "it was seen on "+seen.Source
		case a.State == flow.StateHeld, now.Sub(a.Ended) < UnseenFor:
			continue
		}
		if err := db.Journal.Resolve(ctx, a.Key, e); err != nil {
			return err
		}
		db.log.Info("the outcome of an action is known", zap.String(flow.KeyAction, a.Key), zap.String(flow.KeySink, s.Name()),
			zap.String(flow.KeyWhy, e.Problem))
	}
	return nil
}

// seen finds the bot's own mail among those that came in: its Message-ID, its sender
// and what it says. Anybody may use the ID.
func (db *doubts) seen(ctx context.Context, a flow.Unsettled) (*flow.Mail, error) {
	own, err := mail.Scan(a.Message)
	if err != nil || own.ID == "" {
		return nil, nil //nolint:nilerr // what is no mail is not seen
	}
	copies, err := db.Journal.Copies(ctx, own.ID)
	if err != nil {
		return nil, err
	}
	for i := range copies {
		m := &copies[i]
		if m.Raw, err = db.Journal.Raw(ctx, m.ID); err != nil {
			return nil, err
		}
		if msg, err := parse(*m); err == nil && msg.Print() == own.Print() {
			return m, nil
		}
	}
	return nil, nil
}
